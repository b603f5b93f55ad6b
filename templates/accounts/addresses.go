package accounts

import "github.com/a-h/templ"

// named gives a control a fuller name for screen readers.
func named(label string) templ.Attributes { return templ.Attributes{"aria-label": label} }

func addressTitle(p AddressPage) string {
	if p.Delete == "" {
		return p.T("accounts.address_new_title")
	}
	return p.T("accounts.address_title")
}
