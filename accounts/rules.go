package accounts

import (
	"net/mail"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/kierto/kierto/internal/fault"
)

// Limits of what a person types, in characters.
const (
	maxEmail  = 254 // RFC 5321
	minName   = 2
	maxName   = 40
	maxTown   = 60
	maxAbout  = 600
	maxStreet = 100
	postcode  = 5 // digits of a Finnish postcode
)

// Fold is how an address is compared.
func Fold(email string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(email))) }

// like is text as a pattern that finds it anywhere, with the escape '!'.
func like(text string) string {
	return "%" + strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(Fold(text)) + "%"
}

// tidy is a line as meant: composed letters, single spaces, none at the ends.
func tidy(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// tidyText is a text of several lines as meant.
func tidyText(s string) string {
	return strings.TrimSpace(norm.NFC.String(strings.ReplaceAll(s, "\r\n", "\n")))
}

// plainLetters drops the marks from letters: ä becomes a.
func plainLetters(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFD.String(s))
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// hidden tells whether s holds what cannot be seen: control characters, text
// direction marks, zero-width letters.
func hidden(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsPrint(r) })
}

// checkEmail tells what is wrong with an address, or nil.
func checkEmail(field, email string) *fault.Fault {
	if email == "" {
		return fault.Field(field, "accounts.email_missing")
	}
	a, err := mail.ParseAddress(email)
	if err != nil || a.Address != email || a.Name != "" || len(email) > maxEmail || hidden(email) ||
		strings.ContainsAny(email, `"<>()[]\,;: `) {
		return fault.Field(field, "accounts.email_wrong")
	}
	_, domain, _ := strings.Cut(email, "@")
	if dot := strings.LastIndex(domain, "."); dot < 1 || len(domain)-dot < 3 {
		return fault.Field(field, "accounts.email_wrong")
	}
	return nil
}

// staffNames are not for members: a name must not pass for the house.
var staffNames = []string{"kierto", "yllapito", "yllapitaja", "asiakaspalvelu", "admin", "administrator", "support", "kundtjanst", "tuki", "moderator"}

// checkName tells what is wrong with the name of a person, or nil.
func checkName(field, name string) *fault.Fault {
	n := utf8.RuneCountInString(name)
	switch {
	case name == "":
		return fault.Field(field, "accounts.name_missing")
	case n < minName || n > maxName:
		return fault.Field(field, "accounts.name_length", "Min", minName, "Max", maxName)
	case hidden(name), strings.ContainsAny(name, "<>@/\\{}"), !strings.ContainsFunc(name, unicode.IsLetter):
		return fault.Field(field, "accounts.name_letters")
	case slices.ContainsFunc(strings.FieldsFunc(plainLetters(strings.ToLower(name)), notLetter), func(w string) bool {
		return slices.Contains(staffNames, w)
	}):
		return fault.Field(field, "accounts.name_staff")
	}
	return nil
}

// checkLine tells what is wrong with a short line, or nil; missing is the key
// for an empty one, "" when it may be empty.
func checkLine(field, s string, max int, missing string) *fault.Fault {
	switch {
	case s == "" && missing != "":
		return fault.Field(field, missing)
	case utf8.RuneCountInString(s) > max:
		return fault.Field(field, "accounts.too_long", "Max", max)
	case hidden(s):
		return fault.Field(field, "accounts.hidden_characters")
	}
	return nil
}

// checkPostcode tells what is wrong with a postcode, or nil.
func checkPostcode(field, s string, missing string) *fault.Fault {
	if s == "" {
		return checkLine(field, s, postcode, missing)
	}
	if len(s) != postcode || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return fault.Field(field, "accounts.postcode_wrong")
	}
	return nil
}
