package orders_test

import (
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/listings/listingstest"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/orders"
	"github.com/kierto/kierto/payments"
)

// An offer, a counter, an acceptance: the thing is held at the agreed price,
// for a day, and the checkout asks for that price.
func TestAnOfferLeadsToATrade(t *testing.T) {
	each(t, func(m *market) {
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		m.owesOffer(offer, string(m.anna.ID))
		_, err = m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6100))
		m.wants(err, "orders.offer_open")
		counter, err := m.Counter(m.Context(), offer.ID, m.anna.ID, money.EUR(7000))
		m.ok(err)
		m.owesOffer(counter, string(m.noora.ID))
		o, err := m.Accept(m.Context(), counter.ID, m.noora.ID)
		m.ok(err)
		m.listing(listings.Reserved)
		due := m.owes(o, turn.Pay, string(m.noora.ID)).DueAt
		if due.Sub(m.clock.Now()) != 24*time.Hour {
			m.Errorf("%s to pay", due.Sub(m.clock.Now()))
		}
		m.sound()
		bought := m.buy(func(p *orders.Purchase) { p.Offer = counter.ID })
		if bought.ID != o.ID || bought.ItemMinor != 7000 || bought.TotalMinor != 7000+690+280 {
			m.Errorf("the checkout of an offer: %+v", bought)
		}
		again := m.buy(func(p *orders.Purchase) { p.Offer = counter.ID; p.Key = "checkout-9" })
		if again.ID != o.ID {
			m.Error("bought twice")
		}
		m.payPage(bought)
		m.is(bought, orders.Paid)
		m.money(bought, payments.Held)
		m.sound()
	})
}

// Whoever made an offer hears what became of it, once.
func TestTheAnswerIsTold(t *testing.T) {
	each(t, func(m *market) {
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		m.ok(m.Decline(m.Context(), offer.ID, m.anna.ID))
		offer, err = m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6500))
		m.ok(err)
		_, err = m.Accept(m.Context(), offer.ID, m.anna.ID)
		m.ok(err)
		m.rest()
		var keys []string
		m.ok(m.DB.Select(m.Context(), &keys, `SELECT msg_key FROM notices WHERE user_id = ? ORDER BY msg_key`, m.noora.ID))
		if len(keys) != 2 || keys[0] != "orders.told.accepted.buyer" || keys[1] != "orders.told.declined" {
			m.Errorf("told: %v", keys)
		}
	})
}

// The one who has to answer answers; nobody else, and not twice.
func TestWhoAnswersAnOffer(t *testing.T) {
	each(t, func(m *market) {
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		for _, u := range []string{string(m.noora.ID), string(mikko.ID)} {
			if _, err := m.Accept(m.Context(), offer.ID, m.user(u)); !fault.Is(err, fault.Missing) {
				m.Errorf("%s accepted: %v", u, err)
			}
		}
		if err := m.WithdrawOffer(m.Context(), offer.ID, m.anna.ID); !fault.Is(err, fault.Missing) {
			m.Errorf("the seller withdrew the buyer's offer: %v", err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 6)
		for i := range errs {
			wg.Go(func() {
				switch i % 3 {
				case 0:
					_, errs[i] = m.Accept(m.Context(), offer.ID, m.anna.ID)
				case 1:
					errs[i] = m.Decline(m.Context(), offer.ID, m.anna.ID)
				default:
					errs[i] = m.WithdrawOffer(m.Context(), offer.ID, m.noora.ID)
				}
			})
		}
		wg.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				m.wants(err, "orders.offer_over")
			}
		}
		if won != 1 {
			m.Errorf("%d answers won", won)
		}
		m.sound()
	})
}

