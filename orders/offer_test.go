package orders_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
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
	"github.com/kierto/kierto/orders/orderstest"
	"github.com/kierto/kierto/payments"
)

// An offer, a counter, an acceptance: the thing is held at the agreed price,
// for a day, and the checkout asks for that price.
func TestAnOfferLeadsToATrade(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		m.OwesOffer(offer, string(m.Anna.ID))
		_, err = m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6100))
		m.Wants(err, "orders.offer_open")
		counter, err := m.Counter(m.Context(), offer.ID, m.Anna.ID, money.EUR(7000))
		m.OK(err)
		m.OwesOffer(counter, string(m.Noora.ID))
		o, err := m.Accept(m.Context(), counter.ID, m.Noora.ID)
		m.OK(err)
		twice, err := m.Accept(m.Context(), counter.ID, m.Noora.ID)
		if err != nil || twice.ID != o.ID {
			m.Errorf("accepted twice: %s and %s, %v", o.ID, twice.ID, err)
		}
		_, err = m.Accept(m.Context(), counter.ID, m.Anna.ID)
		m.Wants(err, "web.missing")
		m.Listing(listings.Reserved)
		due := m.Owes(o, turn.Pay, string(m.Noora.ID)).DueAt
		if due.Sub(m.Clock.Now()) != 24*time.Hour {
			m.Errorf("%s to pay", due.Sub(m.Clock.Now()))
		}
		m.Sound()
		bought := m.Bought(func(p *orders.Purchase) { p.Offer = counter.ID })
		if bought.ID != o.ID || bought.ItemMinor != 7000 || bought.TotalMinor != 7000+690+280 {
			m.Errorf("the checkout of an offer: %+v", bought)
		}
		again := m.Bought(func(p *orders.Purchase) { p.Offer = counter.ID; p.Key = "checkout-9" })
		if again.ID != o.ID {
			m.Error("bought twice")
		}
		m.PayPage(bought)
		m.Is(bought, orders.Paid)
		m.Money(bought, payments.Held)
		m.Sound()
	})
}

// How a thing with an agreed price travels may be changed until it is paid. The
// price stays, and so does the time to pay.
func TestTheWayOfAnOfferMayChange(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		o, err := m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.OK(err)
		due := m.Owes(o, turn.Pay, string(m.Noora.ID)).DueAt
		asked := func(p *orders.Purchase) { p.Offer = offer.ID }
		first := m.Bought(asked)
		_, err = m.PayURL(m.Context(), first.ID, m.Noora.ID, "https://kierto.example"+first.URL())
		m.OK(err)
		m.Later(time.Hour)
		second := m.Bought(asked, orderstest.InPerson)
		if second.ID == first.ID || second.ItemMinor != 6000 || second.ShipMinor != 0 || second.Offer != offer.ID {
			m.Errorf("in person: %+v", second)
		}
		if got := m.Owes(second, turn.Pay, string(m.Noora.ID)).DueAt; got != due {
			m.Errorf("to pay by %s, was %s", got, due)
		}
		if again := m.Bought(asked, orderstest.InPerson); again.ID != second.ID {
			m.Error("a doubled click made another order")
		}
		_, err = m.Buy(m.Context(), m.Purchase(asked, func(p *orders.Purchase) { p.Seen = money.EUR(1) }))
		m.Wants(err, "orders.price_changed")
		m.Is(first, orders.Cancelled)
		m.PayPage(second)
		m.Is(second, orders.AwaitingHandover)
		m.Sound()
	})
}

// Nobody pays more for an offer than everybody is asked by now.
func TestAnOfferAboveTheNewPrice(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(7000))
		m.OK(err)
		_, err = m.DB.Do(m.Context(), `UPDATE listings SET price = 5500 WHERE id = ?`, m.Saddle.ID)
		m.OK(err)
		o, err := m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.OK(err)
		if o.ItemMinor != 5500 {
			m.Errorf("it costs %s", o.Item().Format("en"))
		}
		m.Sound()
	})
}

// Whoever made an offer hears what became of it, once.
func TestTheAnswerIsTold(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		m.OK(m.Decline(m.Context(), offer.ID, m.Anna.ID))
		offer, err = m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6500))
		m.OK(err)
		_, err = m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.OK(err)
		m.Rest()
		var keys []string
		m.OK(m.DB.Select(m.Context(), &keys, `SELECT msg_key FROM notices WHERE user_id = ? ORDER BY msg_key`, m.Noora.ID))
		if len(keys) != 2 || keys[0] != "orders.told.accepted.buyer" || keys[1] != "orders.told.declined" {
			m.Errorf("told: %v", keys)
		}
	})
}

