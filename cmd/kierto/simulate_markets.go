package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kierto/kierto/internal/testdb/pg"
	"github.com/kierto/kierto/nudges/simulate"
)

// markets simulates several markets, as many at a time as there are processors,
// each in a process of its own, since a process makes the ids of one simulation
// at a time.
func (e env) markets(ctx context.Context, o simulate.Options, all []simulate.Options) (r *simulate.Report, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	where := []string{"--raw", "--db", o.Database}
	if o.Database == "postgres" {
		server := e.cfg.Database
		if server == "" { // one for all of them
			own, err := pg.Start()
			if err != nil {
				return nil, err
			}
			defer func() { err = errors.Join(err, own.Stop()) }()
			server = own.URL
		}
		where = append(where, "--database", server)
	}
	parts := make([]*simulate.Report, len(all))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.NumCPU())
	for i, market := range all {
		g.Go(func() (err error) {
			parts[i], err = ownMarket(ctx, self, append(market.Args(), where...))
			if err != nil {
				return fmt.Errorf("%s: %w", market.Command(), err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	return simulate.Merge(o, parts), nil
}

// ownMarket simulates one market in a process of its own. That promises were
// broken, which ends it with a 1, is in the report.
func ownMarket(ctx context.Context, self string, args []string) (*simulate.Report, error) {
	cmd := exec.CommandContext(ctx, self, args...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // the others have the other processors
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	err := cmd.Run()
	var r simulate.Report
	if bad := json.Unmarshal(out.Bytes(), &r); bad != nil {
		return nil, errors.Join(err, bad, errors.New(strings.TrimSpace(failed.String())))
	}
	return &r, nil
}
