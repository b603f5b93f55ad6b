package desk

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
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
		if got := stepWords(f, p, turn.Ship, "start"); got != f.T("desk.when.at_once") {
			t.Errorf("%s: the first word about posting comes %q", lang, got)
		}
		if got := stepWords(f, p, turn.Ship, "of old"); got != "of old" {
			t.Errorf("%s: a step that is gone is called %q", lang, got)
		}
	}
}
