package nudges

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

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

// Complaint is one thing that is wrong with a policy file.
type Complaint struct {
	Line int // 0: the file as a whole
	Why  string
}

// String is the complaint in one line.
func (c Complaint) String() string {
	if c.Line == 0 {
		return c.Why
	}
	return fmt.Sprintf("line %d: %s", c.Line, c.Why)
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

// file is the policy as it is written.
type file struct {
	Version string
	Cap     int
	Holdout int
	Turn    []fileTurn
}

type fileTurn struct {
	Kind                 turn.Kind
	Within, Aim, Offered string
	Steps                []fileStep
}

type fileStep struct {
	Name, After, Before, To, Text, Every string
	BeforeAim                            string `toml:"before_aim"`
	AfterAim                             string `toml:"after_aim"`
	By, Tell                             []string
	Times                                int
	Warning                              bool
}

// ParsePolicy reads a policy. What is broken or incomplete is refused with
// Broken: each fault with its line and the reason.
func ParsePolicy(text string) (Policy, error) {
	if len(text) > maxPolicy {
		return Policy{}, Broken{{Why: fmt.Sprintf("it is longer than %d characters", maxPolicy)}}
	}
	var f file
	meta, err := toml.Decode(text, &f)
	if err != nil {
		var at toml.ParseError
		if errors.As(err, &at) {
			return Policy{}, Broken{{at.Position.Line, at.Message}}
		}
		return Policy{}, Broken{{Why: strings.TrimPrefix(err.Error(), "toml: ")}}
	}
	r := reading{lines: locate(text)}
	for _, key := range meta.Undecoded() {
		r.wrong(r.lines.of(key), "%s means nothing here", key)
	}
	p := r.policy(f)
	if len(r.broken) > 0 {
		slices.SortStableFunc(r.broken, func(a, b Complaint) int { return a.Line - b.Line })
		return Policy{}, r.broken
	}
	return p, nil
}

// reading collects what is wrong with a file.
type reading struct {
	lines  places
	broken Broken
}

func (r *reading) wrong(line int, format string, args ...any) {
	r.broken = append(r.broken, Complaint{line, fmt.Sprintf(format, args...)})
}

func (r *reading) policy(f file) Policy {
	p := Policy{Version: f.Version, Cap: f.Cap, Holdout: f.Holdout, Ladders: map[turn.Kind]Ladder{}}
	if f.Version == "" {
		r.wrong(0, "it has no version")
	}
	if f.Cap < 1 || f.Cap > maxCap {
		r.wrong(r.lines.key["cap"], "cap is not between 1 and %d", maxCap)
	}
	if f.Holdout < 0 || f.Holdout > maxHeld {
		r.wrong(r.lines.key["holdout"], "holdout is not between 0 and %d", maxHeld)
	}
	for i, t := range f.Turn {
		line := r.lines.turn(i)
		if !slices.Contains(kinds, t.Kind) {
			r.wrong(line, "no turn is called %q", t.Kind)
			continue
		}
		if first, twice := p.Ladders[t.Kind]; twice {
			r.wrong(line, "%q has a ladder already, in line %d", t.Kind, first.Line)
			continue
		}
		p.Ladders[t.Kind] = r.ladder(i, t)
	}
	var without []string
	for _, k := range kinds {
		if !slices.ContainsFunc(f.Turn, func(t fileTurn) bool { return t.Kind == k }) {
			without = append(without, string(k))
		}
	}
	if len(without) > 0 {
		r.wrong(0, "no ladder for %s; write an empty one if nobody is to be reminded", strings.Join(without, ", "))
	}
	return p
}

// fixed are deadlines that no policy may change, since pages and people were
// told of them.
var fixed = map[turn.Kind]string{turn.Review: "14 days", turn.PayoutDetails: "60 days"}

func (r *reading) ladder(i int, t fileTurn) Ladder {
	l := Ladder{Kind: t.Kind, Line: r.lines.turn(i)}
	term := func(name, s string) orders.Term {
		if s == "" {
			return orders.Term{}
		}
		d, err := orders.ParseTerm(s)
		if err != nil {
			r.wrong(l.Line, "%s, %s: %s", t.Kind, name, err)
		}
		return d
	}
	l.Within, l.Aim, l.Offered = term("within", t.Within), term("aim", t.Aim), term("offered", t.Offered)
	if t.Within == "" {
		r.wrong(l.Line, "%s has no deadline: write within = \"…\"", t.Kind)
	}
	if f := fixed[t.Kind]; f != "" && l.Within != term("within", f) {
		r.wrong(l.Line, "%s: within is %q and cannot be changed here", t.Kind, f)
	}
	if len(t.Steps) > maxSteps {
		r.wrong(l.Line, "%s has more than %d steps", t.Kind, maxSteps)
	}
	warned := false
	for k, s := range t.Steps {
		line := r.lines.step(i, k)
		step, err := newStep(s, l)
		step.Line = line
		switch _, twice := l.Step(s.Name); {
		case err != nil:
		case twice:
			err = errors.New("the name is used twice")
		case s.Warning && warned:
			err = errors.New("there is one last warning already")
		}
		if err != nil {
			r.wrong(line, "%s, step %q: %s", t.Kind, s.Name, err)
			continue
		}
		warned = warned || s.Warning
		l.Steps = append(l.Steps, repeated(step, s)...)
	}
	return l
}

// newStep is a step, if it makes sense.
func newStep(f fileStep, l Ladder) (Step, error) {
	s := Step{Name: f.Name, To: f.To, By: f.By, Tell: f.Tell, Text: f.Text, Warning: f.Warning}
	at := ""
	for _, c := range []struct {
		when When
		time string
	}{{After, f.After}, {Before, f.Before}, {BeforeAim, f.BeforeAim}, {AfterAim, f.AfterAim}} {
		if c.time == "" {
			continue
		}
		if at != "" {
			return s, errors.New("it needs one of after, before, before_aim and after_aim, not several")
		}
		s.When, at = c.when, c.time
	}
	if at == "" {
		return s, errors.New("it needs one of after, before, before_aim and after_aim")
	}
	d, err := time.ParseDuration(at)
	if err != nil || d < 0 || d > maxStep {
		return s, fmt.Errorf("%q is not a time such as \"20h\"", at)
	}
	s.Waking = d
	switch {
	case f.Name == "" || f.Name == turn.StepPlan || f.Name == turn.StepLapse || strings.ContainsAny(f.Name, ":. "):
		return s, errors.New("it needs a name of its own, of letters alone")
	case (s.When == BeforeAim || s.When == AfterAim) && l.Aim.IsZero():
		return s, errors.New("nothing is promised: the turn has no aim")
	case f.To != ToOwner && f.To != ToWaiter && f.To != ToOperator:
		return s, fmt.Errorf("to is %q, not owner, waiter or operator", f.To)
	case f.Warning && f.To != ToOwner:
		return s, errors.New("only who owes can be warned")
	case len(f.Tell) > 0 && f.To != ToOwner:
		return s, errors.New("only of reminders to who owes is the other told")
	case len(f.By) == 0:
		return s, errors.New("it goes through no channel")
	case f.Text == "":
		return s, errors.New("it says nothing")
	case f.Every != "" && (s.When != After || f.Warning):
		return s, errors.New("only a step counted from the beginning can come again")
	case f.Every == "" && f.Times != 0:
		return s, errors.New("times without every")
	}
	return s, firstOf(channelsKnown(f.By), channelsKnown(f.Tell), worded(s, l.Kind), everySound(f))
}

// firstOf is the first error, if one is.
func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// channels of a step, in the order in which one stands in for another.
var channels = []string{"app", "push", "email", "text"}

func channelsKnown(by []string) error {
	for i, b := range by {
		if !slices.Contains(channels, b) {
			return fmt.Errorf("there is no channel %q, only %s", b, strings.Join(channels, ", "))
		}
		if slices.Contains(by[:i], b) {
			return fmt.Errorf("%q is named twice", b)
		}
	}
	return nil
}

// worded refuses a step that says nothing, in any language.
func worded(s Step, kind turn.Kind) error {
	stems := []string{"nudges." + s.Text}
	if len(s.Tell) > 0 {
		stems = append(stems, toldKey(kind))
	}
	for _, stem := range stems {
		for _, lang := range i18n.Langs {
			for _, part := range []string{".subject", ".lead", ".button"} {
				if key := stem + part; !i18n.Known(lang, key) {
					return fmt.Errorf("nothing is written in %s for %s", lang, key)
				}
			}
		}
	}
	return nil
}

// toldKey is the words for the one who waits when the other was reminded.
func toldKey(kind turn.Kind) string { return "nudges.told_" + string(kind) }

func everySound(f fileStep) error {
	if f.Every == "" {
		return nil
	}
	every, err := time.ParseDuration(f.Every)
	if err != nil || every < minEvery {
		return fmt.Errorf("every = %q is not a time of at least %s", f.Every, minEvery)
	}
	if f.Times < 1 || f.Times > maxTimes {
		return fmt.Errorf("times is not between 1 and %d", maxTimes)
	}
	return nil
}

// repeated is a step and its repetitions, each with a name of its own.
func repeated(s Step, f fileStep) []Step {
	all := []Step{s}
	if f.Every == "" {
		return all
	}
	every, _ := time.ParseDuration(f.Every) // everySound read it
	for n := 1; n <= f.Times; n++ {
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
