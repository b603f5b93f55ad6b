package simulate

import (
	"context"
	"regexp"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/nudges"
)

// got is a message as its reader has it in hand, with all by which they can answer
// it where they read it.
type got struct {
	id      messaging.DeliveryID
	channel string
	topic   string
	conv    string // the conversation it is about; "" for none
	links   []link // by which it is answered at a tap
	reply   string // where an answer by mail goes; "" when it cannot be answered so
	stop    string // the token that ends letters of its topic; "" for none
}

// lastText is what the last short message was about that went to a number by a
// channel: where an answer to it belongs.
type lastText struct {
	conv    string
	several bool          // it spoke of more than one conversation
	unsure  bool          // it is not certain that it arrived, or that we know
	at      clock.Instant // by the program's clock; of two at once nobody knows which came last
}

// link is one of those that a message carries.
type link struct {
	token string
	turn  turn.ID
	deed  string        // "" for the page of all deeds
	when  clock.Instant // the time that it proposes, if it does
	step  string        // whose reminder it stands in, if it says so
}

// linkIn finds the links in a message.
var linkIn = regexp.MustCompile(`/t/([\w-]{40})(?:\?(when|step)=([\w.]+))?`)

// linksIn are the links in some texts, in their order, each once.
func linksIn(texts ...string) []link {
	var all []link
	seen := set{}
	for _, m := range linkIn.FindAllStringSubmatch(strings.Join(texts, " "), -1) {
		t, deed, ok := nudges.LinkSays(m[1])
		if seen[m[0]] || !ok {
			continue
		}
		seen[m[0]] = true
		l := link{token: m[1], turn: t, deed: deed}
		switch m[2] {
		case "when":
			at, err := strconv.ParseInt(m[3], 10, 64)
			if err == nil {
				l.when = clock.Instant(at)
			}
		case "step":
			l.step = m[3]
		}
		all = append(all, l)
	}
	return all
}

// about are the links of a message to a turn.
func (g got) about(t string) []link {
	var some []link
	for _, l := range g.links {
		if string(l.turn) == t {
			some = append(some, l)
		}
	}
	return some
}

// shown are the deeds of a turn that a message leads its reader to: those it names,
// or else those on the page that its one link opens.
func (w *world) shown(ctx context.Context, p *person, g got, t *turnRow) (ls []link, again bool, err error) {
	var all []link
	menu := false
	for _, l := range g.about(t.ID) {
		if l.deed != "" {
			all = append(all, l)
		}
		menu = menu || l.deed == ""
	}
	if len(all) > 0 || !menu {
		return all, false, nil
	}
	_, again, err = w.attempt(ctx, "open a link", func(ctx context.Context) error {
		u, err := w.node.Accounts.Get(ctx, w.db, p.id)
		if err != nil || u.IsDeleted() {
			return err
		}
		acts, _, err := w.node.Nudges.Actions(ctx, messaging.Delivery{Turn: turn.ID(t.ID), User: p.id}, u)
		for _, a := range acts {
			all = append(all, linksIn(a.URL)...)
		}
		return err
	})
	return all, again, err
}

// named is the link of a deed, if there is one; of several times to choose from
// any.
func named(ls []link, deed string, d dice) (link, bool) {
	var some []link
	for _, l := range ls {
		if l.deed == deed {
			some = append(some, l)
		}
	}
	if len(some) == 0 {
		return link{}, false
	}
	return some[d.below(50, len(some))], true
}

// lasts tells whether a link goes on when its turn is over.
func (l link) lasts() bool { return l.deed == "mute" || l.deed == "person" }
