package demo

import (
	"context"
	"net/url"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/shipping"
)

// talk is what two people write by turns.
type talk struct {
	In   string // the category; "" for any
	Lang string // "" for Finnish
	Says []string
}

// talks are everything people write.
type talks struct {
	Talk    []talk
	After   []talk
	Reviews struct {
		OfSeller []string `toml:"of_seller"`
		OfBuyer  []string `toml:"of_buyer"`
		Plain    []string
	}
	Claims struct{ Broken, Different, Missing, Contest []string }
	Help   struct {
		Says   []string
		Answer string
		Report []string
	}
}

// talk is a fitting one about a thing, in the buyer's language.
func (s *seeding) talk(t *thing, buyer accounts.User) talk {
	var fit []talk
	for _, x := range s.talks.Talk {
		sv := x.Lang == "sv"
		if (x.In == "" || x.In == t.form.Get("category")) && sv == (buyer.Lang == "sv" && t.seller.Lang == "sv") {
			fit = append(fit, x)
			if x.In != "" { // what fits the thing is likelier
				fit = append(fit, x, x)
			}
		}
	}
	return pick(s, fit)
}

// write lets somebody write about a thing.
func (s *seeding) write(ctx context.Context, t *thing, buyer, author accounts.User, text string) error {
	l, err := s.Listings.Get(ctx, s.DB, t.id)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *db.Tx) error {
		c, err := s.Messages.Open(ctx, tx, messaging.Opening{
			Subject: string(t.id), Buyer: buyer.ID, Seller: t.seller.ID, Title: l.Title, Photo: l.Cover,
		})
		if err != nil {
			return err
		}
		return s.Messages.SendTx(ctx, tx, author.ID, c, text, "")
	})
}

