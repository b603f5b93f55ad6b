package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/testdb"
)

// typed runs a command as somebody types it, in this process.
func typed(t *testing.T, words ...string) (code int, out, errOut string) {
	t.Helper()
	var o, e strings.Builder
	code = run(t.Context(), words, &o, &e)
	return code, o.String(), e.String()
}

// Every command says how it is typed when asked, and when its words are off; the
// exit codes are 0, 1 and 2, which scripts rely on.
func TestCommandsSayHowTheyAreTyped(t *testing.T) {
	t.Parallel()
	for _, c := range commands() {
		want := strings.TrimSpace("usage: kierto " + c.name + " " + c.args)
		if code, _, errOut := typed(t, c.name, "--help"); code != exitOK || !strings.HasPrefix(errOut, want+"\n") {
			t.Errorf("%s --help: exit %d, %q, want %q", c.name, code, errOut, want)
		}
		if code, _, errOut := typed(t, c.name, "--no-such-flag"); code != exitUsage || !strings.Contains(errOut, want+"\n") {
			t.Errorf("%s with a flag it has not: exit %d, %q, want %q", c.name, code, errOut, want)
		}
	}
	for words, want := range map[string]int{
		"": exitUsage, "help": exitOK, "--help": exitOK, "version": exitOK, "--version": exitOK, "bogus": exitUsage,
		"policy verify a b": exitUsage, "policy bogus": exitUsage, "operator remove x": exitUsage, "backup": exitUsage, "restore a b": exitUsage,
		"simulate --orders 0": exitUsage, "simulate --db mysql": exitUsage, "simulate --sabotage nothing": exitFailed,
		"generate --listings -1": exitUsage, "demo --seed huge": exitUsage, "policy verify /no/such/file": exitFailed,
		"policy verify": exitOK,
	} {
		if code, _, errOut := typed(t, strings.Fields(words)...); code != want {
			t.Errorf("kierto %s: exit %d, want %d: %s", words, code, want, errOut)
		}
	}
}

// An empty database is refused too, and stays as empty as a restore wants it.
func TestCommandsWantTables(t *testing.T) {
	t.Parallel()
	url := testdb.EmptyURL(t)
	for _, words := range [][]string{{"check"}, {"backup", filepath.Join(t.TempDir(), "backup.tar")}} {
		if code, out, errOut := typed(t, append(words, "--database", url, "--data", t.TempDir())...); code != exitFailed || !strings.Contains(errOut, "empty") {
			t.Errorf("%q: exit %d, %s%s", words, code, out, errOut)
		}
	}
	d, err := db.Open(t.Context(), db.Config{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if empty, err := d.Empty(t.Context()); err != nil || !empty {
		t.Errorf("something was made in it (%v)", err)
	}
}

// A command that looks at a marketplace wants one to be there: a mistyped folder
// is said, and nothing is made in it.
func TestCommandsWantAMarketplace(t *testing.T) {
	t.Parallel()
	nowhere := filepath.Join(t.TempDir(), "mistyped")
	file := filepath.Join(t.TempDir(), "backup.tar")
	for _, words := range [][]string{{"check"}, {"backup", file}, {"operator", "add", "anna@example.fi"}, {"policy", "replay"}} {
		code, out, errOut := typed(t, append(words, "--data", nowhere)...)
		if code != exitFailed || !strings.Contains(errOut, nowhere) {
			t.Errorf("%q: exit %d, %s%s", words, code, out, errOut)
		}
	}
	for _, path := range []string{nowhere, file} {
		if _, err := os.Stat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
}

// Making somebody an operator says where they find the desk, however often it is
// asked; and an address with which nobody joined is said, with what to do.
func TestOperatorAddSaysWhatCame(t *testing.T) {
	t.Parallel()
	for name, url := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return testdb.EmptyURL(t) }} {
		t.Run(name, func(t *testing.T) {
			cfg := db.Config{URL: url(), Dir: t.TempDir()}
			where := []string{"--data", cfg.Dir, "--database", cfg.URL}
			if code, out, errOut := typed(t, append([]string{"migrate"}, where...)...); code != exitOK {
				t.Fatalf("migrate: exit %d, %s%s", code, out, errOut)
			}
			d, err := db.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			u := accountstest.Person(t, accountstest.New(t, d), "Salla")
			role := func() (role string) {
				if err := d.Get(t.Context(), &role, `SELECT role FROM users WHERE id = ?`, u.ID); err != nil {
					t.Fatal(err)
				}
				return role
			}
			code, out, errOut := typed(t, append([]string{"operator", "add", "nobody@example.fi"}, where...)...)
			if want := "nobody has joined with nobody@example.fi; sign up in the browser first\n"; code != exitFailed || out != "" || !strings.HasSuffix(errOut, want) {
				t.Errorf("an unknown address: exit %d, %q, %q, want %q", code, out, errOut, want)
			}
			if role() != "member" {
				t.Errorf("before: %s", role())
			}
			for _, when := range []string{"first", "again"} {
				code, out, errOut := typed(t, append([]string{"operator", "add", u.Email}, where...)...)
				if want := u.Email + " is an operator now and finds the desk at /desk.\n"; code != exitOK || out != want || errOut != "" {
					t.Errorf("%s: exit %d, %q, %q, want %q", when, code, out, errOut, want)
				}
				if role() != operator {
					t.Errorf("%s: %s", when, role())
				}
			}
			if err := d.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
