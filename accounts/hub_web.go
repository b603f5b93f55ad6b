package accounts

import (
	"strings"
	"time"

	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
	"github.com/kierto/kierto/templates/ui"
)

// showHub is the person's own page.
func (s *Service) showHub(c *web.Ctx) error {
	u, err := s.me(c)
	if err != nil {
		return err
	}
	sessions, err := s.Sessions(c.Request().Context(), u.ID)
	if err != nil {
		return err
	}
	addresses, err := s.Addresses(c.Request().Context(), s.DB, u.ID)
	if err != nil {
		return err
	}
	p := pages.HubPage{
		Frame: c.Frame("account"), Name: u.Name, ID: string(u.ID), Since: c.Say.T("accounts.since", "Date", c.Say.Date(u.CreatedAt)),
		Measured: measured(c, u), Suspended: u.IsSuspended(), Desk: u.IsOperator(),
		Settings: hubSettings(c, u, addresses), Security: hubSecurity(c, u, len(sessions)),
	}
	if !u.Confirmed() {
		p.Unsure = u.Email
	}
	return c.Page(pages.Hub(p))
}

func hubSettings(c *web.Ctx, u User, addresses []Address) []ui.Setting {
	where := c.Say.T("accounts.hub_addresses_none")
	if len(addresses) > 0 {
		where = addresses[0].Street + ", " + addresses[0].Town
	}
	quiet := c.Say.T("accounts.hub_quiet_none")
	if u.QuietFrom != u.QuietUntil {
		quiet = c.Say.T("accounts.hub_quiet", "From", clockWord(c, u.QuietFrom), "Until", clockWord(c, u.QuietUntil))
	}
	about := []string{map[string]string{"fi": "Suomi", "sv": "Svenska", "en": "English"}[u.Lang]}
	if u.Town != "" {
		about = append([]string{u.Town}, about...)
	}
	return []ui.Setting{
		{Label: c.Say.T("accounts.settings_title"), Now: strings.Join(about, " · "), URL: "/account/settings"},
		{Label: c.Say.T("accounts.channels_title"), Now: quiet, URL: "/account/channels"},
		{Label: c.Say.T("accounts.addresses_title"), Now: where, URL: "/account/addresses"},
	}
}

func hubSecurity(c *web.Ctx, u User, sessions int) []ui.Setting {
	return []ui.Setting{
		{Label: c.Say.T("accounts.email_title"), Now: u.Email, URL: "/account/email"},
		{Label: c.Say.T("accounts.password_title"), Now: "••••••••••", URL: "/account/password"},
		{Label: c.Say.T("accounts.sessions_title"), Now: c.Say.N("accounts.hub_sessions", sessions), URL: "/account/sessions"},
	}
}

// clockWord is minutes from midnight as the reader writes them: "21.00".
func clockWord(c *web.Ctx, minutes int64) string {
	s := TimeOfDay(minutes)
	if c.Say.Lang == "en" {
		return s
	}
	return strings.Replace(s, ":", ".", 1)
}

// measured is how soon the person answers and posts, "" when too few trades say.
func measured(c *web.Ctx, u User) string {
	var parts []string
	if u.ReplyMinutes > 0 {
		parts = append(parts, c.Say.T("accounts.hub_reply", "Span", c.Say.Span(time.Duration(u.ReplyMinutes)*time.Minute)))
	}
	if u.PostHours > 0 {
		parts = append(parts, c.Say.T("accounts.hub_post", "Span", c.Say.Span(time.Duration(u.PostHours)*time.Hour)))
	}
	if u.TradesDone > 0 {
		parts = append(parts, c.Say.N("accounts.hub_trades", int(u.TradesDone)))
	}
	return strings.Join(parts, " · ")
}
