package messaging

import (
	"context"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"

	mail "github.com/wneessen/go-mail"
)

// Limits of talking to the post.
const (
	smtpTimeout  = 15 * time.Second // to connect, and for each step after
	smtpAtOnce   = 8                // connections at most
	maxSubject   = 160              // characters
	maxNameChars = 80               // of a name in a header
)

// Mail is one e-mail, ready to go.
type Mail struct {
	ToName, To  string
	Subject     string
	Text, HTML  string
	Lang        string
	ID          string // Message-ID, without brackets
	Thread      string // id that mails of one conversation refer to; "" for none
	ReplyTo     string // address that an answer goes to; "" for the sender's
	Bounces     string // address that the post reports to; "" for the sender's
	Unsubscribe string // address for one-click unsubscribing; "" for none
}

// SMTP takes e-mail to a mail server.
type SMTP struct {
	from    *netmail.Address
	host    string
	opts    []mail.Option
	dkim    *DKIM // nil: e-mail is not signed here
	atOnce  chan struct{}
	timeout time.Duration
}

// NewSMTP is a sender to the server of a URL: smtp://user:password@host:587 for
// STARTTLS, smtps://user:password@host:465 for TLS from the start. Only a server
// on this machine is spoken to in the clear. from is "hei@example.fi" or "Kierto
// <hei@example.fi>".
func NewSMTP(server, from string) (*SMTP, error) {
	u, err := url.Parse(server)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return nil, errors.New("messaging: the mail server looks like smtp://user:password@host:587 or smtps://user:password@host:465")
	}
	sender, err := netmail.ParseAddress(from)
	if err != nil {
		return nil, fmt.Errorf("messaging: the sender of e-mail looks like hei@example.fi or Kierto <hei@example.fi>: %w", err)
	}
	s := &SMTP{from: sender, host: u.Hostname(), atOnce: make(chan struct{}, smtpAtOnce), timeout: smtpTimeout}
	switch {
	case u.Scheme == "smtps":
		s.opts = append(s.opts, mail.WithSSLPort(false))
	case isLoopback(u.Hostname()):
		s.opts = append(s.opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		s.opts = append(s.opts, mail.WithTLSPortPolicy(mail.TLSMandatory))
	}
	if p := u.Port(); p != "" {
		n, err := strconv.Atoi(p)
		if err != nil {
			return nil, fmt.Errorf("messaging: mail server port %q: %w", p, err)
		}
		s.opts = append(s.opts, mail.WithPort(n))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		s.opts = append(s.opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(u.User.Username()), mail.WithPassword(password))
	}
	return s, nil
}

// WithTimeout changes how long each step may take, for tests.
func (s *SMTP) WithTimeout(d time.Duration) *SMTP {
	s.timeout = d
	return s
}

// WithDKIM has all e-mail signed.
func (s *SMTP) WithDKIM(d *DKIM) *SMTP {
	s.dkim = d
	return s
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Send implements Sender.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	msg, err := s.message(m)
	if err != nil {
		return &Refused{Reason: err.Error()}
	}
	if s.dkim != nil {
		if err := s.dkim.sign(msg, m.ID); err != nil {
			return fmt.Errorf("messaging: signing: %w", err)
		}
	}
	select {
	case s.atOnce <- struct{}{}:
		defer func() { <-s.atOnce }()
	case <-ctx.Done():
		return ctx.Err()
	}
	client, err := mail.NewClient(s.host, append([]mail.Option{mail.WithTimeout(s.timeout)}, s.opts...)...)
	if err != nil {
		return err
	}
	return refused(client.DialAndSendWithContext(ctx, msg))
}

// refused sorts a failure: what the server will never take is not temporary.
func refused(err error) error {
	if err == nil {
		return nil
	}
	var se *mail.SendError
	if errors.As(err, &se) {
		code := se.ErrorCode()
		permanent := code >= 500 && code < 600 && !se.IsTemp()
		return &Refused{Temporary: !permanent, Gone: permanent && deadCodes[se.EnhancedStatusCode()], Reason: strings.TrimSpace(fmt.Sprintf("%d %s: %v", code, se.EnhancedStatusCode(), err))}
	}
	return &Refused{Temporary: true, Reason: err.Error()}
}

// message is m as go-mail has it. Names and subjects come from people: they lose
// line breaks and control characters before they get near a header.
func (s *SMTP) message(m Mail) (*mail.Msg, error) {
	msg := mail.NewMsg(mail.WithNoDefaultUserAgent())
	msg.FromMailAddress(s.from)
	to, err := netmail.ParseAddress(m.To)
	if err != nil || to.Address != m.To {
		return nil, fmt.Errorf("messaging: %d characters that are not an address", len(m.To))
	}
	to.Name = oneLine(m.ToName, maxNameChars)
	msg.ToMailAddress(to)
	msg.Subject(oneLine(m.Subject, maxSubject))
	msg.SetDate()
	msg.SetMessageIDWithValue(m.ID)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Content-Language", m.Lang)
	if m.Thread != "" {
		msg.SetGenHeader(mail.HeaderReferences, "<"+m.Thread+">")
		msg.SetGenHeader(mail.HeaderInReplyTo, "<"+m.Thread+">")
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return nil, err
		}
	}
	if m.Bounces != "" {
		if err := msg.EnvelopeFrom(m.Bounces); err != nil {
			return nil, err
		}
	}
	if m.Unsubscribe != "" {
		msg.SetListUnsubscribe(m.Unsubscribe)
		msg.SetListUnsubscribePost()
	}
	msg.SetBodyString(mail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(mail.TypeTextHTML, m.HTML)
	return msg, nil
}

// oneLine is s without anything that could end a header or hide in one, at most
// n characters.
func oneLine(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, s)
	return clip(strings.Join(strings.Fields(s), " "), n)
}
