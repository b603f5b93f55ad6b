package desk

import (
	"github.com/kierto/kierto/internal/check"
	"github.com/kierto/kierto/internal/web"
)

// claims are the words of what the verifier proves, by its own name for it; the
// command line prints the names.
var claims = map[string]string{
	"every open state has an owner and a deadline":                 "owner",
	"every turn is followed by somebody outside the app":           "followed",
	"every costly deadline has a last warning a waking day before": "costly",
	"from every open state the clock alone leads to an end":        "ends",
	"no path is longer than the payment can be held":               "hold",
	"no reminder comes in anybody's quiet hours":                   "awake",
	"no reminder comes before its turn or after its deadline":      "inside",
	"the last warning leaves 24 waking hours":                      "warned",
	"no deadline moves by more than six days":                      "moved",
	"whoever owes hears of it at least once before the deadline":   "told",
}

// claim is what a result of the verifier proves, in the reader's language.
func claim(f web.Frame, r check.Result) string {
	if key, ok := claims[r.Name]; ok {
		return f.T("desk.claim." + key)
	}
	return r.Name
}
