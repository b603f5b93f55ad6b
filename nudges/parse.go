package nudges

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/orders"
)

// Limits of a policy file.
const (
	maxPolicy = 100_000             // bytes
	maxSteps  = 12                  // of a ladder, repetitions apart
	maxTimes  = 24                  // repetitions of a step
	maxStep   = 90 * 24 * time.Hour // of a step's time
	minEvery  = 7 * 24 * time.Hour  // between two repetitions
	maxCap    = 20                  // messages a day
	maxHeld   = 50                  // percent held out
)

// Complaint is one thing that is wrong with a policy.
type Complaint struct {
	Line int          // where it is written; 0: the policy as a whole
	Turn turn.Kind    // whose ladder; "" for none
	Step int          // which of its steps, from 0; -1 for none
	Name string       // of that step
	Why  *fault.Fault // Field is the key at fault: "within", "cap"; "at" for a step's time, whatever it counts from
}

// String is the complaint in one line of English.
func (c Complaint) String() string { return c.In(&i18n.Speaker{Lang: "en"}) }

// In is the complaint in one line for a reader of the text.
func (c Complaint) In(s *i18n.Speaker) string {
	why := s.Fault(c.Why)
	switch {
	case c.Step >= 0:
		why = s.T("nudges.policy_step", "Turn", c.Turn, "Step", c.Name, "Why", why)
	case c.Turn != "":
		why = s.T("nudges.policy_turn", "Turn", c.Turn, "Why", why)
	}
	if c.Line == 0 {
		return why
	}
	return s.T("nudges.policy_line", "Line", c.Line, "Why", why)
}

// Broken is the error of a policy that is refused: everything that is wrong with
// it, in the order of lines.
type Broken []Complaint

// Error is all complaints.
func (b Broken) Error() string {
	lines := make([]string, len(b))
	for i, c := range b {
		lines[i] = "policy: " + c.String()
	}
	return strings.Join(lines, "\n")
}

// ParsePolicy reads a policy. What is broken or incomplete is refused with
// Broken: each fault with its place and the reason.
func ParsePolicy(text string) (Policy, error) {
	w, unknown, err := decode(text)
	if err != nil {
		return Policy{}, err
	}
	r := reading{lines: locate(text)}
	for _, key := range unknown {
		r.wrong(r.lines.of(key), fault.Field("", "nudges.policy_unknown", "Key", key.String()))
	}
	p := r.policy(w)
	if len(r.broken) > 0 {
		slices.SortStableFunc(r.broken, func(a, b Complaint) int { return a.Line - b.Line })
		return Policy{}, r.broken
	}
	p.Text = text
	return p, nil
}

// reading collects what is wrong with a policy.
type reading struct {
	lines  places
	broken Broken
}

// wrong complains of the policy as a whole.
func (r *reading) wrong(line int, why *fault.Fault) {
	r.broken = append(r.broken, Complaint{Line: line, Step: -1, Why: why})
}

// wrongTurn complains of a ladder.
func (r *reading) wrongTurn(l Ladder, why *fault.Fault) {
	r.broken = append(r.broken, Complaint{Line: l.Line, Turn: l.Kind, Step: -1, Why: why})
}

func (r *reading) policy(w Written) Policy {
	p := Policy{Version: w.Version, Cap: w.Cap, Holdout: w.Holdout, Ladders: map[turn.Kind]Ladder{}}
	if w.Version == "" {
		r.wrong(0, fault.Field("", "nudges.policy_no_version"))
	}
	if w.Cap < 1 || w.Cap > maxCap {
		r.wrong(r.lines.key["cap"], fault.Field("cap", "nudges.policy_cap", "Max", maxCap))
	}
	if w.Holdout < 0 || w.Holdout > maxHeld {
		r.wrong(r.lines.key["holdout"], fault.Field("holdout", "nudges.policy_holdout", "Max", maxHeld))
	}
	for i, t := range w.Turns {
		line := r.lines.turn(i)
		if !slices.Contains(kinds, t.Kind) {
			r.wrong(line, fault.Field("", "nudges.policy_no_turn", "Turn", string(t.Kind)))
			continue
		}
		if first, twice := p.Ladders[t.Kind]; twice {
			r.wrong(line, fault.Field("", "nudges.policy_turn_twice", "Turn", string(t.Kind), "First", first.Line))
			continue
		}
		p.Ladders[t.Kind] = r.ladder(i, t)
	}
	var without []string
	for _, k := range kinds {
		if !slices.ContainsFunc(w.Turns, func(t WrittenTurn) bool { return t.Kind == k }) {
			without = append(without, string(k))
		}
	}
	if len(without) > 0 {
		r.wrong(0, fault.Field("", "nudges.policy_without", "Turns", strings.Join(without, ", ")))
	}
	return p
}

