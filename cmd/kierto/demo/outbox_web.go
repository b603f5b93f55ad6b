package demo

import (
	"net/http"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/demo"
	"github.com/kierto/kierto/templates/ui"
)

// What frames and framed letters may do. A letter is somebody else's HTML: it
// runs nothing and loads nothing from elsewhere.
const (
	framePolicy  = "; frame-src 'self'"
	letterPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; " +
		"frame-ancestors 'self'; sandbox allow-popups allow-top-navigation-by-user-activation"
)

// maxSent is how many messages the outbox shows.
const maxSent = 60

// outbox lists what went out by any channel, the newest first.
func (d *Demo) outbox(c *web.Ctx) error {
	p := pages.OutboxPage{Frame: c.Frame("")}
	type sent struct {
		at  clock.Instant
		row ui.LinkRow
	}
	var all []sent
	for _, m := range d.Post.Messages() {
		all = append(all, sent{m.At, ui.LinkRow{URL: "/demo/outbox/" + strconv.Itoa(m.ID), Icon: "mail", Label: m.Subject, More: recipient(m.To)}})
	}
	for _, m := range d.Push.Messages() {
		all = append(all, sent{m.At, ui.LinkRow{URL: "/demo/push/" + strconv.Itoa(m.ID), Icon: "bell", Label: m.Title, More: d.owner(c, m.Browser)}})
	}
	for _, m := range d.Phone.Messages() {
		if !m.Incoming {
			all = append(all, sent{m.At, d.phoneRow(m)})
		}
	}
	slices.SortStableFunc(all, func(a, b sent) int { return int(b.at - a.at) })
	for _, x := range all[:min(len(all), maxSent)] {
		x.row.More += " · " + p.Soon(x.at)
		p.Sent = append(p.Sent, x.row)
	}
	return c.Page(pages.Outbox(p))
}

// recipient is the address a letter goes to, without the name before it.
func recipient(to string) string {
	if a, err := mail.ParseAddress(to); err == nil {
		return a.Address
	}
	return to
}

// owner words whose browser it is.
func (d *Demo) owner(c *web.Ctx, browser string) string {
	for _, x := range d.state.People {
		if x.Role == browser {
			return c.Say.T("demo.push_to", "Name", x.Name)
		}
	}
	return browser
}

// pushed shows one push message as a browser would.
func (d *Demo) pushed(c *web.Ctx) error {
	id, _ := strconv.Atoi(c.Param("id"))
	m, ok := d.Push.Message(id)
	if !ok {
		return fault.New(fault.Missing, "web.missing")
	}
	p := pages.PushPage{
		Frame: c.Frame(""), To: d.owner(c, m.Browser), When: c.Say.DayClock(m.At), Title: m.Title, Body: m.Body, URL: d.here(m.URL), Raw: m.Raw,
	}
	for _, a := range m.Actions {
		p.Actions = append(p.Actions, ui.Button{Label: a.Title, URL: d.here(a.URL), Kind: "quiet", Small: true})
	}
	return c.Page(pages.ShowPush(p))
}

// here is an address of this site by whatever name the reader knows it.
func (d *Demo) here(address string) string {
	return web.Local(strings.TrimPrefix(address, d.base), "/")
}

// letter shows one letter as it would arrive.
func (d *Demo) letter(c *web.Ctx) error {
	id, _ := strconv.Atoi(c.Param("id"))
	m, ok := d.Post.Message(id)
	if !ok {
		return fault.New(fault.Missing, "web.missing")
	}
	h := c.Response().Header()
	h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+framePolicy)
	return c.Page(pages.ShowLetter(pages.LetterPage{
		Frame: c.Frame(""), To: m.To, Subject: m.Subject, When: c.Say.DayClock(m.At), From: m.From, Text: m.Text,
		HTML: "/demo/outbox/" + strconv.Itoa(id) + "/html", Reply: replyURL(m),
	}))
}

// letterHTML is a letter's own page, for the frame. Its links lead to this site
// by whatever name the reader knows it, and out of the frame.
func (d *Demo) letterHTML(c *web.Ctx) error {
	id, _ := strconv.Atoi(c.Param("id"))
	m, ok := d.Post.Message(id)
	if !ok {
		return fault.New(fault.Missing, "web.missing")
	}
	html := strings.ReplaceAll(m.HTML, `href="`+d.base+"/", `target="_top" href="/`)
	c.Response().Header().Set("Content-Security-Policy", letterPolicy)
	return c.HTML(http.StatusOK, html)
}

// replyURL is where an answer to a letter is typed; "" when it takes none.
func replyURL(m smtp.Message) string {
	if m.Header["Reply-To"] == "" {
		return ""
	}
	return "/demo/outbox/" + strconv.Itoa(m.ID) + "/reply"
}

// reply answers a letter as its reader's mail program would: by a real mail to
// the market's own mail server, which quotes the letter below.
func (d *Demo) reply(c *web.Ctx) error {
	id, _ := strconv.Atoi(c.Param("id"))
	m, ok := d.Post.Message(id)
	if !ok || replyURL(m) == "" {
		return fault.New(fault.Missing, "web.missing")
	}
	text := strings.TrimSpace(c.FormValue("text"))
	if text == "" {
		return fault.Field("text", "messaging.empty")
	}
	switch err := d.answer(m, text); {
	case err == nil:
		c.Flash("demo.replied")
	case refusedMail(err) != "":
		c.Flash("demo.reply_refused", "Reason", refusedMail(err))
	default:
		return err
	}
	return c.Go("/demo/outbox/" + strconv.Itoa(id))
}
