package accounts

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
	"github.com/kierto/kierto/templates/ui"
)

func (s *Service) showEmail(c *web.Ctx) error {
	page, err := s.emailPage(c)
	if err != nil {
		return err
	}
	return c.Page(page(web.Form{}))
}

func (s *Service) emailPage(c *web.Ctx) (func(web.Form) templ.Component, error) {
	u, err := s.me(c)
	return func(form web.Form) templ.Component {
		return pages.Email(pages.EmailPage{FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}, Now: u.Email})
	}, err
}

func (s *Service) postEmail(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	page, err := s.emailPage(c)
	if err != nil {
		return err
	}
	if err := s.AskEmail(c.Request().Context(), UserID(c.Reader.ID), form.Get("email"), form.Get("password")); err != nil {
		return c.Again(err, form, page)
	}
	return c.Go("/account/email/sent")
}

func (s *Service) showEmailSent(c *web.Ctx) error {
	return s.sent(c, "accounts.email_sent", "/account", "accounts.hub")
}

func (s *Service) showPassword(c *web.Ctx) error {
	page, err := s.passwordPage(c)
	if err != nil {
		return err
	}
	return c.Page(page(web.Form{}))
}

func (s *Service) passwordPage(c *web.Ctx) (func(web.Form) templ.Component, error) {
	u, err := s.me(c)
	return func(form web.Form) templ.Component {
		return pages.Password(pages.PasswordPage{FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}, Email: u.Email})
	}, err
}

// postPassword ends every other session and renews this one.
func (s *Service) postPassword(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	page, err := s.passwordPage(c)
	if err != nil {
		return err
	}
	id := UserID(c.Reader.ID)
	if err := s.ChangePassword(c.Request().Context(), id, form.Get("current"), form.Get("password"), c.Reader.Session); err != nil {
		return c.Again(err, form, page)
	}
	if err := s.begin(c, id); err != nil {
		return err
	}
	c.Flash("accounts.password_changed")
	return c.Go("/account")
}

func (s *Service) showSessions(c *web.Ctx) error {
	all, err := s.Sessions(c.Request().Context(), UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	p := pages.SessionsPage{Frame: c.Frame("account")}
	p.Here = ui.Setting{Label: agentWord(c, Agent(c.Request().UserAgent())), Now: c.Say.T("accounts.sessions_here")}
	for _, x := range all {
		if x.ID == c.Reader.Session {
			continue
		}
		p.Others = append(p.Others, ui.Setting{
			Label: agentWord(c, x.Agent), Now: c.Say.T("accounts.sessions_seen", "When", c.Say.Soon(x.SeenAt)),
			Action: &ui.Button{Label: c.Say.T("accounts.sessions_end"), URL: "/account/sessions/" + x.ID + "/end", Post: true, Kind: "quiet", Small: true},
		})
	}
	return c.Page(pages.Sessions(p))
}

func agentWord(c *web.Ctx, agent string) string {
	if agent == "" {
		return c.Say.T("accounts.sessions_unknown")
	}
	return agent
}

func (s *Service) postEndSession(c *web.Ctx) error {
	if err := s.EndSession(c.Request().Context(), UserID(c.Reader.ID), c.Param("id")); err != nil {
		return err
	}
	c.Flash("accounts.session_ended")
	return c.Go("/account/sessions")
}

func (s *Service) postEndSessions(c *web.Ctx) error {
	if err := s.EndSessions(c.Request().Context(), UserID(c.Reader.ID), c.Reader.Session); err != nil {
		return err
	}
	c.Flash("accounts.sessions_ended")
	return c.Go("/account/sessions")
}
