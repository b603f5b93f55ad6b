package listings

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// unfoldable are letters that have no plain letter inside them to fall back on.
var unfoldable = strings.NewReplacer("ø", "o", "æ", "ae", "œ", "oe", "ß", "ss", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i")

// Fold is s in lower case and without diacritics: "Säty" and "saty" are the
// same to search and to the town filter.
func Fold(s string) string {
	s = strings.ToLower(s)
	if isASCII(s) {
		return s
	}
	s = unfoldable.Replace(s)
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKD.String(s))
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// tokens are the words and numbers of s in lower case. A comma or dot between
// digits belongs to the number and becomes a dot: "17,5" is one token.
func tokens(s string) []string {
	s = norm.NFC.String(strings.ToLower(s))
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, b.String())
			b.Reset()
		}
	}
	runes := []rune(s)
	for i, r := range runes {
		switch {
		case r == '\u00ad': // a soft hyphen is no letter
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			b.WriteRune(r)
		case (r == '.' || r == ',') && i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1]):
			b.WriteByte('.')
		default:
			flush()
		}
	}
	flush()
	return out
}

// searchText is what search reads: the folded words of all parts, each with a
// space on both sides, so that a whole word can be told from a part of one.
// Nothing in it means anything to LIKE.
func searchText(parts ...string) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, p := range parts {
		for _, t := range tokens(p) {
			b.WriteString(Fold(t))
			b.WriteByte(' ')
		}
	}
	return b.String()
}
