package accounts

import (
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
)

// Limits of what one place and one person may send, beside those counted in the
// database.
const (
	formBurst     = 20
	formEach      = 3 * time.Second
	downloadBurst = 3
	downloadEach  = 10 * time.Minute
)

// Web registers the routes. What a person does to their own account has the
// access Party: a suspended member keeps the keys to their own account.
func (s *Service) Web(r *web.Server) {
	forms := web.Limit(formBurst, formEach)
	r.GET("/sign-up", web.Anyone, s.showSignUp)
	r.POST("/sign-up", web.Anyone, s.postSignUp, forms)
	r.GET("/sign-up/sent", web.Anyone, s.showSignUpSent)
	r.GET("/sign-in", web.Anyone, s.showSignIn)
	r.POST("/sign-in", web.Anyone, s.postSignIn, forms)
	r.POST("/sign-out", web.Anyone, s.postSignOut)
	r.GET("/reset", web.Anyone, s.showAskReset)
	r.POST("/reset", web.Anyone, s.postAskReset, forms)
	r.GET("/reset/sent", web.Anyone, s.showResetSent)
	r.GET("/reset/:token", web.Anyone, s.showReset)
	r.POST("/reset/:token", web.Anyone, s.postReset, forms)
	r.GET("/confirm/:token", web.Anyone, s.showConfirm)
	r.POST("/confirm/:token", web.Anyone, s.postConfirm, forms)
	r.POST("/confirm", web.Party, s.postResend, forms)
	r.GET("/language/:lang", web.Anyone, s.language)
	r.POST("/language/:lang", web.Anyone, s.language)
	s.webOwn(r, forms)
}

// showSignUp is the form to join; members are led to their own page.
func (s *Service) showSignUp(c *web.Ctx) error {
	if c.Reader.SignedIn() {
		return c.Go("/account")
	}
	return c.Page(s.signUpPage(c)(web.Form{}))
}

func (s *Service) signUpPage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		return pages.SignUp(pages.FormPage{Frame: c.Frame("sign-up"), Form: form})
	}
}

// postSignUp answers the same whether the address is known or not.
func (s *Service) postSignUp(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.SignUp(c.Request().Context(), NewUser{
		Name: form.Get("name"), Email: form.Get("email"), Password: form.Get("password"), Lang: c.Say.Lang, Place: c.RealIP(),
	})
	if err != nil {
		return c.Again(err, form, s.signUpPage(c))
	}
	return c.Go("/sign-up/sent")
}

func (s *Service) showSignUpSent(c *web.Ctx) error {
	return s.sent(c, "accounts.sign_up_sent", "/sign-in", "accounts.sign_in_title")
}

func (s *Service) showResetSent(c *web.Ctx) error {
	return s.sent(c, "accounts.reset_sent", "/sign-in", "accounts.sign_in_title")
}

// sent is the page after a letter went out; key_title, key, and three things to
// know.
func (s *Service) sent(c *web.Ctx, key, to, label string) error {
	p := pages.MomentPage{
		Frame: c.Frame("account"), Icon: "mail", Title: c.Say.T("accounts.sent_title"), Text: c.Say.T(key),
		Ticks: []string{c.Say.T("accounts.sent_soon"), c.Say.T("accounts.sent_spam"), c.Say.T("accounts.sent_wrong")},
	}
	p.Button.URL, p.Button.Label, p.Button.Kind = to, c.Say.T(label), "quiet"
	return c.Page(pages.Moment(p))
}

func (s *Service) showSignIn(c *web.Ctx) error {
	if c.Reader.SignedIn() {
		return c.Go(c.Back("/account"))
	}
	return c.Page(s.signInPage(c)(web.Form{}))
}

func (s *Service) signInPage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		return pages.SignIn(pages.FormPage{Frame: c.Frame("sign-in"), Form: form, Next: c.Back("")})
	}
}

func (s *Service) postSignIn(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	u, err := s.SignIn(c.Request().Context(), form.Get("email"), form.Get("password"), c.RealIP())
	if err != nil {
		return c.Again(err, form, s.signInPage(c))
	}
	if err := s.begin(c, u.ID); err != nil {
		return err
	}
	return c.Go(c.Back("/"))
}

func (s *Service) postSignOut(c *web.Ctx) error {
	if err := s.leaveBrowser(c); err != nil {
		return err
	}
	if err := c.Sessions().Destroy(c.Request().Context()); err != nil {
		return err
	}
	c.Response().Header().Set("Clear-Site-Data", `"storage"`) // push messages to this browser end too
	c.Flash("accounts.signed_out")
	return c.Go("/")
}