// The one who has to answer answers; nobody else, and not twice. Who takes it
// twice, as by a double click, has one order.
func TestWhoAnswersAnOffer(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		for _, u := range []string{string(m.Noora.ID), string(mikko.ID)} {
			if _, err := m.Accept(m.Context(), offer.ID, m.User(u)); !fault.Is(err, fault.Missing) {
				m.Errorf("%s accepted: %v", u, err)
			}
		}
		if err := m.WithdrawOffer(m.Context(), offer.ID, m.Anna.ID); !fault.Is(err, fault.Missing) {
			m.Errorf("the seller withdrew the buyer's offer: %v", err)
		}
		var wg sync.WaitGroup
		errs, taken := make([]error, 6), make([]orders.Order, 6)
		for i := range errs {
			wg.Go(func() {
				switch i % 3 {
				case 0:
					taken[i], errs[i] = m.Accept(m.Context(), offer.ID, m.Anna.ID)
				case 1:
					errs[i] = m.Decline(m.Context(), offer.ID, m.Anna.ID)
				default:
					errs[i] = m.WithdrawOffer(m.Context(), offer.ID, m.Noora.ID)
				}
			})
		}
		wg.Wait()
		won, times := map[string]int{}, 1
		for i, err := range errs {
			if err == nil {
				won[fmt.Sprintf("%d %s", i%3, taken[i].ID)]++
			} else {
				m.Wants(err, "orders.offer_over")
			}
			if taken[i].ID != "" {
				times = 2
			}
		}
		if len(won) != 1 || slices.Max(slices.Collect(maps.Values(won))) != times {
			m.Errorf("these won: %v", won)
		}
		m.Sound()
	})
}

// An offer ends after two days, but never at night.
func TestOffersDoNotEndAtNight(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		m.Clock.Set(clock.Of(time.Date(2026, 11, 24, 23, 30, 0, 0, clock.Zone(""))))
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		if got := offer.ExpiresAt.In(clock.Zone("")).Format("2.1. 15.04"); got != "27.11. 10.00" {
			m.Errorf("it ends %s", got)
		}
		m.Later(48 * time.Hour)
		m.OwesOffer(offer, string(m.Anna.ID))
		m.Later(11 * time.Hour)
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, m.Anna.ID)
		m.OK(err)
		if offer.State != orders.OfferExpired {
			m.Errorf("the offer is %s", offer.State)
		}
		_, err = m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.Wants(err, "orders.offer_over")
		m.Sound()
	})
}

// An accepted offer that is not paid in a day lapses.
func TestAnAcceptedOfferIsNotPaid(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		o, err := m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.OK(err)
		m.Later(23 * time.Hour)
		m.Is(o, orders.PendingPayment)
		m.Later(2 * time.Hour)
		m.Is(o, orders.Expired)
		m.Listing(listings.Live)
		_, err = m.Buy(m.Context(), m.Purchase(func(p *orders.Purchase) { p.Offer = offer.ID; p.Key = "checkout-5" }))
		m.Wants(err, "orders.offer_over")
		m.Sound()
	})
}

// Offers that make no sense are refused beside the field.
func TestSillyOffers(t *testing.T) {
	lite(t, func(m *orderstest.Market) {
		_, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(50))
		m.Wants(err, "orders.offer_low")
		_, err = m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(7500))
		m.Wants(err, "orders.offer_high")
		_, err = m.MakeOffer(m.Context(), m.Anna.ID, m.Saddle.ID, money.EUR(5000))
		m.Wants(err, "orders.own")
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(5000))
		m.OK(err)
		_, err = m.Counter(m.Context(), offer.ID, m.Anna.ID, money.EUR(9000))
		m.Wants(err, "orders.counter_high")
		m.OwesOffer(offer, string(m.Anna.ID)) // the failed counter changed nothing
		m.Sound()
	})
}

// When the thing is sold to somebody else, other offers end and their turns close.
func TestOtherOffersEndWithTheSale(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		mikko := accountstest.Person(m.T, m.Accounts, "Mikko")
		offer, err := m.MakeOffer(m.Context(), mikko.ID, m.Saddle.ID, money.EUR(5000))
		m.OK(err)
		o := m.PaidFor(orderstest.InPerson)
		_, err = m.Accept(m.Context(), offer.ID, m.Anna.ID)
		m.Wants(err, "listings.gone")
		m.Does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, mikko.ID)
		m.OK(err)
		if offer.State != orders.OfferExpired {
			m.Errorf("the other offer is %s", offer.State)
		}
		m.Sound()
	})
}

