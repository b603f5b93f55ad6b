package testdb

import (
	"context"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
)

// Cable lies between a program and PostgreSQL, and can be pulled.
type Cable struct {
	to string // socket of the server

	mu     sync.Mutex
	pulled bool
	conns  []net.Conn
}

// NewCable puts a cable before the server at dbURL, one of this package's, and
// returns the URL through it. It goes with the test.
func NewCable(t testing.TB, dbURL string) (c *Cable, through string) {
	t.Helper()
	u, err := url.Parse(dbURL)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	c = &Cable{to: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); c.Pull() })
	go c.serve(context.WithoutCancel(t.Context()), l)
	q.Del("host")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	return c, u.String()
}

func (c *Cable) serve(ctx context.Context, l net.Listener) {
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

// Pull ends all connections and lets none through.
func (c *Cable) Pull() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = true
	for _, conn := range c.conns {
		_ = conn.Close()
	}
	c.conns = nil
}

// Plug lets connections through again.
func (c *Cable) Plug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = false
}
