package accounts

import (
	"github.com/a-h/templ"

	"github.com/kierto/kierto/templates/ui"
)

// emailAttrs keep phones from mending an address.
var emailAttrs = templ.Attributes{"autocapitalize": "none", "spellcheck": "false"}

// ticks are sentences with a tick before each.
func ticks(lines []string) []ui.Line {
	out := make([]ui.Line, len(lines))
	for i, l := range lines {
		out[i] = ui.Line{Icon: "check", Text: l}
	}
	return out
}
