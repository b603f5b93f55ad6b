package nudges

import (
	"hash/fnv"
	"slices"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// staleAfter is the waking time after which a reminder that was not sent is not
// worth sending any more. Instructions, a promise missed and last warnings are
// never too late.
const staleAfter = 24 * time.Hour

// stepInHand is what the sweep does with a turn that a person at the desk has
// taken over: it asks them, now and then.
const stepInHand = "in_hand"

// askAgain is how often an operator is asked about what they took over.
const askAgain = 24 * time.Hour

// decision is what is to be done about one turn. It was made from facts alone,
// and nothing is done yet.
type decision struct {
	turn    turn.Turn
	watch   turn.Watch
	record  []Nudge
	tell    []messaging.Telling
	post    []messaging.Posting
	call    *Call
	lapse   bool // the deadline is what is due
	missing bool // its subject is gone
}

// decide finds out what is to be done about a turn at now: the steps that are
// due, whom they reach and how, and what comes next. It looks at nothing but its
// arguments, so that a step is decided the same by whoever decides it.
func (f *facts) decide(t turn.Turn, now clock.Instant) decision {
	d := decision{turn: t}
	if _, ok := f.brief(t, accounts.UserID(t.Owner), false); !ok {
		d.missing = true
		d.watch = turn.Watch{ID: t.ID, DueAt: t.DueAt, NextAt: now.Add(sweepRetry), NextStep: t.NextStep, Policy: f.policy.Version, Arm: t.Arm}
		return d
	}
	if t.Policy == "" {
		t.Arm = f.arm(t)
	}
	if k, ok := f.takeovers[t.Subject]; ok {
		f.leave(&d, t, k, now)
		return d
	}
	l, people := f.ladder(t), f.people(t)
	done := names(f.past[t.ID])
	if w, costly := l.Warning(); costly && isMember(t.Owner) && !done[w.Name] {
		f.postpone(&d, &t, l.Fit(t, people))
	}
	plan := l.Plan(t, people)
	take, late, next := due(plan, done.has, t, now)
	var held []Planned
	sent := 0
	for _, p := range take {
		q := people.of(p.To).Quiet
		awake := calendar.NextWaking(now, q)
		switch {
		case f.tooLate(t, p, awake, q):
			late = append(late, p)
		case now.Before(awake):
			held = append(held, Planned{p.Step, awake})
		default:
			if p.Warning {
				f.postpone(&d, &t, calendar.WakingAdd(now, WarningLead, q))
			}
			f.take(&d, t, l, p, plan, now)
			sent++
		}
	}
	for _, p := range late {
		for _, to := range f.readers(t, p.To) {
			d.record = append(d.record, Nudge{TurnID: t.ID, Step: p.Name, UserID: to, PlannedAt: p.At, DecidedAt: now, Verdict: stale})
		}
	}
	if sent+len(held) == 0 && !now.Before(t.DueAt) {
		d.lapse, next = true, Planned{Step{Name: turn.StepLapse}, now.Add(lapseRetry)}
	} else {
		next = soonest(next, held, t, now)
	}
	d.watch = turn.Watch{ID: t.ID, DueAt: t.DueAt, NextAt: next.At, NextStep: next.Name, Policy: f.policy.Version, Arm: t.Arm}
	d.turn = t
	return d
}

// soonest is what comes next: the plan's next step, at the deadline wherever it
// is now, or one that waits for its reader to wake.
func soonest(next Planned, held []Planned, t turn.Turn, now clock.Instant) Planned {
	if next.Name == turn.StepLapse {
		next.At = t.DueAt
	}
	for _, p := range held {
		if p.At.Before(next.At) || !now.Before(next.At) {
			next = p
		}
	}
	return next
}

// leave is all that is done about a turn that a person has taken over: once a
// day they are asked whether they still have it.
func (f *facts) leave(d *decision, t turn.Turn, k Takeover, now clock.Instant) {
	days := int64(now.Sub(k.Began) / askAgain)
	if days > 0 && t.NextStep == stepInHand {
		d.tell = append(d.tell, f.stillInHand(t, k, days))
	}
	next := k.Began.Add(time.Duration(max(days, 0)+1) * askAgain)
	d.watch = turn.Watch{ID: t.ID, DueAt: t.DueAt, NextAt: next, NextStep: stepInHand, Policy: f.policy.Version, Arm: t.Arm}
	d.turn = t
}

// postpone moves a deadline to until, if that is later, and says so to the two.
func (f *facts) postpone(d *decision, t *turn.Turn, until clock.Instant) {
	if !t.DueAt.Before(until) {
		return
	}
	t.DueAt = until
	b, ok := f.brief(*t, accounts.UserID(t.Owner), false)
	if !ok || b.thread == "" {
		return
	}
	d.post = slices.DeleteFunc(d.post, func(p messaging.Posting) bool { return p.Entry.Key == movedKey })
	d.post = append(d.post, messaging.Posting{To: b.thread, Entry: messaging.Entry{
		Kind: messaging.Note, Key: movedKey, Args: map[string]any{"Due": until}, Ref: t.Subject,
	}})
}

// movedKey is what both read of a deadline that moved.
const movedKey = "nudges.stream.moved"

// tooLate tells whether a step whose reader is awake at the earliest at awake has
// lost its sense: the deadline comes first; a waking day went by; or it belongs to
// a policy that was not live at its time.
func (f *facts) tooLate(t turn.Turn, p Planned, awake clock.Instant, q calendar.Quiet) bool {
	switch {
	case p.Warning:
		return false
	case !awake.Before(t.DueAt):
		return true
	case t.Policy != "" && t.Policy != f.policy.Version && p.At.Before(f.policy.LiveAt):
		return true
	}
	return !p.AtOnce() && p.When != AfterAim && calendar.WakingAdd(p.At, staleAfter, q).Before(awake)
}

// readers are those a step speaks to: ids of accounts, or turn.Operator and
// turn.Carrier where nobody is behind it.
func (f *facts) readers(t turn.Turn, to string) []string {
	switch {
	case to == ToOwner && t.Owner != turn.Operator:
		return []string{t.Owner}
	case to == ToWaiter:
		return []string{t.Waiter}
	case len(f.operators) == 0:
		return []string{turn.Operator}
	}
	var all []string
	for _, u := range f.operators {
		all = append(all, string(u.ID))
	}
	return all
}

// take is one step: what becomes of it for each of its readers.
func (f *facts) take(d *decision, t turn.Turn, l Ladder, p Planned, plan []Planned, now clock.Instant) {
	for _, to := range f.readers(t, p.To) {
		n := Nudge{TurnID: t.ID, Step: p.Name, UserID: to, PlannedAt: p.At, DecidedAt: now, Verdict: sent}
		u, known := f.users[accounts.UserID(to)]
		by, reached := ways(p.Step, f.reach[u.ID])
		switch {
		case !known || u.IsDeleted():
			n.Verdict = noChannel
		case t.Arm == turn.Holdout && spared(t, p):
			n.Verdict = heldOut
		case !p.Warning && f.muted[muteKey{u.ID, t.Subject}]:
			n.Verdict = wasMuted
		case !reached:
			n.Verdict = noChannel
			if _, costly := l.Warning(); costly && p.To == ToOwner {
				d.call = &Call{User: u.ID, Turn: t.ID, Reason: CallNoChannel}
			}
			f.say(d, t, p, u, []string{messaging.App}, plan, now) // they may look by themselves
		default:
			f.say(d, t, p, u, by, plan, now)
		}
		if n.Verdict == sent && !f.leaves(u, by, p.Warning) {
			n.WentAt = now
		}
		d.record = append(d.record, n)
		if n.Went() && p.To == ToOwner {
			f.reassure(d, t, p.Step, now)
		}
	}
}

// say tells one reader.
func (f *facts) say(d *decision, t turn.Turn, p Planned, u accounts.User, by []string, plan []Planned, now clock.Instant) {
	b, ok := f.brief(t, u.ID, p.To == ToOperator)
	if !ok {
		return
	}
	d.tell = append(d.tell, messaging.Telling{
		To: u.ID, Topic: messaging.TopicNudge, Key: "nudges." + p.Text + b.ending, Args: b.args, URL: b.url, Thread: b.answers(),
		Dedupe: dedupe(t.ID, p.Name, u.ID), Turn: t.ID, Step: p.Name, Warning: p.Warning, By: by, Stale: stales(t, p, plan, u, now),
	})
}

// dedupe names what is told once: a step of a turn, to one person.
func dedupe(t turn.ID, step string, u accounts.UserID) string {
	return string(t) + ":" + step + ":" + string(u)
}

// stales is when a message is not worth sending any more: when the next one to
// the same reader comes, or a waking day later.
func stales(t turn.Turn, p Planned, plan []Planned, u accounts.User, now clock.Instant) clock.Instant {
	if p.Warning {
		return 0
	}
	end := calendar.WakingAdd(now, staleAfter, u.Quiet())
	for _, x := range plan {
		if x.To == p.To && now.Before(x.At) && x.Name != p.Name {
			return min(end, x.At)
		}
	}
	return end
}

// leaves tells whether a step goes to somebody by anything but the app.
func (f *facts) leaves(u accounts.User, by []string, warning bool) bool {
	return slices.ContainsFunc(by, func(c string) bool {
		return c != messaging.App && slices.Contains(f.reach[u.ID], c) && messaging.Takes(u, c, messaging.TopicNudge, warning)
	})
}

// ways are the channels of a step for somebody who is reached by has. Channels
// they lack are stood in for by the next; a last warning, by any. It says false
// when nothing but the app is left.
func ways(s Step, has []string) ([]string, bool) {
	var by, out []string
	for _, c := range s.By {
		switch {
		case c == messaging.App:
			by = append(by, c)
		case slices.Contains(has, c):
			by, out = append(by, c), append(out, c)
		}
	}
	wants := slices.ContainsFunc(s.By, func(c string) bool { return c != messaging.App })
	if len(out) > 0 || !wants {
		return by, len(has) > 0 || !wants
	}
	from := channels
	if !s.Warning {
		first := slices.IndexFunc(channels, func(c string) bool { return c != messaging.App && slices.Contains(s.By, c) })
		from = channels[first+1:]
	}
	for _, c := range from {
		if slices.Contains(has, c) {
			return append(by, c), true
		}
	}
	if len(by) == 0 && len(has) > 0 { // a text for somebody without a number
		return has[:1], true
	}
	return by, len(has) > 0
}

// spared tells whether a step is left out for those who are not reminded, so
// that we know what reminders are worth. What is said at once, what can no
// longer be said later, and what is about money waiting, everybody gets.
func spared(t turn.Turn, p Planned) bool {
	return !p.Warning && !p.AtOnce() && p.When != AfterAim && p.To != ToOperator && t.Kind != turn.PayoutDetails
}

// arm is the arm in which a turn's subject is followed: the one it is in, or by
// its name, so that a trade has one from beginning to end.
func (f *facts) arm(t turn.Turn) string {
	if a, ok := f.arms[t.Subject]; ok {
		return a
	}
	return armOf(t.Subject, f.policy.Holdout)
}

// armOf deals subjects to the two arms, percent of them held out.
func armOf(subject string, percent int) string {
	h := fnv.New64a()
	h.Write([]byte("holdout/" + subject)) // never fails
	x := h.Sum64()
	x ^= x >> 33 // names that differ in their last letter alone are dealt apart
	x *= 0xff51afd7ed558ccd
	x ^= x >> 33
	if int(x%100) < percent {
		return turn.Holdout
	}
	return turn.Treated
}
