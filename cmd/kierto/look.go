package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// open opens the database and builds the services for a command that only looks
// or makes one change. Call close when done.
func (e env) open(ctx context.Context) (m *market, closeDB func(), err error) {
	d, err := e.existing(ctx)
	if err != nil {
		return nil, nil, err
	}
	closeDB = func() { _ = d.Close() }
	pending, err := d.Pending(ctx)
	if err == nil && len(pending) > 0 {
		err = fmt.Errorf("the database is not up to date (%d migrations are pending); run: kierto migrate", len(pending))
	}
	if err == nil {
		m, err = build(ctx, e.cfg, d, e.log(), site{})
	}
	if err != nil {
		closeDB()
	}
	return m, closeDB, err
}

// existing opens a database that is there. A folder without one, such as a
// mistyped name, is refused and left alone, where Open would make one; and so is
// an empty database, into which a backup may still be restored.
func (e env) existing(ctx context.Context) (*db.DB, error) {
	if e.cfg.Database == "" {
		if _, err := os.Stat(filepath.Join(e.cfg.Data, db.FileName)); err != nil {
			return nil, fmt.Errorf("there is no marketplace in %s; --data or KIERTO_DATA names its folder", e.cfg.Data)
		}
	}
	d, err := db.Open(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data})
	if err != nil {
		return nil, err
	}
	empty, err := d.Empty(ctx)
	if err == nil && empty {
		err = errors.New("the database is empty; run: kierto migrate, or restore a backup into it")
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// checkCommand prints every invariant with how many things were looked at, and
// what breaks it.
func checkCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("check")
	asJSON := f.Bool("json", false, "print JSON")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	m, closeDB, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer closeDB()
	results, err := m.check(ctx)
	if err != nil {
		return err
	}
	broken := 0
	for _, r := range results {
		if !r.OK() {
			broken++
		}
	}
	if *asJSON {
		enc := json.NewEncoder(e.out)
		enc.SetIndent("", "  ")
		err = enc.Encode(struct {
			OK     bool           `json:"ok"`
			Checks []check.Result `json:"checks"`
		}{broken == 0, results})
	} else {
		err = printChecks(e, results, broken)
	}
	if err == nil && broken > 0 {
		err = errBroken
	}
	return err
}

func printChecks(e env, results []check.Result, broken int) error {
	for _, r := range results {
		mark := "ok    "
		if !r.OK() {
			mark = "BROKEN"
		}
		if _, err := fmt.Fprintf(e.out, "%s %9d  %s\n", mark, r.Count, r.Name); err != nil {
			return err
		}
		for _, b := range r.Broken {
			if _, err := fmt.Fprintf(e.out, "                  %s\n", b); err != nil {
				return err
			}
		}
	}
	end := "Everything holds."
	if broken > 0 {
		end = fmt.Sprintf("%d of %d invariants are broken.", broken, len(results))
	}
	_, err := fmt.Fprintln(e.out, end)
	return err
}

// check looks whether the data keeps every promise.
func (m *market) check(ctx context.Context) ([]check.Result, error) {
	var all []check.Result
	for _, c := range m.checkers() {
		rs, err := c.Check(ctx)
		if err != nil {
			return nil, err
		}
		all = append(all, rs...)
	}
	stuck, err := m.jobs.Stuck(ctx)
	if err != nil {
		return nil, err
	}
	jobs := check.Result{Name: "no job is stuck", Count: int64(len(stuck))}
	for _, j := range stuck {
		jobs.Broken = append(jobs.Broken, strings.TrimSpace(fmt.Sprintf("%s %d: %s %s", j.Kind, j.ID, j.Why, j.Err)))
	}
	return append(all, jobs), nil
}

// operatorCommand makes a member staff.
func operatorCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("operator")
	words, err := parse(f, args, 2)
	if err != nil || words[0] != "add" {
		return orUsage(err)
	}
	m, closeDB, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer closeDB()
	err = m.accounts.MakeOperator(ctx, words[1])
	if fault.Is(err, fault.Missing) {
		return fmt.Errorf("nobody has joined with %s; sign up in the browser first", words[1])
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.out, "%s is an operator now and finds the desk at /desk.\n", words[1])
	return err
}

// orUsage is err, or errUsage when there is none.
func orUsage(err error) error {
	if err == nil {
		return errUsage
	}
	return err
}

// log is where commands that do not serve speak up.
func (e env) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}
