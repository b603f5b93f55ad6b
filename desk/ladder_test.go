package desk

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	"github.com/kierto/kierto/templates/ui"
)

// Every ladder of the built-in policy reads in words, in every language, and a
// reminder is named by its time.
func TestThePolicyReadsInWords(t *testing.T) {
	t.Parallel()
	p, err := nudges.ParsePolicy(nudges.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range i18n.Langs {
		f := web.Frame{Speaker: &i18n.Speaker{Lang: lang}}
		table := rules(f, p)
		if len(table.Rows) != len(nudges.Kinds()) {
			t.Errorf("%s: %d turns, not %d", lang, len(table.Rows), len(nudges.Kinds()))
		}
		for _, row := range table.Rows {
			var b bytes.Buffer
			if err := row[2].Body.Render(t.Context(), &b); err != nil {
				t.Fatal(err)
			}
			words := row[0].Text + row[1].Text + b.String()
			if row[1].Text == "" || strings.Contains(words, "desk.") || strings.Contains(words, "<no value>") {
				t.Errorf("%s: %s", lang, words)
			}
		}
		for name, want := range map[string]string{
			"start":  f.T("desk.when.at_once"),
			"missed": f.T("desk.when.missed"),
			"of old": f.T("desk.step_gone", "Name", "of old"),
		} {
			if got := stepWords(f.Speaker, p, turn.Ship, name); got != want {
				t.Errorf("%s: %s about posting is called %q, not %q", lang, name, got, want)
			}
		}
	}
}

// The effect page speaks of reminders in words, its spreadsheet by their names.
func TestEffectSaysRemindersInWords(t *testing.T) {
	t.Parallel()
	p, err := nudges.ParsePolicy(nudges.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	e := nudges.Effect{Steps: []nudges.StepEffect{{Kind: turn.Ship, Step: "day"}}, Ways: []nudges.WayEffect{{Kind: turn.Ship, Step: "day", Channel: "email"}}}
	for lang, want := range map[string]string{"fi": "20 h kuluttua", "sv": "Efter 20 h", "en": "After 20 h"} {
		v := measures{&i18n.Speaker{Lang: lang}, p}
		for _, m := range []ui.Table{v.steps(e).Table, v.ways(e.Ways).Table} {
			if got := m.Rows[0][1].Text; !strings.HasPrefix(got, want) {
				t.Errorf("%s, %s: the reminder is called %q, want %q", lang, m.Label, got, want)
			}
		}
	}
	fi := measures{&i18n.Speaker{Lang: "fi"}, p}
	if got := fi.step(turn.Ship, "missed"); got != "Kun luvattu aika on mennyt, odottavalle" {
		t.Errorf("a reminder to who waits is called %q", got)
	}
	if rows := effectRows(e); rows[1][2] != "day" {
		t.Errorf("the spreadsheet calls it %q", rows[1][2])
	}
}
