package desk_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/internal/testdb"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/static"
)

// An operator goes through the queue without a mouse: J and K walk it, Enter
// opens, R goes to the answer and L gives time; what is typed into a field is
// typed.
func TestTheQueueByKeys(t *testing.T) {
	t.Parallel()
	r := open(t, testdb.SQLite(t))
	r.srv.Static(static.Handler())
	ts := httptest.NewServer(r.srv.Echo)
	t.Cleanup(ts.Close)
	for _, who := range []accounts.UserID{r.noora.ID, r.anna.ID} {
		_, err := r.Messages.OpenCase(r.Context(), who, "", "En löydä kuittia.")
		r.ok(err)
	}
	o := r.paid()
	p := browser.New(t, browser.Options{}).Page(t)
	p.Open(ts.URL + "/help")
	p.Eval(`(document.cookie = "kierto=`+r.op.Cookie("kierto")+`; path=/") && true`, nil)
	p.Open(ts.URL + "/desk")
	at := func() (focus string) {
		p.Eval(`document.activeElement.getAttribute("href") ?? document.activeElement.tagName`, &focus)
		return focus
	}
	var links []string
	p.Eval(`[...document.querySelectorAll("[data-walk] a")].map((a) => a.getAttribute("href"))`, &links)
	if len(links) < 2 {
		t.Fatalf("the queue holds %v", links)
	}
	for _, step := range []struct{ key, want string }{{"j", links[0]}, {"j", links[1]}, {"k", links[0]}, {"k", links[0]}, {"j", links[1]}} {
		if p.Press(step.key); at() != step.want {
			t.Fatalf("%s leads to %s, not %s", step.key, at(), step.want)
		}
	}
	p.Press("\r")
	if p.Path() != links[1] {
		t.Fatalf("Enter opened %s, not %s", p.Path(), links[1])
	}
	p.Eval(`[...document.querySelectorAll("[data-walk] a")].map((a) => a.getAttribute("href") + (a.hasAttribute("aria-current") ? "*" : ""))`, &links)
	step, want := "j", strings.TrimSuffix(links[1], "*")
	if strings.HasSuffix(links[1], "*") { // the open one is last
		step, want = "k", links[0]
	}
	if p.Press(step); at() != want {
		t.Errorf("%s from what is open of %v leads to %s", step, links, at())
	}

	p.Open(ts.URL + "/desk" + o.URL())
	if p.Press("r"); at() != "TEXTAREA" {
		t.Fatalf("R leads to %s", at())
	}
	p.Press("l")
	var typed string
	if p.Eval(`document.activeElement.value`, &typed); !strings.HasSuffix(typed, "l") {
		t.Errorf("typed into the answer: %q", typed)
	}
	p.Eval(`document.activeElement.blur()`, nil)
	due := r.due(o)
	p.Press("l")
	for range 100 { // the form is sent, and the page comes anew
		if r.due(r.now(o, orders.Paid)).After(due) {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if now := r.due(r.now(o, orders.Paid)); !now.After(due) {
		t.Errorf("L gave no time: the turn is due %v, and was %v", now, due)
	}
}
