package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"os"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // registers the driver "pgx"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/testdb/pg"
)

// connections one test may hold; the server allows 400 to all.
const connections = 12

// Postgres is a fresh PostgreSQL database, dropped when the test ends. The test
// is skipped, with the reason, on a machine without PostgreSQL.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return open(t, db.Config{URL: PostgresURL(t), MaxConns: connections})
}

// PostgresURL is the URL of a fresh, migrated PostgreSQL database, dropped when
// the test ends; for tests that open it several times.
func PostgresURL(t testing.TB) string {
	t.Helper()
	return create(t, func(s *cluster) string { return s.template })
}

// EmptyURL is the URL of a PostgreSQL database without any table, dropped when
// the test ends.
func EmptyURL(t testing.TB) string {
	t.Helper()
	return create(t, func(*cluster) string { return "template0" })
}

func create(t testing.TB, template func(*cluster) string) string {
	t.Helper()
	s, err := server()
	if errors.Is(err, pg.ErrNone) {
		Skip(t, "PostgreSQL tests skipped: "+err.Error())
	}
	if err != nil {
		t.Fatalf("testdb: %v", err)
	}
	name := "test_" + id.Ref(20)
	ctx := context.WithoutCancel(t.Context())
	if _, err := s.admin.ExecContext(ctx, fmt.Sprintf(`CREATE DATABASE %q TEMPLATE %q`, name, template(s))); err != nil {
		t.Fatalf("testdb: %v", err)
	}
	t.Cleanup(func() {
		if _, err := s.admin.ExecContext(ctx, fmt.Sprintf(`DROP DATABASE %q WITH (FORCE)`, name)); err != nil {
			t.Errorf("testdb: %v", err)
		}
	})
	return withName(s.url, name)
}

// cluster is the server all tests of this process use.
type cluster struct {
	url      string
	admin    *sql.DB
	template string
	own      *pg.Server // started here; it stops when this is collected or the process ends
}

// server finds or starts the server, once a process. One that is started here
// ends with the process.
var server = sync.OnceValues(func() (*cluster, error) {
	u := os.Getenv(EnvPostgres)
	var own *pg.Server
	if u == "" {
		var err error
		if own, err = pg.Start(); err != nil {
			return nil, err
		}
		u = own.URL
	}
	admin, err := sql.Open("pgx", u)
	if err != nil {
		return nil, err
	}
	c := &cluster{url: u, admin: admin, template: "template_" + db.Fingerprint(), own: own}
	if err := c.prepare(context.Background()); err != nil {
		return nil, errors.Join(err, admin.Close())
	}
	return c, nil
})

// prepare makes the migrated template unless another test process has.
func (c *cluster) prepare(ctx context.Context) error {
	conn, err := c.admin.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	h := fnv.New32a()
	_, _ = h.Write([]byte(c.template)) // never fails
	key := int64(h.Sum32())
	if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", key); err != nil {
		return err
	}
	defer func() { _, _ = conn.ExecContext(ctx, "SELECT pg_advisory_unlock($1)", key) }()

	var there bool
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", c.template).Scan(&there)
	if err != nil || there {
		return err
	}
	half := c.template + "_" + id.Ref(8)
	if _, err := conn.ExecContext(ctx, fmt.Sprintf("CREATE DATABASE %q", half)); err != nil {
		return err
	}
	if err := migrate(db.Config{URL: withName(c.url, half)}); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, fmt.Sprintf("ALTER DATABASE %q RENAME TO %q", half, c.template))
	return err
}

// migrate brings the tables of a new database up to date.
func migrate(cfg db.Config) error {
	ctx := context.Background()
	d, err := db.Open(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(d.Migrate(ctx), d.Close())
}

// withName is a server's URL with another database in it.
func withName(server, name string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server
	}
	u.Path = "/" + name
	return u.String()
}
