package messaging

import (
	"regexp"
	"strings"
	"unicode"
)

// Limits of looking for what a mail quotes.
const (
	attributionLines = 4         // "On Mon, Nov 24 …\nSalla wrote:" is broken over so many lines at most
	attributionChars = 400       // and is no longer than this
	maxMailText      = 256 << 10 // bytes of a mail's words that are looked at
	maxMailLines     = 4_000     // and lines
	headerBlock      = 7         // lines within which "From:" is followed by "Sent:" or "Subject:"
)

// ownWords are what a person wrote in a mail, without what it quotes, without
// what their program put there, and without their signature.
func ownWords(text string) string {
	lines := strings.SplitN(tidy(text[:min(len(text), maxMailText)]), "\n", maxMailLines+1)
	lines = cutQuote(lines[:min(len(lines), maxMailLines)])
	lines = cutSignature(lines)
	var out []string
	for _, l := range lines {
		l = strings.TrimRight(l, " \t")
		if l == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, l)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// tidy is text with plain line ends and spaces, and without what no person
// types.
func tidy(text string) string {
	text = strings.ToValidUTF8(strings.ReplaceAll(text, "\x00", ""), "")
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u00a0", " ", "\u202f", " ", "\u2028", "\n", "\u2029", "\n").Replace(text)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\u200d': // the last holds emoji together
			return r
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// cutQuote takes away what a mail quotes: all below an Outlook header or a line
// of dashes; below "… wrote:" all when it is not marked, and else the marked
// lines alone, since some answer below or in between.
func cutQuote(lines []string) []string {
	for i := range lines {
		if divider(lines[i]) || headerBlockAt(lines[i:]) {
			return unmarked(lines[:i])
		}
		n := attributionAt(lines[i:])
		if n == 0 {
			continue
		}
		rest := lines[i+n:]
		if !hasMarked(rest) {
			return unmarked(lines[:i])
		}
		return append(unmarked(lines[:i]), cutQuote(unmarked(rest))...)
	}
	return unmarked(lines)
}

// unmarked are the lines that do not begin with ">".
func unmarked(lines []string) (out []string) {
	for _, l := range lines {
		if !marked(l) {
			out = append(out, l)
		}
	}
	return out
}

func marked(line string) bool { return strings.HasPrefix(strings.TrimLeft(line, " \t"), ">") }

func hasMarked(lines []string) bool {
	for _, l := range lines {
		if marked(l) {
			return true
		}
	}
	return false
}

var (
	// dashes is a divider with words between dashes.
	dashes = regexp.MustCompile(`(?i)^\W*-{2,}\s*(original message|forwarded message|alkuperäinen viesti|välitetty viesti|edelleenlähetetty viesti|ursprungligt meddelande|vidarebefordrat meddelande|originalmeddelande|ursprüngliche nachricht|weitergeleitete nachricht)\s*-{2,}\s*$`)
	// headerFrom begins the header block that Outlook puts above what it quotes.
	headerFrom = regexp.MustCompile(`(?i)^[*\s]*(from|lähettäjä|från|von|fra)\s*:[*\s]*\S`)
	headerSent = regexp.MustCompile(`(?i)^[*\s]*(sent|date|lähetetty|päivämäärä|pvm|päiväys|skickat|datum|gesendet)\s*:[*\s]*\S`)
	headerMore = regexp.MustCompile(`(?i)^[*\s]*(to|subject|vastaanottaja|saaja|kenelle|aihe|otsikko|till|ämne|an|betreff|cc|kopio)\s*:[*\s]*`)
	// wrote is the verb of a line that says who wrote what follows.
	wrote = regexp.MustCompile(`(?i)(^|\s)(wrote|kirjoitti|skrev|schrieb)(\s|:|$)`)
	// address, clockTime and date are what such a line holds besides.
	anAddress = regexp.MustCompile(`\S+@\S+\.\S+`)
	aTime     = regexp.MustCompile(`\d{1,2}[.:]\d{2}`)
	aDate     = regexp.MustCompile(`\d{4}|\d{1,2}\.\s?\d{1,2}\.`)
	bullet    = regexp.MustCompile(`(?i)^(on|den|am|le|ma|ti|ke|to|pe|la|su|\d)`)
)

func divider(line string) bool { return dashes.MatchString(strings.TrimSpace(line)) }

// headerBlockAt tells whether lines begin with the header of a quoted mail.
func headerBlockAt(lines []string) bool {
	if !headerFrom.MatchString(lines[0]) {
		return false
	}
	sent, more := false, false
	for _, l := range lines[1:min(len(lines), headerBlock)] {
		sent = sent || headerSent.MatchString(l)
		more = more || headerMore.MatchString(l)
	}
	return sent && more
}

// attributionAt is over how many lines lines say at their beginning who wrote
// what follows; 0 when they do not.
func attributionAt(lines []string) int {
	if strings.TrimSpace(lines[0]) == "" || marked(lines[0]) {
		return 0
	}
	joined := ""
	for n := range min(len(lines), attributionLines) {
		l := strings.TrimSpace(lines[n])
		if l == "" || marked(l) {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + l)
		if len(joined) > attributionChars {
			return 0
		}
		if strings.HasSuffix(joined, ":") && wrote.MatchString(joined) {
			if n > 0 && attributionAt(lines[n:]) > 0 && !bullet.MatchString(joined) {
				return 0 // the sentence before belongs to the person; it begins a line later
			}
			if attributes(joined) || nextMarked(lines[n+1:]) {
				return n + 1
			}
			return 0
		}
	}
	return 0
}

// attributes tells whether a line that ends in "… wrote:" can only be a mail
// program's: it names an address, or a day and a time.
func attributes(line string) bool {
	return anAddress.MatchString(line) || aTime.MatchString(line) && aDate.MatchString(line)
}

// nextMarked tells whether the first line that is not empty is quoted.
func nextMarked(lines []string) bool {
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			return marked(l)
		}
	}
	return false
}

// sentFrom is what phones put below a mail.
var sentFrom = regexp.MustCompile(`(?i)^(sent from my |sent from outlook|sent from mail|get outlook for |sent with |lähetetty (iphone|ipad|android|samsung|outlook|puhelimes|mobiili|laittees)|lähetetty .{0,20}(puhelimesta|laitteesta)|hanki outlook |skickat från (min|mobil|outlook|iphone|ipad)|hämta outlook |von meinem .{0,30} gesendet|gesendet (von|mit) |outlook (für|for) |yahoo mail)`)

// cutSignature takes a signature away, and what a phone put below.
func cutSignature(lines []string) []string {
	for i, l := range lines {
		if l == "-- " || l == "--" {
			lines = lines[:i]
			break
		}
	}
	for len(lines) > 0 {
		l := strings.TrimSpace(lines[len(lines)-1])
		if l != "" && !sentFrom.MatchString(l) && !rule(l) {
			break
		}
		lines = lines[:len(lines)-1]
	}
	return lines
}

// rule tells whether a line is drawn rather than written.
func rule(line string) bool { return len(line) > 4 && strings.Trim(line, "_-=*") == "" }