// fixed are deadlines, in days, that no policy may change, since pages and
// people were told of them.
var fixed = map[turn.Kind]int{turn.Review: 14, turn.PayoutDetails: 60}

func (r *reading) ladder(i int, t WrittenTurn) Ladder {
	l := Ladder{Kind: t.Kind, Line: r.lines.turn(i)}
	term := func(field, s string) orders.Term {
		if s == "" {
			return orders.Term{}
		}
		d, err := orders.ParseTerm(s)
		if err != nil {
			r.wrongTurn(l, fault.Field(field, "nudges.policy_term", "Value", s, "Max", orders.MaxTerm))
			return orders.Term{Length: 1} // not zero: steps that count from it are not wrong as well
		}
		return d
	}
	l.Within, l.Aim, l.Offered = term("within", t.Within), term("aim", t.Aim), term("offered", t.Offered)
	if t.Within == "" {
		r.wrongTurn(l, fault.Field("within", "nudges.policy_no_deadline"))
	} else if n := fixed[t.Kind]; n > 0 && l.Within != (orders.Term{Length: time.Duration(n) * 24 * time.Hour}) {
		r.wrongTurn(l, fault.Field("within", "nudges.policy_fixed", "Days", n))
	}
	if len(t.Steps) > maxSteps {
		r.wrongTurn(l, fault.Field("steps", "nudges.policy_many_steps", "Max", maxSteps))
	}
	warned := false
	for k, s := range t.Steps {
		step, why := newStep(s, l)
		step.Line = r.lines.step(i, k)
		switch _, twice := l.Step(s.Name); {
		case why != nil:
		case twice:
			why = fault.Field("name", "nudges.policy_name_twice")
		case s.Warning && warned:
			why = fault.Field("warning", "nudges.policy_warned")
		}
		if why != nil {
			r.broken = append(r.broken, Complaint{Line: step.Line, Turn: t.Kind, Step: k, Name: s.Name, Why: why})
			continue
		}
		warned = warned || s.Warning
		l.Steps = append(l.Steps, repeated(step, s)...)
	}
	return l
}

// newStep is a step, if it makes sense.
func newStep(w WrittenStep, l Ladder) (Step, *fault.Fault) {
	s := Step{Name: w.Name, To: w.To, By: w.By, Tell: w.Tell, Text: w.Text, Warning: w.Warning}
	if why := timed(&s, w); why != nil {
		return s, why
	}
	switch {
	case w.Name == "" || w.Name == turn.StepPlan || w.Name == turn.StepLapse || strings.ContainsAny(w.Name, ":. "):
		return s, fault.Field("name", "nudges.policy_name")
	case (s.When == BeforeAim || s.When == AfterAim) && l.Aim.IsZero():
		return s, fault.Field("at", "nudges.policy_no_aim")
	case w.To != ToOwner && w.To != ToWaiter && w.To != ToOperator:
		return s, fault.Field("to", "nudges.policy_to", "Value", w.To)
	case w.Warning && w.To != ToOwner:
		return s, fault.Field("warning", "nudges.policy_warn_owner")
	case len(w.Tell) > 0 && w.To != ToOwner:
		return s, fault.Field("tell", "nudges.policy_tell_owner")
	case len(w.By) == 0:
		return s, fault.Field("by", "nudges.policy_no_channel")
	case w.Text == "":
		return s, fault.Field("text", "nudges.policy_no_text")
	case w.Every != "" && (s.When != After || w.Warning):
		return s, fault.Field("every", "nudges.policy_not_again")
	case w.Every == "" && w.Times != 0:
		return s, fault.Field("every", "nudges.policy_no_every")
	}
	return s, cmp.Or(channelsKnown("by", w.By), channelsKnown("tell", w.Tell), worded(s, l.Kind), everySound(w))
}

// timed reads when a step comes.
func timed(s *Step, w WrittenStep) *fault.Fault {
	at := ""
	for _, when := range Whens() {
		t := *w.time(when)
		if t == "" {
			continue
		}
		if at != "" {
			return fault.Field("at", "nudges.policy_several_times")
		}
		s.When, at = when, t
	}
	if at == "" {
		return fault.Field("at", "nudges.policy_no_time")
	}
	d, err := time.ParseDuration(at)
	if err != nil || d < 0 || d > maxStep {
		return fault.Field("at", "nudges.policy_time", "Value", at, "Days", int(maxStep.Hours()/24))
	}
	s.Waking = d
	return nil
}

