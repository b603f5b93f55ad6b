package messaging

import (
	"net/url"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/messaging"
	"github.com/kierto/kierto/templates/ui"
)

func (s *Service) getHelp(c *web.Ctx) error {
	p, err := s.helpPage(c, c.QueryParam("order"), web.Form{})
	if err != nil {
		return err
	}
	return c.Page(page.Help(p))
}

func (s *Service) helpPage(c *web.Ctx, order string, form web.Form) (page.HelpPage, error) {
	ctx := c.Request().Context()
	f := c.Frame("help")
	p := page.HelpPage{Frame: f, Form: form, Signature: s.Config.Signature, Max: MaxText}
	if !c.Reader.SignedIn() {
		return p, nil
	}
	if order != "" && s.Trade != nil {
		title, photo, err := s.Trade(ctx, me(c), order)
		if err != nil {
			return p, err
		}
		p.OrderID, p.About = order, &page.About{Title: title, Photo: s.photo(photo), Note: f.T("messaging.help_about")}
	}
	conv, err := find(ctx, s.DB, AboutCase, p.OrderID, me(c))
	if db.IsNone(err) {
		return p, nil
	}
	p.Case = "/inbox/" + string(conv.ID)
	return p, err
}

func (s *Service) postHelp(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	cid, err := s.OpenCase(c.Request().Context(), me(c), form.Get("order"), form.Get("text"))
	if err != nil {
		p, perr := s.helpPage(c, form.Get("order"), form)
		if perr != nil {
			return perr
		}
		return c.Again(err, form, func(form web.Form) templ.Component {
			p.Form = form
			return page.Help(p)
		})
	}
	c.Flash("messaging.help_sent", "Name", s.Config.Signature)
	return c.Go("/inbox/" + string(cid))
}

func (s *Service) getReport(c *web.Ctx) error {
	kind, subject := ReportKind(c.QueryParam("kind")), c.QueryParam("subject")
	if err := s.Reportable(c.Request().Context(), me(c), kind, subject); err != nil {
		return err
	}
	return c.Page(page.Report(reportPage(c, kind, subject, web.Form{})))
}

func reportPage(c *web.Ctx, kind ReportKind, subject string, form web.Form) page.ReportPage {
	f := c.Frame("")
	p := page.ReportPage{Frame: f, Form: form, Kind: string(kind), Subject: subject, Max: maxReport, Back: c.Back(reportedAt(kind, subject))}
	for _, r := range Reasons {
		p.Reasons = append(p.Reasons, ui.Choice{Value: r, Label: f.T("messaging.reason_" + r), More: f.T("messaging.reason_" + r + "_more")})
	}
	return p
}

// reportedAt is the page of what is reported.
func reportedAt(kind ReportKind, subject string) string {
	switch kind {
	case ReportListing:
		return "/listings/" + subject
	case ReportUser:
		return "/people/" + subject
	case ReportConversation:
		return "/inbox/" + subject
	}
	return "/inbox"
}

func (s *Service) postReport(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	kind, subject := ReportKind(form.Get("kind")), form.Get("subject")
	err = s.Report(c.Request().Context(), Reporting{
		Reporter: me(c), Kind: kind, Subject: subject, Reason: form.Get("reason"), Text: form.Get("text"),
	})
	if err != nil {
		if fault.Is(err, fault.Missing) {
			return err
		}
		return c.Again(err, form, func(form web.Form) templ.Component { return page.Report(reportPage(c, kind, subject, form)) })
	}
	c.Flash("messaging.reported")
	return c.Go(c.Back(reportedAt(kind, subject)))
}

func (s *Service) getBlock(c *web.Ctx) error {
	conv, other, err := s.blockable(c)
	if err != nil {
		return err
	}
	f := c.Frame("inbox")
	name := first(other.Shown(f.Speaker))
	return c.Page(page.Ask(page.AskPage{
		Frame: f, Icon: "ban", Title: f.T("messaging.block_title", "Name", name), Text: f.T("messaging.block_text", "Name", name),
		Do:   ui.Button{Label: f.T("messaging.block_do"), URL: "/inbox/" + string(conv.ID) + "/block", Post: true, Kind: "bad"},
		Back: &ui.Button{Label: f.T("messaging.block_back"), URL: "/inbox/" + string(conv.ID), Kind: "bare"},
	}))
}

// blockable is the conversation of the request and the other person in it.
func (s *Service) blockable(c *web.Ctx) (Conversation, accounts.User, error) {
	conv, err := s.party(c)
	if err != nil {
		return conv, accounts.User{}, err
	}
	if conv.Kind != AboutListing {
		return conv, accounts.User{}, missing()
	}
	other, err := s.other(c.Request().Context(), s.DB, conv, me(c))
	return conv, other, err
}

func (s *Service) postBlock(c *web.Ctx) error {
	conv, other, err := s.blockable(c)
	if err != nil {
		return err
	}
	if err := s.Block(c.Request().Context(), me(c), other.ID); err != nil {
		return err
	}
	c.FlashUndo("/inbox/"+string(conv.ID)+"/unblock", "messaging.block_done", "Name", first(other.Shown(c.Say)))
	return c.Go("/inbox/" + string(conv.ID))
}

func (s *Service) postUnblock(c *web.Ctx) error {
	conv, other, err := s.blockable(c)
	if err != nil {
		return err
	}
	if err := s.Unblock(c.Request().Context(), me(c), other.ID); err != nil {
		return err
	}
	c.Flash("messaging.unblock_done", "Name", first(other.Shown(c.Say)))
	return c.Go("/inbox/" + string(conv.ID))
}

// getUnsubscribe shows one button; mail scanners open links.
func (s *Service) getUnsubscribe(c *web.Ctx) error {
	u, topic, err := s.unsubscribed(c.Param("token"))
	if err != nil {
		return err
	}
	p, err := s.Accounts.Get(c.Request().Context(), s.DB, u)
	if err != nil {
		return err
	}
	c.Say = p.Speaker(s.Clock.Now())
	f := c.Frame("")
	f.Meta.NoIndex = true
	return c.Page(page.Ask(page.AskPage{
		Frame: f, Icon: "mail", Title: f.T("messaging.stop_" + topic), Text: f.T("messaging.stop_" + topic + "_text"),
		Do: ui.Button{Label: f.T("messaging.stop_do"), URL: "/unsubscribe/" + url.PathEscape(c.Param("token")), Post: true},
	}))
}

// postUnsubscribe stops the e-mails, for the button above and for mail programs
// (RFC 8058), which send no cookie.
func (s *Service) postUnsubscribe(c *web.Ctx) error {
	u, topic, err := s.unsubscribed(c.Param("token"))
	if err != nil {
		return err
	}
	if err := s.Unsubscribe(c.Request().Context(), c.Param("token")); err != nil {
		return err
	}
	p, err := s.Accounts.Get(c.Request().Context(), s.DB, u)
	if err != nil {
		return err
	}
	c.Say = p.Speaker(s.Clock.Now())
	f := c.Frame("")
	return c.Page(page.Done(page.DonePage{
		Frame: f, Title: f.T("messaging.stopped"), Text: f.T("messaging.stopped_" + topic),
		Next: &ui.Button{Label: f.T("messaging.stopped_settings"), URL: "/account/channels", Kind: "quiet"},
	}))
}
