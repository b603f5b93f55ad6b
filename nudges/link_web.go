package nudges

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/orders"
	pages "github.com/kierto/kierto/templates/nudges"
)

// What the address of a link may say beside its token. None of it is signed: it
// changes what the page begins with, not what it may do.
const (
	whenField = "when" // the time of a slot
	stepField = "step" // whose reminder led here
	doneField = "done" // the page after it was done
	undoField = "undo"
)

// getLink shows what a link would do. It changes nothing.
func (s *Service) getLink(c *web.Ctx) error {
	private(c)
	ctx := c.Request().Context()
	b, err := s.open(ctx, s.DB, c.Param("token"))
	if err != nil || notTheirs(c, b) {
		return s.refuse(c, b, err)
	}
	v := s.speak(c, b)
	if b.deed == menuCode {
		return s.showMenu(c, v)
	}
	d, ok := deedOf(b.turn.Kind, b.side, b.deed)
	if !ok {
		return s.refuse(c, b, ErrNoLink)
	}
	if d.code == muteCode {
		return s.showMute(c, v, d)
	}
	done, err := s.tapsFor(c, b, d)
	switch {
	case err != nil:
		return err
	case c.QueryParam(doneField) != "" && len(done) > 0:
		return c.Page(pages.ShowTold(frame(c), s.donePage(v, d)))
	case once(done, d, c.QueryParam(whenField)):
		return c.Page(pages.ShowTold(frame(c), s.usedPage(v, done[len(done)-1].At)))
	case !b.may(d):
		return s.refuse(c, b, ErrOver)
	}
	p, err := s.deedPage(ctx, v, d, prefilled(c))
	if err != nil {
		return err
	}
	return c.Page(pages.ShowDeed(frame(c), p))
}

// postLink does what a link is for.
func (s *Service) postLink(c *web.Ctx) error {
	private(c)
	ctx, token := c.Request().Context(), c.Param("token")
	form, err := c.Form()
	if err != nil {
		return err
	}
	b, err := s.open(ctx, s.DB, token)
	if err != nil || notTheirs(c, b) {
		return s.refuse(c, b, err)
	}
	s.speak(c, b)
	in := givenIn(form)
	after, err := s.Tap(ctx, token, in)
	if after.turn.ID != "" {
		b = after
	}
	if err == nil {
		done := "1"
		if in.Undo {
			done = undoField
		}
		return c.Go(linkPath + token + web.Query(doneField, done, whenField, form.Get(whenField)))
	}
	d, ok := deedOf(b.turn.Kind, b.side, b.deed)
	if fs := fault.As(err); !ok || len(fs) == 0 || fs[0].Kind != fault.Invalid {
		return s.refuse(c, b, err)
	}
	p, perr := s.deedPage(ctx, s.linkVoice(b), d, form)
	if perr != nil {
		return perr
	}
	return c.Again(err, form, func(form web.Form) templ.Component {
		p.Form = form
		return pages.ShowDeed(frame(c), p)
	})
}

// private keeps a page to its reader: no search engine, no store between, and
// its address is told to nobody.
func private(c *web.Ctx) {
	h := c.Response().Header()
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	h.Set("Cache-Control", "no-store")
}

// frame is the frame of a link's page, which no search engine keeps.
func frame(c *web.Ctx) web.Frame {
	f := c.Frame("")
	f.Meta.NoIndex = true
	return f
}

// speak makes the page speak to the one the link is for, whoever holds it.
func (s *Service) speak(c *web.Ctx, b about) linkVoice {
	v := s.linkVoice(b)
	c.Say = v.Speaker
	return v
}

// notTheirs tells whether somebody else is signed in than the link is for.
func notTheirs(c *web.Ctx, b about) bool {
	return c.Reader.SignedIn() && b.user.ID != "" && c.Reader.ID != string(b.user.ID)
}

// refuse says why a link does nothing. err nil means that somebody else is
// signed in.
func (s *Service) refuse(c *web.Ctx, b about, err error) error {
	status, fs := http.StatusNotFound, fault.As(err)
	switch {
	case err == nil:
	case errors.Is(err, ErrNoLink), errors.Is(err, ErrExpired):
	case errors.Is(err, ErrUsed), errors.Is(err, ErrOver):
		if status = http.StatusConflict; c.Request().Method != http.MethodPost {
			status = http.StatusOK
		}
	case len(fs) > 0 && (fs[0].Kind == fault.Conflict || fs[0].Kind == fault.Forbidden):
		status = http.StatusConflict
	default:
		return err
	}
	if err != nil && b.user.ID != "" && !errors.Is(err, ErrNoLink) {
		s.speak(c, b)
	}
	p, perr := s.refusal(c, b, err)
	if perr != nil {
		return perr
	}
	return c.PageStatus(status, pages.ShowTold(frame(c), p))
}

// tapsFor are the uses of a deed by the one the link is for, oldest first.
func (s *Service) tapsFor(c *web.Ctx, b about, d deed) ([]tap, error) {
	all, err := tapsOf(c.Request().Context(), s.DB, b.turn.ID, b.user.ID)
	var out []tap
	for _, t := range all {
		if t.Deed == d.name || strings.HasPrefix(t.Deed, d.name+":") {
			out = append(out, t)
		}
	}
	return out, err
}

// once tells whether a deed was done in a way that cannot be done again: at all,
// or for this very time.
func once(done []tap, d deed, when string) bool {
	for _, t := range done {
		if t.Deed == d.name || d.asks == askWhen && t.Deed == d.name+":"+when {
			return true
		}
	}
	return false
}

// prefilled is a form that begins with what the address says.
func prefilled(c *web.Ctx) web.Form {
	return web.Filled(whenField, c.QueryParam(whenField))
}

// givenIn reads the form of a link.
func givenIn(form web.Form) Given {
	when, err := strconv.ParseInt(form.Get(whenField), 10, 64)
	if err != nil {
		when = 0 // no such time: the move says so
	}
	return Given{
		When: clock.Instant(when), Carrier: form.Get("carrier"), Tracking: form.Get("tracking"), Claim: form.Get("claim"),
		Note: form.Get("note"), Text: form.Get("text"), Verdict: form.Get("verdict"), Step: form.Get(stepField), Undo: form.Get(undoField) != "",
	}
}

// postReminders turns the reminders about a trade off, or on again, from its
// page.
func (s *Service) postReminders(c *web.Ctx) error {
	ctx, me := c.Request().Context(), accounts.UserID(c.Reader.ID)
	o, _, err := s.Orders.For(ctx, s.DB, orders.ID(c.Param("id")), me)
	if err != nil {
		return err
	}
	on := c.FormValue(undoField) != ""
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		if on {
			return s.Unmute(ctx, tx, me, string(o.ID))
		}
		return s.Mute(ctx, tx, me, string(o.ID), o.Turn, "")
	})
	if err != nil {
		return err
	}
	if on {
		c.Flash("link.mute.back_text")
	} else {
		c.Flash("link.mute.room")
	}
	return c.Go(o.URL())
}
