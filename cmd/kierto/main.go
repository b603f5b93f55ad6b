// Kierto is a marketplace where people sell used things to each other, and in
// which no trade goes silent. This program is all of it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/kierto/kierto/internal/config"
)

// version is set when a release is built (-ldflags "-X main.version=…").
var version = "dev"

// Exit codes, which scripts rely on.
const (
	exitOK     = 0
	exitFailed = 1 // it went wrong, or an invariant is broken
	exitUsage  = 2 // the command's words are off
)

// errUsage is returned by a command whose words are off.
var errUsage = errors.New("usage")

// errBroken is returned by check when an invariant is broken.
var errBroken = errors.New("an invariant is broken")

// command is one of the program's commands.
type command struct {
	name string
	args string // what follows it
	does string // one line for the help
	run  func(ctx context.Context, e env, args []string) error
}

// env is what a command works with: settings, and where it prints.
type env struct {
	cfg      config.Config
	out, err io.Writer
}

// commands are all commands, in the order of the help.
func commands() []command {
	return []command{
		{"demo", "[--data DIR]", "run a seeded marketplace with stand-ins for the outside", demoCommand},
		{"serve", "", "run the marketplace", serveCommand},
		{"migrate", "", "bring the database up to date", migrateCommand},
		{"check", "[--json]", "prove all invariants on the live data", checkCommand},
		{"policy", "verify|replay [FILE]", "prove a follow-up policy, or tell what it would have done", policyCommand},
		{"generate", "--listings N --orders N --seed S", "fill a database for load tests", generateCommand},
		{"simulate", "--orders N --days D --seed S", "run invented people through virtual time, and prove every promise", simulateCommand},
		{"operator", "add EMAIL", "make a member an operator", operatorCommand},
		{"backup", "FILE", "copy the data to a file while the marketplace runs", backupCommand},
		{"restore", "FILE", "put a backup in place of an empty installation", restoreCommand},
		{"version", "", "print the version", versionCommand},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run does what the arguments ask and returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	cfg, err := config.Read(os.Getenv)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "kierto:", err)
		return exitUsage
	}
	if len(args) == 0 {
		help(errOut)
		return exitUsage
	}
	switch args[0] {
	case "help", "--help", "-h":
		help(out)
		return exitOK
	case "--version":
		args[0] = "version"
	}
	for _, c := range commands() {
		if c.name != args[0] {
			continue
		}
		err := c.run(ctx, env{cfg: cfg, out: out, err: errOut}, args[1:])
		switch {
		case err == nil:
			return exitOK
		case errors.Is(err, flag.ErrHelp):
			return exitOK
		case errors.Is(err, errUsage):
			_, _ = fmt.Fprintln(errOut, usage(c.name))
			return exitUsage
		case errors.Is(err, errBroken): // check has said which
			return exitFailed
		}
		_, _ = fmt.Fprintf(errOut, "kierto %s: %v\n", c.name, err)
		return exitFailed
	}
	_, _ = fmt.Fprintf(errOut, "kierto: there is no command %q; try: kierto help\n", args[0])
	return exitUsage
}

// help prints the commands and the common flags.
func help(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Kierto, a marketplace for used things in which no trade goes silent.")
	_, _ = fmt.Fprintln(w)
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  kierto %-9s %-36s %s\n", c.name, c.args, c.does)
	}
	_, _ = fmt.Fprint(w, `
Every command takes
  --addr HOST:PORT   where to listen                        (KIERTO_ADDR)
  --data DIR         folder of the SQLite file and photos   (KIERTO_DATA)
  --database URL     postgres://…, or empty for SQLite      (KIERTO_DATABASE_URL)

All other settings are environment variables; docs/operations.md lists them.
`)
}

// usage is how a command is typed: "usage: kierto operator add EMAIL". name may
// go on with one of its verbs.
func usage(name string) string {
	first, _, _ := strings.Cut(name, " ")
	for _, c := range commands() {
		if c.name == first {
			return strings.TrimSpace("usage: kierto " + c.name + " " + c.args)
		}
	}
	return "usage: kierto " + name
}

// flags are the common flags of every command, on top of the environment.
func (e *env) flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet("kierto "+name, flag.ContinueOnError)
	f.SetOutput(e.err)
	f.Usage = func() {
		_, _ = fmt.Fprintln(e.err, usage(name))
		f.PrintDefaults()
	}
	f.StringVar(&e.cfg.Addr, "addr", e.cfg.Addr, "where to listen, `HOST:PORT`")
	f.StringVar(&e.cfg.Data, "data", e.cfg.Data, "`folder` of the SQLite file and the photos")
	f.StringVar(&e.cfg.Database, "database", e.cfg.Database, "postgres://… `URL`, or empty for SQLite in the data folder")
	return f
}

// parse reads a command's flags and leaves its other words, which may stand
// before, between or after them. It wants exactly n of those, or any number
// when n is negative.
func parse(f *flag.FlagSet, args []string, n int) ([]string, error) {
	var words []string
	for {
		if err := f.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, errUsage
		}
		if f.NArg() == 0 {
			break
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
	if n >= 0 && len(words) != n {
		return nil, errUsage
	}
	return words, nil
}

func versionCommand(_ context.Context, e env, args []string) error {
	f := e.flags("version")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	_, err := fmt.Fprintln(e.out, "kierto", version)
	return err
}
