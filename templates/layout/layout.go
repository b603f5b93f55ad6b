// Package layout is what surrounds every page: the head, the top bar, the foot,
// the tabs on phones, the sentence after an action, the demo's clock.
package layout

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
)

// Look is how a page departs from the usual.
type Look struct {
	NoTabs bool            // without the tabs on phones: one thing at a time
	Bar    templ.Component // a bar that stays at the bottom on phones, instead of the tabs
}

// Example is a page or part with invented data, for the gallery and its tests.
// Each folder of templates has its own list, Examples.
type Example struct {
	Name string // shown in the gallery, and its address: "orders-seller-ships"
	Make func(f web.Frame) templ.Component
}

// Pick is the words of an example in the reader's language. Examples are
// invented data, so they are not among the market's own sentences.
func Pick(f web.Frame, fi, sv, en string) string {
	return map[string]string{"fi": fi, "sv": sv, "en": en}[f.Lang]
}

// htmxConfig sets htmx up: answers that show errors are swapped like any other,
// nothing is evaluated, no style is injected, no page is kept in the browser's
// storage.
var htmxConfig = func() string {
	raw, err := json.Marshal(map[string]any{
		"allowEval": false, "includeIndicatorStyles": false, "selfRequestsOnly": true,
		"historyCacheSize": 0, "refreshOnHistoryMiss": true, "allowScriptTags": false,
		"responseHandling": []map[string]any{
			{"code": "204", "swap": false},
			{"code": "[23]..", "swap": true},
			{"code": "(409|422)", "swap": true, "error": false},
			{"code": "[45]..", "swap": false, "error": true},
		},
	})
	if err != nil {
		panic(err)
	}
	return string(raw)
}()

// navLink is a link of the navigation.
type navLink struct {
	URL, Icon, Label string
	Section          string
	Count            int
}

// tabs are the five tabs on phones.
func tabs(f web.Frame) []navLink {
	if !f.Reader.SignedIn() {
		return []navLink{
			{"/", "search", f.T("layout.browse"), "browse", 0},
			{"/about/trade", "shield-check", f.T("layout.how_short"), "about", 0},
			{"/sell", "plus", f.T("layout.sell_short"), "sell", 0},
			{"/sign-in", "key-round", f.T("layout.sign_in"), "sign-in", 0},
			{"/sign-up", "user", f.T("layout.sign_up"), "sign-up", 0},
		}
	}
	return []navLink{
		{"/", "search", f.T("layout.browse"), "browse", 0},
		{"/favourites", "heart", f.T("layout.favourites"), "favourites", 0},
		{"/sell", "plus", f.T("layout.sell_short"), "sell", 0},
		{"/inbox", "message-circle", f.T("layout.inbox"), "inbox", f.Badges.Unread},
		{"/orders", "package", f.T("layout.orders"), "orders", f.Badges.Moves},
	}
}

// footLinks are the links at the foot of every page.
func footLinks(f web.Frame) []navLink {
	return []navLink{
		{URL: "/about/trade", Label: f.T("layout.how")},
		{URL: "/about/protection", Label: f.T("layout.protection")},
		{URL: "/about/fees", Label: f.T("layout.fees")},
		{URL: "/about/terms", Label: f.T("layout.terms")},
		{URL: "/about/privacy", Label: f.T("layout.privacy")},
		{URL: "/help", Label: f.T("layout.human")},
	}
}

// deskLinks are the navigation of the operators' room.
func deskLinks(f web.Frame) []navLink {
	return []navLink{
		{URL: "/desk", Label: f.T("layout.desk_queue"), Section: "desk", Count: f.Badges.Moves},
		{URL: "/desk/cases", Label: f.T("layout.desk_cases"), Section: "desk-cases"},
		{URL: "/desk/reports", Label: f.T("layout.desk_reports"), Section: "desk-reports"},
		{URL: "/desk/listings", Label: f.T("layout.desk_listings"), Section: "desk-listings"},
		{URL: "/desk/people", Label: f.T("layout.desk_people"), Section: "desk-people"},
		{URL: "/desk/calls", Label: f.T("layout.desk_calls"), Section: "desk-calls"},
		{URL: "/desk/policy", Label: f.T("layout.desk_policy"), Section: "desk-policy"},
		{URL: "/desk/effect", Label: f.T("layout.desk_effect"), Section: "desk-effect"},
		{URL: "/desk/ledger", Label: f.T("layout.desk_ledger"), Section: "desk-ledger"},
		{URL: "/desk/audit", Label: f.T("layout.desk_audit"), Section: "desk-audit"},
	}
}

// langNames are the languages in their own words.
var langNames = map[string]string{"fi": "Suomi", "sv": "Svenska", "en": "English"}

// language is the address that turns the site into lang and comes back.
func language(f web.Frame, lang string) string {
	return "/language/" + lang + "?to=" + url.QueryEscape(f.Path)
}

// languages are the languages in order.
func languages() []string { return i18n.Langs }

// current is "page" in the link to the section the reader is in.
func current(f web.Frame, section string) templ.Attributes {
	if section != "" && f.Section == section {
		return templ.Attributes{"aria-current": "page"}
	}
	return nil
}

// atHome tells whether the page has a search field of its own, so that the top
// bar needs none.
func atHome(f web.Frame) bool {
	path, _, _ := strings.Cut(f.Path, "?")
	return path == "/"
}

// absolute is an address with scheme and host, as link previews want it.
func absolute(f web.Frame, path string) string {
	if path == "" || strings.Contains(path, "://") {
		return path
	}
	return f.Base + path
}

// steps are how far the demo's clock may be moved.
var steps = []string{"1h", "6h", "24h", "72h"}

// stepWord is a step in words.
func stepWord(f web.Frame, step string) string { return f.T("layout.demo_by." + step) }