func (s *Service) showAskReset(c *web.Ctx) error {
	return c.Page(s.askResetPage(c)(web.Filled("email", s.ownEmail(c))))
}

// ownEmail is the address of a signed-in reader, so that they need not type it.
func (s *Service) ownEmail(c *web.Ctx) string {
	if !c.Reader.SignedIn() {
		return ""
	}
	u, err := s.Get(c.Request().Context(), s.DB, UserID(c.Reader.ID))
	if err != nil {
		return ""
	}
	return u.Email
}

func (s *Service) askResetPage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		return pages.AskReset(pages.FormPage{Frame: c.Frame("sign-in"), Form: form})
	}
}

func (s *Service) postAskReset(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	if err := s.AskReset(c.Request().Context(), form.Get("email"), c.RealIP()); err != nil {
		return c.Again(err, form, s.askResetPage(c))
	}
	return c.Go("/reset/sent")
}

func (s *Service) showReset(c *web.Ctx) error {
	if err := s.Resetting(c.Request().Context(), c.Param("token")); err != nil {
		return s.stale(c, err, "/reset", "accounts.reset_again")
	}
	return c.Page(s.resetPage(c)(web.Form{}))
}

func (s *Service) resetPage(c *web.Ctx) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		return pages.Reset(pages.FormPage{Frame: c.Frame("sign-in"), Form: form, URL: c.Request().URL.Path})
	}
}

func (s *Service) postReset(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	err = s.Reset(c.Request().Context(), c.Param("token"), form.Get("password"))
	if fault.Is(err, fault.Conflict) {
		return s.stale(c, err, "/reset", "accounts.reset_again")
	}
	if err != nil {
		return c.Again(err, form, s.resetPage(c))
	}
	c.Flash("accounts.password_saved")
	return c.Go("/sign-in")
}

// stale says that a link is used up or too old, and how to get a new one.
func (s *Service) stale(c *web.Ctx, err error, to, label string) error {
	fs := fault.As(err)
	if len(fs) == 0 || fs[0].Kind != fault.Conflict {
		return err
	}
	p := pages.MomentPage{Frame: c.Frame("sign-in"), Icon: "hourglass", Title: c.Say.T("accounts.stale_title"), Text: c.Say.Fault(fs[0])}
	p.Button.URL, p.Button.Label = to, c.Say.T(label)
	return c.PageStatus(http.StatusConflict, pages.Moment(p))
}

// showConfirm shows one button; only pressing it confirms, so that a scanner of
// mail confirms nothing.
func (s *Service) showConfirm(c *web.Ctx) error {
	email, err := s.Confirming(c.Request().Context(), c.Param("token"))
	if err != nil {
		return s.stale(c, err, "/account", "accounts.to_account")
	}
	return c.Page(pages.Confirm(pages.ConfirmPage{
		FormPage: pages.FormPage{Frame: c.Frame("sign-in"), URL: c.Request().URL.Path}, Email: email,
	}))
}

func (s *Service) postConfirm(c *web.Ctx) error {
	if err := s.Confirm(c.Request().Context(), c.Param("token")); err != nil {
		return s.stale(c, err, "/account", "accounts.to_account")
	}
	if c.Reader.SignedIn() {
		c.Flash("accounts.confirmed")
		return c.Go("/account")
	}
	c.Flash("accounts.confirmed_sign_in")
	return c.Go("/sign-in")
}

func (s *Service) postResend(c *web.Ctx) error {
	ctx := c.Request().Context()
	if err := s.Attempt(ctx, "confirm:"+c.Reader.ID, confirmsAddress, confirmsPer); err != nil {
		return err
	}
	if err := s.ResendConfirm(ctx, UserID(c.Reader.ID)); err != nil {
		return err
	}
	c.Flash("accounts.resent")
	return c.Go("/account")
}

// language turns the site into a language and goes back to where the reader was.
// A link on another site changes nothing.
func (s *Service) language(c *web.Ctx) error {
	lang := c.Param("lang")
	if !i18n.Valid(lang) {
		return fault.New(fault.Missing, "web.missing")
	}
	if c.Request().Header.Get("Sec-Fetch-Site") != "cross-site" {
		c.SetLang(lang)
		if c.Reader.SignedIn() {
			if err := s.SetLang(c.Request().Context(), UserID(c.Reader.ID), lang); err != nil {
				return err
			}
		}
	}
	return c.Go(web.Local(c.FormValue("to"), "/"))
}
