package messaging

import (
	"context"
	"strings"
)

// Sample is a telling as each channel would carry it.
type Sample struct {
	Mail  Mail
	Push  PushMessage
	SMS   string // with its link
	Units int    // how long that is: places of the short alphabet, or of the long one
}

// Sample words a telling for every channel as it would go now, and sends
// nothing. Who may see it is the caller's to ask.
func (s *Service) Sample(ctx context.Context, t Telling) (Sample, error) {
	u, err := s.Accounts.Get(ctx, s.DB, t.To)
	if err != nil {
		return Sample{}, err
	}
	args, err := EncodeArgs(t.Args)
	if err != nil {
		return Sample{}, err
	}
	now := s.Clock.Now()
	d := Delivery{
		ID: "dlv_sample", User: u.ID, Channel: Email, Topic: t.Topic, Address: u.Email, Key: t.Key, RawArgs: args, URL: t.URL,
		Thread: t.Thread, Turn: t.Turn, Step: t.Step, Warning: t.Warning, CreatedAt: now,
	}
	var out Sample
	if out.Mail, err = s.letter(ctx, d, u, now); err != nil {
		return out, err
	}
	if out.Push, err = s.push(ctx, d, u, now); err != nil {
		return out, err
	}
	d.Channel = SMS
	w, err := s.words(ctx, d, u, now)
	out.SMS = shortText(strings.TrimSpace(plain(w.Text)), w.Short)
	out.Units, _ = units(out.SMS)
	return out, err
}
