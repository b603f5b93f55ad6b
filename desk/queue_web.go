package desk

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/nudges"
	pages "github.com/kierto/kierto/templates/desk"
	"github.com/kierto/kierto/templates/ui"
)

// frame is the frame of a page of the desk: the top bar counts the queue.
func (s *Service) frame(c *web.Ctx, section string) (web.Frame, map[cause]int, error) {
	f := c.Frame(section)
	counts, err := countQueue(c.Request().Context(), s.DB, s.Clock.Now())
	f.Badges.Moves = 0
	for _, n := range counts {
		f.Badges.Moves += n
	}
	f.Query = ""
	return f, counts, err
}

// getQueue is the queue, or where a search of the top bar leads: a trade by its
// reference, otherwise people.
func (s *Service) getQueue(c *web.Ctx) error {
	if words := strings.TrimSpace(c.QueryParam("q")); words != "" {
		if o, err := s.Orders.ByRef(c.Request().Context(), s.DB, words); err == nil {
			return c.Go("/desk/orders/" + string(o.ID))
		}
		return c.Go("/desk/people?q=" + url.QueryEscape(words))
	}
	return s.showQueue(c, 200, "", "", func(web.Frame) (templ.Component, error) { return nil, nil })
}

// showQueue shows the queue with what is opened beside it.
func (s *Service) showQueue(c *web.Ctx, status int, subject, window string, open func(web.Frame) (templ.Component, error)) error {
	ctx := c.Request().Context()
	f, counts, err := s.frame(c, "desk")
	if err != nil {
		return err
	}
	p := pages.Queue{
		Frame: f, Title: f.T("desk.title"), Window: f.T("desk.title"), URL: "/desk", Back: f.T("desk.back_queue"), Pick: f.T("desk.pick"), Keys: keys(f),
	}
	if window != "" {
		p.Window = window
	}
	word := c.QueryParam("why")
	found, err := queueOf(ctx, s.DB, f.Now, causeOf(word), candidates)
	if err != nil {
		return err
	}
	rows, err := s.rank(ctx, s.DB, f.Now, found, queueLen)
	if err != nil {
		return err
	}
	held, err := s.inHand(ctx, rows)
	if err != nil {
		return err
	}
	v, err := s.speaker(c, rows, held)
	if err != nil {
		return err
	}
	for _, x := range rows {
		row := v.row(x.stalled, subject)
		row.Why += v.record(x)
		if t, ok := held[x.Subject]; ok {
			row.Why = v.T("desk.in_hand_short", "Who", v.first(t.Operator)) + " " + row.Why
		}
		if causeOf(word) != 0 && strings.HasPrefix(row.URL, "/desk/orders/") {
			row.URL += "?why=" + word
		}
		p.Cases = append(p.Cases, row)
	}
	p.Chips = chips(f, counts, causeOf(word))
	if len(rows) == 0 {
		p.Empty = &ui.Empty{Art: "horseshoe", Title: f.T("desk.empty"), Text: f.T("desk.empty_text")}
	}
	if err := s.summary(c, &p, f.Badges.Moves); err != nil {
		return err
	}
	if p.Open, err = open(f); err != nil {
		return err
	}
	return c.PageStatus(status, pages.ShowQueue(p))
}

// speaker words rows, with the names of those they speak of.
func (s *Service) speaker(c *web.Ctx, rows []ranked, held map[string]nudges.Takeover) (speaker, error) {
	seen := map[accounts.UserID]bool{"": true}
	var ids []accounts.UserID
	add := func(u accounts.UserID) {
		if !seen[u] && strings.HasPrefix(string(u), "usr_") {
			seen[u] = true
			ids = append(ids, u)
		}
	}
	for _, x := range rows {
		for _, u := range x.people() {
			add(u)
		}
		add(accounts.UserID(x.Subject))
	}
	for _, t := range held {
		add(t.Operator)
	}
	names, err := s.Accounts.Many(c.Request().Context(), s.DB, ids)
	return speaker{c.Say, names}, err
}

// chips are the filter by cause; those without anything are left out.
func chips(f web.Frame, counts map[cause]int, now cause) []ui.Chip {
	out := []ui.Chip{{URL: "/desk", Label: f.T("desk.why_all"), Count: f.Badges.Moves, Current: now == 0}}
	for _, c := range causes {
		if n := counts[c.Cause]; n > 0 || c.Cause == now {
			out = append(out, ui.Chip{URL: "/desk?why=" + c.Word, Label: f.T("desk.cause.short." + c.Word), Count: n, Current: c.Cause == now})
		}
	}
	if len(out) == 1 {
		return nil
	}
	return out
}

// summary is the sentence above the queue and the numbers below it.
func (s *Service) summary(c *web.Ctx, p *pages.Queue, waiting int) error {
	ctx := c.Request().Context()
	all, err := countOpenTrades(ctx, s.DB)
	if err != nil {
		return err
	}
	late, err := countLate(ctx, s.DB, p.Now.Add(-time.Hour))
	if err != nil {
		return err
	}
	today := p.Now.In(p.Zone)
	done, err := countHandled(ctx, s.DB, clock.Of(time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, p.Zone)))
	if err != nil {
		return err
	}
	if p.Notes, err = s.compared(ctx, p.Frame, true); err != nil {
		return err
	}
	p.Lead = p.N("desk.lead", waiting) + " " + p.N("desk.lead_rest", max(0, all-waiting))
	p.Stats = []ui.Stat{
		{Number: strconv.Itoa(late), Label: p.T("desk.stat_late")},
		{Number: strconv.Itoa(done), Label: p.T("desk.stat_done")},
		{Number: strconv.Itoa(all), Label: p.T("desk.stat_open")},
	}
	return nil
}

// keys are the keys of the queue.
func keys(f web.Frame) []ui.Keys {
	return []ui.Keys{
		{Keys: []string{"J", "K"}, Does: f.T("desk.key_walk")},
		{Keys: []string{"Enter"}, Does: f.T("desk.key_open")},
		{Keys: []string{"R"}, Does: f.T("desk.key_answer")},
		{Keys: []string{"L"}, Does: f.T("desk.key_extend")},
	}
}
