package nudges_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/orders"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What messages are about here: long, with letters that some phones lack.
const (
	longTitle  = `Wintec-yleissatula 17" musta, sis. jalustinhihnat ja lämpölevyt, vähän käytetty`
	longSeller = "Karoliina-Annastiina Hämäläinen-Rautavaara"
	longBuyer  = "Åsa-Margareta Öhman-Lindqvist"
)

// scenes are how each kind of turn comes about, by what stands before its
// golden files.
var scenes = map[string]struct {
	kind  turn.Kind
	about func(w *watched) string
}{
	"pay": {turn.Pay, func(w *watched) string {
		o, err := w.Accept(w.Context(), orders.OfferID(offered(w)), w.Anna.ID)
		w.OK(err)
		return string(o.ID)
	}},
	"ship":           {turn.Ship, paid},
	"hand_over":      {turn.HandOver, meeting},
	"agree_cancel":   {turn.AgreeCancel, wantsOut},
	"say_arrived":    {turn.SayArrived, sentAway},
	"collect":        {turn.Collect, waitsThere},
	"confirm":        {turn.Confirm, delivered},
	"answer_claim":   {turn.AnswerClaim, disputed},
	"send_back":      {turn.SendBack, toReturn},
	"confirm_return": {turn.ConfirmReturn, returned},
	"answer_offer":   {turn.AnswerOffer, offered},
	"answer_message": {turn.AnswerMessage, asked},
	"answer_message_plain": {turn.AnswerMessage, func(w *watched) string {
		o := w.PaidFor()
		w.OK(w.Messages.Send(w.Context(), w.Noora.ID, o.Conversation, "Milloin ehdit postittaa sen?", ""))
		return string(o.Conversation)
	}},
	"review": {turn.Review, reviewable},
	"payout_details": {turn.PayoutDetails, func(w *watched) string {
		reviewable(w)
		w.Rest()
		return string(w.Anna.ID)
	}},
	"rule": {turn.Rule, func(w *watched) string {
		o := w.Now(orders.Order{ID: orders.ID(disputed(w))})
		return string(w.Does(o, orders.Seller, orders.Contest, orders.Input{Note: "Se oli ehjä."}).ID)
	}},
	"answer_case": {turn.AnswerCase, func(w *watched) string {
		cid, err := w.Messages.OpenCase(w.Context(), w.Noora.ID, "", "Miten postitan ison paketin?")
		w.OK(err)
		return string(cid)
	}},
	"deliver": {turn.Deliver, func(w *watched) string {
		o := w.PaidFor()
		w.Cue(o, "drop")
		return string(o.ID)
	}},
	"deliver_back": {turn.DeliverBack, func(w *watched) string {
		o := w.Now(orders.Order{ID: orders.ID(toReturn(w))})
		return string(w.Does(o, orders.Buyer, orders.SendBack, orders.Input{Carrier: "posti"}).ID)
	}},
}

// Every message of the built-in policy, in every language and by every channel,
// is what the golden files say; none says nothing, and each fits into one SMS.
func TestEveryMessageIsAsWritten(t *testing.T) {
	t.Parallel()
	policy, err := nudges.ReadPolicy("")
	if err != nil {
		t.Fatal(err)
	}
	met := map[turn.Kind]bool{}
	for _, c := range scenes {
		met[c.kind] = true
	}
	for kind, l := range policy.Ladders {
		if !met[kind] && len(l.Steps) > 0 {
			t.Errorf("no scene for %s", kind)
		}
	}
	for name, c := range scenes {
		t.Run(name, func(t *testing.T) {
			lite(t, func(w *watched) {
				w.longNames()
				subject := c.about(w)
				tn := w.turnOf(c.kind, subject)
				if c.kind == turn.Review { // both have one
					tn = w.turnFor(subject, w.Noora.ID)
				}
				w.messages(name, policy.Ladders[c.kind], tn)
			})
		})
	}
}

// longNames gives everybody and the saddle the longest names.
func (w *watched) longNames() {
	w.Helper()
	w.Messages.PhotoURL = func(key, size string) string { return "/photos/" + size + ".jpg" }
	w.Saddle = listingstest.Live(w.T, w.Listings, w.Anna.ID, longTitle, 7500)
	for u, name := range map[accounts.UserID]string{w.Anna.ID: longSeller, w.Noora.ID: longBuyer} {
		w.do(`UPDATE users SET name = ? WHERE id = ?`, name, u)
	}
}

