package messaging

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/i18n"
)

// Preview is a telling in the words its reader would get.
type Preview struct {
	To      accounts.User
	Subject string
	Lead    string
	Why     string // what happens if they do nothing; "" when nothing is said
	ByMail  bool   // the person takes e-mail about it
}

// Preview words a telling as it would be sent now, and sends nothing; for the
// desk.
func (s *Service) Preview(ctx context.Context, q db.Queryer, t Telling) (Preview, error) {
	u, err := s.Accounts.Get(ctx, q, t.To)
	if err != nil {
		return Preview{}, err
	}
	names, err := s.names(ctx, q, asSet(append(people(t.Args), u.ID)))
	if err != nil {
		return Preview{}, err
	}
	say := u.Speaker(s.Clock.Now())
	word := func(part string) string { return plain(phrase(say, t.Key+part, t.Args, names)) }
	p := Preview{To: u, Subject: word(".subject"), Lead: word(".lead"), ByMail: u.TakesMail() && wants(u, Email, t.Topic, t.Warning)}
	if i18n.Known(say.Lang, t.Key+".why") {
		p.Why = word(".why")
	}
	return p, nil
}
