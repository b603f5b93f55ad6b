// Package money holds amounts as whole minor units (cents) and a currency.
package money

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Amount is money: minor units (1/100 of a euro) and an ISO 4217 code.
type Amount struct {
	Minor    int64
	Currency string
}

// Errors of this package.
var (
	ErrMixed    = errors.New("money: two currencies in one sum")
	ErrOverflow = errors.New("money: amount too large")
	ErrParse    = errors.New("money: not an amount")
)

// EUR is minor euro cents.
func EUR(minor int64) Amount { return Amount{Minor: minor, Currency: "EUR"} }

// Add is a + b. It fails on two currencies and on overflow.
func (a Amount) Add(b Amount) (Amount, error) {
	if a.Currency != b.Currency {
		return Amount{}, ErrMixed
	}
	if b.Minor > 0 && a.Minor > math.MaxInt64-b.Minor || b.Minor < 0 && a.Minor < math.MinInt64-b.Minor {
		return Amount{}, ErrOverflow
	}
	return Amount{a.Minor + b.Minor, a.Currency}, nil
}

// Split divides a into a fee of bps basis points (1/100 of a percent) and the
// rest. The fee rounds half up; fee + rest == a, to the cent, always.
func (a Amount) Split(bps int64) (fee, rest Amount) {
	whole, part := a.Minor/10000, a.Minor%10000
	f := whole*bps + (part*bps+5000)/10000
	return Amount{f, a.Currency}, Amount{a.Minor - f, a.Currency}
}

// IsZero tells whether there is nothing.
func (a Amount) IsZero() bool { return a.Minor == 0 }

// nbsp keeps the number and its sign on one line.
const nbsp = "\u00a0"

// Format is a as people in lang write it: "1 234,50 €" in Finnish and Swedish,
// "€1,234.50" in English.
func (a Amount) Format(lang string) string {
	sign, minor := "", a.Minor
	if minor < 0 {
		sign, minor = "−", -minor
	}
	euros, cents := strconv.FormatInt(minor/100, 10), strconv.FormatInt(100+minor%100, 10)[1:]
	if lang == "en" {
		return sign + symbol(a.Currency, "") + group(euros, ",") + "." + cents
	}
	return sign + group(euros, nbsp) + "," + cents + nbsp + symbol(a.Currency, "")
}

// symbol is the sign of a currency, or its code when it has none we know.
func symbol(code, after string) string {
	if code == "EUR" {
		return "€"
	}
	return code + after
}

// group puts sep between thousands.
func group(digits, sep string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// MaxMinor is the largest amount a person may type: one million euros.
const MaxMinor = 100_000_000

// Parse reads what a person typed in a price field: "1 234,50", "12.5", "40 €".
// It fails with ErrParse on anything else, on negatives and on fractions of a
// cent, and with ErrOverflow above MaxMinor.
func Parse(s, currency string) (Amount, error) {
	s = strings.TrimSpace(strings.NewReplacer(nbsp, "", "\u202f", "", " ", "", "€", "", "EUR", "").Replace(s))
	s = strings.Replace(s, ",", ".", 1)
	whole, part, _ := strings.Cut(s, ".")
	if whole == "" || len(part) > 2 {
		return Amount{}, ErrParse
	}
	if len(whole) > 9 {
		return Amount{}, ErrOverflow
	}
	w, err := strconv.ParseUint(whole, 10, 63)
	if err != nil {
		return Amount{}, ErrParse
	}
	p, err := strconv.ParseUint((part + "00")[:2], 10, 63)
	if err != nil {
		return Amount{}, ErrParse
	}
	minor := int64(w)*100 + int64(p)
	if minor > MaxMinor {
		return Amount{}, ErrOverflow
	}
	return Amount{minor, currency}, nil
}
