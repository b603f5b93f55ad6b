package web

import (
	"github.com/kierto/kierto/internal/fault"
)

// allow holds a reader against a route's access.
func allow(a Access, c *Ctx, method string) error {
	r := c.Reader
	switch a {
	case Anyone, Machine:
		return nil
	case Operator:
		if !r.Operator || r.Suspended {
			return fault.New(fault.Missing, "web.missing")
		}
		return nil
	case SignedIn, Party:
		if !r.SignedIn() {
			return fault.New(fault.SignIn, "web.sign_in")
		}
		if a == SignedIn && r.Suspended && method != "GET" {
			return fault.New(fault.Forbidden, "web.suspended")
		}
		return nil
	}
	return fault.New(fault.Missing, "web.missing") // undeclared: nobody
}