// An offer ends after two days, but never at night.
func TestOffersDoNotEndAtNight(t *testing.T) {
	lite(t, func(m *market) {
		m.clock.Set(clock.Of(time.Date(2026, 11, 24, 23, 30, 0, 0, clock.Zone(""))))
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		if got := offer.ExpiresAt.In(clock.Zone("")).Format("2.1. 15.04"); got != "27.11. 10.00" {
			m.Errorf("it ends %s", got)
		}
		m.later(48 * time.Hour)
		m.owesOffer(offer, string(m.anna.ID))
		m.later(11 * time.Hour)
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, m.anna.ID)
		m.ok(err)
		if offer.State != orders.OfferExpired {
			m.Errorf("the offer is %s", offer.State)
		}
		_, err = m.Accept(m.Context(), offer.ID, m.anna.ID)
		m.wants(err, "orders.offer_over")
		m.sound()
	})
}

// An accepted offer that is not paid in a day lapses.
func TestAnAcceptedOfferIsNotPaid(t *testing.T) {
	each(t, func(m *market) {
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		o, err := m.Accept(m.Context(), offer.ID, m.anna.ID)
		m.ok(err)
		m.later(23 * time.Hour)
		m.is(o, orders.PendingPayment)
		m.later(2 * time.Hour)
		m.is(o, orders.Expired)
		m.listing(listings.Live)
		_, err = m.Buy(m.Context(), m.purchase(func(p *orders.Purchase) { p.Offer = offer.ID; p.Key = "checkout-5" }))
		m.wants(err, "orders.offer_over")
		m.sound()
	})
}

// Offers that make no sense are refused beside the field.
func TestSillyOffers(t *testing.T) {
	lite(t, func(m *market) {
		_, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(50))
		m.wants(err, "orders.offer_low")
		_, err = m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(7500))
		m.wants(err, "orders.offer_high")
		_, err = m.MakeOffer(m.Context(), m.anna.ID, m.saddle.ID, money.EUR(5000))
		m.wants(err, "orders.own")
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(5000))
		m.ok(err)
		_, err = m.Counter(m.Context(), offer.ID, m.anna.ID, money.EUR(9000))
		m.wants(err, "orders.counter_high")
		m.owesOffer(offer, string(m.anna.ID)) // the failed counter changed nothing
		m.sound()
	})
}

// When the thing is sold to somebody else, other offers end and their turns close.
func TestOtherOffersEndWithTheSale(t *testing.T) {
	each(t, func(m *market) {
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		offer, err := m.MakeOffer(m.Context(), mikko.ID, m.saddle.ID, money.EUR(5000))
		m.ok(err)
		o := m.paid(inPerson)
		_, err = m.Accept(m.Context(), offer.ID, m.anna.ID)
		m.wants(err, "listings.gone")
		m.does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, mikko.ID)
		m.ok(err)
		if offer.State != orders.OfferExpired {
			m.Errorf("the other offer is %s", offer.State)
		}
		m.sound()
	})
}

// Reviews are blind until both are in, or 14 days have passed.
func TestReviewsAreBlind(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid(inPerson)
		m.wants(m.WriteReview(m.Context(), o.ID, m.noora.ID, orders.Good, ""), "orders.review_over")
		m.does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		m.wants(m.WriteReview(m.Context(), o.ID, m.noora.ID, "great", ""), "orders.verdict_missing")
		m.ok(m.WriteReview(m.Context(), o.ID, m.noora.ID, orders.Bad, "Hidas."))
		m.wants(m.WriteReview(m.Context(), o.ID, m.noora.ID, orders.Good, ""), "orders.review_written")
		if c, err := m.CountReviews(m.Context(), m.anna.ID); err != nil || c != (orders.Counted{}) {
			m.Errorf("shown too early: %+v, %v", c, err)
		}
		m.later(15 * day)
		if c, err := m.CountReviews(m.Context(), m.anna.ID); err != nil || c.Bad != 1 {
			m.Errorf("after 14 days: %+v, %v", c, err)
		}
		m.wants(m.WriteReview(m.Context(), o.ID, m.anna.ID, orders.Good, ""), "orders.review_over")
		ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
		if err != nil || len(ts) != 0 {
			m.Errorf("still owed: %+v, %v", ts, err)
		}
		m.sound()
	})
}

