package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
)

// connectTimeout is how long a connection to PostgreSQL may take to open.
const connectTimeout = 5 * time.Second

func openPostgres(ctx context.Context, cfg Config) (*DB, error) {
	pc, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return nil, errors.New("db: the database URL cannot be read; it looks like postgres://user:password@host:5432/name")
	}
	if pc.ConnectTimeout == 0 {
		pc.ConnectTimeout = connectTimeout
	}
	if pc.RuntimeParams["application_name"] == "" {
		pc.RuntimeParams["application_name"] = "kierto"
	}
	pc.RuntimeParams["timezone"] = "UTC"
	conns := cfg.MaxConns
	if conns <= 0 {
		conns = defaultConns
	}
	pool := stdlib.OpenDB(*pc)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(idleConnLifetime)
	p := sqlx.NewDb(pool, "pgx")
	d := &DB{write: p, read: p, postgres: true, cfg: cfg}
	if err := d.Ping(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("db: PostgreSQL does not answer: %w", err), d.Close())
	}
	return d, nil
}

// sendTogether sends statements in one go and waits for all of them once.
func sendTogether(ctx context.Context, conn *sqlx.Conn, all []statement) error {
	batch := &pgx.Batch{}
	for _, s := range all {
		batch.Queue(s.query, s.args...)
	}
	return conn.Raw(func(driverConn any) error {
		return driverConn.(*stdlib.Conn).Conn().SendBatch(ctx, batch).Close()
	})
}
