// Package smtp is a mail server that keeps what it gets instead of sending it:
// the demo's outbox and the tests' letterbox. It speaks real SMTP on loopback,
// and can be slow, greylist, refuse or hang on cue.
package smtp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	server "github.com/emersion/go-smtp"
	"github.com/jhillyerd/enmime/v2"

	"github.com/kierto/kierto/internal/clock"
)

// Limits of the stand-in.
const (
	maxKept       = 500              // letters kept; older ones go
	maxSize       = 2 << 20          // bytes of one letter
	maxTo         = 10               // recipients of one letter
	stepTime      = 30 * time.Second // a client may take this long for a step
	hangAtLongest = 2 * time.Minute
)

// Message is a letter as it arrived.
type Message struct {
	ID      int // 1, 2, 3 … in order of arrival
	At      clock.Instant
	From    string // the header: "Salla / Kierto <hei@…>"
	To      string // the header
	Sender  string // envelope
	Rcpt    []string
	Subject string
	Text    string
	HTML    string
	Header  map[string]string // every header by its canonical name, decoded
	Links   []string          // addresses in Text, in order
	Raw     string
}

// Fault is how a letter is treated on cue.
type Fault int

// The cues.
const (
	Greylist Fault = iota // 451 to the first try of each recipient, as many servers do
	Busy                  // 421 at once
	Full                  // 452 4.2.2, a full mailbox
	NoUser                // 550 5.1.1, no such person
	Refuse                // 554 5.7.1 after the letter, as spam
	Hang                  // no answer after the letter
	Drop                  // the letter is taken, and the connection ends before anybody is told
	Later                 // 451 after the letter
)

// Cue says what happens to letters for a recipient.
type Cue struct {
	Fault Fault
	To    string // recipients that contain this; "" for everybody
	Times int    // how often; 0 for always
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	clock clock.Clock
	srv   *server.Server
	addr  string
	stop  chan struct{}

	mu    sync.Mutex
	kept  []Message
	count int
	cues  []*Cue
	seen  map[string]bool // recipients greylisted once
	told  chan struct{}   // closed and replaced when a letter arrives
}

// Start listens on a free port of this machine. Close it when done.
func Start(c clock.Clock) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("smtp stand-in: %w", err)
	}
	s := &Server{clock: c, addr: l.Addr().String(), stop: make(chan struct{}), seen: map[string]bool{}, told: make(chan struct{})}
	s.srv = server.NewServer(server.BackendFunc(func(c *server.Conn) (server.Session, error) { return &session{s: s, conn: c}, nil }))
	s.srv.Domain, s.srv.MaxMessageBytes, s.srv.MaxRecipients = "stand-in.kierto.example", maxSize, maxTo
	s.srv.ReadTimeout, s.srv.WriteTimeout = stepTime, stepTime
	s.srv.ErrorLog = discard{}
	go func() { _ = s.srv.Serve(l) }() // ends with Close
	return s, nil
}

// discard drops go-smtp's own log lines.
type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// URL is where the server listens, as the setting KIERTO_SMTP_URL takes it.
func (s *Server) URL() string { return "smtp://" + s.addr }

// Close ends the server and its connections.
func (s *Server) Close() error {
	close(s.stop)
	return s.srv.Close()
}

// Messages are the letters kept, newest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.kept)
	slices.Reverse(out)
	return out
}

// Message is one letter by its number.
func (s *Server) Message(id int) (Message, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.kept {
		if m.ID == id {
			return m, true
		}
	}
	return Message{}, false
}

// To are the letters to an address, newest first.
func (s *Server) To(address string) []Message {
	return slices.DeleteFunc(s.Messages(), func(m Message) bool { return !slices.Contains(m.Rcpt, address) })
}

// Arrived is closed when the next letter arrives.
func (s *Server) Arrived() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

// Cue adds a cue; the first that fits is followed.
func (s *Server) Cue(c Cue) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cues = append(s.cues, &c)
}

// Clear forgets cues and letters.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.cues, s.seen = nil, nil, map[string]bool{}
}

