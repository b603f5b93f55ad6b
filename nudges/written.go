package nudges

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
)

// Written is a policy as it is written: text, not yet judged. ParsePolicy makes a
// Policy of it, or says what is wrong.
type Written struct {
	Version string
	Cap     int
	Holdout int
	Turns   []WrittenTurn `toml:"turn"`
}

// WrittenTurn is a ladder as it is written.
type WrittenTurn struct {
	Kind                 turn.Kind
	Within, Offered, Aim string
	Steps                []WrittenStep
}

// WrittenStep is a step as it is written.
type WrittenStep struct {
	Name          string
	After, Before string
	BeforeAim     string `toml:"before_aim"`
	AfterAim      string `toml:"after_aim"`
	To            string
	By            []string
	Text          string
	Warning       bool
	Tell          []string
	Every         string
	Times         int
}

// ReadWritten reads a policy's text, whatever sense it makes. It fails with
// Broken when it is no TOML.
func ReadWritten(text string) (Written, error) {
	w, _, err := decode(text)
	return w, err
}

// decode reads a policy's text, and gives the keys that mean nothing.
func decode(text string) (w Written, unknown []toml.Key, err error) {
	whole := func(line int, key string, pairs ...any) Broken {
		return Broken{{Line: line, Step: -1, Why: fault.Field("", key, pairs...)}}
	}
	if len(text) > maxPolicy {
		return w, nil, whole(0, "nudges.policy_long", "Max", maxPolicy)
	}
	meta, err := toml.Decode(text, &w)
	var at toml.ParseError
	switch {
	case errors.As(err, &at):
		return w, nil, whole(at.Position.Line, "nudges.policy_unread", "Why", at.Message)
	case err != nil:
		return w, nil, whole(0, "nudges.policy_unread", "Why", strings.TrimPrefix(err.Error(), "toml: "))
	}
	return w, meta.Undecoded(), nil
}

// Whens are what a step's time can be counted from.
func Whens() []When { return []When{After, Before, BeforeAim, AfterAim} }

// time is the field that holds a step's time counted from there.
func (s *WrittenStep) time(w When) *string {
	return map[When]*string{After: &s.After, Before: &s.Before, BeforeAim: &s.BeforeAim, AfterAim: &s.AfterAim}[w]
}

// At is when the step comes: a time, and what it is counted from.
func (s WrittenStep) At() (string, When) {
	for _, w := range Whens() {
		if t := *s.time(w); t != "" {
			return t, w
		}
	}
	return "", After
}

// SetAt sets when the step comes.
func (s *WrittenStep) SetAt(t string, w When) {
	if field := s.time(w); field != nil {
		*field = t
	}
}

// Text is the policy as TOML, laid out as the built-in one is: a step is a line.
func (w Written) Text() string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			b.WriteString(key + " = " + value + "\n")
		}
	}
	line("version", literal(w.Version))
	line("cap", strconv.Itoa(w.Cap))
	line("holdout", strconv.Itoa(w.Holdout))
	for _, t := range w.Turns {
		b.WriteString("\n[[turn]]\n")
		line("kind", literal(string(t.Kind)))
		line("within", literal(t.Within))
		line("offered", literal(t.Offered))
		line("aim", literal(t.Aim))
		b.WriteString("steps = [\n")
		for _, s := range t.Steps {
			b.WriteString("  { " + s.text() + " },\n")
		}
		b.WriteString("]\n")
	}
	return b.String()
}

// text is the step between its braces.
func (s WrittenStep) text() string {
	var parts []string
	for _, p := range []struct {
		key   string
		value any
	}{
		{"name", s.Name}, {"after", s.After}, {"before", s.Before}, {"before_aim", s.BeforeAim}, {"after_aim", s.AfterAim}, {"to", s.To},
		{"by", s.By}, {"text", s.Text}, {"warning", s.Warning}, {"tell", s.Tell}, {"every", s.Every}, {"times", s.Times},
	} {
		if v := literal(p.value); v != "" {
			parts = append(parts, p.key+" = "+v)
		}
	}
	return strings.Join(parts, ", ")
}

// literal is a value as TOML writes it; "" for one that is left out.
func literal(value any) string {
	switch v := value.(type) {
	case string:
		if v != "" {
			return strconv.Quote(v)
		}
	case []string:
		quoted := make([]string, len(v))
		for i, s := range v {
			quoted[i] = strconv.Quote(s)
		}
		if len(v) > 0 {
			return "[" + strings.Join(quoted, ", ") + "]"
		}
	case int:
		if v != 0 {
			return strconv.Itoa(v)
		}
	case bool:
		if v {
			return "true"
		}
	}
	return ""
}

// Texts are the words there are for reminders of a kind of turn, sorted.
func Texts(kind turn.Kind) []string {
	var out []string
	for _, key := range i18n.Under("nudges." + string(kind) + "_") {
		text, ok := strings.CutSuffix(strings.TrimPrefix(key, "nudges."), ".subject")
		longer := func(k turn.Kind) bool {
			return len(k) > len(kind) && strings.HasPrefix(text, string(k)+"_") // those of "deliver_back" are none of "deliver"
		}
		if ok && !slices.ContainsFunc(kinds, longer) {
			out = append(out, text)
		}
	}
	return out
}
