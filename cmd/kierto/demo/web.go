package demo

import (
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/carrier"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/demo"
	"github.com/kierto/kierto/templates/dev"
	"github.com/kierto/kierto/templates/ui"
)

// Web registers the demo's routes. Everybody may use them: there is nothing to
// protect in an invented marketplace.
func (d *Demo) Web(r *web.Server) {
	r.POST("/demo/sign-in", web.Anyone, d.signIn)
	r.POST("/demo/clock", web.Anyone, d.moveClock)
	r.GET("/demo/outbox", web.Anyone, d.outbox)
	r.GET("/demo/outbox/:id", web.Anyone, d.letter)
	r.GET("/demo/outbox/:id/html", web.Anyone, d.letterHTML)
	r.POST("/demo/outbox/:id/reply", web.Anyone, d.reply)
	r.GET("/demo/push/:id", web.Anyone, d.pushed)
	r.GET("/demo/phone/:number", web.Anyone, d.showPhone)
	r.POST("/demo/phone/:number", web.Anyone, d.postPhone)
	r.GET("/demo/carrier", web.Anyone, d.parcels)
	r.POST("/demo/carrier", web.Anyone, d.scan)
	r.GET("/dev/pages", web.Anyone, func(c *web.Ctx) error { return c.Page(dev.Index(c.Frame(""))) })
	r.GET("/dev/pages/:name", web.Anyone, example)
}

// Foot is the demo's part of every page.
func (d *Demo) Foot() *web.Demo {
	f := &web.Demo{Now: d.Clock.Now(), Password: password}
	for _, p := range d.state.People {
		f.People = append(f.People, web.DemoPerson{ID: string(p.ID), Name: p.Name, Role: p.Role})
	}
	return f
}

// signIn signs in as one of the people in the foot.
func (d *Demo) signIn(c *web.Ctx) error {
	ctx, who := c.Request().Context(), c.FormValue("user")
	for _, p := range d.state.People {
		if string(p.ID) != who {
			continue
		}
		if err := c.Sessions().RenewToken(ctx); err != nil {
			return err
		}
		c.Sessions().Put(ctx, web.SessionUser, who)
		c.Sessions().Put(ctx, web.SessionAgent, accounts.Agent(c.Request().UserAgent()))
		c.Flash("demo.signed_in", "Name", p.Name)
		if p.Role == roleOperator {
			return c.Go("/desk")
		}
		return c.Go("/orders")
	}
	return fault.New(fault.Missing, "web.missing")
}

// moveClock moves the clock and says what came of it.
func (d *Demo) moveClock(c *web.Ctx) error {
	by, err := time.ParseDuration(c.FormValue("by"))
	if err != nil || by <= 0 || by > longest {
		return fault.New(fault.Invalid, "web.broken_form")
	}
	moved, err := d.Move(c.Request().Context(), by)
	if err != nil {
		return err
	}
	c.Flash("demo.moved", "Letters", c.Say.N("demo.moved_letters", int(moved.Letters)),
		"Trades", c.Say.N("demo.moved_trades", int(moved.Trades)))
	return c.Go(c.Back("/"))
}

// maxParcels are shown at once, the newest; older ones are searched for.
const maxParcels = 20

// parcels shows what the carrier knows, with a button for each thing that may
// happen to a parcel.
func (d *Demo) parcels(c *web.Ctx) error {
	q, at := strings.TrimSpace(c.QueryParam("q")), c.QueryParam("at")
	p := pages.CarrierPage{Frame: c.Frame(""), Query: q, Here: "/demo/carrier" + web.Query("q", q, "at", at), Empty: c.Say.T("demo.carrier_empty")}
	if q != "" || at != "" {
		p.Empty = c.Say.T("demo.parcels_none")
	}
	count := map[string]int{}
	for _, x := range d.Carrier.Parcels() {
		here := stage(x)
		if !told(x, q) {
			continue
		}
		count[here]++
		if at != "" && at != here {
			continue
		}
		if p.Found++; len(p.Parcels) < maxParcels {
			p.Parcels = append(p.Parcels, d.parcel(c, x))
		}
	}
	p.Stages = append(p.Stages, ui.Chip{Label: c.Say.T("demo.parcels_all"), URL: "/demo/carrier" + web.Query("q", q), Current: at == ""})
	for _, s := range stages {
		if count[s.name] > 0 {
			p.Stages = append(p.Stages, ui.Chip{Label: c.Say.T("demo.parcel_"+s.name) + " · " + strconv.Itoa(count[s.name]),
				URL: "/demo/carrier" + web.Query("q", q, "at", s.name), Current: at == s.name})
		}
	}
	return c.Page(pages.Carrier(p))
}

// told tells whether a parcel's numbers, contents or towns hold the words.
func told(x carrier.Parcel, words string) bool {
	all := strings.ToLower(strings.Join([]string{x.Reference, x.Code, x.Tracking, x.Contents, x.From, x.To}, " "))
	return strings.Contains(all, strings.ToLower(words))
}

// stages are where a parcel may be, as far as cues tell, and what may happen to
// it there. What the clock did is no cue: a parcel on its way may have arrived.
var stages = []struct {
	name  string
	scans []string
}{
	{"booked", []string{"drop", "lose"}},
	{"dropped", []string{"arrive", "collect", "return", "delay", "lose"}},
	{"arrived", []string{"collect", "return"}},
	{"collected", nil},
	{"returning", []string{"back"}},
	{"lost", nil},
}

func (d *Demo) parcel(c *web.Ctx, x carrier.Parcel) pages.Parcel {
	p := pages.Parcel{
		Tracking: x.Tracking, Code: x.Code, Contents: x.Contents, Ref: x.Reference,
		Way: x.From + " → " + x.To, State: c.Say.T("demo.parcel_" + stage(x)),
	}
	for _, s := range stages {
		if s.name != stage(x) {
			continue
		}
		for _, scan := range s.scans {
			p.Scans = append(p.Scans, pages.Scan{Value: scan, Label: c.Say.T("demo.scan_" + scan)})
		}
	}
	return p
}

// stage is where a parcel is, as far as cues tell.
func stage(x carrier.Parcel) string {
	switch {
	case x.Lost:
		return "lost"
	case x.Turned != 0:
		return "returning"
	case x.Collected != 0:
		return "collected"
	case x.Arrived != 0:
		return "arrived"
	case x.Dropped != 0:
		return "dropped"
	}
	return "booked"
}

// scan makes something happen to a parcel, and lets the marketplace see it.
func (d *Demo) scan(c *web.Ctx) error {
	ctx, tracking := c.Request().Context(), c.FormValue("parcel")
	if d.Carrier.Cue(tracking, c.FormValue("what")) != nil {
		return fault.New(fault.Missing, "web.missing")
	}
	if err := forgetPoll(ctx, d.market.DB, tracking); err != nil {
		return err
	}
	d.moving.Lock()
	err := d.settle(ctx)
	d.moving.Unlock()
	if err != nil {
		return err
	}
	c.Flash("demo.scanned")
	return c.Go(c.Back("/demo/carrier"))
}

// example shows a page of the gallery, in the language that ?lang= names.
func example(c *web.Ctx) error {
	e, ok := dev.Find(c.Param("name"))
	if !ok {
		return fault.New(fault.Missing, "web.missing")
	}
	lang := c.QueryParam("lang")
	if lang == "" {
		lang = c.Say.Lang
	}
	return c.Page(e.Make(dev.Frame(lang, false)))
}
