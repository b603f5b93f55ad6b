package orders

import (
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/web"
)

// Limits of what people may do here, by account and by address.
const (
	buyBurst   = 10
	buyEach    = 20 * time.Second
	writeBurst = 20
	writeEach  = 3 * time.Second
	offerBurst = 10
	offerEach  = 30 * time.Second
)

// Web registers the routes of the trade.
func (s *Service) Web(r *web.Server) {
	r.GET("/listings/:id/buy", web.SignedIn, s.getCheckout)
	r.POST("/listings/:id/buy", web.SignedIn, s.postCheckout, web.Limit(buyBurst, buyEach))
	r.GET("/listings/:id/offer", web.SignedIn, s.getOffer)
	r.POST("/listings/:id/offer", web.SignedIn, s.postOffer, web.Limit(offerBurst, offerEach))
	r.GET("/listings/:id/ask", web.SignedIn, s.getAsk)
	r.POST("/listings/:id/ask", web.SignedIn, s.postAsk, web.Limit(writeBurst, writeEach))
	for _, answer := range []string{"accept", "decline", "counter", "withdraw"} {
		r.POST("/offers/:id/"+answer, web.Party, s.postAnswer(answer))
	}
	r.GET("/orders", web.SignedIn, s.getOrders)
	r.GET("/orders/:id", web.Party, s.getRoom)
	r.GET("/orders/:id/live", web.Party, s.getLive)
	r.Upload("/orders/:id/message", web.Party, s.postMessage, web.Limit(writeBurst, writeEach))
	r.POST("/orders/:id/plan", web.Party, s.postPlan)
	r.POST("/orders/:id/pay", web.Party, s.postPay, web.Limit(buyBurst, buyEach))
	r.GET("/orders/:id/paid", web.Party, s.getPaid)
	r.GET("/orders/:id/review", web.Party, s.getReview)
	r.POST("/orders/:id/review", web.Party, s.postReview)
	for _, d := range deeds {
		r.GET("/orders/:id/"+string(d.Event), web.Party, s.getDeed(d.Event))
		r.POST("/orders/:id/"+string(d.Event), web.Party, s.postDeed(d.Event))
	}
	r.GET("/people/:id", web.Anyone, s.getPerson)
}

// me is who asks.
func me(c *web.Ctx) accounts.UserID { return accounts.UserID(c.Reader.ID) }

// trade is the trade of the route, if the reader is a party of it.
func (s *Service) trade(c *web.Ctx) (Trade, Actor, error) {
	ctx := c.Request().Context()
	o, role, err := s.For(ctx, s.DB, ID(c.Param("id")), me(c))
	if err != nil {
		return Trade{}, "", err
	}
	t, err := s.tradeOf(ctx, s.DB, o)
	return t, role, err
}
