package db

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
)

// Scratch makes an empty PostgreSQL database of its own on a server, for a
// simulation, and gives its URL and what drops it.
func Scratch(ctx context.Context, server string) (dbURL string, drop func() error, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme == "" {
		return "", nil, errors.New("db: a scratch database needs the URL of a PostgreSQL server")
	}
	name := make([]byte, 8)
	_, _ = rand.Read(name) // never fails
	u.Path = "/scratch_" + hex.EncodeToString(name)
	if err := execute(ctx, server, fmt.Sprintf(`CREATE DATABASE %q TEMPLATE template0`, u.Path[1:])); err != nil {
		return "", nil, err
	}
	return u.String(), func() error {
		return execute(context.WithoutCancel(ctx), server, fmt.Sprintf(`DROP DATABASE %q WITH (FORCE)`, u.Path[1:]))
	}, nil
}

// execute runs one statement on a server.
func execute(ctx context.Context, server, statement string) error {
	d, err := Open(ctx, Config{URL: server, MaxConns: 1})
	if err != nil {
		return err
	}
	_, err = d.Do(ctx, statement)
	return errors.Join(err, d.Close())
}
