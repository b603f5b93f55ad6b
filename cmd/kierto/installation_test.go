package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/standin/stripe"
)

// How long the program may take before a test gives up.
const (
	firstAnswer = 60 * time.Second
	lastAnswer  = 30 * time.Second
	logTail     = 6 << 10 // bytes of the log shown when a test fails
)

// What the program and the stand-ins agree on.
const (
	testStripeKey     = "sk_test_proof"
	testWebhookSecret = "whsec_proof"
	testCard          = "4242424242424242"
)

// installation is `kierto serve` on an address and data of its own. The payment
// provider and the post live in the test, so that they outlive the program.
type installation struct {
	t      testing.TB
	data   string
	base   string
	env    []string
	stripe *stripe.Server
	post   *smtp.Server

	log  string // file it writes its log to
	cmd  *exec.Cmd
	over chan struct{} // closed when cmd has ended
}

// install prepares an installation; database is a PostgreSQL URL, or empty. It
// is stopped and its stand-ins are closed when the test ends.
func install(t testing.TB, database string) *installation {
	t.Helper()
	i := &installation{t: t, data: t.TempDir()}
	i.log = filepath.Join(i.data, "log.txt")
	addr := freeAddr(t)
	i.base = "http://" + addr
	var err error
	if i.post, err = smtp.Start(clock.System{}); err != nil {
		t.Fatal(err)
	}
	i.stripe, err = stripe.New(stripe.Options{
		SecretKey: testStripeKey, WebhookURL: i.base + "/webhooks/stripe", WebhookSecret: testWebhookSecret, RetryPause: 100 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	pay, err := i.stripe.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	i.env = append(os.Environ(), "KIERTO_ADDR="+addr, "KIERTO_DATA="+filepath.Join(i.data, "data"), "KIERTO_DATABASE_URL="+database,
		"KIERTO_BASE_URL="+i.base, "KIERTO_SECRET="+strings.Repeat("proof", 8), "KIERTO_TRUSTED_PROXIES=127.0.0.1",
		"KIERTO_SMTP_URL="+i.post.URL(), "KIERTO_MAIL_FROM=Kierto <hei@kierto.example>",
		"KIERTO_STRIPE_KEY="+testStripeKey, "KIERTO_STRIPE_WEBHOOK_SECRET="+testWebhookSecret, "KIERTO_STRIPE_URL="+pay)
	t.Cleanup(func() {
		if i.running() {
			i.stop()
		}
		if err := i.stripe.Close(); err != nil {
			t.Error(err)
		}
		if err := i.post.Close(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the program said:\n%s", i.said())
		}
	})
	return i
}

// Ports are taken below those that the system gives to outgoing connections, so
// that the address is still free after a restart.
const lowestPort, ports, portTries = 20_000, 10_000, 100

func freeAddr(t testing.TB) string {
	t.Helper()
	var lc net.ListenConfig
	for range portTries {
		l, err := lc.Listen(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", lowestPort+rand.N(ports)))
		if err == nil {
			defer func() { _ = l.Close() }() // it was only to see that it is free
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// start starts the program and returns how long it took until it answered.
func (i *installation) start() time.Duration {
	i.t.Helper()
	log, err := os.OpenFile(i.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		i.t.Fatal(err)
	}
	defer func() { _ = log.Close() }() // the program has its own copy
	i.cmd = exec.Command(program(i.t), "serve")
	began := clock.Wall() // the first of them builds the program
	i.cmd.Env, i.cmd.Stdout, i.cmd.Stderr = i.env, log, log
	if err := i.cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	over, cmd := make(chan struct{}), i.cmd
	i.over = over
	go func() { _ = cmd.Wait(); close(over) }() // a killed program ends with an error
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for clock.Wall().Sub(began) < firstAnswer {
		res, err := client.Get(i.base + "/healthz")
		if err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return clock.Wall().Sub(began)
			}
		}
		if !i.running() {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	i.t.Fatal("the program does not answer")
	return 0
}

// running tells whether the program was started and has not ended.
func (i *installation) running() bool {
	if i.over == nil {
		return false
	}
	select {
	case <-i.over:
		return false
	default:
		return true
	}
}

// kill ends the program at once (SIGKILL): nothing of it gets to say goodbye.
func (i *installation) kill() {
	i.t.Helper()
	if err := i.cmd.Process.Kill(); err != nil {
		i.t.Error(err)
	}
	<-i.over
}

// stop asks the program to end, and waits until it has.
func (i *installation) stop() {
	i.t.Helper()
	_ = i.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	select {
	case <-i.over:
	case <-time.After(lastAnswer):
		i.t.Errorf("the program did not stop within %s", lastAnswer)
		i.kill()
	}
}

// said is the end of the program's log.
func (i *installation) said() string {
	b, err := os.ReadFile(i.log)
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-logTail):])
}

// command runs another of the program's commands on the installation, with
// settings in place of its own, and returns what it printed.
func (i *installation) command(settings []string, args ...string) (string, error) {
	cmd := exec.Command(program(i.t), args...)
	cmd.Env = append(i.env[:len(i.env):len(i.env)], settings...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// proven fails unless `kierto check` is content.
func (i *installation) proven(settings ...string) {
	i.t.Helper()
	if out, err := i.command(settings, "check"); err != nil {
		i.t.Errorf("kierto check: %v\n%s", err, out)
	}
}

// texts is a column of the installation's database, read beside the program.
func (i *installation) texts(query string, settings ...string) []string {
	i.t.Helper()
	var out []string
	err := i.reading(settings, func(d *db.DB) error { return d.Select(i.t.Context(), &out, query) })
	if err != nil {
		i.t.Fatal(err)
	}
	return out
}

// reading opens the installation's database beside the program.
func (i *installation) reading(settings []string, f func(*db.DB) error) error {
	cfg := db.Config{URL: i.setting("KIERTO_DATABASE_URL", settings), Dir: i.setting("KIERTO_DATA", settings), MaxConns: 2}
	d, err := db.Open(i.t.Context(), cfg)
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }() // it was only read
	return f(d)
}

// setting is the value that the program would see.
func (i *installation) setting(name string, settings []string) (value string) {
	for _, s := range append(i.env[:len(i.env):len(i.env)], settings...) {
		if v, ok := strings.CutPrefix(s, name+"="); ok {
			value = v
		}
	}
	return value
}