// Nobody waits for an answer about a thing that is off sale: its offers end, and
// both can read why.
func TestOffersEndWithTheListing(t *testing.T) {
	for reason, gone := range map[string]func(m *orderstest.Market) error{
		"orders.did.gone_offer": func(m *orderstest.Market) error {
			_, err := m.Service.Listings.Withdraw(m.Context(), m.Anna.ID, m.Saddle.ID)
			return err
		},
		"orders.did.sold_offer": func(m *orderstest.Market) error {
			_, err := m.Service.Listings.MarkSold(m.Context(), m.Anna.ID, m.Saddle.ID)
			return err
		},
		"hidden: orders.did.gone_offer": func(m *orderstest.Market) error {
			return m.DB.InTx(m.Context(), func(tx *db.Tx) error { return m.Service.Listings.Hide(m.Context(), tx, m.Saddle.ID) })
		},
	} {
		t.Run(reason, func(t *testing.T) {
			orderstest.Each(t, func(m *orderstest.Market) {
				offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(5000))
				m.OK(err)
				m.OK(gone(m))
				if owed, err := turn.OpenOf(m.Context(), m.DB, string(offer.ID)); err != nil || len(owed) > 0 {
					m.Errorf("still owed: %+v, %v", owed, err)
				}
				offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, m.Noora.ID)
				m.OK(err)
				es, err := m.Messages.Whole(m.Context(), offer.Conversation)
				m.OK(err)
				if last := es[len(es)-1]; offer.State != orders.OfferExpired || !strings.HasSuffix(reason, last.Key) {
					m.Errorf("the offer is %s, the last line %s", offer.State, last.Key)
				}
				m.Sound()
			})
		})
	}
}

// Reviews are blind until both are in, or 14 days have passed.
func TestReviewsAreBlind(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		m.Wants(m.WriteReview(m.Context(), o.ID, m.Noora.ID, orders.Good, ""), "orders.review_over")
		m.Does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		m.Wants(m.WriteReview(m.Context(), o.ID, m.Noora.ID, "great", ""), "orders.verdict_missing")
		m.OK(m.WriteReview(m.Context(), o.ID, m.Noora.ID, orders.Bad, "Hidas."))
		m.Wants(m.WriteReview(m.Context(), o.ID, m.Noora.ID, orders.Good, ""), "orders.review_written")
		for who, want := range map[accounts.UserID]int{m.Noora.ID: 1, m.Anna.ID: 0} {
			_, data, err := m.Export(m.Context(), who)
			if ts, ok := data.([]orders.Exported); err != nil || !ok || len(ts) != 1 || len(ts[0].Reviews) != want {
				m.Errorf("the download of %s: %v, %v", who, data, err)
			}
		}
		if c, err := m.CountReviews(m.Context(), m.Anna.ID); err != nil || c != (orders.Counted{}) {
			m.Errorf("shown too early: %+v, %v", c, err)
		}
		m.Later(15 * day)
		if c, err := m.CountReviews(m.Context(), m.Anna.ID); err != nil || c.Bad != 1 {
			m.Errorf("after 14 days: %+v, %v", c, err)
		}
		m.Wants(m.WriteReview(m.Context(), o.ID, m.Anna.ID, orders.Good, ""), "orders.review_over")
		ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
		if err != nil || len(ts) != 0 {
			m.Errorf("still owed: %+v, %v", ts, err)
		}
		m.Sound()
	})
}

// Two reviews at once: both are shown.
func TestTwoReviewsAtOnce(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		m.Does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		var wg sync.WaitGroup
		for _, u := range []string{string(m.Noora.ID), string(m.Anna.ID)} {
			wg.Go(func() {
				if err := m.WriteReview(m.Context(), o.ID, m.User(u), orders.Good, ""); err != nil {
					m.Error(err)
				}
			})
		}
		wg.Wait()
		for _, u := range []string{string(m.Noora.ID), string(m.Anna.ID)} {
			if c, err := m.CountReviews(m.Context(), m.User(u)); err != nil || c.Good != 1 {
				m.Errorf("shown about %s: %+v, %v", u, c, err)
			}
		}
	})
}

