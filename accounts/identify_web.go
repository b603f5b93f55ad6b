package accounts

import (
	"time"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
)

// seenGrain is how exactly it is known when somebody was last here.
const seenGrain = time.Hour

// Identify is who holds the request's session; the zero Reader when nobody does.
// A session of somebody who has left is nobody's.
func (s *Service) Identify(c *web.Ctx) (web.Reader, error) {
	ctx := c.Request().Context()
	id := UserID(c.Sessions().GetString(ctx, web.SessionUser))
	if id == "" {
		return web.Reader{}, nil
	}
	u, err := s.Get(ctx, s.DB, id)
	if fault.Is(err, fault.Missing) || err == nil && u.IsDeleted() {
		return web.Reader{}, nil
	}
	if err != nil {
		return web.Reader{}, err
	}
	if now := s.Clock.Now(); now.Sub(u.SeenAt) >= seenGrain {
		_ = setSeen(ctx, s.DB, id, now) // on a full disk people can still read; whatever they write says what is wrong
	}
	return web.Reader{
		ID: string(u.ID), Name: u.Name, Lang: u.Lang, Zone: u.Zone, Operator: u.IsOperator(),
		Suspended: u.IsSuspended(), Confirmed: u.Confirmed(), MailBad: !u.MailBadAt.IsZero(), Session: sessionID(c.Sessions().Token(ctx)),
	}, nil
}

// begin makes the request's session the signed-in session of a person, under a
// new token, so that nobody who knew the old one gets in.
func (s *Service) begin(c *web.Ctx, id UserID) error {
	ctx, m := c.Request().Context(), c.Sessions()
	if c.Reader.ID != string(id) {
		if err := s.leaveBrowser(c); err != nil {
			return err
		}
	}
	if err := m.RenewToken(ctx); err != nil {
		return err
	}
	m.Put(ctx, web.SessionUser, string(id))
	m.Put(ctx, web.SessionAgent, Agent(c.Request().UserAgent()))
	return nil
}

// leaveBrowser ends the session of whoever is signed in with this browser, and
// what hangs on it.
func (s *Service) leaveBrowser(c *web.Ctx) error {
	if !c.Reader.SignedIn() {
		return nil
	}
	err := s.EndSession(c.Request().Context(), UserID(c.Reader.ID), c.Reader.Session)
	if fault.Is(err, fault.Missing) { // ended from elsewhere, meanwhile
		return nil
	}
	return err
}
