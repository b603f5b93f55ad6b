package listings

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/db"
)

// How the search index is kept.
const (
	absorbFrom  = 100   // listings wait until they are this many: each search looks at them
	absorbMost  = 500   // taken into the index at a time
	rebuildFrom = 4_000 // from this many of one block the whole block is made anew
	livelyShare = 0.75  // a block of which less is still on sale is made anew
	checkedFull = 200   // newest listings whose every piece Check looks for
)

// Absorb takes what waits into the search index, unless that is little.
func (s *Service) Absorb(ctx context.Context) error {
	rows, err := waiting(ctx, s.DB, 0, maxSeq, absorbFrom)
	if err != nil || len(rows) < absorbFrom {
		return err
	}
	return s.AbsorbAll(ctx)
}

// maxSeq is more than any seq.
const maxSeq = int64(1) << 62

// AbsorbAll takes everything that waits into the search index.
func (s *Service) AbsorbAll(ctx context.Context) error {
	for below := maxSeq; ; {
		rows, err := waiting(ctx, s.DB, 0, below, rebuildFrom)
		if err != nil || len(rows) == 0 {
			return err
		}
		block := blockOf(rows[0].Seq)
		n := len(rows)
		for n > 0 && blockOf(rows[n-1].Seq) != block {
			n--
		}
		if n == rebuildFrom {
			below = block * blockSize
			err = s.rebuild(ctx, block)
		} else {
			n = min(n, absorbMost)
			below = rows[n-1].Seq
			err = s.absorb(ctx, block, rows[:n])
		}
		if err != nil {
			return fmt.Errorf("listings: search index: %w", err)
		}
	}
}

// absorb adds some listings of a block. Names that the index has too many do no
// harm, so it may be done in parts and twice; only the last part ends the wait.
func (s *Service) absorb(ctx context.Context, block int64, rows []waits) error {
	seqs := make([]int64, len(rows))
	for i, r := range rows {
		seqs[i] = r.Seq
	}
	texts, err := wordsOf(ctx, s.DB, seqs)
	if err != nil {
		return err
	}
	sets := gather(texts)
	for pieces := range slices.Chunk(slices.Sorted(maps.Keys(sets)), pieceRows) {
		err := s.DB.InTx(ctx, func(tx *db.Tx) error {
			if _, err := writePieces(ctx, tx); err != nil {
				return err
			}
			merged := map[string]*set{}
			for _, p := range pieces {
				merged[p] = sets[p].set()
			}
			have, err := setsOf(ctx, tx, []int64{block}, pieces)
			if err != nil {
				return err
			}
			for _, h := range have {
				merged[h.Piece].unpack(h.Bits)
			}
			out := make([]packed, len(pieces))
			for i, p := range pieces {
				out[i] = packed{block, p, merged[p].pack()}
			}
			return putSets(ctx, tx, out)
		})
		if err != nil {
			return err
		}
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error { return stopWaiting(ctx, tx, rows) })
}

// places are a piece's places in a block.
type places []uint16

func (p places) set() *set {
	s := new(set)
	for _, at := range p {
		s.put(int(at))
	}
	return s
}

// gather is the index of some listings of one block.
func gather(texts []wordy) map[string]places {
	sets := map[string]places{}
	for _, t := range texts {
		at := uint16(t.Seq % blockSize)
		sets[everything] = append(sets[everything], at)
		piecesOf(t.Words, func(piece string) {
			if p := sets[piece]; len(p) == 0 || p[len(p)-1] != at {
				sets[piece] = append(p, at)
			}
		})
	}
	return sets
}

// rebuild makes a block of the index anew, without what is not on sale. If
// somebody else writes to the index meanwhile, it is left for the next time.
func (s *Service) rebuild(ctx context.Context, block int64) error {
	before, err := writings(ctx, s.DB)
	if err != nil {
		return err
	}
	rows, err := waiting(ctx, s.DB, block*blockSize, (block+1)*blockSize, blockSize)
	if err != nil {
		return err
	}
	texts, err := wordsIn(ctx, s.DB, block)
	if err != nil {
		return err
	}
	sets := gather(texts)
	out := make([]packed, 0, len(sets))
	for _, p := range slices.Sorted(maps.Keys(sets)) {
		out = append(out, packed{block, p, sets[p].set().pack()})
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if n, err := writePieces(ctx, tx); err != nil || n != before+1 {
			return err
		}
		if err := dropBlock(ctx, tx, block); err != nil {
			return err
		}
		if err := putSets(ctx, tx, out); err != nil {
			return err
		}
		return stopWaiting(ctx, tx, rows)
	})
}

