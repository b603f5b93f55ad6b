package messaging

import (
	"strings"
	"unicode"
	"unicode/utf16"
)

// How much one SMS holds: in the 7-bit alphabet of GSM, or in 16-bit characters
// once a single letter is not in it. Longer texts go as parts, each a little
// shorter, and each is paid for.
const (
	septetsAlone, septetsEach = 160, 153
	unitsAlone, unitsEach     = 70, 67
	maxParts                  = 2 // of one message
)

// The letters of the GSM alphabet; those of gsmDouble take two places.
const (
	gsmSingle = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmDouble = "\f^{}\\[~]|€"
)

// gsmLike replaces signs of fine print by those every phone has in its short
// alphabet, so that a dash does not double the price of a message.
var gsmLike = strings.NewReplacer(
	"\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u200b", "", "\u00ad", "", "\ufe0f", "",
	"–", "-", "—", "-", "−", "-", "….", "...", "…,", "...,", "…", "...", "”", "\"", "“", "\"", "„", "\"", "’", "'", "‘", "'", "´", "'", "·", "-", "•", "-", "×", "x",
	"½", "1/2", "→", "->", "\t", " ",
)

// gsm is a text in the short alphabet as far as it can be without changing a
// letter. Pictures, which no letter stands for, are left out.
func gsm(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r > unicode.MaxASCII || unicode.Is(unicode.Co, r) {
			return -1
		}
		return r
	}, gsmLike.Replace(s))
	return strings.Join(strings.Fields(s), " ")
}

// units is how long a text is in an SMS, and whether it takes 16-bit characters.
func units(s string) (n int, wide bool) {
	for _, r := range s {
		switch {
		case strings.ContainsRune(gsmSingle, r):
			n++
		case strings.ContainsRune(gsmDouble, r):
			n += 2
		default:
			return len(utf16.Encode([]rune(s))), true
		}
	}
	return n, false
}

// Parts is how many messages an SMS of this text is paid as.
func Parts(s string) int {
	n, wide := units(s)
	alone, each := septetsAlone, septetsEach
	if wide {
		alone, each = unitsAlone, unitsEach
	}
	if n <= alone {
		return 1
	}
	return (n + each - 1) / each
}

// shortText is a text and its link as one SMS of at most maxParts: the text gives
// way, the link never does.
func shortText(text, link string) string {
	text, whole := gsm(text), ""
	for words := []rune(text); ; {
		whole = strings.TrimSpace(text + " " + link)
		if Parts(whole) <= maxParts || len(words) == 0 {
			return whole
		}
		words = words[:len(words)-1]
		text = strings.TrimRight(string(words), " .,") + "..."
	}
}
