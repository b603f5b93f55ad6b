package orders

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
)

var update = flag.Bool("update", false, "write the golden file and docs/orders.md anew")

// someFacts are all combinations of facts.
func someFacts() []Facts {
	var fs []Facts
	for n := range 1 << 10 {
		bit := func(i int) bool { return n>>i&1 == 1 }
		fs = append(fs, Facts{bit(0), bit(1), bit(2), bit(3), bit(4), bit(5), bit(6), bit(7), bit(8), bit(9)})
	}
	return fs
}

// Every open state has a turn, and the clock may take its way out whatever the facts.
func TestNothingWaitsOnNobody(t *testing.T) {
	t.Parallel()
	for _, s := range States() {
		turn, open := TurnOf(s)
		if !open {
			continue
		}
		if turn.Who == "" || turn.Owes == "" || turn.Within.IsZero() {
			t.Errorf("%s: nobody owes anything by any time", s)
		}
		for _, f := range someFacts() {
			r, err := next(s, turn.Else, Clock, f)
			if err != nil {
				t.Errorf("%s: the clock has no way out with %+v", s, f)
			} else if r.To == s {
				t.Errorf("%s: the clock's move leads nowhere", s)
			}
		}
	}
}

// A closed state stays closed: no rule leads out of it.
func TestTheEndIsTheEnd(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		if !r.From.Open() && r.To != r.From {
			t.Errorf("%s leads from %s to %s", r.Event, r.From, r.To)
		}
	}
}

// Every state can be reached from a new order, and from every state an end.
func TestEveryStateIsReached(t *testing.T) {
	t.Parallel()
	reach := func(from State) map[State]bool {
		seen := map[State]bool{from: true}
		for again := true; again; {
			again = false
			for _, r := range rules {
				if seen[r.From] && !seen[r.To] {
					seen[r.To], again = true, true
				}
			}
		}
		return seen
	}
	for _, s := range States() {
		if !reach(PendingPayment)[s] {
			t.Errorf("no way leads to %s", s)
		}
		if got := reach(s); !got[Completed] && !got[Refunded] && !got[Cancelled] && !got[Expired] {
			t.Errorf("%s never ends", s)
		}
	}
}

// Left to the clock alone, money comes to rest within the 90 days a payment may be held.
func TestTheClockAloneEndsEveryTrade(t *testing.T) {
	t.Parallel()
	zone := clock.Zone("")
	for _, s := range States() {
		at := clock.Of(time.Date(2026, 12, 23, 17, 0, 0, 0, zone))
		start := at
		for moves := 0; s.Open(); moves++ {
			if moves > 10 {
				t.Fatalf("%s: the clock goes in circles", s)
			}
			turn, _ := TurnOf(s)
			at = turn.Within.End(at, Dates{}, zone)
			r, err := next(s, turn.Else, Clock, Facts{})
			if err != nil {
				t.Fatal(err)
			}
			s = r.To
		}
		if d := at.Sub(start); d > 45*24*time.Hour {
			t.Errorf("%s ends after %s", s, d)
		}
	}
}

// Money leaves exactly when a trade ends, in one direction, and once.
func TestMoneyMovesAtTheEnd(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		pay, back := slices.Contains(r.Do, Payout) || slices.Contains(r.Do, ShareOut), slices.Contains(r.Do, RefundAll)
		switch {
		case r.To == r.From && !r.From.Open():
			if back != (r.Event == PaidLate) {
				t.Errorf("late money of %s stays with us", r.From)
			}
		case r.To == Completed && (!pay || back || !slices.Contains(r.Do, MarkSold)),
			r.To == Refunded && (!back || pay),
			r.To == Cancelled && r.From != PendingPayment && !back,
			r.To.Open() && (pay || back):
			t.Errorf("%s by %s from %s to %s: %v", r.Event, r.By, r.From, r.To, r.Do)
		}
		if !r.To.Open() && r.From.Open() && !slices.ContainsFunc(r.Do, func(e Effect) bool { return e == Relist || e == Withdraw || e == MarkSold }) {
			t.Errorf("%s from %s leaves the listing reserved", r.Event, r.From)
		}
	}
}

// Where silence costs the one who owes, the turn can pass to an operator.
func TestCostlyLapsesCanBePassedOn(t *testing.T) {
	t.Parallel()
	for s, turn := range turns {
		_, err := next(s, PassOn, Clock, Facts{})
		if (err == nil) != turn.Costly {
			t.Errorf("%s: costly %t, pass on: %v", s, turn.Costly, err)
		}
	}
}

