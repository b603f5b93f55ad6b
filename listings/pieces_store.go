package listings

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kierto/kierto/internal/db"
)

// pieceRows is how many sets one statement stores or looks for.
const pieceRows = 400

// packed is a stored set.
type packed struct {
	Block int64  `db:"block"`
	Piece string `db:"piece"`
	Bits  []byte `db:"bits"`
}

// denseSize is what a set of bits counts for: of how many listings is not known
// without reading it.
const denseSize = blockSize / 4

// sizesOf is about how many listings of some blocks hold each piece.
func sizesOf(ctx context.Context, q db.Queryer, blocks []int64, pieces []string) (map[string]int, error) {
	var rows []struct {
		Piece string `db:"piece"`
		Size  int    `db:"size"`
	}
	query, args, err := db.In(`SELECT piece, length(bits) AS size FROM search_pieces WHERE block IN (?) AND piece IN (?)`, blocks, pieces)
	if err != nil {
		return nil, err
	}
	if err := q.Select(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	out := map[string]int{}
	for _, r := range rows {
		if r.Size == setBytes {
			out[r.Piece] += denseSize
		} else {
			out[r.Piece] += r.Size / 2
		}
	}
	return out, nil
}

// setsOf are the stored sets of some pieces in some blocks.
func setsOf(ctx context.Context, q db.Queryer, blocks []int64, pieces []string) (rows []packed, err error) {
	query, args, err := db.In(`SELECT block, piece, bits FROM search_pieces WHERE block IN (?) AND piece IN (?)`, blocks, pieces)
	if err != nil {
		return nil, err
	}
	return rows, q.Select(ctx, &rows, query, args...)
}

// waits is a listing that is not in the index yet.
type waits struct {
	Seq   int64 `db:"seq"`
	Round int64 `db:"round"`
}

// waiting are the listings that wait within [floor, below), newest first.
func waiting(ctx context.Context, q db.Queryer, floor, below int64, limit int) (rows []waits, err error) {
	err = q.Select(ctx, &rows, `SELECT seq, round FROM search_waiting WHERE seq >= ? AND seq < ? ORDER BY seq DESC LIMIT ?`, floor, below, limit)
	return rows, err
}

// wait lets a listing that was put on sale or edited be found at once, and be
// taken into the index later. The round tells the job that it was edited again.
func wait(ctx context.Context, tx *db.Tx, seq int64) error {
	_, err := tx.Do(ctx, `
		INSERT INTO search_waiting (seq) VALUES (?)
		ON CONFLICT (seq) DO UPDATE SET round = search_waiting.round + 1`, seq)
	return err
}

// stopWaiting ends the wait of those that were not edited since they were read.
func stopWaiting(ctx context.Context, tx *db.Tx, rows []waits) error {
	byRound := map[int64][]int64{}
	for _, r := range rows {
		byRound[r.Round] = append(byRound[r.Round], r.Seq)
	}
	for _, round := range slices.Sorted(maps.Keys(byRound)) {
		for seqs := range slices.Chunk(byRound[round], pieceRows) {
			query, args, err := db.In(`DELETE FROM search_waiting WHERE round = ? AND seq IN (?)`, round, seqs)
			if err != nil {
				return err
			}
			if _, err := tx.Do(ctx, query, args...); err != nil {
				return err
			}
		}
	}
	return nil
}

// rowMarks is "(?, ?), (?, ?)" for n rows of k values.
func rowMarks(n, k int) string {
	return strings.TrimSuffix(strings.Repeat("("+marks(k)+"), ", n), ", ")
}

// putSets stores sets in place of what was there.
func putSets(ctx context.Context, tx *db.Tx, rows []packed) error {
	for len(rows) > 0 {
		n := min(len(rows), pieceRows)
		args := make([]any, 0, 3*n)
		for _, r := range rows[:n] {
			args = append(args, r.Block, r.Piece, r.Bits)
		}
		_, err := tx.Do(ctx, `INSERT INTO search_pieces (block, piece, bits) VALUES `+rowMarks(n, 3)+`
			ON CONFLICT (block, piece) DO UPDATE SET bits = excluded.bits`, args...)
		if err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// dropBlock empties a block of the index.
func dropBlock(ctx context.Context, tx *db.Tx, block int64) error {
	_, err := tx.Do(ctx, `DELETE FROM search_pieces WHERE block = ?`, block)
	return err
}

// writePieces makes whoever else writes to the index wait until tx ends, and
// counts the writings; the count lets Rebuild notice that somebody came between.
func writePieces(ctx context.Context, tx *db.Tx) (n int64, err error) {
	err = tx.Get(ctx, &n, `UPDATE listing_seq SET last = last + 1 WHERE name = 'pieces' RETURNING last`)
	return n, err
}

// writings is how often the index was written.
func writings(ctx context.Context, q db.Queryer) (n int64, err error) {
	err = q.Get(ctx, &n, `SELECT last FROM listing_seq WHERE name = 'pieces'`)
	return n, err
}

// wordy is a listing's place and the text that search reads.
type wordy struct {
	Seq   int64  `db:"seq"`
	Words string `db:"words"`
}

// wordsOf are the texts of those of some seqs that are on sale.
func wordsOf(ctx context.Context, q db.Queryer, seqs []int64) (rows []wordy, err error) {
	query, args, err := db.In(`SELECT l.seq, l.words FROM listings l WHERE `+onSale+` AND l.seq IN (?)`, seqs)
	if err != nil {
		return nil, err
	}
	return rows, q.Select(ctx, &rows, query, args...)
}

// wordsIn are the texts of what is on sale in a block.
func wordsIn(ctx context.Context, q db.Queryer, block int64) (rows []wordy, err error) {
	err = q.Select(ctx, &rows, `SELECT l.seq, l.words FROM listings l WHERE `+onSale+` AND l.seq >= ? AND l.seq < ?`, block*blockSize, (block+1)*blockSize)
	return rows, err
}

// seqsIn are the places of what is on sale in a block.
func seqsIn(ctx context.Context, q db.Queryer, block int64) (seqs []int64, err error) {
	err = q.Select(ctx, &seqs, `SELECT l.seq FROM listings l WHERE `+onSale+` AND l.seq >= ? AND l.seq < ?`, block*blockSize, (block+1)*blockSize)
	return seqs, err
}

// matching is the condition that a listing's own text has all the terms. Folded
// words hold neither % nor _ nor \, so they are literal.
func matching(terms []term) (c conditions) {
	for _, t := range terms {
		if t.short != "" {
			c.add(`l.words LIKE ?`, `% `+t.short+`%`)
			continue
		}
		likes, args := make([]string, len(t.alts)), make([]any, len(t.alts))
		for i, a := range t.alts {
			likes[i], args[i] = `l.words LIKE ?`, `%`+a+`%`
		}
		c.add(`(`+strings.Join(likes, ` OR `)+`)`, args...)
	}
	return c
}

// pick reads columns of those of the seqs that pass the plan; the seqs are
// filled up to size, so that few different statements are prepared.
func pick(ctx context.Context, q db.Queryer, dest any, columns string, p plan, seqs []int64, size int) error {
	args := make([]any, size, size+len(p.walk.args)+len(p.rest.args))
	for i := range args {
		args[i] = int64(-1)
		if i < len(seqs) {
			args[i] = seqs[i]
		}
	}
	text := append([]string{`l.seq > 0 AND l.seq IN (` + marks(size) + `)`}, append(p.walk.text, p.rest.text...)...)
	return q.Select(ctx, dest, `SELECT `+columns+` FROM listings l WHERE `+strings.Join(text, ` AND `), append(append(args, p.walk.args...), p.rest.args...)...)
}
