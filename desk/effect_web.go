package desk

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// spans are the days that may be looked back on; the first that fits is shown.
var spans = []int{90, 30, 365}

// spanOf is the number of days asked for.
func spanOf(c *web.Ctx) int {
	if n, err := strconv.Atoi(c.QueryParam("days")); err == nil && slices.Contains(spans, n) {
		return n
	}
	return spans[0]
}

// effect measures the days asked for.
func (s *Service) effect(c *web.Ctx) (nudges.Effect, int, error) {
	days := spanOf(c)
	e, err := s.Nudges.Effect(c.Request().Context(), c.Now().Add(-time.Duration(days)*24*time.Hour), c.Now())
	return e, days, err
}

// getEffect shows what reminding did.
func (s *Service) getEffect(c *web.Ctx) error {
	f, _, err := s.frame(c, "desk-effect")
	if err != nil {
		return err
	}
	e, days, err := s.effect(c)
	if err != nil {
		return err
	}
	p := pages.Effect{Frame: f, Title: f.T("desk.effect"), Lead: f.T("desk.effect_lead"), ChipsLabel: f.T("desk.effect_span"),
		CSV:         ui.Button{Label: f.T("desk.effect_csv"), URL: "/desk/effect.csv" + web.Query("days", strconv.Itoa(days)), Kind: "quiet", Small: true},
		MethodTitle: f.T("desk.effect_method"), Method: []string{
			f.T("desk.effect_method_lot"), f.T("desk.effect_method_all"), f.T("desk.effect_method_interval"), f.T("desk.effect_method_ways"),
		}}
	for _, n := range []int{30, 90, 365} {
		p.Chips = append(p.Chips, ui.Chip{URL: "/desk/effect" + web.Query("days", strconv.Itoa(n)), Label: f.T("desk.effect_days", "Days", n), Current: n == days})
	}
	if len(e.Turns) == 0 {
		p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("desk.effect_none"), Text: f.T("desk.effect_none_text")}
	} else {
		live, err := s.Nudges.Live(c.Request().Context(), s.DB)
		if err != nil {
			return err
		}
		p.Parts = measures{f.Speaker, live}.parts(e)
	}
	return c.Page(pages.ShowEffect(p))
}

// getEffectCSV is the same numbers for a spreadsheet, in English and with points
// for commas, whatever the reader's language: programs read it.
func (s *Service) getEffectCSV(c *web.Ctx) error {
	e, days, err := s.effect(c)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(effectRows(e)) // a bytes.Buffer takes everything
	h := c.Response().Header()
	h.Set("Content-Disposition", `attachment; filename="kierto-effect-`+strconv.Itoa(days)+`.csv"`)
	h.Set("Cache-Control", "no-store")
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}

// effectRows are the head and a row for each measure.
func effectRows(e nudges.Effect) [][]string {
	n, x := strconv.Itoa, func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
	rows := [][]string{{"measure", "turn", "step", "channel", "reminded_n", "held_out_n", "reminded", "held_out", "difference", "low_95", "high_95"}}
	add := func(measure, kind, step string, tn, hn int, t, h float64, d nudges.Estimate) {
		r := []string{measure, kind, step, "", n(tn), n(hn), x(t), x(h), "", "", ""}
		if d.Enough {
			r[8], r[9], r[10] = x(d.Value), x(d.Low), x(d.High)
		}
		rows = append(rows, r)
	}
	count := func(measure, kind, step, channel string, of, k int) {
		rows = append(rows, []string{measure, kind, step, channel, n(of), "", n(k), "", "", "", ""})
	}
	for _, t := range e.Turns {
		k := string(t.Kind)
		add("hours", k, "", t.Treated.N, t.Held.N, t.Treated.Mean, t.Held.Mean, t.Saved)
		add("completion", k, "", t.Treated.N, t.Held.N, t.Treated.Done.Of(), t.Held.Done.Of(), t.Completion)
		count("mutes", k, "", "", t.Treated.N, t.Mutes)
		count("asked_for_a_person", k, "", "", t.Treated.N, t.Asked)
		count("stopped", k, "", "", t.Treated.N, t.Stopped)
	}
	for _, t := range e.Steps {
		k := string(t.Kind)
		add("acted_within_24_h", k, t.Step, t.Sent.N, t.Held.N, t.Sent.Of(), t.Held.Of(), t.Acted)
		add("median_hours", k, t.Step, t.Sent.N, t.Held.N, t.Median[0], t.Median[1], t.Sooner)
		count("mutes", k, t.Step, "", t.Sent.N, t.Mutes)
	}
	for _, w := range e.Ways {
		k := string(w.Kind)
		count("sent", k, w.Step, w.Channel, w.Sent, w.Sent)
		count("delivered", k, w.Step, w.Channel, w.Sent, w.Delivered)
		count("acted_within_24_h", k, w.Step, w.Channel, w.Sent, w.Acted)
		count("failed", k, w.Step, w.Channel, w.Sent+w.Failed, w.Failed)
	}
	return rows
}
