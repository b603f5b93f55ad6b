package accounts

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
	"github.com/kierto/kierto/templates/ui"
)

// webPhone registers the pages of a person's number.
func (s *Service) webPhone(r *web.Server, forms web.Guard) {
	r.GET("/account/phone", web.SignedIn, s.showPhone)
	r.POST("/account/phone", web.Party, s.postPhone, forms)
	r.GET("/account/phone/code", web.SignedIn, s.showCode)
	r.POST("/account/phone/code", web.Party, s.postCode, forms)
	r.POST("/account/phone/delete", web.Party, s.postDeletePhone, forms)
}

// texting is the part about short messages of the page of channels.
func (s *Service) texting(c *web.Ctx, u User) pages.Texting {
	t := pages.Texting{On: s.Texter != nil || u.HasPhone()}
	if !u.HasPhone() {
		return t
	}
	t.Number = PhoneWritten(u.Phone)
	for _, by := range append(append([]string{}, s.Texts...), ByNone) {
		t.Ways = append(t.Ways, ui.Choice{Value: textsWord(by), Label: c.Say.T("accounts.texts_" + textsWord(by))})
	}
	return t
}

// textsWord is a way of short messages as forms have it.
func textsWord(by string) string {
	if by == ByNone {
		return "none"
	}
	return by
}

// textsChosen is the way of short messages that a form chose; nil when it was
// not asked.
func textsChosen(form web.Form) *string {
	by := form.Get("texts")
	if by == "" {
		return nil
	}
	if by == "none" {
		by = ByNone
	}
	return &by
}

func (s *Service) showPhone(c *web.Ctx) error {
	u, err := s.me(c)
	if err != nil {
		return err
	}
	if s.Texter == nil && !u.HasPhone() {
		return fault.New(fault.Missing, "web.missing")
	}
	return c.Page(s.phonePage(c, u)(web.Form{}))
}

func (s *Service) phonePage(c *web.Ctx, u User) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		p := pages.PhonePage{FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}}
		if u.HasPhone() {
			p.Now = PhoneWritten(u.Phone)
		}
		return pages.Phone(p)
	}
}

// postPhone sends a code. It answers the same whoever has the number.
func (s *Service) postPhone(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	u, err := s.me(c)
	if err != nil {
		return err
	}
	err = s.AskPhone(c.Request().Context(), u.ID, form.Get("phone"), c.RealIP())
	if fault.Is(err, fault.TooMany) { // said beside the field
		err = inField(err, "phone")
	}
	if err != nil {
		return c.Again(err, form, s.phonePage(c, u))
	}
	return c.Go("/account/phone/code")
}

func (s *Service) showCode(c *web.Ctx) error {
	number, err := s.AskedPhone(c.Request().Context(), UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	if number == "" {
		return c.Go("/account/phone")
	}
	return c.Page(codePage(c, number)(web.Form{}))
}

func codePage(c *web.Ctx, number string) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		p := pages.CodePage{FormPage: pages.FormPage{Frame: c.Frame("account"), Form: form}}
		if number != "" {
			p.Number = PhoneWritten(number)
		}
		return pages.Code(p)
	}
}

func (s *Service) postCode(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	id := UserID(c.Reader.ID)
	number, err := s.AskedPhone(c.Request().Context(), id)
	if err != nil {
		return err
	}
	if err := s.ConfirmPhone(c.Request().Context(), id, form.Get("code")); err != nil {
		return c.Again(err, form, codePage(c, number))
	}
	c.Flash("accounts.phone_saved")
	return c.Go("/account/channels")
}

func (s *Service) postDeletePhone(c *web.Ctx) error {
	if err := s.RemovePhone(c.Request().Context(), UserID(c.Reader.ID)); err != nil {
		return err
	}
	c.Flash("accounts.phone_removed")
	return c.Go("/account/channels")
}

// inField puts a fault beside a field.
func inField(err error, field string) error {
	fs := fault.As(err)
	if len(fs) == 0 {
		return err
	}
	f := *fs[0]
	f.Kind, f.Field = fault.Invalid, field
	return &f
}
