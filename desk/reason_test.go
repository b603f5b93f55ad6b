package desk_test

import (
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/i18n"
)

// A reason is asked for in words that hold wherever it is asked: some are read
// by both, those of a report by staff alone.
func TestAskingForAReasonPromisesNoReaders(t *testing.T) {
	t.Parallel()
	for _, lang := range i18n.Langs {
		words := i18n.For(lang, "", 0).T("desk.reason_missing")
		for _, both := range []string{"Molemmat", "Båda", "Both"} {
			if strings.Contains(words, both) {
				t.Errorf("%s: %q", lang, words)
			}
		}
	}
}