// Names are complete: nothing in the tables is missing from the lists.
func TestListsAreComplete(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		if !slices.Contains(States(), r.From) || !slices.Contains(States(), r.To) || !slices.Contains(Events(), r.Event) || guards[r.If] == nil {
			t.Errorf("%+v", r)
		}
		for _, a := range r.By {
			if !slices.Contains(Actors(), a) {
				t.Errorf("%+v", r)
			}
		}
	}
}

// All (state, event, actor) are as agreed: testdata/machine.golden is read by people.
func TestGolden(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	for _, s := range States() {
		fmt.Fprintf(&b, "%s\n", s)
		for _, ev := range Events() {
			for _, who := range Actors() {
				fmt.Fprintf(&b, "  %-14s %-8s  %s\n", ev, who, outcomes(s, ev, who))
			}
		}
	}
	same(t, "testdata/machine.golden", b.Bytes())
}

// outcomes are where an event may lead, by guard.
func outcomes(s State, ev Event, who Actor) string {
	var out []string
	for _, r := range rules {
		if r.From != s || r.Event != ev || !slices.Contains(r.By, who) {
			continue
		}
		line := string(r.To)
		if r.If != "" {
			line = "if " + string(r.If) + ": " + line
		}
		for _, e := range r.Do {
			line += " +" + string(e)
		}
		out = append(out, line)
	}
	if out == nil {
		return "no"
	}
	return strings.Join(out, "; ")
}

// docs/orders.md says what the tables say.
func TestDocsAreFresh(t *testing.T) {
	t.Parallel()
	same(t, "../docs/orders.md", docs())
}

func docs() []byte {
	var b bytes.Buffer
	b.WriteString("# The trade\n\nMade from the tables in `orders/machine.go` (`go test ./orders -run 'Golden|Docs' -update`).\n\n" +
		"## Whose turn\n\n| state | whose turn | owes | promised | deadline | if it lapses |\n|---|---|---|---|---|---|\n")
	for _, s := range States() {
		turn, open := TurnOf(s)
		if !open {
			continue
		}
		within, orElse := turn.Within.String(), string(turn.Else)
		if !turn.Offered.IsZero() {
			within += "; " + turn.Offered.String() + " after an accepted offer"
		}
		r, err := next(s, turn.Else, Clock, Facts{})
		if err == nil {
			orElse += " → " + string(r.To)
		}
		if turn.Costly {
			within = "at least " + within + ", and a waking day after the last warning"
			orElse += " (only if we reached them)"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", s, turn.Who, turn.Owes, turn.Aim, within, orElse)
	}
	b.WriteString("\nA deadline that costs the one who owes is the least they get: it moves until the last warning leaves a whole waking day " +
		"([why](decisions/0006-the-deadline-moves.md)), so the 24 hours to agree to a cancellation are about two days in truth. Pages and " +
		"messages say the deadline as it has become, never the one it began with.\n")
	b.WriteString("\n## Moves\n\n| from | event | by | if | to | does |\n|---|---|---|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", r.From, r.Event, join(r.By), r.If, r.To, join(r.Do))
	}
	b.WriteString("\n## Picture\n\n```mermaid\nstateDiagram-v2\n    [*] --> pending_payment\n")
	seen := map[string]bool{}
	for _, r := range rules {
		line := fmt.Sprintf("    %s --> %s: %s", r.From, r.To, r.Event)
		if r.From != r.To && !seen[line] {
			b.WriteString(line + "\n")
		}
		seen[line] = true
	}
	for _, s := range States() {
		if !s.Open() {
			fmt.Fprintf(&b, "    %s --> [*]\n", s)
		}
	}
	b.WriteString("```\n")
	return b.Bytes()
}

func join[T ~string](vs []T) string {
	s := make([]string, len(vs))
	for i, v := range vs {
		s[i] = string(v)
	}
	return strings.Join(s, ", ")
}

func same(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is stale; look at what changed and run with -update", file)
	}
}

// Every move has its sentence in the stream, and every state its sentence for
// those who come too late, in all languages.
func TestEveryMoveHasItsSentence(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		for _, r := range rules {
			for _, who := range r.By {
				if key := entryKey(r, who); !i18n.Known(lang, key) {
					t.Errorf("%s: %s is missing", lang, key)
				}
			}
		}
		for _, s := range States() {
			if key := "orders.now." + string(s); !i18n.Known(lang, key) {
				t.Errorf("%s: %s is missing", lang, key)
			}
		}
		for s, roles := range told {
			for _, role := range roles {
				for _, part := range []string{".subject", ".lead", ".why", ".button"} {
					if key := "orders.told." + string(s) + "." + string(role) + part; !i18n.Known(lang, key) {
						t.Errorf("%s: %s is missing", lang, key)
					}
				}
			}
		}
	}
}
