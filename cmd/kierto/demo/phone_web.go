package demo

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/standin/phone"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/demo"
	"github.com/kierto/kierto/templates/ui"
)

// maxWritten is the longest message a visitor writes from a phone, in characters.
const maxWritten = 600

// maxLabel is how much of a message the outbox shows, in characters.
const maxLabel = 80

// link finds the address that ends a short message.
var link = regexp.MustCompile(`https?://\S+`)

// digits is a number in the address of a phone's page.
var digits = regexp.MustCompile(`^[1-9][0-9]{6,14}$`)

// phoneRow is a short message in the outbox.
func (d *Demo) phoneRow(m phone.Message) ui.LinkRow {
	icon := "smartphone"
	if m.Channel == "whatsapp" {
		icon = "message-circle"
	}
	text := []rune(strings.TrimSpace(link.ReplaceAllString(m.Text, "")))
	if len(text) > maxLabel {
		text = append(text[:maxLabel], '…')
	}
	return ui.LinkRow{URL: "/demo/phone/" + strings.TrimPrefix(m.To, "+"), Icon: icon, Label: string(text), More: accounts.PhoneWritten(m.To)}
}

// phonePage is the phone with the number in the address.
func (d *Demo) phonePage(c *web.Ctx, form web.Form) (pages.PhonePage, error) {
	if !digits.MatchString(c.Param("number")) {
		return pages.PhonePage{}, fault.New(fault.Missing, "web.missing")
	}
	number := "+" + c.Param("number")
	p := pages.PhonePage{
		Frame: c.Frame(""), Form: form, Number: accounts.PhoneWritten(number), URL: "/demo/phone/" + c.Param("number"), Max: maxWritten,
	}
	for _, m := range d.Phone.Messages() {
		if m.To != number {
			continue
		}
		t := pages.TextMessage{
			Mine: m.Incoming, Text: m.Text, When: p.DayClock(m.At), ISO: p.ISO(m.At), By: p.T("demo.by_" + m.Channel),
		}
		if m.Status != "" {
			t.State = p.T("demo.text_" + m.Status)
		}
		if at := link.FindStringIndex(m.Text); at != nil && !m.Incoming {
			t.Text, t.Link, t.Shown = strings.TrimSpace(m.Text[:at[0]]), d.here(m.Text[at[0]:at[1]]), m.Text[at[0]:at[1]]
		}
		p.Texts = append(p.Texts, t)
	}
	slices.Reverse(p.Texts)
	return p, nil
}

func (d *Demo) showPhone(c *web.Ctx) error {
	p, err := d.phonePage(c, web.Form{})
	if err != nil {
		return err
	}
	return c.Page(pages.Phone(p))
}

// postPhone writes back from a phone, by whatever the last message came by, and
// lets the marketplace answer.
func (d *Demo) postPhone(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	p, err := d.phonePage(c, form)
	if err != nil {
		return err
	}
	text := strings.TrimSpace(form.Get("text"))
	if text == "" || len([]rune(text)) > maxWritten {
		p.Form.Faults = fault.Faults{fault.Field("text", "messaging.empty")}
		return c.Again(p.Form.Faults, form, pages.PhoneOf(p))
	}
	ctx, number, write := c.Request().Context(), "+"+c.Param("number"), d.Phone.Write
	for _, m := range d.Phone.Messages() {
		if m.To == number {
			if m.Channel == "whatsapp" {
				write = d.Phone.WriteWhatsApp
			}
			break
		}
	}
	if err := write(ctx, number, text, ""); err != nil {
		return err
	}
	d.moving.Lock()
	err = d.settle(ctx)
	d.moving.Unlock()
	if err != nil {
		return err
	}
	return c.Go(p.URL)
}
