package messaging

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"sync"
	"time"

	smtp "github.com/emersion/go-smtp"

	"github.com/kierto/kierto/internal/clock"
)

// Limits of the mail server that takes answers.
const (
	maxMailBytes  = 20 << 20         // of one mail; it is read into memory
	mailsAtOnce   = 4                // read at the same time; others wait
	mailWait      = 20 * time.Second // so long, then they come again later
	maxMailRcpt   = 4                // recipients of one mail
	maxMailConns  = 64               // connections
	maxMailPeer   = 8                // of them from one address
	mailStep      = 60 * time.Second // a client may take this long for a step
	mailSession   = 10 * time.Minute // and this long for all of them
	mailWork      = 60 * time.Second // to take one mail
	certificateBy = 10 * 365 * 24 * time.Hour
)

// Letterbox is a mail server for what people, and the post, send back to us. It
// takes nothing else and passes nothing on.
type Letterbox struct {
	s    *Service
	srv  *smtp.Server
	turn chan struct{}
}

// NewLetterbox is a server for the mail of Config.InboundDomain.
func NewLetterbox(s *Service) (*Letterbox, error) {
	b := &Letterbox{s: s, turn: make(chan struct{}, mailsAtOnce)}
	cert, err := ownCertificate(s.Config.InboundDomain, s.Clock.Now())
	if err != nil {
		return nil, err
	}
	b.srv = smtp.NewServer(b)
	b.srv.Domain, b.srv.MaxMessageBytes, b.srv.MaxRecipients = s.Config.InboundDomain, maxMailBytes, maxMailRcpt
	b.srv.ReadTimeout, b.srv.WriteTimeout, b.srv.ErrorLog = mailStep, mailStep, quiet{}
	b.srv.EnableSMTPUTF8 = true
	b.srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	return b, nil
}

// Serve takes mail on l until Shutdown.
func (b *Letterbox) Serve(l net.Listener) error {
	return b.srv.Serve(&crowd{Listener: l, peers: map[string]int{}})
}

// Shutdown takes no new connections and lets those there are finish, until ctx
// ends.
func (b *Letterbox) Shutdown(ctx context.Context) error {
	err := b.srv.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return b.srv.Close()
	}
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// quiet drops go-smtp's own log lines, which name addresses.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// NewSession implements smtp.Backend.
func (b *Letterbox) NewSession(c *smtp.Conn) (smtp.Session, error) {
	m := &mailIn{box: b, helo: c.Hostname()}
	if at, ok := c.Conn().RemoteAddr().(*net.TCPAddr); ok {
		m.peer = at.IP
	}
	return m, nil
}

// mailIn is one connection's mail.
type mailIn struct {
	box  *Letterbox
	peer net.IP
	helo string
	from string
	to   []string
}

// Mail implements smtp.Session.
func (m *mailIn) Mail(from string, _ *smtp.MailOptions) error {
	m.from = from
	return nil
}

// Rcpt implements smtp.Session: who is not ours is refused at once.
func (m *mailIn) Rcpt(to string, _ *smtp.RcptOptions) error {
	ctx, cancel := context.WithTimeout(context.Background(), mailWork)
	defer cancel()
	if err := m.box.s.MayMail(ctx, Envelope{From: m.from, To: to}); err != nil {
		return m.box.said(err)
	}
	m.to = append(m.to, to)
	return nil
}

// Data implements smtp.Session.
func (m *mailIn) Data(r io.Reader) error {
	wait := time.NewTimer(mailWait)
	defer wait.Stop()
	select {
	case m.box.turn <- struct{}{}:
		defer func() { <-m.box.turn }()
	case <-wait.C:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Too busy. Please try again later"}
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), mailWork)
	defer cancel()
	for _, to := range m.to {
		if err := m.box.s.TakeMail(ctx, Envelope{From: m.from, To: to, Peer: m.peer, Helo: m.helo}, raw); err != nil {
			return m.box.said(err)
		}
	}
	return nil
}

// Reset implements smtp.Session.
func (m *mailIn) Reset() { m.from, m.to = "", nil }

// Logout implements smtp.Session.
func (*mailIn) Logout() error { return nil }

// said is an error as SMTP has it: ours to log and to be tried again, unless it
// says why the mail is not taken.
func (b *Letterbox) said(err error) error {
	var no *MailRefused
	if !errors.As(err, &no) {
		b.s.Log.Error("mail not taken", "err", err)
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Something went wrong here. Please try again later"}
	}
	return &smtp.SMTPError{Code: no.Code, EnhancedCode: smtp.EnhancedCode(no.Enhanced), Message: no.Text + ": " + b.s.Config.BaseURL}
}

// crowd keeps the number of connections down, over all and for each address.
type crowd struct {
	net.Listener
	mu    sync.Mutex
	all   int
	peers map[string]int
}

// Accept implements net.Listener.
func (c *crowd) Accept() (net.Conn, error) {
	for {
		conn, err := c.Listener.Accept()
		if err != nil {
			return nil, err
		}
		peer, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err == nil && c.enter(peer) {
			guest := &guest{Conn: conn, leave: sync.OnceFunc(func() { c.exit(peer) })}
			guest.end = time.AfterFunc(mailSession, func() { _ = guest.Close() })
			return guest, nil
		}
		_ = conn.SetWriteDeadline(clock.Wall().Add(time.Second))
		_, _ = io.WriteString(conn, "421 4.3.2 Too many connections. Please try again later\r\n")
		_ = conn.Close()
	}
}

func (c *crowd) enter(peer string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.all >= maxMailConns || c.peers[peer] >= maxMailPeer {
		return false
	}
	c.all++
	c.peers[peer]++
	return true
}

func (c *crowd) exit(peer string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.peers[peer]--; c.peers[peer] == 0 {
		delete(c.peers, peer)
	}
}

// guest is a connection that is counted until it ends, and ends in time.
type guest struct {
	net.Conn
	leave func()
	end   *time.Timer
}

// Close implements net.Conn.
func (g *guest) Close() error {
	g.end.Stop()
	g.leave()
	return g.Conn.Close()
}

// ownCertificate is one that we sign ourselves. Mail servers encrypt when they
// can and check nobody's name, so it keeps mail from being read on the way.
func ownCertificate(name string, now clock.Instant) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	from := now.Time().Add(-24 * time.Hour)
	x := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: from, NotAfter: from.Add(certificateBy), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, x, x, &key.PublicKey, key)
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}, err
}
