package db

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jmoiron/sqlx"

	"github.com/kierto/kierto/internal/clock"
)

// How long the transactions of others may join one.
const (
	togetherMost = 32                    // transactions that share a commit
	togetherLong = 20 * time.Millisecond // from the beginning of the first
)

// errUndone is what a transaction gets when SQLite undid all that shared its
// commit, because of another one: it runs again.
var errUndone = errors.New("db: undone together with another transaction")

// together lets the write transactions of SQLite that wait for each other share
// one commit, since waiting for the disk is what takes the longest. Each is a
// savepoint of its own within one transaction of the database: what fails undoes
// itself alone. None is answered before the commit of all.
type together struct {
	turn    chan struct{} // full while somebody has it: the one who may write
	waiting atomic.Int32  // who will take the turn
	commits atomic.Int64  // how many there were; for tests
	most    int           // togetherMost, but for tests
	long    time.Duration // togetherLong, likewise
	open    *shared       // the transaction that waits for the next to join; of whoever has the turn
}

// shared is one transaction of the database, of several that run one after the
// other.
type shared struct {
	conn  *sqlx.Conn
	tx    *sqlx.Tx
	began time.Time
	runs  int           // how many have run in it
	lost  bool          // SQLite has undone it
	by    *Tx           // because of this one
	done  chan struct{} // closed when it has ended
	err   error         // how it ended; read after done
}

// share runs fn in a transaction that others may share.
func (d *DB) share(ctx context.Context, fn func(tx *Tx) error, again bool) error {
	s, err := d.takeTurn(ctx)
	if err != nil {
		return err
	}
	if again {
		s.runs = d.together.most // nobody comes after it who might undo it once more
	}
	tx := &Tx{tx: s.tx, conn: s.conn, db: d}
	err = d.runIn(ctx, s, tx, fn)
	<-s.done // when it failed, too: it may have been refused for what another of them did
	switch {
	case s.by == tx:
		return err
	case s.err != nil:
		return s.err
	case err != nil:
		return err
	}
	for _, f := range tx.after {
		f()
	}
	return nil
}

// takeTurn waits until this is the one who may write, and gives the transaction
// it is to run in.
func (d *DB) takeTurn(ctx context.Context) (*shared, error) {
	g := &d.together
	waiting, cancel := context.WithTimeout(ctx, connectionWait)
	defer cancel()
	g.waiting.Add(1)
	select {
	case g.turn <- struct{}{}:
		g.waiting.Add(-1)
	case <-waiting.Done():
		go d.giveUp()
		return nil, notInTime(ctx, waiting.Err())
	}
	if err := ctx.Err(); err != nil {
		d.passOn()
		return nil, err
	}
	if g.open == nil {
		s, err := d.begin(ctx, waiting)
		if err != nil {
			<-g.turn
			return nil, err
		}
		g.open = s
	}
	return g.open, nil
}

// giveUp takes a turn that nobody wants any more, since whoever had the turn
// before may have left the transaction open for it.
func (d *DB) giveUp() {
	d.together.turn <- struct{}{}
	d.together.waiting.Add(-1)
	d.passOn()
}

// begin begins a transaction of the database.
func (d *DB) begin(ctx, waiting context.Context) (*shared, error) {
	conn, err := d.write.Connx(waiting)
	if err != nil {
		return nil, notInTime(ctx, err)
	}
	// Nobody's context ends it, since it is not one person's alone.
	tx, err := conn.BeginTxx(context.WithoutCancel(ctx), nil) // the file is opened with BEGIN IMMEDIATE
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return &shared{conn: conn, tx: tx, began: clock.Wall(), done: make(chan struct{})}, nil
}

// runIn runs fn as a savepoint of s, undoes it when it fails or panics, and
// passes the turn on.
func (d *DB) runIn(ctx context.Context, s *shared, tx *Tx, fn func(tx *Tx) error) error {
	defer d.passOn()
	done := false
	defer func() {
		if !done {
			s.undo(tx)
		}
	}()
	s.runs++
	if err := s.exec("SAVEPOINT one"); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.before(ctx, ""); err != nil {
		return err
	}
	if err := s.exec("RELEASE one"); err != nil {
		return err
	}
	done = true
	return nil
}

func (s *shared) exec(statement string) error {
	_, err := s.tx.ExecContext(context.Background(), statement)
	return err
}

// undo takes back what tx, which runs, has done. When that is not possible
// SQLite has already undone everything, as it does when the disk is full.
func (s *shared) undo(tx *Tx) {
	if s.exec("ROLLBACK TO one") != nil || s.exec("RELEASE one") != nil {
		s.lost, s.by = true, tx
	}
}

// passOn gives the turn to the next, who joins the transaction that is open or,
// when it has ended here, begins one.
func (d *DB) passOn() {
	g := &d.together
	if s := g.open; s != nil && (s.lost || g.waiting.Load() == 0 || s.runs >= g.most || clock.Wall().Sub(s.began) >= g.long) {
		g.open = nil
		g.commits.Add(1)
		s.end()
	}
	<-g.turn
}

// end commits, or takes leave of what SQLite has undone.
func (s *shared) end() {
	if s.lost {
		s.err = errUndone
	} else {
		s.err = s.tx.Commit()
	}
	if s.err != nil {
		_ = s.tx.Rollback() // whatever is left of it
	}
	_ = s.conn.Close() // hands the connection back; an error means it is gone
	close(s.done)
}
