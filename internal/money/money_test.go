package money_test

import (
	"errors"
	"math"
	"testing"
	"testing/quick"

	"github.com/kierto/kierto/internal/money"
)

// A fee and the rest are the whole, to the cent, whatever the amount.
func TestSplitLosesNothing(t *testing.T) {
	t.Parallel()
	whole := func(minor int64, bps uint16) bool {
		a := money.EUR(minor % money.MaxMinor)
		fee, rest := a.Split(int64(bps % 10001))
		return fee.Minor+rest.Minor == a.Minor
	}
	if err := quick.Check(whole, nil); err != nil {
		t.Error(err)
	}
	if fee, _ := money.EUR(7550).Split(300); fee.Minor != 227 {
		t.Errorf("3 %% of 75,50 € is %d cents, want 227 (half up)", fee.Minor)
	}
}

// What people type becomes cents, or is refused.
func TestParse(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"75": 7500, "75,5": 7550, "75.50": 7550, " 1 234,50 € ": 123450, "0,01": 1, "1\u00a0000 €": 100000, "1000000": 100000000,
	} {
		if a, err := money.Parse(in, "EUR"); err != nil || a.Minor != want {
			t.Errorf("Parse(%q) = %d, %v; want %d", in, a.Minor, err, want)
		}
	}
	for _, in := range []string{"", "-5", "+5", "1.234,50", "1,234.50", "5,001", "abc", "1e3", "٣", "1,-1", "0x10", ",50"} {
		if a, err := money.Parse(in, "EUR"); err == nil {
			t.Errorf("Parse(%q) = %d, want a refusal", in, a.Minor)
		}
	}
	if _, err := money.Parse("1000000,01", "EUR"); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("above the limit: %v", err)
	}
}

// Sums do not wrap around and do not mix currencies.
func TestAdd(t *testing.T) {
	t.Parallel()
	if _, err := money.EUR(math.MaxInt64).Add(money.EUR(1)); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("overflow: %v", err)
	}
	if _, err := money.EUR(math.MinInt64).Add(money.EUR(-1)); !errors.Is(err, money.ErrOverflow) {
		t.Errorf("underflow: %v", err)
	}
	if _, err := money.EUR(1).Add(money.Amount{Minor: 1, Currency: "SEK"}); !errors.Is(err, money.ErrMixed) {
		t.Errorf("two currencies: %v", err)
	}
}

// Each language writes money its own way.
func TestFormat(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string]string{"fi": "−1\u00a0234,05\u00a0€", "sv": "−1\u00a0234,05\u00a0€", "en": "−€1,234.05"} {
		if got := money.EUR(-123405).Format(lang); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
	}
	if got := money.EUR(5).Format("fi"); got != "0,05\u00a0€" {
		t.Errorf("five cents: %q", got)
	}
}