// annasTrades are Noora's and Anna's: the one that waits for Anna to post, and
// what else they have bought and sold.
func (s *seeding) annasTrades() error {
	noora, anna := s.people[0], s.people[1]
	var saddle *thing
	for _, t := range s.things {
		if t.form.Get("title") == annasTitle {
			saddle = t
		}
	}
	saddle.taken = true
	t := &trade{seeding: s, thing: saddle, seller: anna, buyer: noora, method: shipping.Point, at: s.byDay(s.now.Add(-31 * hour))}
	t.says(0, noora, anna, []string{
		"Hei Anna! Sopisikohan tämä leveäselkäiselle suomenhevoselle?",
		"Moi Noora! Meillä se oli juuri suokilla, M-kaarella. Leveämmän kaaren saa vaihdettua itse ruuvimeisselillä.",
	})
	t.buy(40 * time.Minute)
	t.pay(4 * time.Minute)
	t.says(20*time.Minute, anna, noora, []string{"Kiitos kaupasta! Pakkaan satulan ja vien sen postiin lähipäivinä."})

	for _, c := range courses {
		switch {
		case c.state == orders.ReadyForPickup, c.state == orders.Delivered:
			if err := s.start(c, nil, &noora); err != nil {
				return err
			}
		case c.state == orders.Completed && c.weight > 9:
			if err := s.start(c, nil, &noora); err != nil {
				return err
			}
			for range 3 {
				if err := s.sells(c, anna); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sells schedules a trade along a course of something that somebody sells.
func (s *seeding) sells(c course, seller accounts.User) error {
	for _, t := range s.things {
		if !t.taken && t.seller.ID == seller.ID && t.at < s.begin.Add(3*day) && t.ways(c.method) {
			c.to = past - 5*day
			return s.start(c, t, nil)
		}
	}
	return nil
}

// chatter schedules what people do besides trading.
func (s *seeding) chatter(a Amount) {
	var open []*thing
	for _, t := range s.things {
		if !t.taken {
			open = append(open, t)
		}
	}
	if len(open) == 0 {
		return
	}
	for range a.Trades * 2 / 5 {
		th := pick(s, open)
		s.ask(th, s.stranger(th))
	}
	for _, how := range []string{"open", "open", "decline", "counter", "counter", "withdraw", "expire"} {
		for range max(a.Trades/75, 1) {
			th := pick(s, open)
			s.haggle(th, s.stranger(th), how)
		}
	}
	s.wishes(open, a)
	s.troubles(open)
}

// stranger is somebody else than a thing's seller.
func (s *seeding) stranger(t *thing) accounts.User {
	for {
		if u := pick(s, s.people); u.ID != t.seller.ID {
			return u
		}
	}
}

// since is a moment at which a thing is on sale, at least before ago.
func (s *seeding) since(t *thing, before time.Duration) time.Duration {
	ago := s.now.Sub(t.at)
	return min(max(s.between(0, max(ago-hour, hour)), before), max(ago-time.Minute, time.Minute))
}

// ask schedules a talk about a thing; some wait for an answer.
func (s *seeding) ask(th *thing, buyer accounts.User) {
	t := &trade{seeding: s, thing: th, seller: th.seller, buyer: buyer, at: s.now.Add(-s.since(th, 20*time.Minute))}
	says := s.talk(th, buyer).Says
	if s.chance(15) {
		says = says[:1]
	}
	t.says(0, buyer, th.seller, says)
}

// haggle schedules an offer and what becomes of it.
func (s *seeding) haggle(th *thing, buyer accounts.User, how string) {
	before := 60 * hour
	if how == "open" {
		before = s.between(hour, 30*hour)
	}
	ago := min(before, max(s.now.Sub(th.at)-time.Minute, time.Minute))
	t := &trade{seeding: s, thing: th, seller: th.seller, buyer: buyer, at: s.now.Add(-ago)}
	var o orders.Offer
	t.then(0, "offer", func(ctx context.Context) (err error) {
		o, err = s.Orders.MakeOffer(ctx, buyer.ID, th.id, t.less(ctx, 80))
		return err
	})
	answer := func(do func(ctx context.Context) error) {
		t.then(min(s.between(hour, 5*hour), ago/2), how, func(ctx context.Context) error {
			if o.ID == "" {
				return nil // it could not be made
			}
			return do(ctx)
		})
	}
	switch how {
	case "decline":
		answer(func(ctx context.Context) error { return s.Orders.Decline(ctx, o.ID, th.seller.ID) })
	case "counter":
		answer(func(ctx context.Context) error {
			_, err := s.Orders.Counter(ctx, o.ID, th.seller.ID, t.less(ctx, 92))
			return err
		})
	case "withdraw":
		answer(func(ctx context.Context) error { return s.Orders.WithdrawOffer(ctx, o.ID, buyer.ID) })
	}
}

// wishes are hearts, followed sellers and saved searches.
func (s *seeding) wishes(open []*thing, a Amount) {
	for range a.Listings / 2 {
		th := pick(s, open)
		u := s.stranger(th)
		s.at(s.now.Add(-s.since(th, time.Minute)), "heart", func(ctx context.Context) error {
			return s.Listings.SetFavourite(ctx, u.ID, th.id, true)
		})
	}
	for range a.People / 2 {
		u, of := pick(s, s.people), pick(s, s.people)
		if u.ID == of.ID {
			continue
		}
		s.at(s.now.Add(-s.between(hour, 40*day)), "follow", func(ctx context.Context) error {
			return s.Listings.SetFollow(ctx, u.ID, of.ID, true)
		})
	}
	for name, query := range map[string]url.Values{
		"Satulat Turun suunnalla": {"category": {"saddles"}, "town": {"Turku"}}, "Talviloimet": {"q": {"talviloimi"}},
		"Kypärä 56": {"category": {"helmets"}, "f.size": {"56"}},
	} {
		u := pick(s, s.people)
		s.at(s.now.Add(-6*day), "search", func(ctx context.Context) error {
			_, err := s.Listings.SaveSearch(ctx, u.ID, name, query)
			return err
		})
	}
}

// troubles are what waits at the desk: questions to staff, and reports.
func (s *seeding) troubles(open []*thing) {
	for i, text := range s.talks.Help.Says {
		u := s.people[(2+i)%len(s.people)]
		ago := time.Duration(3+5*i) * hour
		var c messaging.ConversationID
		s.at(s.now.Add(-ago), "ask staff", func(ctx context.Context) (err error) {
			c, err = s.Messages.OpenCase(ctx, u.ID, "", text)
			return err
		})
		if i == len(s.talks.Help.Says)-1 {
			s.at(s.now.Add(-ago+hour), "answer", func(ctx context.Context) error {
				return s.Messages.Answer(ctx, s.staff.ID, c, s.talks.Help.Answer, "")
			})
		}
	}
	for i, text := range s.talks.Help.Report {
		th := pick(s, open)
		u := s.stranger(th)
		s.at(s.now.Add(-min(time.Duration(4+7*i)*hour, s.now.Sub(th.at)/2)), "report", func(ctx context.Context) error {
			return s.Messages.Report(ctx, messaging.Reporting{
				Reporter: u.ID, Kind: messaging.ReportListing, Subject: string(th.id), Reason: messaging.Reasons[i%3], Text: text,
			})
		})
	}
}
