// Package pg starts a throw-away PostgreSQL server from Debian's binaries, as an
// ordinary user even when run by root, for the tests.
package pg

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrNone says that this machine has no PostgreSQL server.
var ErrNone = errors.New("no PostgreSQL server under /usr/lib/postgresql (apt-get install postgresql)")

// How long the server may take.
const (
	startTimeout = 60 * time.Second
	startPoll    = 20 * time.Millisecond
)

// admin is the superuser of the throw-away server.
const admin = "kierto"

// supervise runs the server until standard input ends, which happens at the
// latest when the process that started it is gone, however it went.
const supervise = `"$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf "$DATA"`

// EnvDurable set to 1 starts a server that keeps what it promised, for benchmarks.
const EnvDurable = "KIERTO_TEST_POSTGRES_DURABLE"

var (
	settings = []string{
		"listen_addresses=", "max_connections=400", "log_min_messages=fatal", "log_min_error_statement=panic", "timezone=UTC", "jit=off",
	}
	// fast trades safety for speed: the data lives as long as one test run.
	fast    = []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=64MB", "max_wal_size=256MB", "autovacuum=off"}
	durable = []string{"shared_buffers=256MB", "max_wal_size=2GB"}
)

// Server is a running throw-away server.
type Server struct {
	URL  string // its postgres database, as a superuser
	stop func() error
}

// Stop ends the server and deletes its data.
func (s *Server) Stop() error { return s.stop() }

// Start starts a server on a Unix socket in a fresh folder. It fails with
// ErrNone when this machine has none.
func Start() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := ordinaryUser()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "kierto-pg-")
	if err != nil {
		return nil, fmt.Errorf("pg: %w", err)
	}
	s, err := start(bin, dir, who)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

func start(bin, dir string, who *syscall.Credential) (*Server, error) {
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			return nil, fmt.Errorf("pg: %w", err)
		}
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + dir, "DATA=" + dir}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
		return cmd
	}
	data := filepath.Join(dir, "data")
	initdb := command(filepath.Join(bin, "initdb"), "--pgdata="+data, "--username="+admin, "--auth=trust",
		"--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("pg: initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	args := []string{"-c", supervise, "supervise", filepath.Join(bin, "postgres"), "-D", data, "-k", dir}
	how := fast
	if os.Getenv(EnvDurable) == "1" {
		how = durable
	}
	for _, s := range append(settings[:len(settings):len(settings)], how...) {
		args = append(args, "-c", s)
	}
	cmd := command("/bin/sh", args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("pg: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("pg: %w", err)
	}
	stop := func() error { return errors.Join(stdin.Close(), cmd.Wait(), os.RemoveAll(dir)) }
	if err := waitReady(command, bin, dir); err != nil {
		return nil, errors.Join(err, stop())
	}
	u := url.URL{Scheme: "postgres", User: url.User(admin), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}, "sslmode": {"disable"}}.Encode()}
	return &Server{URL: u.String(), stop: stop}, nil
}

func waitReady(command func(string, ...string) *exec.Cmd, bin, dir string) error {
	for waited := time.Duration(0); waited < startTimeout; waited += startPoll {
		if command(filepath.Join(bin, "pg_isready"), "-q", "-h", dir).Run() == nil {
			return nil
		}
		time.Sleep(startPoll)
	}
	return fmt.Errorf("pg: the server did not start within %s", startTimeout)
}

// binaries is the folder of the newest server on this machine.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well-formed
	best, newest := "", 0
	for _, f := range found {
		dir := filepath.Dir(f)
		if v, err := strconv.Atoi(filepath.Base(filepath.Dir(dir))); err == nil && v > newest {
			best, newest = dir, v
		}
	}
	if best == "" {
		return "", ErrNone
	}
	return best, nil
}

// ordinaryUser is who the server runs as when we are root, which PostgreSQL
// refuses; nil means as ourselves.
func ordinaryUser() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, fmt.Errorf("pg: %w", err)
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("pg: PostgreSQL does not run as root, and there is neither a user postgres nor nobody")
}