// channels of a step, in the order in which one stands in for another.
var channels = []string{"app", "push", "email", "text"}

// Channels are those that a step can go through, in the order in which one
// stands in for another.
func Channels() []string { return slices.Clone(channels) }

func channelsKnown(field string, by []string) *fault.Fault {
	for i, b := range by {
		if !slices.Contains(channels, b) {
			return fault.Field(field, "nudges.policy_channel", "Value", b, "Channels", strings.Join(channels, ", "))
		}
		if slices.Contains(by[:i], b) {
			return fault.Field(field, "nudges.policy_channel_twice", "Value", b)
		}
	}
	return nil
}

// worded refuses a step that says nothing, in any language.
func worded(s Step, kind turn.Kind) *fault.Fault {
	if why := sentences("text", "nudges."+s.Text); why != nil || len(s.Tell) == 0 {
		return why
	}
	return sentences("tell", toldKey(kind))
}

// sentences refuses words that lack a part in any language.
func sentences(field, stem string) *fault.Fault {
	for _, lang := range i18n.Langs {
		for _, part := range []string{".subject", ".lead", ".button"} {
			if key := stem + part; !i18n.Known(lang, key) {
				return fault.Field(field, "nudges.policy_unworded", "Key", key, "Lang", lang)
			}
		}
	}
	return nil
}

// toldKey is the words for the one who waits when the other was reminded.
func toldKey(kind turn.Kind) string { return "nudges.told_" + string(kind) }

func everySound(w WrittenStep) *fault.Fault {
	if w.Every == "" {
		return nil
	}
	every, err := time.ParseDuration(w.Every)
	if err != nil || every < minEvery {
		return fault.Field("every", "nudges.policy_every", "Value", w.Every, "Days", int(minEvery.Hours()/24))
	}
	if w.Times < 1 || w.Times > maxTimes {
		return fault.Field("times", "nudges.policy_times", "Max", maxTimes)
	}
	return nil
}

// repeated is a step and its repetitions, each with a name of its own.
func repeated(s Step, w WrittenStep) []Step {
	all := []Step{s}
	if w.Every == "" {
		return all
	}
	every, _ := time.ParseDuration(w.Every) // everySound read it
	for n := 1; n <= w.Times; n++ {
		again := s
		again.Name, again.Later = fmt.Sprintf("%s.%d", s.Name, n+1), time.Duration(n)*every
		all = append(all, again)
	}
	return all
}

// places are the lines on which things are written, which the reader of TOML
// does not tell.
type places struct {
	key   map[string]int // the first line of a key, wherever it is
	turns []int          // of each [[turn]]
	steps [][]int        // of each of its steps
}

func (p places) turn(i int) int {
	if i < len(p.turns) {
		return p.turns[i]
	}
	return 0
}

func (p places) step(i, k int) int {
	if i < len(p.steps) && k < len(p.steps[i]) {
		return p.steps[i][k]
	}
	return p.turn(i)
}

// of is the line of a key that was read.
func (p places) of(k toml.Key) int { return p.key[k[len(k)-1]] }

var (
	quoted    = regexp.MustCompile(`"(\\.|[^"\\])*"|'[^']*'`)
	comment   = regexp.MustCompile(`#.*`)
	keys      = regexp.MustCompile(`([A-Za-z0-9_-]+)\s*=`)
	turnOpens = regexp.MustCompile(`^\s*\[\[\s*turn\s*\]\]`)
	stepOpens = regexp.MustCompile(`\{|^\s*\[\[\s*turn\s*\.\s*steps\s*\]\]`)
)

// locate finds the lines of what a policy consists of.
func locate(text string) places {
	p := places{key: map[string]int{}}
	for i, line := range strings.Split(text, "\n") {
		line = comment.ReplaceAllString(quoted.ReplaceAllString(line, `""`), "")
		for _, k := range keys.FindAllStringSubmatch(line, -1) {
			if _, seen := p.key[k[1]]; !seen {
				p.key[k[1]] = i + 1
			}
		}
		if turnOpens.MatchString(line) {
			p.turns, p.steps = append(p.turns, i+1), append(p.steps, nil)
			continue
		}
		for range stepOpens.FindAllString(line, -1) {
			if n := len(p.steps) - 1; n >= 0 {
				p.steps[n] = append(p.steps[n], i+1)
			}
		}
	}
	return p
}