// Replies and postings are measured; fewer than three say nothing.
func TestMeasuredTimes(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		for i, hours := range []time.Duration{5, 20, 30} {
			l := listingstest.Live(m.T, m.Listings, m.Anna.ID, "Riimu", 1000)
			var conv messaging.Conversation
			m.OK(m.DB.InTx(m.Context(), func(tx *db.Tx) (err error) {
				conv, err = m.Messages.Open(m.Context(), tx, messaging.Opening{Subject: string(l.ID), Buyer: m.Noora.ID, Seller: m.Anna.ID, Title: l.Title})
				return err
			}))
			m.OK(m.Messages.Send(m.Context(), m.Noora.ID, conv.ID, "Onko tämä vielä myynnissä?", ""))
			m.Clock.Move(time.Duration(i+1) * 10 * time.Minute)
			m.OK(m.Messages.Send(m.Context(), m.Anna.ID, conv.ID, "On! Koko on full.", ""))
			o := m.PaidFor(func(p *orders.Purchase) { p.Listing, p.Key = l.ID, "checkout-"+string(l.ID) })
			m.OK(m.MeasureAll(m.Context()))
			if u, err := m.Accounts.Get(m.Context(), m.DB, m.Anna.ID); i < 2 && err == nil && u.ReplyMinutes+u.PostHours != 0 {
				m.Errorf("measured from %d: %+v, %v", i+1, u, err)
			}
			m.Clock.Move(hours * time.Hour)
			m.Cue(o, "drop")
		}
		m.OK(m.MeasureAll(m.Context()))
		u, err := m.Accounts.Get(m.Context(), m.DB, m.Anna.ID)
		m.OK(err)
		if u.ReplyMinutes != 20 || u.PostHours < 20 || u.PostHours > 21 {
			m.Errorf("replies in %d min, posts in %d h", u.ReplyMinutes, u.PostHours)
		}
		l, err := m.Listings.Get(m.Context(), m.DB, m.Saddle.ID)
		m.OK(err)
		if !l.PostsFast {
			m.Error("the card does not say so")
		}
	})
}

// Nobody is reminded to say how it went with somebody who has left.
func TestNobodyReviewsTheGone(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		o := m.PaidFor(orderstest.InPerson)
		m.Does(o, orders.Seller, orders.HandOver, orders.Input{Code: o.Code})
		m.OK(m.DB.InTx(m.Context(), func(tx *db.Tx) error { return m.ClosesWith(m.Context(), tx, m.Noora.ID) }))
		ts, err := turn.OpenOf(m.Context(), m.DB, string(o.ID))
		if m.OK(err); len(ts) != 0 {
			m.Errorf("still owed: %+v", ts)
		}
		m.OK(m.WriteReview(m.Context(), o.ID, m.Anna.ID, orders.Good, "")) // who wants to may
	})
}

// Whoever has an open trade cannot leave; their offers end when they do.
func TestLeaving(t *testing.T) {
	each(t, func(m *orderstest.Market) {
		leave := func() error {
			return m.DB.InTx(m.Context(), func(tx *db.Tx) error { return m.ClosesWith(m.Context(), tx, m.Noora.ID) })
		}
		o := m.PaidFor(orderstest.InPerson)
		m.Wants(leave(), "orders.finish_first")
		m.Does(o, orders.Buyer, orders.Cancel, orders.Input{})
		offer, err := m.MakeOffer(m.Context(), m.Noora.ID, m.Saddle.ID, money.EUR(6000))
		m.OK(err)
		name, data, err := m.Export(m.Context(), m.Noora.ID)
		if err != nil || name == "" || data == nil {
			m.Errorf("export: %s, %v, %v", name, data, err)
		}
		name, data, err = m.ExportOffers(m.Context(), m.Noora.ID)
		if all, ok := data.([]orders.ExportedOffer); err != nil || !ok || len(all) != 1 || all[0].Amount != 6000 || all[0].By != orders.Buyer {
			m.Errorf("export: %s, %v, %v", name, data, err)
		}
		m.OK(leave())
		offer, err = m.OfferFor(m.Context(), m.DB, offer.ID, m.Anna.ID)
		m.OK(err)
		if offer.State != orders.OfferWithdrawn {
			m.Errorf("the offer is %s", offer.State)
		}
		es, err := m.Messages.Whole(m.Context(), offer.Conversation)
		m.OK(err)
		if last := es[len(es)-1]; last.Key != "orders.did.left_offer" {
			m.Errorf("Anna reads %+v last", last)
		}
		m.Sound()
	})
}
