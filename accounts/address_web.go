package accounts

import (
	"github.com/a-h/templ"
	"github.com/nyaruka/phonenumbers"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/web"
	pages "github.com/kierto/kierto/templates/accounts"
)

func (s *Service) showAddresses(c *web.Ctx) error {
	all, err := s.Addresses(c.Request().Context(), s.DB, UserID(c.Reader.ID))
	if err != nil {
		return err
	}
	p := pages.AddressesPage{Frame: c.Frame("account"), Full: len(all) >= maxAddresses}
	for _, a := range all {
		v := pages.Address{URL: addressURL(a.ID), Name: a.Name, Lines: []string{a.Street, a.Postcode + " " + a.Town}}
		if a.Phone != "" {
			v.Lines = append(v.Lines, phoneWord(a.Phone))
		}
		p.Addresses = append(p.Addresses, v)
	}
	return c.Page(pages.Addresses(p))
}

func addressURL(id AddressID) string { return "/account/addresses/" + string(id) }

// phoneWord is a number as people write it: at home in Finland without the
// country.
func phoneWord(e164 string) string {
	n, err := phonenumbers.Parse(e164, "FI")
	if err != nil {
		return e164
	}
	if int(n.GetCountryCode()) == phonenumbers.GetCountryCodeForRegion("FI") {
		return phonenumbers.Format(n, phonenumbers.NATIONAL)
	}
	return phonenumbers.Format(n, phonenumbers.INTERNATIONAL)
}

func (s *Service) showNewAddress(c *web.Ctx) error {
	return c.Page(s.addressPage(c, "")(web.Filled("name", c.Reader.Name)))
}

func (s *Service) showAddress(c *web.Ctx) error {
	a, err := s.Address(c.Request().Context(), s.DB, UserID(c.Reader.ID), AddressID(c.Param("id")))
	if err != nil {
		return err
	}
	return c.Page(s.addressPage(c, a.ID)(web.Filled("name", a.Name, "street", a.Street, "postcode", a.Postcode,
		"town", a.Town, "phone", phoneWord(a.Phone))))
}

// addressPage is the form of an address; id is "" for a new one.
func (s *Service) addressPage(c *web.Ctx, id AddressID) func(web.Form) templ.Component {
	return func(form web.Form) templ.Component {
		p := pages.AddressPage{FormPage: pages.FormPage{
			Frame: c.Frame("account"), Form: form, URL: "/account/addresses/new", Next: c.Back(""),
		}}
		if id != "" {
			p.URL, p.Delete = addressURL(id), addressURL(id)+"/delete"
		}
		return pages.EditAddress(p)
	}
}

// postAddress saves a new address, or the one named in the path.
func (s *Service) postAddress(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	ctx, id := c.Request().Context(), AddressID(c.Param("id"))
	me := UserID(c.Reader.ID)
	if id != "" {
		if _, err := s.Address(ctx, s.DB, me, id); err != nil {
			return err
		}
	}
	err = s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := s.SaveAddress(ctx, tx, Address{
			ID: id, UserID: me, Name: form.Get("name"), Street: form.Get("street"), Postcode: form.Get("postcode"),
			Town: form.Get("town"), Phone: form.Get("phone"),
		})
		return err
	})
	if err != nil {
		return c.Again(err, form, s.addressPage(c, id))
	}
	c.Flash("accounts.address_saved")
	return c.Go(c.Back("/account/addresses"))
}

func (s *Service) postDeleteAddress(c *web.Ctx) error {
	if err := s.DeleteAddress(c.Request().Context(), UserID(c.Reader.ID), AddressID(c.Param("id"))); err != nil {
		return err
	}
	c.Flash("accounts.address_deleted")
	return c.Go("/account/addresses")
}