// messages holds every step of a turn's ladder against its golden files.
func (w *watched) messages(name string, l nudges.Ladder, t turn.Turn) {
	w.Helper()
	night := nudges.Reader{Quiet: calendar.Night()}
	planned, told := map[string]clock.Instant{}, map[string]bool{}
	for _, p := range l.Plan(t, nudges.People{Owner: night, Waiter: night}) {
		planned[p.Name] = p.At
	}
	said := map[string]*strings.Builder{}
	for _, lang := range i18n.Langs {
		said[lang] = &strings.Builder{}
	}
	for _, step := range l.Steps {
		to := map[string]string{nudges.ToOwner: t.Owner, nudges.ToWaiter: t.Waiter, nudges.ToOperator: string(w.Salla.ID)}[step.To]
		w.Clock.Set(max(w.Clock.Now(), planned[step.Name]))
		if !told[step.Text+step.To] { // otherwise the same words once more
			w.message(said, t, step, accounts.UserID(to), false)
		}
		told[step.Text+step.To] = true
		if len(step.Tell) > 0 && !told["told"] {
			w.message(said, t, step, accounts.UserID(t.Waiter), true)
			told["told"] = true
		}
	}
	for lang, b := range said {
		if b.Len() > 0 {
			golden(w.T, filepath.Join("testdata", "messages", name+"."+lang+".golden"), b.String())
		}
	}
}

// message words one step for one reader, in every language.
func (w *watched) message(said map[string]*strings.Builder, t turn.Turn, step nudges.Step, u accounts.UserID, told bool) {
	w.Helper()
	for _, lang := range i18n.Langs {
		w.do(`UPDATE users SET lang = ? WHERE id = ?`, lang, u)
		tell, err := w.nudges.TellingOf(w.Context(), t, step, u, told)
		w.OK(err)
		for _, part := range []string{".subject", ".lead", ".text"} {
			if !i18n.Known(lang, tell.Key+part) {
				w.Errorf("%s says nothing as %s in %s", tell.Key, part, lang)
			}
		}
		sample, err := w.Messages.Sample(w.Context(), tell)
		w.OK(err)
		if n := messaging.Parts(sample.SMS); n != 1 {
			w.Errorf("%s in %s takes %d SMS: %s", tell.Key, lang, n, sample.SMS)
		}
		name := step.Name + ", to the " + step.To
		if told {
			name = "told of it, to the " + nudges.ToWaiter
		}
		said[lang].WriteString(asWritten(name, sample))
	}
}

var (
	tokens = regexp.MustCompile(`/t/([A-Za-z0-9_-]{40})`)
	ids    = regexp.MustCompile(`\b(ord|cnv|off|trn|usr|dlv)_[0-9a-z]{26}`)
	stops  = regexp.MustCompile(`/unsubscribe/[A-Za-z0-9_-]+`)
	refs   = regexp.MustCompile(`\bK-[0-9A-Z]{4,8}\b`)
	styles = regexp.MustCompile(` (style|role|width|height|cellpadding|cellspacing|border|valign|align|class|alt)="[^"]*"`)
	tags   = regexp.MustCompile(`>\s*<`)
)

// asWritten is a message by every channel, without what is another each time and
// without how it looks.
func asWritten(step string, s messaging.Sample) string {
	_, body, _ := strings.Cut(s.Mail.HTML, "<body")
	body = tags.ReplaceAllString(styles.ReplaceAllString("<body"+body, ""), ">\n<")
	var acts []string
	for _, a := range s.Push.Actions {
		acts = append(acts, strings.TrimSpace(a.Kind+" "+a.Label+" "+a.More)+" → "+a.URL)
	}
	sms := fmt.Sprintf("%s\n(%d septets, %d part)", s.SMS, s.Units, messaging.Parts(s.SMS))
	out := fmt.Sprintf("======== %s\n\n-------- SMS\n%s\n\n-------- push\n%s\n%s\n→ %s\n%s\n\n-------- text\nSubject: %s\n\n%s\n-------- HTML\n%s\n\n",
		step, sms, s.Push.Title, s.Push.Body, s.Push.URL, strings.Join(acts, "\n"), s.Mail.Subject, s.Mail.Text, body)
	codes := nudges.DeedCodes()
	out = tokens.ReplaceAllStringFunc(out, func(m string) string {
		raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(m, "/t/"))
		if err != nil {
			return m
		}
		if raw[1] == 0 {
			return "/t/{all}"
		}
		return "/t/{" + codes[raw[1]] + "}"
	})
	out = stops.ReplaceAllString(out, "/unsubscribe/…")
	return refs.ReplaceAllString(ids.ReplaceAllString(out, "${1}_…"), "K-…")
}

// golden compares with a file, or writes it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err == nil && string(want) == got {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range b {
		if i >= len(a) || a[i] != b[i] {
			t.Errorf("%s:%d has changed (%v); run the test with -update and read the difference: %s", path, i+1, err, b[i])
			return
		}
	}
	t.Errorf("%s is longer", path)
}
