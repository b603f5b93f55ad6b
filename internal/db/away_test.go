package db_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/testdb"
)

// cable lies between us and PostgreSQL, and can be pulled.
type cable struct {
	to string // socket of the server

	mu     sync.Mutex
	pulled bool
	conns  []net.Conn
}

// lay puts a cable before the server at dbURL and returns the URL through it.
func lay(t *testing.T, dbURL string) (*cable, string) {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	c := &cable{to: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); c.pull() })
	go c.serve(context.WithoutCancel(t.Context()), l)
	q.Del("host")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	return c, u.String()
}

func (c *cable) serve(ctx context.Context, l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		var d net.Dialer
		out, err := d.DialContext(ctx, "unix", c.to)
		c.mu.Lock()
		if err != nil || c.pulled {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			c.mu.Unlock()
			continue
		}
		c.conns = append(c.conns, in, out)
		c.mu.Unlock()
		go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		go func() { _, _ = io.Copy(out, in); _ = out.Close() }()
	}
}

func (c *cable) pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

func (c *cable) plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = false
}

// While PostgreSQL is away every call says so at once; when it is back, all goes
// on without a restart.
func TestAwayAndBack(t *testing.T) {
	t.Parallel()
	direct := testdb.PostgresURL(t)
	c, through := lay(t, direct)
	d, err := db.Open(t.Context(), db.Config{URL: through, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	counters(t, d)

	calls := map[string]func() error{
		"Get": func() error {
			var n int64
			return d.Get(t.Context(), &n, "SELECT n FROM counters WHERE name = 'a'")
		},
		"Select": func() error {
			var ns []int64
			return d.Select(t.Context(), &ns, "SELECT n FROM counters")
		},
		"Do": func() error {
			_, err := d.Do(t.Context(), "UPDATE counters SET n = n")
			return err
		},
		"InTx": func() error {
			return d.InTx(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Do(t.Context(), "UPDATE counters SET n = n")
				return err
			})
		},
		"Ping": func() error { return d.Ping(t.Context()) },
	}
	for range 2 {
		c.pull()
		for name, call := range calls {
			err := call()
			if fs := fault.As(err); len(fs) != 1 || fs[0].Key != "db.away" || fs[0].Kind != fault.Busy {
				t.Errorf("%s while away: %v", name, err)
			}
		}
		c.plug()
		for name, call := range calls {
			if err := call(); err != nil {
				t.Errorf("%s after: %v", name, err)
			}
		}
	}
}

// A connection lost within a transaction loses the whole transaction, and says so.
func TestLostWithinTransaction(t *testing.T) {
	t.Parallel()
	direct := testdb.PostgresURL(t)
	c, through := lay(t, direct)
	d, err := db.Open(t.Context(), db.Config{URL: through, MaxConns: 3})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	counters(t, d)
	err = d.InTx(t.Context(), func(tx *db.Tx) error {
		do(t, tx, "UPDATE counters SET n = 99")
		c.pull()
		return nil
	})
	if !fault.Is(err, fault.Busy) {
		t.Errorf("commit: %v", err)
	}
	c.plug()
	time.Sleep(10 * time.Millisecond) // the server notices that we are gone
	if n := number(t, d, "a"); n != 1 {
		t.Errorf("a is %d", n)
	}
}
