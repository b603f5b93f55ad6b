package live

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// startListening begins to hear what other nodes say.
func startListening(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `LISTEN kierto_live`)
	return err
}

// notifyOthers tells all nodes.
func notifyOthers(ctx context.Context, conn *pgx.Conn, payload string) error {
	_, err := conn.Exec(ctx, `SELECT pg_notify('kierto_live', $1)`, payload)
	return err
}