// cue is what to do with a letter to rcpt at a step; it counts as used.
func (s *Server) cue(rcpt string, faults ...Fault) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, c := range s.cues {
		if !slices.Contains(faults, c.Fault) || !strings.Contains(rcpt, c.To) {
			continue
		}
		if c.Fault == Greylist {
			if s.seen[rcpt] {
				continue
			}
			s.seen[rcpt] = true
			return c.Fault, true
		}
		if c.Times > 0 {
			if c.Times--; c.Times == 0 {
				s.cues = slices.Delete(s.cues, i, i+1)
			}
		}
		return c.Fault, true
	}
	return 0, false
}

// session is one connection's letter.
type session struct {
	s    *Server
	conn *server.Conn
	from string
	to   []string
}

// Mail implements server.Session.
func (x *session) Mail(from string, _ *server.MailOptions) error {
	x.from = from
	return nil
}

// Rcpt implements server.Session.
func (x *session) Rcpt(to string, _ *server.RcptOptions) error {
	f, ok := x.s.cue(to, Greylist, Busy, Full, NoUser)
	if !ok {
		x.to = append(x.to, to)
		return nil
	}
	switch f {
	case Greylist:
		return &server.SMTPError{Code: 451, EnhancedCode: server.EnhancedCode{4, 7, 1}, Message: "Greylisted, come back later"}
	case Busy:
		return &server.SMTPError{Code: 421, EnhancedCode: server.EnhancedCode{4, 3, 2}, Message: "Too busy"}
	case Full:
		return &server.SMTPError{Code: 452, EnhancedCode: server.EnhancedCode{4, 2, 2}, Message: "Mailbox full"}
	}
	return &server.SMTPError{Code: 550, EnhancedCode: server.EnhancedCode{5, 1, 1}, Message: "No such person here"}
}

// Data implements server.Session.
func (x *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	f, ok := x.s.cue(strings.Join(x.to, " "), Refuse, Hang, Drop, Later)
	switch {
	case ok && f == Later:
		return &server.SMTPError{Code: 451, EnhancedCode: server.EnhancedCode{4, 3, 0}, Message: "Try again later"}
	case ok && f == Drop:
	case ok && f == Refuse:
		return &server.SMTPError{Code: 554, EnhancedCode: server.EnhancedCode{5, 7, 1}, Message: "Looks like spam"}
	case ok:
		select {
		case <-x.s.stop:
		case <-time.After(hangAtLongest):
		}
		return errors.New("hung")
	}
	m, err := parse(raw)
	if err != nil {
		return &server.SMTPError{Code: 554, EnhancedCode: server.EnhancedCode{5, 6, 0}, Message: "Not a letter"}
	}
	m.Sender, m.Rcpt, m.At = x.from, slices.Clone(x.to), x.s.clock.Now()
	x.s.keep(m)
	if ok && f == Drop {
		return errors.Join(errors.New("dropped"), x.conn.Close())
	}
	return nil
}

// Reset implements server.Session.
func (x *session) Reset() { x.from, x.to = "", nil }

// Logout implements server.Session.
func (*session) Logout() error { return nil }

func (s *Server) keep(m Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	m.ID = s.count
	s.kept = append(s.kept, m)
	if len(s.kept) > maxKept {
		s.kept = slices.Delete(s.kept, 0, len(s.kept)-maxKept)
	}
	close(s.told)
	s.told = make(chan struct{})
}

// link finds addresses in plain text.
var link = regexp.MustCompile(`https?://[^\s<>"]+`)

// parse reads a letter.
func parse(raw []byte) (Message, error) {
	if _, err := mail.ReadMessage(bytes.NewReader(raw)); err != nil {
		return Message{}, err
	}
	e, err := enmime.ReadEnvelope(bytes.NewReader(raw))
	if err != nil {
		return Message{}, err
	}
	m := Message{
		From: e.GetHeader("From"), To: e.GetHeader("To"), Subject: e.GetHeader("Subject"),
		Text: strings.ReplaceAll(e.Text, "\r\n", "\n"), HTML: e.HTML, Header: map[string]string{}, Raw: string(raw),
	}
	for _, k := range e.GetHeaderKeys() {
		m.Header[k] = e.GetHeader(k)
	}
	m.Links = link.FindAllString(m.Text, -1)
	return m, nil
}