// Prune looks at one block of the search index, each time at the next, and makes
// it anew when much of it is no longer on sale, so that no search looks at that.
func (s *Service) Prune(ctx context.Context) error {
	last, err := lastSeq(ctx, s.DB)
	if err != nil {
		return err
	}
	return s.prune(ctx, s.pruned.Add(1)%(blockOf(last)+1))
}

func (s *Service) prune(ctx context.Context, block int64) error {
	known, err := s.known(ctx, block)
	if err != nil {
		return err
	}
	seqs, err := seqsIn(ctx, s.DB, block)
	if err != nil || float64(len(seqs)) >= livelyShare*float64(known.len()) {
		return err
	}
	return s.rebuild(ctx, block)
}

// known are the listings of a block that the index holds.
func (s *Service) known(ctx context.Context, block int64) (*set, error) {
	known := new(set)
	rows, err := setsOf(ctx, s.DB, []int64{block}, []string{everything})
	for _, r := range rows {
		known.unpack(r.Bits)
	}
	return known, err
}

// checkSearch proves that everything on sale is in the search index or waits
// for it, the newest with every piece.
func (s *Service) checkSearch(ctx context.Context) (check.Result, error) {
	r := check.Result{Name: "search finds everything that is on sale"}
	last, err := lastSeq(ctx, s.DB)
	if err != nil {
		return r, err
	}
	for block := blockOf(last); block >= 0; block-- { // in this order: what waits may be taken in meanwhile
		seqs, err := seqsIn(ctx, s.DB, block)
		if err != nil {
			return r, err
		}
		late, err := s.late(ctx, block)
		if err != nil {
			return r, err
		}
		known, err := s.known(ctx, block)
		if err != nil {
			return r, err
		}
		for _, seq := range seqs {
			r.Count++
			if at := int(seq % blockSize); !known.has(at) && !late.has(at) && len(r.Broken) < maxBroken {
				r.Broken = append(r.Broken, fmt.Sprintf("seq %d", seq))
			}
		}
		if block == blockOf(last) && len(seqs) > 0 {
			slices.Sort(seqs)
			if err := s.checkPieces(ctx, &r, block, seqs[max(0, len(seqs)-checkedFull):]); err != nil {
				return r, err
			}
		}
	}
	return r, nil
}

// late are the listings of a block that wait.
func (s *Service) late(ctx context.Context, block int64) (*set, error) {
	late := new(set)
	rows, err := waiting(ctx, s.DB, block*blockSize, (block+1)*blockSize, blockSize)
	for _, w := range rows {
		late.put(int(w.Seq % blockSize))
	}
	return late, err
}

// checkPieces looks for every piece of some listings of a block.
func (s *Service) checkPieces(ctx context.Context, r *check.Result, block int64, seqs []int64) error {
	texts, err := wordsOf(ctx, s.DB, seqs)
	if err != nil {
		return err
	}
	late, err := s.late(ctx, block)
	if err != nil {
		return err
	}
	sets := gather(texts)
	for pieces := range slices.Chunk(slices.Sorted(maps.Keys(sets)), pieceRows) {
		have, err := setsOf(ctx, s.DB, []int64{block}, pieces)
		if err != nil {
			return err
		}
		held := map[string]*set{}
		for _, h := range have {
			held[h.Piece] = new(set)
			held[h.Piece].unpack(h.Bits)
		}
		for _, p := range pieces {
			for _, at := range sets[p] {
				if in := held[p]; (in == nil || !in.has(int(at))) && !late.has(int(at)) && len(r.Broken) < maxBroken {
					r.Broken = append(r.Broken, fmt.Sprintf("seq %d: %q", block*blockSize+int64(at), p))
				}
			}
		}
	}
	return nil
}
