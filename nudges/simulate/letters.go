package simulate

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/messaging"
)

// How channels misbehave.
const (
	letterFails = 0.03 // the provider says: later
	letterLoses = 0.01 // it takes the message and says: later
	textBounces = 0.02 // a text is taken and does not arrive
	unreported  = 0.03 // it arrives, and nobody says so
	pushShown   = 0.75 // a push message is shown within the day
)

var errChannel = errors.New("the channel does not answer")

// letters carries e-mail and push messages.
type letters struct{ *world }

// Send implements messaging.Sender.
func (l *letters) Send(ctx context.Context, m messaging.Mail) error {
	did, _, _ := strings.Cut(m.ID, "@")
	_, stop, _ := strings.Cut(m.Unsubscribe, "/unsubscribe/")
	_, err := l.carry(ctx, l.byMail[m.To], got{id: messaging.DeliveryID(did), channel: messaging.Email, links: linksIn(m.Text), reply: m.ReplyTo, stop: stop})
	return err
}

// Push implements messaging.Pusher.
func (l *letters) Push(ctx context.Context, m messaging.PushMessage) (string, error) {
	urls := []string{m.URL}
	for _, a := range m.Actions {
		urls = append(urls, a.URL)
	}
	return l.carry(ctx, l.byID[string(m.To)], got{id: m.ID, channel: messaging.Push, links: linksIn(urls...)})
}

// texts carries SMS and WhatsApp messages.
type texts struct {
	*world
	channel string
}

// Text implements messaging.Texter.
func (x *texts) Text(ctx context.Context, m messaging.TextMessage) (string, error) {
	if strings.HasPrefix(string(m.ID), "rpl_") { // it answers what somebody texted us
		x.answers["answered by text"]++
		return "r:" + string(m.ID), nil
	}
	x.holds(Stopped, !x.stopped[m.To], nil, "%s by %s", m.ID, x.channel)
	return x.carry(ctx, x.byTel[m.To], got{id: m.ID, channel: x.channel, links: linksIn(m.Link)})
}

// carry takes a message to the one it is for, or does not.
func (w *world) carry(ctx context.Context, p *person, g got) (string, error) {
	if p == nil {
		return "", &messaging.Refused{Reason: "nobody lives there", Gone: true}
	}
	did, channel := g.id, g.channel
	w.holds(LeftAlone, !p.gone, nil, "%s by %s to %s", did, channel, p.id)
	tries := w.sendings[did]
	w.sendings[did]++
	d := w.of(forLetter, text(string(did)), uint64(tries))
	switch {
	case w.calm:
	case d.chance(1, letterFails):
		return "", errChannel
	}
	if channel == messaging.Email && p.bounces && p.refused {
		return "", &messaging.Refused{Reason: "no such mailbox", Gone: true}
	}
	loses := !w.calm && d.chance(9, letterLoses)
	leaving := w.leaves(ctx, channel, did, p, loses)
	g.topic, g.conv = leaving.Topic, leaving.Thread
	bounces := d.chance(5, textBounces)
	if channel == messaging.SMS || channel == messaging.WhatsApp {
		before, now := w.lastTexts[channel+p.phone].at, w.clock.Now().Add(w.skew.by)
		w.lastTexts[channel+p.phone] = lastText{leaving.Thread, leaving.Others > 0, loses || bounces || now <= before, max(before, now)}
	}
	switch {
	case channel == messaging.Email && p.bounces:
		w.report(ctx, d, messaging.Arrival{Delivery: did, Channel: channel, Failed: true, Gone: true, Reason: "no such mailbox"}, d.between(2, time.Minute, 20*time.Hour))
	case channel == messaging.Email:
		w.reads(p, g, d)
	case channel == messaging.Push:
		if d.chance(3, pushShown) {
			w.report(ctx, d, messaging.Arrival{Delivery: did, Channel: channel}, d.after(4, 40*time.Minute))
			w.reads(p, g, d)
		}
	case bounces:
		w.report(ctx, d, messaging.Arrival{Delivery: did, Channel: channel, Failed: true, Reason: "switched off"}, d.between(6, time.Minute, 5*time.Hour))
	default:
		if !d.chance(7, unreported) {
			w.report(ctx, d, messaging.Arrival{Delivery: did, Channel: channel}, d.after(8, 3*time.Minute))
		}
		w.reads(p, g, d)
	}
	if loses {
		return "", errChannel
	}
	return "r:" + string(did), nil
}

// report is a channel saying later what became of a message: once, or twice.
func (w *world) report(_ context.Context, d dice, a messaging.Arrival, wait time.Duration) {
	var tell func(ctx context.Context, try uint64) error
	tell = func(ctx context.Context, try uint64) error {
		_, again, err := w.attempt(ctx, "report", func(ctx context.Context) error {
			_, err := w.node.Messages.Arrived(ctx, a)
			return err
		})
		if again && try < 20 {
			w.in(d.between(40+try, time.Minute, time.Hour), func(ctx context.Context) error { return tell(ctx, try+1) })
		}
		return err
	}
	w.in(wait, func(ctx context.Context) error { return tell(ctx, 0) })
	if d.chance(10, 0.05) {
		w.in(wait+d.between(11, 0, time.Hour), func(ctx context.Context) error { return tell(ctx, 0) })
	}
}

// reads is a person reading a message some time later, and doing what it asks,
// or not.
func (w *world) reads(p *person, g got, d dice) {
	now := w.clock.Now()
	wait := d.after(12, p.habit.reads)
	if g.channel != messaging.Email {
		wait /= 3 // a phone is looked at sooner
	}
	w.at(p.awake(now.Add(wait)), func(ctx context.Context) error { return w.heard(ctx, p, g, d) })
	if g.reply == "" {
		return
	}
	if p.isAway(now) && d.chance(13, answersAuto) {
		w.in(time.Minute, func(ctx context.Context) error { return w.automatic(ctx, p, g, d) })
	}
	if d.chance(14, w.odds(strangers, "stranger-heard")) {
		w.in(d.between(15, time.Minute, 3*dayLength), func(ctx context.Context) error { return w.forgesMail(ctx, p, g, d) })
	}
}

// visits is a person looking at the app sooner or later, where lines wait.
func (w *world) visits(p *person) {
	if p.visiting || p.operator || p.gone {
		return
	}
	p.visiting = true
	d := p.of(forVisit, uint64(w.clock.Now()))
	w.at(p.awake(w.clock.Now().Add(d.after(1, p.habit.visits))), func(ctx context.Context) error {
		p.visiting = false
		if p.gone {
			return nil
		}
		return w.visit(ctx, p)
	})
}

// visit is a look at the app.
func (w *world) visit(ctx context.Context, p *person) error {
	done, again, err := w.attempt(ctx, "look", func(ctx context.Context) error { return w.node.Messages.ReadNotices(ctx, p.id) })
	if again {
		w.visits(p)
	}
	if !done || err != nil {
		return err
	}
	p.looked = w.clock.Now().Add(w.skew.by)
	lines := p.seen
	p.seen = nil
	for _, l := range lines {
		if err := w.heard(ctx, p, got{id: l.ID, channel: messaging.App}, 0); err != nil {
			return err
		}
	}
	return nil
}

// awakeSoon is a moment at which a person may do something.
func (p *person) soon(now clock.Instant, d dice, n uint64) clock.Instant {
	return p.awake(now.Add(d.between(n, time.Minute, 90*time.Minute)))
}
