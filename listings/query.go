package listings

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/finnish"
	"github.com/blevesearch/snowballstem/swedish"
)

// Limits of a search.
const (
	shortSynonym = 4   // letters up to which a synonym has to begin a word
	maxQuery     = 100 // letters of what is typed
	maxTerms     = 8   // words of it that count
	minPiece     = 3   // letters that the index of pieces can find
	maxAlts      = 12  // ways to match one word: itself, its stems, its synonyms
)

// term is one word somebody searches for. It matches a text that holds any of
// its alternatives anywhere; a short one matches the beginning of a word.
type term struct {
	alts  []string // folded, each of at least minPiece letters
	short string   // folded, of fewer letters; then alts is empty
}

// parseQuery is what q asks for: every term must match. No terms means that
// nothing in q can be searched for.
func parseQuery(q string) []term {
	var terms []term
	long := false
	for _, w := range tokens(q) {
		if len(terms) == maxTerms {
			break
		}
		folded := Fold(w)
		if utf8.RuneCountInString(folded) < minPiece {
			terms = append(terms, term{short: folded})
			continue
		}
		long = true
		terms = append(terms, term{alts: alternatives(w)})
	}
	if !long { // short words alone would match half of everything
		return nil
	}
	return terms
}

// alternatives are the folded texts that stand for a word: itself, its stems in
// the three languages, and its synonyms, without those that another one
// already covers.
func alternatives(word string) []string {
	all := append([]string{Fold(word)}, stems(word)...)
	words := loadSynonyms()
	for _, key := range slices.Clone(all) {
		all = append(all, words.of[key]...)
	}
	return minimal(all)
}

// minimal drops doubles and whatever contains another alternative: a text that
// holds the longer one holds the shorter as well.
func minimal(all []string) []string {
	var out []string
	for i, a := range all {
		covered := false
		for j, b := range all {
			if i != j && strings.Contains(a, b) && (a != b || j < i) {
				covered = true
				break
			}
		}
		if !covered && len(out) < maxAlts {
			out = append(out, a)
		}
	}
	return out
}

// stems are the folded stems of a lower-case word in Finnish, Swedish and
// English, as far as they still say something.
func stems(word string) []string {
	var out []string
	folded := Fold(word)
	for _, stem := range []func(*snowballstem.Env) bool{finnish.Stem, swedish.Stem, english.Stem} {
		env := snowballstem.NewEnv(word)
		stem(env)
		s := Fold(env.Current())
		if s = telling(s, folded); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// telling is stem when it still says what the word is about. Three letters left
// of a long word do not ("talli" would find everything for the winter, talvi);
// then one letter more is kept.
func telling(stem, word string) string {
	n, m := utf8.RuneCountInString(stem), utf8.RuneCountInString(word)
	switch {
	case n > minPiece || n == minPiece && m <= minPiece+1:
		return stem
	case m > minPiece+1:
		return string([]rune(word)[:minPiece+1])
	}
	return ""
}

//go:embed synonyms.toml
var synonymFile string

// synonyms maps a folded word or stem to what else may stand for it.
type synonyms struct{ of map[string][]string }

// loadSynonyms reads the embedded list once. It is part of the program, so a
// broken one is a bug that the first test finds.
var loadSynonyms = sync.OnceValue(func() synonyms {
	s, err := parseSynonyms(synonymFile)
	if err != nil {
		panic(err)
	}
	return s
})

// asSynonym is how a synonym is looked for: a short one only at the beginning of
// a word, because "rug" is also in "drug".
func asSynonym(folded string) string {
	if utf8.RuneCountInString(folded) <= shortSynonym {
		return " " + folded
	}
	return folded
}

func parseSynonyms(text string) (synonyms, error) {
	var file struct {
		Same [][]string `toml:"same"`
	}
	if err := toml.Unmarshal([]byte(text), &file); err != nil {
		return synonyms{}, fmt.Errorf("synonyms: %w", err)
	}
	s := synonyms{of: map[string][]string{}}
	for i, group := range file.Same {
		if len(group) < 2 {
			return synonyms{}, fmt.Errorf("synonyms: group %d has fewer than two words", i+1)
		}
		var texts, keys []string
		for _, w := range group {
			w = strings.ToLower(w)
			texts = append(texts, asSynonym(Fold(w)))
			keys = append(append(keys, Fold(w)), stems(w)...)
		}
		for _, k := range keys {
			s.of[k] = append(s.of[k], texts...)
		}
	}
	return s, nil
}
