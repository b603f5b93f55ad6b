package listings

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unicode/utf8"
)

// The search index keeps, for every block of consecutive seqs and every piece
// of three letters, which listings of the block hold the piece. It may name too
// many (things that were sold or edited since), never too few: whatever it
// names is compared with the listing itself.

// blockSize is how many seqs a block has.
const blockSize = 1 << 14

// setBytes is the size of a set that is stored as bits.
const setBytes = blockSize / 8

// everything is the piece that all listings of a block hold.
const everything = ""

// blockOf is the block a seq is in.
func blockOf(seq int64) int64 { return seq / blockSize }

// set is some of the listings of one block, a bit each.
type set [blockSize / 64]uint64

// put adds a listing's place in its block.
func (s *set) put(at int) { s[at/64] |= 1 << (at % 64) }

// has tells whether a place is in the set.
func (s *set) has(at int) bool { return s[at/64]&(1<<(at%64)) != 0 }

// and leaves what is in both sets.
func (s *set) and(o *set) {
	for i := range s {
		s[i] &= o[i]
	}
}

// or adds what is in o.
func (s *set) or(o *set) {
	for i := range s {
		s[i] |= o[i]
	}
}

// len is how many places are in the set.
func (s *set) len() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// down lists the seqs of the set in a block, from the newest below a seq to the
// oldest that is not below floor.
func (s *set) down(block, below, floor int64) (seqs []int64) {
	for i := len(s) - 1; i >= 0; i-- {
		for w := s[i]; w != 0; {
			bit := 63 - bits.LeadingZeros64(w)
			w &^= 1 << bit
			if seq := block*blockSize + int64(i*64+bit); seq < below && seq >= floor {
				seqs = append(seqs, seq)
			}
		}
	}
	return seqs
}

// pack is the set as it is stored: the bits, or, when that is shorter, two bytes
// for each place.
func (s *set) pack() []byte {
	if n := s.len(); 2*n < setBytes {
		out := make([]byte, 0, 2*n)
		for i, w := range s {
			for ; w != 0; w &= w - 1 {
				out = binary.BigEndian.AppendUint16(out, uint16(i*64+bits.TrailingZeros64(w)))
			}
		}
		return out
	}
	out := make([]byte, 0, setBytes)
	for _, w := range s {
		out = binary.BigEndian.AppendUint64(out, w)
	}
	return out
}

// unpack adds to the set what pack has stored.
func (s *set) unpack(raw []byte) {
	if len(raw) == setBytes {
		for i := range s {
			s[i] |= binary.BigEndian.Uint64(raw[8*i:])
		}
		return
	}
	for ; len(raw) >= 2; raw = raw[2:] {
		s.put(int(binary.BigEndian.Uint16(raw)) % blockSize)
	}
}

// piecesOf are the pieces of searchText: every three letters in a row of every
// word, the space before it being a letter too.
func piecesOf(text string, yield func(piece string)) {
	a, b := 0, 0 // where the last letter but one and the last begin
	n := 0       // letters of the word so far, with the space before it
	for at, r := range text {
		if r == ' ' {
			a, b, n = at, at, 1
			continue
		}
		if n >= 2 {
			yield(text[a : at+utf8.RuneLen(r)])
		}
		a, b, n = b, at, n+1
	}
}

// piecesIn are the pieces that a text with alt in it must hold, without doubles.
func piecesIn(alt string) []string {
	var out []string
	runes := []rune(alt)
	for i := 0; i+minPiece <= len(runes); i++ {
		if runes[i+1] == ' ' || runes[i+2] == ' ' {
			continue // no piece reaches over the end of a word
		}
		if p := string(runes[i : i+minPiece]); !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
