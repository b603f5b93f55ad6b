package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/jobs"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/static"
	"github.com/kierto/kierto/templates/about"
	"github.com/kierto/kierto/templates/layout"
)

// How long stopping may take: requests that run, then jobs that run.
const (
	requestsEnd = 10 * time.Second
	jobsEnd     = 20 * time.Second
)

// stripePages are where forms may lead when the payment page is Stripe's.
var stripePages = []string{"https://checkout.stripe.com", "https://connect.stripe.com"}

func serveCommand(ctx context.Context, e env, args []string) error {
	f := e.flags("serve")
	if _, err := parse(f, args, 0); err != nil {
		return err
	}
	if err := e.cfg.ForServe(); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(e.err, nil))
	d, err := db.Open(ctx, db.Config{URL: e.cfg.Database, Dir: e.cfg.Data})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := d.Migrate(ctx); err != nil {
		return err
	}
	m, err := build(ctx, e.cfg, d, log, site{jobs: jobs.Options{Node: node(e.cfg.Addr)}})
	if err != nil {
		return err
	}
	forms := stripePages
	if e.cfg.StripeURL != "" {
		forms = []string{e.cfg.StripeURL}
	}
	l, err := net.Listen("tcp", e.cfg.Addr)
	if err != nil {
		return err
	}
	if e.cfg.InboundAddr != "" {
		if m.mail, err = net.Listen("tcp", e.cfg.InboundAddr); err != nil {
			return fmt.Errorf("KIERTO_INBOUND_SMTP_ADDR: %w", err)
		}
		if !e.cfg.InboundTrusts {
			m.messages.MailDNS = net.DefaultResolver
		}
	}
	log.Info("serving", "addr", l.Addr().String(), "base", e.cfg.BaseURL, "version", version)
	return m.serve(ctx, l, m.server(web.Options{ExtraForms: forms}))
}

// longestNode is the longest name of a process, in bytes.
const longestNode = 100

// node names this process: no other on this machine listens on the same address.
func node(addr string) string {
	host, err := os.Hostname()
	if err != nil {
		return ""
	}
	name := host + " " + addr
	return name[max(0, len(name)-longestNode):]
}

// server is the web server with every route. What the caller leaves out of o is
// filled in.
func (m *market) server(o web.Options) *web.Server {
	o.BaseURL, o.Clock, o.Log, o.Proxies = m.cfg.BaseURL, m.clock, m.log, m.cfg.Proxies
	o.Sessions, o.Identify, o.Badges, o.ErrorPage = m.accounts.SessionStore(), m.accounts.Identify, m.messages.Badges, layout.Error
	s := web.New(o)
	s.Static(static.Handler())
	s.Health(m.ready)
	s.GET("/about/:page", web.Anyone, m.about)
	for _, p := range m.pages() {
		p.Web(s)
	}
	return s
}

// ready tells whether the site can serve: its database answers and is up to
// date.
func (m *market) ready(ctx context.Context) error {
	pending, err := m.db.Pending(ctx)
	if err == nil && len(pending) > 0 {
		err = fmt.Errorf("%d migrations are pending", len(pending))
	}
	return err
}

// feeRate is the buyer's protection as the pages name it.
func feeRate() string {
	return strconv.FormatFloat(float64(orders.FeeBPS)/100, 'f', -1, 64) + "\u00a0%"
}

// about says how the market works.
func (m *market) about(c *web.Ctx) error {
	page := about.Show(c.Frame("about"), c.Param("page"), about.Rates{Buyer: feeRate()})
	if page == nil {
		return fault.New(fault.Missing, "web.missing")
	}
	return c.Page(page)
}

// serve works the jobs and answers requests on l until ctx ends; then it stops
// in order: no new connections, live streams end, requests finish, jobs finish.
func (m *market) serve(ctx context.Context, l net.Listener, s *web.Server) error {
	srv := s.HTTP(l.Addr().String())
	srv.RegisterOnShutdown(m.live.Close)
	servers := []stopper{srv}
	failed := make(chan error, 3)
	if m.mail != nil {
		box, err := messaging.NewLetterbox(m.messages)
		if err != nil {
			return err
		}
		servers = append(servers, box)
		go func() {
			if err := box.Serve(m.mail); err != nil { // nil after Shutdown
				failed <- err
			}
		}()
	}
	if m.cfg.Metrics != "" {
		ml, err := net.Listen("tcp", m.cfg.Metrics)
		if err != nil {
			return fmt.Errorf("KIERTO_METRICS_ADDR: %w", err)
		}
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", s.Metrics())
		ms := &http.Server{Handler: mux, ReadHeaderTimeout: srv.ReadHeaderTimeout, ErrorLog: srv.ErrorLog}
		servers = append(servers, ms)
		go func() { failed <- ms.Serve(ml) }()
	}
	if err := m.jobs.Start(ctx); err != nil {
		return err
	}
	go func() { failed <- srv.Serve(l) }()

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	m.log.Info("stopping")
	return errors.Join(err, m.stop(servers))
}

// stopper is a server that can be asked to finish what it has begun.
type stopper interface {
	Shutdown(ctx context.Context) error
}

// stop lets requests, mails and jobs finish.
func (m *market) stop(servers []stopper) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestsEnd)
	defer cancel()
	var errs []error
	for _, srv := range servers {
		if err := srv.Shutdown(ctx); err != nil {
			errs = append(errs, err)
			if c, ok := srv.(io.Closer); ok {
				errs = append(errs, c.Close())
			}
		}
	}
	ctx, cancel = context.WithTimeout(context.Background(), jobsEnd)
	defer cancel()
	return errors.Join(append(errs, m.jobs.Stop(ctx))...)
}
