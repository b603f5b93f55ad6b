package desk

import (
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/templates/ui"
)

// causes are all causes with their words in the address, in the order of the
// filter.
var causes = []struct {
	Cause cause
	Word  string
}{
	{byStaff, "staff"}, {byCase, "case"}, {unreached, "unreached"}, {bySoon, "soon"}, {byCarrier, "carrier"}, {byMoney, "money"},
}

// causeOf is the cause of a word in the address; 0 for all.
func causeOf(word string) cause {
	for _, c := range causes {
		if c.Word == word {
			return c.Cause
		}
	}
	return 0
}

// url is where the queue leads.
func (x stalled) url() string {
	switch {
	case x.Cause == byCase:
		return "/desk/cases/" + x.Subject
	case x.Kind == turn.PayoutDetails:
		return "/desk/people/" + x.Subject
	}
	return "/desk/orders/" + x.Subject
}

// party is the person the rules name: the buyer's or the seller's id.
func (x stalled) party(who orders.Actor) accounts.UserID {
	switch who {
	case orders.Buyer:
		return x.Buyer
	case orders.Seller:
		return x.Seller
	}
	return ""
}

// owes is who has to be reached: who owes the turn, or owed it before an
// operator got it.
func (x stalled) owes() accounts.UserID {
	if x.Owner != turn.Operator {
		return accounts.UserID(x.Owner)
	}
	t, _ := orders.TurnOf(x.State)
	return x.party(t.Who)
}

// people are those a row speaks of.
func (x stalled) people() []accounts.UserID { return []accounts.UserID{x.Buyer, x.Seller, x.owes()} }

// speaker words the desk for its reader.
type speaker struct {
	*i18n.Speaker
	names map[accounts.UserID]accounts.User
}

// first is a person's first name.
func (v speaker) first(u accounts.UserID) string { return v.names[u].First() }

// row is a thing in the queue as its reader sees it.
func (v speaker) row(x stalled, open string) ui.Case {
	c := ui.Case{
		URL: x.url(), Left: v.left(x.Due), At: v.at(x.Due), Title: x.Title, Why: v.why(x),
		Late: x.Due.Before(v.Now), Open: x.Subject == open,
	}
	if x.Minor > 0 {
		c.Price = v.Money(money.Amount{Minor: x.Minor, Currency: x.Currency})
	}
	if c.Title == "" {
		c.Title = v.T("desk.general_case")
	}
	if x.Kind == turn.PayoutDetails {
		c.Title = v.names[accounts.UserID(x.Subject)].Shown(v.Speaker)
	}
	return c
}

// left is the time until a moment as the queue has room for it: "16 h", "–2 h".
func (v speaker) left(at clock.Instant) string {
	d, sign := at.Sub(v.Now), ""
	if d < 0 {
		d, sign = -d, "–"
	}
	switch {
	case d >= 72*time.Hour:
		return sign + v.N("desk.days_short", int(d.Hours()/24))
	case d >= time.Hour:
		return sign + v.N("desk.hours_short", int(d.Hours()))
	}
	return sign + v.N("desk.minutes_short", int(d.Minutes()))
}

// at is a moment as short as can be: "klo 18", "to klo 10", "27.11."; once it
// has passed, that it has.
func (v speaker) at(at clock.Instant) string {
	clockWord := v.T("desk.at", "Clock", strings.TrimSuffix(v.Clock(at), ".00"))
	switch d := at.Sub(v.Now); {
	case d < 0:
		return v.T("desk.late")
	case d > 6*24*time.Hour:
		return v.Date(at)
	case v.Date(at) == v.Date(v.Now):
		return clockWord
	}
	day, _, _ := strings.Cut(v.Day(at), "\u00a0")
	return day + "\u00a0" + clockWord
}

// why is the reason in words: "Anna ei ole postittanut. 2 muistutusta, viimeinen
// meni perille."
func (v speaker) why(x stalled) string {
	who := v.first(x.owes())
	switch x.Cause {
	case byMoney:
		return v.T("desk.why.money." + x.Movement)
	case unreached:
		if !v.names[x.owes()].Confirmed() {
			return v.T("desk.why.unconfirmed", "Who", who)
		}
		return v.T("desk.why.bounced", "Who", who)
	case byCase:
		return v.T("desk.why.case", "Who", v.first(x.Buyer))
	case byCarrier:
		if x.LastScan.IsZero() {
			return v.T("desk.why.no_scan", "Days", v.Span(v.Now.Sub(x.OpenedAt)))
		}
		return v.T("desk.why.stuck", "Days", v.Span(v.Now.Sub(x.LastScan)))
	case byStaff:
		return v.whyStaff(x, who)
	}
	return v.slow(x.Kind, who) + v.reminded(x)
}

// whyStaff is why a trade waits for staff.
func (v speaker) whyStaff(x stalled, who string) string {
	switch {
	case x.State == orders.ChargedBack:
		return v.T("desk.why.bank_paid")
	case x.State != orders.InReview:
		return v.T("desk.why.passed_on", "Who", who)
	case x.Claim != "":
		return v.T("desk.why.claim."+string(x.Claim), "Who", v.first(x.Buyer))
	}
	return v.T("desk.why.review")
}

// slow says what somebody has not done.
func (v speaker) slow(kind turn.Kind, who string) string {
	return v.T("desk.slow.line."+string(kind), "Who", who)
}

// reminded says how often they were reminded, and whether it arrived.
func (v speaker) reminded(x stalled) string {
	if x.Owner == turn.Carrier || x.Owner == turn.Operator {
		return ""
	}
	if x.Nudged == 0 {
		return " " + v.T("desk.no_reminder")
	}
	end := "desk.last.app"
	switch x.LastMail {
	case "sent":
		end = "desk.last.sent"
	case "failed", "dropped":
		end = "desk.last.failed"
	case "queued", "sending":
		end = "desk.last.queued"
	}
	return " " + v.N("desk.reminders", x.Nudged) + ", " + v.T(end)
}
