// Command cluster starts one throw-away PostgreSQL server, runs a command that
// finds it in KIERTO_TEST_POSTGRES, and stops the server:
//
//	go run ./internal/testdb/cluster -- go test ./...
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/internal/testdb/pg"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "cluster: name a command to run")
		return 2
	}
	// An interrupt goes to the whole foreground group: the command ends by it,
	// and then the server is stopped here.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt, syscall.SIGTERM)

	env := os.Environ()
	server, err := pg.Start()
	switch {
	case err == nil:
		env = append(env, testdb.EnvPostgres+"="+server.URL)
	case os.Getenv(testdb.EnvRequireAll) == "1":
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return 1
	default:
		fmt.Fprintln(os.Stderr, "Skipping the PostgreSQL tests:", err)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr, cmd.Env = os.Stdin, os.Stdout, os.Stderr, env
	err = cmd.Run()
	if server != nil {
		if stopErr := server.Stop(); stopErr != nil {
			fmt.Fprintln(os.Stderr, "cluster:", stopErr)
		}
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		return 1
	}
	return 0
}
