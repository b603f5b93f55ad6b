package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/nudges/simulate"
)

// How many trades are simulated with faults. KIERTO_LONG=1, as on CI, is more, and
// KIERTO_TRADES=5000 that many on each database.
const (
	simulatedLite  = 3_000 // on SQLite, in three markets
	simulatedServe = 500   // on PostgreSQL, where every question is a journey
	simulatedLong  = 20_000
	simulateLimit  = 100 * time.Minute
)

// simulated runs `kierto simulate` in a process of its own, since a process makes
// the ids of one simulation at a time.
func simulated(t *testing.T, args ...string) (report string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), simulateLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), append([]string{"simulate"}, args...)...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1") // as many run side by side as there are processors
	var out, failed bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &failed
	err := cmd.Run()
	if err != nil && out.Len() == 0 {
		t.Fatalf("kierto simulate %s: %v: %s", strings.Join(args, " "), err, failed.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

// onPostgres are the arguments that simulate on PostgreSQL, on the tests' own
// server.
func onPostgres(t *testing.T, args ...string) []string {
	t.Helper()
	return append(args, "--db", "postgres", "--database", testdb.EmptyURL(t))
}

// Whatever people, parcels, channels, the payment provider and the process itself
// do, every promise holds after every step.
func TestEveryPromiseHolds(t *testing.T) {
	t.Parallel()
	lite, server := simulatedLite, simulatedServe
	if os.Getenv("KIERTO_LONG") == "1" {
		lite, server = simulatedLong, simulatedLong
	}
	if n, err := strconv.Atoi(os.Getenv("KIERTO_TRADES")); err == nil {
		lite, server = n, n
	}
	for _, c := range []struct {
		name string
		n    int
		args func(t *testing.T, args ...string) []string
	}{
		{"sqlite", lite, func(_ *testing.T, args ...string) []string { return args }}, {"postgres", server, onPostgres},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report, code := simulated(t, c.args(t, "--orders", strconv.Itoa(c.n), "--days", "30", "--seed", "7", "--faults", "--only")...)
			if code != exitOK {
				t.Fatalf("exit %d\n%s", code, report)
			}
			for _, trouble := range []string{"deaths of the process", "jobs late", "jobs doubled", "sweeps skipped", "jumps of the clock"} {
				if !strings.Contains(report, trouble) || strings.Contains(report, trouble+strings.Repeat(" ", 45-len(trouble))+"       0") {
					t.Errorf("no %s", trouble)
				}
			}
			t.Log(report)
		})
	}
}

// The same seed gives the same report, byte for byte: again, and on the other
// database; another seed another one.
func TestASimulationRepeatsExactly(t *testing.T) {
	t.Parallel()
	same := []string{"--orders", "120", "--days", "10", "--faults", "--json", "--seed", "3"}
	var mu sync.Mutex
	reports := map[string]string{}
	t.Run("runs", func(t *testing.T) {
		for name, args := range map[string][]string{
			"first": same, "again": same, "postgres": onPostgres(t, same...),
			"small": small("3"), "small with another seed": small("4"),
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				report, code := simulated(t, args...)
				if code != exitOK {
					t.Fatal(report)
				}
				mu.Lock()
				defer mu.Unlock()
				reports[name] = report
			})
		}
	})
	if reports["again"] != reports["first"] {
		t.Error("another report the second time")
	}
	if reports["postgres"] != reports["first"] {
		t.Error("another report on PostgreSQL")
	}
	told := func(name string) string { // without what merely says which seed it was
		_, rest, _ := strings.Cut(reports[name], `"command"`)
		_, rest, _ = strings.Cut(rest, "\n")
		return rest
	}
	if told("small") == "" || told("small with another seed") == told("small") {
		t.Error("another seed gives the same")
	}
}

// small are the arguments of a small simulation.
func small(seed string) []string {
	return []string{"--orders", "20", "--days", "3", "--faults", "--only", "--json", "--seed", seed}
}

// Every promise is seen broken when something breaks it, the failure names the
// promise and the command that shows it again, and the exit code is 1.
func TestEveryPromiseCanBreak(t *testing.T) {
	t.Parallel()
	market := func(trades string) []string {
		return []string{"--orders", trades, "--days", "5", "--seed", "3", "--only"}
	}
	larger := map[string]bool{"staff-unknown": true, "case-open": true} // few people write to a person
	sound := market("60")
	if report, code := simulated(t, sound...); code != exitOK {
		t.Fatalf("broken without sabotage:\n%s", report)
	}
	seen := map[simulate.Invariant]bool{}
	for name, breaks := range simulate.Sabotages() {
		seen[breaks] = true
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := market("30")
			if larger[name] {
				args = sound
			}
			args = append(slices.Clone(args), "--sabotage", name)
			report, code := simulated(t, args...)
			_, broken, _ := strings.Cut(report, "\nBROKEN:")
			if code != exitFailed || !strings.Contains("\nBROKEN:"+broken, "BROKEN: "+breaks.String()) {
				t.Errorf("exit %d; not seen: %s\n%s", code, breaks, report)
			}
			if !strings.Contains(broken, "kierto simulate "+strings.Join(args, " ")) {
				t.Errorf("no command replays it:\n%s", broken)
			}
		})
	}
	for _, i := range simulate.Invariants() {
		if !seen[i] {
			t.Errorf("nothing breaks: %s", i)
		}
	}
}
