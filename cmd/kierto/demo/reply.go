package demo

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	netsmtp "net/smtp"
	"net/textproto"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/standin/smtp"
)

// replyTime is how long handing over an answer may take.
const replyTime = 15 * time.Second

// answer sends a text as the answer of a letter's reader.
func (d *Demo) answer(m smtp.Message, text string) error {
	from, to := m.Rcpt[0], strings.Trim(m.Header["Reply-To"], "<>")
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(m.Text), "\n", "\n> ")
	raw := fmt.Sprintf("From: %s\nTo: %s\nSubject: %s\nMessage-ID: <%s@example.fi>\nIn-Reply-To: %s\nDate: %s\nMIME-Version: 1.0\n"+
		"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n\n%s kirjoitti %s:\n\n%s\n",
		from, to, mime.QEncoding.Encode("utf-8", "Re: "+m.Subject), id.Secret(), m.Header["Message-Id"],
		m.At.Time().Format(time.RFC1123Z), strings.ReplaceAll(text, "\r\n", "\n"), m.From, m.At.Time().Format("2.1.2006 15.04"), quoted)
	conn, err := net.DialTimeout("tcp", d.Mail.Addr().String(), replyTime)
	if err != nil {
		return err
	}
	if err := conn.SetDeadline(clock.Wall().Add(replyTime)); err != nil {
		return errors.Join(err, conn.Close())
	}
	c, err := netsmtp.NewClient(conn, "localhost")
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	defer func() { _ = c.Close() }() // it said what became of the mail before
	if err := c.Mail(from); err != nil {
		return err
	}
	if err := c.Rcpt(to); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, strings.ReplaceAll(raw, "\n", "\r\n")); err != nil {
		return err
	}
	return w.Close()
}

// refusedMail is why the mail server did not take a mail; "" when it was not that.
func refusedMail(err error) string {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return ""
}
