package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/nudges"
)

// policyCommand verifies a policy, or tells what it would have done.
func policyCommand(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return errUsage
	}
	if args[0] == "-h" || args[0] == "--help" || args[0] == "-help" {
		e.flags("policy").Usage()
		return flag.ErrHelp
	}
	switch args[0] {
	case "verify":
		return e.verifyPolicy(args[1:])
	case "replay":
		return e.replayPolicy(ctx, args[1:])
	}
	return errUsage
}

// fileOf is the one file among a command's words, or otherwise.
func fileOf(words []string, otherwise string) (string, error) {
	switch len(words) {
	case 0:
		return otherwise, nil
	case 1:
		return words[0], nil
	}
	return "", errUsage
}

// verifyPolicy proves a policy for the year that begins now.
func (e env) verifyPolicy(args []string) error {
	f := e.flags("policy verify")
	words, err := parse(f, args, -1)
	if err != nil {
		return err
	}
	file, err := fileOf(words, e.cfg.Policy)
	if err != nil {
		return err
	}
	p, err := nudges.ReadPolicy(file)
	var broken nudges.Broken
	if errors.As(err, &broken) {
		_, _ = fmt.Fprintln(e.out, err)
		return errBroken
	}
	if err != nil {
		return err
	}
	results := nudges.Verify(p, clock.System{}.Now())
	failed := 0
	for _, r := range results {
		if !r.OK() {
			failed++
		}
	}
	if err := printChecks(e, results, failed); err != nil || failed == 0 {
		return err
	}
	return errBroken
}

// replayDays is how far back a replay looks when nobody says.
const replayDays = 30

// replayPolicy prints what a policy would have done about past trades.
func (e env) replayPolicy(ctx context.Context, args []string) error {
	f := e.flags("policy replay")
	days := f.Int("days", replayDays, "how many days to look back")
	words, err := parse(f, args, -1)
	if err != nil {
		return err
	}
	file, err := fileOf(words, e.cfg.Policy)
	if err != nil || *days < 1 {
		return errors.Join(err, errUsage)
	}
	draft, err := nudges.ReadPolicy(file)
	if err != nil {
		return err
	}
	m, closeDB, err := e.open(ctx)
	if err != nil {
		return err
	}
	defer closeDB()
	now := m.clock.Now()
	live, err := m.nudges.Live(ctx, m.db)
	if err != nil {
		return err
	}
	r, err := m.nudges.Replay(ctx, draft, live, now.Add(-time.Duration(*days)*24*time.Hour), now)
	if err == nil {
		printReplay(e.out, r, *days)
	}
	return err
}

// printReplay prints a replay: one sentence, then step by step.
func printReplay(w io.Writer, r nudges.Replay, days int) {
	_, _ = fmt.Fprintf(w, "In the last %d days, over %d turns, it would have sent %d reminders to %d people (%d were sent).\n",
		days, r.Turns, r.Would, r.People, r.Sent)
	_, _ = fmt.Fprintf(w, "Of %d lapses, %d would have come later; %d turns would have lapsed before they were done.\n\n", r.Lapses, r.Later, r.Sooner)
	_, _ = fmt.Fprintf(w, "%-16s %-14s %-9s %8s %8s\n", "turn", "step", "to", "would", "sent")
	for _, l := range r.Lines {
		_, _ = fmt.Fprintf(w, "%-16s %-14s %-9s %8d %8d\n", l.Kind, l.Step, l.To, l.Would, l.Sent)
	}
	if r.Cut {
		_, _ = fmt.Fprintln(w, "\nThere were more turns; the oldest are left out.")
	}
}
