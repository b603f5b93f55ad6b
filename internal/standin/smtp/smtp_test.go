package smtp_test

import (
	"errors"
	"fmt"
	netsmtp "net/smtp"
	"net/textproto"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/standin/smtp"
)

const letter = "From: Salla <hei@kierto.example>\r\nTo: Anna <anna@example.fi>\r\nSubject: =?utf-8?q?Hyv=C3=A4=C3=A4_p=C3=A4iv=C3=A4=C3=A4?=\r\n" +
	"List-Unsubscribe: <https://kierto.example/unsubscribe/x>\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nKatso https://kierto.example/inbox/1 heti.\r\n"

func start(t *testing.T) *smtp.Server {
	t.Helper()
	s, err := smtp.Start(clock.At(7))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func send(s *smtp.Server, to string) error {
	return netsmtp.SendMail(strings.TrimPrefix(s.URL(), "smtp://"), nil, "hei@kierto.example", []string{to}, []byte(letter))
}

// code is the answer a client got.
func code(err error) int {
	var e *textproto.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// A letter is kept with its parts decoded.
func TestKeepsLetters(t *testing.T) {
	t.Parallel()
	s := start(t)
	arrived := s.Arrived()
	if err := send(s, "anna@example.fi"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	m := s.Messages()[0]
	if m.Subject != "Hyvää päivää" || m.At != 7 || m.Rcpt[0] != "anna@example.fi" || m.Links[0] != "https://kierto.example/inbox/1" || m.Header["List-Unsubscribe"] == "" {
		t.Errorf("kept %+v", m)
	}
	if got, ok := s.Message(m.ID); !ok || got.Subject != m.Subject {
		t.Errorf("by number: %+v", got)
	}
	if len(s.To("noora@example.fi")) != 0 {
		t.Error("somebody else's letter")
	}
}

// Only so many letters are kept.
func TestForgetsOldLetters(t *testing.T) {
	t.Parallel()
	s := start(t)
	for range 510 {
		if err := send(s, "anna@example.fi"); err != nil {
			t.Fatal(err)
		}
	}
	if ms := s.Messages(); len(ms) != 500 || ms[0].ID != 510 {
		t.Errorf("%d letters, the newest %d", len(ms), ms[0].ID)
	}
}

// The cues answer as real servers do.
func TestCues(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		cue  smtp.Cue
		want []int // answers to three tries
	}{
		{smtp.Cue{Fault: smtp.Greylist}, []int{451, 0, 0}},
		{smtp.Cue{Fault: smtp.Busy, Times: 2}, []int{421, 421, 0}},
		{smtp.Cue{Fault: smtp.Full}, []int{452, 452, 452}},
		{smtp.Cue{Fault: smtp.NoUser, To: "anna@"}, []int{550, 550, 550}},
		{smtp.Cue{Fault: smtp.NoUser, To: "noora@"}, []int{0, 0, 0}},
		{smtp.Cue{Fault: smtp.Refuse, Times: 1}, []int{554, 0, 0}},
	} {
		s := start(t)
		s.Cue(c.cue)
		var got []int
		for range 3 {
			got = append(got, code(send(s, "anna@example.fi")))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%+v: %v, want %v", c.cue, got, c.want)
		}
	}
}