// Two reviews at once: both are shown.
func TestTwoReviewsAtOnce(t *testing.T) {
	each(t, func(m *market) {
		o := m.paid(inPerson)
		m.does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		var wg sync.WaitGroup
		for _, u := range []string{string(m.noora.ID), string(m.anna.ID)} {
			wg.Go(func() {
				if err := m.WriteReview(m.Context(), o.ID, m.user(u), orders.Good, ""); err != nil {
					m.Error(err)
				}
			})
		}
		wg.Wait()
		for _, u := range []string{string(m.noora.ID), string(m.anna.ID)} {
			if c, err := m.CountReviews(m.Context(), m.user(u)); err != nil || c.Good != 1 {
				m.Errorf("shown about %s: %+v, %v", u, c, err)
			}
		}
	})
}

// Replies and postings are measured; fewer than three say nothing.
func TestMeasuredTimes(t *testing.T) {
	each(t, func(m *market) {
		for i, hours := range []time.Duration{5, 20, 30} {
			l := listingstest.Live(m.T, m.Listings, m.anna.ID, "Riimu", 1000)
			var conv messaging.Conversation
			m.ok(m.DB.InTx(m.Context(), func(tx *db.Tx) (err error) {
				conv, err = m.Messages.Open(m.Context(), tx, messaging.Opening{Subject: string(l.ID), Buyer: m.noora.ID, Seller: m.anna.ID, Title: l.Title})
				return err
			}))
			m.ok(m.Messages.Send(m.Context(), m.noora.ID, conv.ID, "Onko tämä vielä myynnissä?", ""))
			m.clock.Move(time.Duration(i+1) * 10 * time.Minute)
			m.ok(m.Messages.Send(m.Context(), m.anna.ID, conv.ID, "On! Koko on full.", ""))
			o := m.paid(func(p *orders.Purchase) { p.Listing, p.Key = l.ID, "checkout-"+string(l.ID) })
			m.ok(m.MeasureAll(m.Context()))
			if u, err := m.Accounts.Get(m.Context(), m.DB, m.anna.ID); i < 2 && err == nil && u.ReplyMinutes+u.PostHours != 0 {
				m.Errorf("measured from %d: %+v, %v", i+1, u, err)
			}
			m.clock.Move(hours * time.Hour)
			m.cue(o, "drop")
		}
		m.ok(m.MeasureAll(m.Context()))
		u, err := m.Accounts.Get(m.Context(), m.DB, m.anna.ID)
		m.ok(err)
		if u.ReplyMinutes != 20 || u.PostHours < 20 || u.PostHours > 21 {
			m.Errorf("replies in %d min, posts in %d h", u.ReplyMinutes, u.PostHours)
		}
		l, err := m.Listings.Get(m.Context(), m.DB, m.saddle.ID)
		m.ok(err)
		if !l.PostsFast {
			m.Error("the card does not say so")
		}
	})
}

// Whoever has an open trade cannot leave; their offers end when they do.
func TestLeaving(t *testing.T) {
	each(t, func(m *market) {
		leave := func() error {
			return m.DB.InTx(m.Context(), func(tx *db.Tx) error { return m.ClosesWith(m.Context(), tx, m.noora.ID) })
		}
		o := m.paid(inPerson)
		m.wants(leave(), "orders.finish_first")
		m.does(o, orders.Buyer, orders.Cancel, orders.Input{})
		offer, err := m.MakeOffer(m.Context(), m.noora.ID, m.saddle.ID, money.EUR(6000))
		m.ok(err)
		name, data, err := m.Export(m.Context(), m.noora.ID)
		if err != nil || name == "" || data == nil {
			m.Errorf("export: %s, %v, %v", name, data, err)
		}
		m.ok(leave())
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, m.anna.ID)
		m.ok(err)
		if offer.State != orders.OfferWithdrawn {
			m.Errorf("the offer is %s", offer.State)
		}
		m.sound()
	})
}
