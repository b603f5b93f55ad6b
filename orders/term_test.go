package orders

import "testing"

// Every term reads back as it is written.
func TestTermsAreRead(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Term{
		"30 min": minutes(30), "48 h": hours(48), "48h": hours(48), "7 days": days(7), " 1  business day": businessDays(1),
		"5 business days": businessDays(5), "estimate + 3 days": estimatePlus(3), "hold, else 7 days": pointHold(7),
	} {
		if got, err := ParseTerm(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	if got, err := ParseTerm("24 waking h"); err != nil || got.Waking.Hours() != 24 {
		t.Errorf("waking hours: %+v, %v", got, err)
	}
	for _, text := range []string{"", "soon", "0 days", "-3 days", "5 business", "0h", "2000 days", "3 days or so", "hold + 0"} {
		if got, err := ParseTerm(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}
