package listings

import "strings"

// wordsPostgres reads the words of the listings by their trigram index. The
// planner knows from its statistics whether a word is rare (then it asks the
// index and sorts the few) or common (then it walks the newest and compares).
// Folded words hold neither % nor _ nor \, so they are literal.
func (p *plan) wordsPostgres(terms []term) {
	for _, t := range terms {
		if len(t.alts) == 0 {
			continue
		}
		likes := make([]string, len(t.alts))
		args := make([]any, len(t.alts))
		for i, a := range t.alts {
			likes[i], args[i] = `l.words LIKE ?`, `%`+a+`%`
		}
		p.walk.add(`(`+strings.Join(likes, ` OR `)+`)`, args...)
	}
}
