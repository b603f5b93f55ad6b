package accounts

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
	"github.com/kierto/kierto/templates/ui"
)

// webOwn registers the pages of a person's own account.
func (s *Service) webOwn(r *web.Server, forms web.Guard) {
	r.GET("/account", web.SignedIn, s.showHub)
	r.GET("/account/settings", web.SignedIn, s.showSettings)
	r.POST("/account/settings", web.Party, s.postSettings, forms)
	r.GET("/account/channels", web.SignedIn, s.showChannels)
	r.POST("/account/channels", web.Party, s.postChannels, forms)
	s.webPhone(r, forms)
	r.GET("/account/email", web.SignedIn, s.showEmail)
	r.POST("/account/email", web.Party, s.postEmail, forms)
	r.GET("/account/email/sent", web.SignedIn, s.showEmailSent)
	r.GET("/account/password", web.SignedIn, s.showPassword)
	r.POST("/account/password", web.Party, s.postPassword, forms)
	r.GET("/account/sessions", web.SignedIn, s.showSessions)
	r.POST("/account/sessions/end", web.Party, s.postEndSessions, forms)
	r.POST("/account/sessions/:id/end", web.Party, s.postEndSession, forms)
	r.GET("/account/addresses", web.SignedIn, s.showAddresses)
	r.GET("/account/addresses/new", web.SignedIn, s.showNewAddress)
	r.POST("/account/addresses/new", web.Party, s.postAddress, forms)
	r.GET("/account/addresses/:id", web.Party, s.showAddress)
	r.POST("/account/addresses/:id", web.Party, s.postAddress, forms)
	r.POST("/account/addresses/:id/delete", web.Party, s.postDeleteAddress, forms)
	r.GET("/account/download", web.SignedIn, s.showDownload)
	r.POST("/account/download", web.Party, s.postDownload, web.Limit(downloadBurst, downloadEach))
	r.GET("/account/delete", web.SignedIn, s.showDelete)
	r.POST("/account/delete", web.Party, s.postDelete, forms)
}

// me is the reader's own account.
func (s *Service) me(c *web.Ctx) (User, error) {
	return s.Get(c.Request().Context(), s.DB, UserID(c.Reader.ID))
}

func (s *Service) showSettings(c *web.Ctx) error {
	u, err := s.me(c)
	if err != nil {
		return err
	}
	return c.Page(s.settingsPage(c)(web.Filled("name", u.Name, "town", u.Town, "postcode", u.Postcode, "about", u.About,
		"lang", u.Lang, "zone", u.Zone)))
}

func (s *Service) settingsPage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		p := pages.SettingsPage{FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}}
		for _, z := range Zones {
			p.Zones = append(p.Zones, ui.Option{Value: z.Name, Label: c.Say.T(z.Key)})
		}
		return pages.Settings(p)
	}
}

func (s *Service) postSettings(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.SaveSettings(c.Request().Context(), UserID(c.Reader.ID), Settings{
		Name: form.Get("name"), Town: form.Get("town"), Postcode: form.Get("postcode"), About: form.Get("about"),
		Lang: form.Get("lang"), Zone: form.Get("zone"),
	})
	if err != nil {
		return c.Again(err, form, s.settingsPage(c))
	}
	c.SetLang(form.Get("lang"))
	return s.saved(c)
}

// saved goes back to the hub, in the language the person has now.
func (s *Service) saved(c *web.Ctx) error {
	u, err := s.me(c)
	if err != nil {
		return err
	}
	c.Say = u.Speaker(c.Now())
	c.Flash("accounts.saved")
	return c.Go("/account")
}

func (s *Service) showChannels(c *web.Ctx) error {
	u, err := s.me(c)
	if err != nil {
		return err
	}
	form := web.Filled("quiet_from", TimeOfDay(u.QuietFrom), "quiet_until", TimeOfDay(u.QuietUntil))
	for name, on := range map[string]bool{"mail_messages": u.MailMessages, "mail_nudges": u.MailNudges, "mail_searches": u.MailSearches} {
		if on {
			form.Values.Set(name, "yes")
		}
	}
	form.Values.Set("texts", textsWord(u.TextsBy))
	page, err := s.channelsPage(c, u)
	if err != nil {
		return err
	}
	return c.Page(page(form))
}

// channelsPage is the page of channels, with the parts that others add to it.
func (s *Service) channelsPage(c *web.Ctx, u User) (func(web.Form) templ.Component, error) {
	var parts []templ.Component
	for _, part := range s.ChannelParts {
		made, err := part(c)
		if err != nil {
			return nil, err
		}
		if made != nil {
			parts = append(parts, made)
		}
	}
	return func(form web.Form) templ.Component {
		return pages.Channels(pages.ChannelsPage{
			FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}, Texting: s.texting(c, u), Parts: parts,
		})
	}, nil
}

func (s *Service) postChannels(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	u, err := s.me(c)
	if err != nil {
		return err
	}
	err = s.SaveChannels(c.Request().Context(), u.ID, Channels{
		QuietFrom: form.Get("quiet_from"), QuietUntil: form.Get("quiet_until"), Messages: form.Has("mail_messages", "yes"),
		Nudges: form.Has("mail_nudges", "yes"), Searches: form.Has("mail_searches", "yes"),
		Texts: textsChosen(form),
	})
	if err != nil {
		page, perr := s.channelsPage(c, u)
		if perr != nil {
			return perr
		}
		return c.Again(err, form, page)
	}
	return s.saved(c)
}

func (s *Service) showDownload(c *web.Ctx) error {
	return c.Page(pages.Download(pages.FormPage{Frame: c.Frame("account")}))
}

func (s *Service) postDownload(c *web.Ctx) error {
	raw, err := s.Export(c.Request().Context(), UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="kierto.zip"`)
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "application/zip", raw)
}

func (s *Service) showDelete(c *web.Ctx) error { return c.Page(s.deletePage(c)(web.Form{})) }

func (s *Service) deletePage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		return pages.Delete(pages.FormPage{Frame: c.Frame("account"), Form: form})
	}
}

func (s *Service) postDelete(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	if err := s.Delete(ctx, UserID(c.Reader.ID), form.Get("password")); err != nil {
		return c.Again(err, form, s.deletePage(c))
	}
	if err := c.Sessions().Destroy(ctx); err != nil {
		return err
	}
	c.Flash("accounts.deleted")
	return c.Go("/")
}
