package orders

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/shipping"
	pages "github.com/kierto/kierto/templates/orders"
	"github.com/kierto/kierto/templates/ui"
)

// checkout is what the checkout page knows.
type checkout struct {
	listing listings.Listing
	seller  accounts.User
	buyer   accounts.User
	item    money.Amount
	offer   OfferID
	options []shipping.Option
	chosen  shipping.Option
	points  []shipping.ServicePoint
	away    bool // the pickup points cannot be had now
	form    web.Form
	mine    bool // the buyer's own open trade holds it
	posts   Term // how long the seller has to post it

	strayed fault.Faults // what was chosen and is not to be had
}

func (s *Service) getCheckout(c *web.Ctx) error {
	co, err := s.checkout(c, web.Form{})
	switch {
	case err != nil:
		return err
	case co.listing.Seller == me(c):
		return fault.New(fault.Conflict, "orders.own")
	case !co.listing.OnSale() && !co.mine:
		return fault.New(fault.Conflict, "listings.gone")
	}
	if err := s.mayMeet(c.Request().Context(), s.DB, me(c), co.listing.Seller); err != nil {
		return err
	}
	return c.Page(pages.ShowCheckout(c.Frame("browse"), s.checkoutPage(c, co)))
}

// postCheckout buys; with "look" it only shows what another way would cost.
func (s *Service) postCheckout(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	co, err := s.checkout(c, form)
	if err != nil {
		return err
	}
	if form.Get("look") != "" {
		return c.Page(pages.ShowCheckout(c.Frame("browse"), s.checkoutPage(c, co)))
	}
	o, err := s.buyFrom(c, co)
	if fs := fault.As(err); len(fs) > 0 && fs[0].Kind == fault.Conflict {
		if fs[0].Key != "orders.price_changed" {
			return err // there is nothing to mend in the form
		}
		co.form.Values.Set("key", id.Secret())
	}
	if err != nil {
		return c.Again(err, co.form, func(form web.Form) templ.Component {
			co.form = form
			return pages.ShowCheckout(c.Frame("browse"), s.checkoutPage(c, co))
		})
	}
	return s.toPayment(c, o)
}

// buyFrom buys what was chosen, and nothing in the place of it.
func (s *Service) buyFrom(c *web.Ctx, co checkout) (Order, error) {
	if err := co.strayed.Or(); err != nil {
		return Order{}, err
	}
	return s.Buy(c.Request().Context(), co.purchase(me(c)))
}

// checkout finds out what the page needs, from what was chosen so far.
func (s *Service) checkout(c *web.Ctx, form web.Form) (checkout, error) {
	ctx := c.Request().Context()
	co := checkout{form: form}
	var err error
	if co.listing, err = s.Listings.Get(ctx, s.DB, listings.ID(c.Param("id"))); err != nil {
		return co, err
	}
	if !co.listing.Public() {
		return co, missing()
	}
	us, err := s.Accounts.Many(ctx, s.DB, []accounts.UserID{co.listing.Seller, me(c)})
	if err != nil {
		return co, err
	}
	co.seller, co.buyer, co.item = us[co.listing.Seller], us[me(c)], co.listing.Price()
	reserved, found, err := s.OpenBetween(ctx, s.DB, me(c), co.listing.ID)
	if err != nil {
		return co, err
	}
	owed, _, err := s.turnOf(ctx, s.DB, Paid)
	if err != nil {
		return co, err
	}
	co.mine, co.posts = found, owed.Within
	if found && reserved.Offer != "" {
		co.item, co.offer = reserved.Item(), reserved.Offer
	}
	co.options = s.Shipping.Options(string(co.listing.Parcel), Ways(co.listing))
	if len(co.options) == 0 {
		return co, fault.New(fault.Conflict, "orders.no_way")
	}
	if err := s.prefill(ctx, &co); err != nil {
		return co, err
	}
	wanted, known := co.form.Get("way"), false
	co.chosen = co.options[0]
	for _, o := range co.options {
		if o.ID() == wanted {
			co.chosen, known = o, true
		}
	}
	if wanted != "" && !known {
		co.strayed.Add(fault.Field("way", "orders.way_gone"))
	}
	co.form.Values.Set("way", co.chosen.ID())
	s.findPoints(ctx, &co)
	return co, nil
}

// prefill starts the form with what we know of the buyer.
func (s *Service) prefill(ctx context.Context, co *checkout) error {
	if co.form.Values != nil {
		return nil
	}
	co.form = web.Filled("key", id.Secret(), "postcode", co.buyer.Postcode, "name", co.buyer.Name, "town", co.buyer.Town)
	saved, err := s.Accounts.Addresses(ctx, s.DB, co.buyer.ID)
	if err != nil || len(saved) == 0 {
		return err
	}
	a := saved[0]
	for field, value := range map[string]string{"name": a.Name, "street": a.Street, "postcode": a.Postcode, "town": a.Town, "phone": a.Phone} {
		co.form.Values.Set(field, value)
	}
	return nil
}

// findPoints looks up the pickup points, when the way needs one and the postcode
// is known. A carrier that does not answer is no reason not to sell.
func (s *Service) findPoints(ctx context.Context, co *checkout) {
	if co.chosen.Method != shipping.Point || !shipping.ValidPostcode(co.form.Get("postcode")) {
		return
	}
	points, err := s.Shipping.Points(ctx, co.form.Get("postcode"), co.chosen.Carrier)
	co.points, co.away = points, err != nil
	wanted, known := co.form.Get("point"), false
	for _, p := range points {
		known = known || p.ID == wanted
	}
	if known || len(points) == 0 {
		return
	}
	if wanted != "" && len(co.strayed) == 0 {
		co.strayed.Add(fault.Field("point", "orders.point_gone"))
	}
	co.form.Values.Set("point", points[0].ID)
}

// purchase is what was chosen.
func (co checkout) purchase(buyer accounts.UserID) Purchase {
	p := Purchase{
		Buyer: buyer, Listing: co.listing.ID, Offer: co.offer, Key: co.form.Get("key"),
		Method: co.chosen.Method, Carrier: co.chosen.Carrier,
		Address: shipping.Address{
			Name: co.form.Get("name"), Street: co.form.Get("street"), Postcode: co.form.Get("postcode"),
			Town: co.form.Get("town"), Phone: co.form.Get("phone"),
		},
	}
	if text := co.form.Get("seen"); text != "" {
		seen, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			seen = -1 // no price is that
		}
		p.Seen = money.Amount{Minor: seen, Currency: co.item.Currency}
	}
	for _, x := range co.points {
		if x.ID == co.form.Get("point") {
			p.PointID, p.Point = x.ID, x.Line()
		}
	}
	return p
}

// checkoutPage words it.
func (s *Service) checkoutPage(c *web.Ctx, co checkout) pages.Checkout {
	price := PriceOf(co.item, co.chosen.Price)
	total, other := c.Say.Money(price.Total), co.seller.First()
	action := co.listing.URL() + "/buy"
	p := pages.Checkout{
		Back: co.listing.URL(), Photo: s.photo(co.listing.Cover), Title: co.listing.Title, Action: action,
		Key: co.form.Get("key"), Seen: strconv.FormatInt(price.Total.Minor, 10), Form: co.form,
		Seller: c.Say.T("trade.seller_line", "Other", other), Price: c.Say.Money(co.item),
		Pay:     s.payWays(c),
		Sum:     co.sum(c, price, s.Listings.Categories()),
		Private: c.Say.T("trade.private"), Button: c.Say.T("trade.pay_button", "Total", total),
		After: c.Say.T("trade.after_pay", "Other", other), Protects: co.protects(c, total),
	}
	if co.listing.Town != "" {
		p.Seller += ", " + co.listing.Town
	}
	if co.offer != "" {
		p.Was = c.Say.Money(co.listing.Price())
	}
	co.ways(c, &p, action)
	if co.chosen.Method != shipping.Pickup {
		co.whereTo(c, &p, action)
	}
	return p
}

// sum is every part of the price by its name.
func (co checkout) sum(c *web.Ctx, price Price, tree *listings.Tree) []ui.SumLine {
	way := c.Say.T("trade.line.pickup")
	if co.chosen.Method != shipping.Pickup {
		way = c.Say.T("trade.line.shipping", "Carrier", shipping.CarrierName(co.chosen.Carrier))
	}
	return []ui.SumLine{
		{Label: co.listing.Title, Amount: c.Say.Money(price.Item)},
		{Label: way, Amount: c.Say.Money(price.Shipping)},
		{Label: c.Say.T("trade.line.fee"), Amount: c.Say.Money(price.Fee)},
		{Label: c.Say.T("trade.line.total"), Amount: c.Say.Money(price.Total), Total: true},
	}
}

// payWays are the ways the payment page offers.
func (s *Service) payWays(c *web.Ctx) []ui.Line {
	lines := []ui.Line{{Icon: "credit-card", Text: c.Say.T("trade.pay_card")}, {Icon: "smartphone", Text: c.Say.T("trade.pay_mobilepay")}}
	if s.PayPal {
		lines = append(lines, ui.Line{Icon: "wallet", Text: c.Say.T("trade.pay_paypal")})
	}
	return lines
}

// ways are the ways it may travel, or the only one.
func (co checkout) ways(c *web.Ctx, p *pages.Checkout, action string) {
	name := func(o shipping.Option) (label, more string) {
		if o.Method == shipping.Pickup {
			label = c.Say.T("trade.way.pickup")
			if co.listing.Town != "" {
				label = c.Say.T("trade.way.pickup_in", "Town", co.listing.Town)
			}
			return label, c.Say.T("trade.way.pickup_more")
		}
		days := c.Say.T("trade.days", "From", o.DaysMin, "To", o.DaysMax)
		return c.Say.T("trade.way." + string(o.Method)), c.Say.T("trade.way.more", "Carrier", shipping.CarrierName(o.Carrier), "Days", days, "CO2", grams(c, o.CO2))
	}
	if len(co.options) == 1 {
		label, more := name(co.options[0])
		p.OnlyWay = label + ". " + more
		return
	}
	p.Ways = &ui.Choices{Name: "way", Legend: c.Say.T("trade.travels"), Heading: true, Attrs: pages.NewWay(action)}
	for _, o := range co.options {
		label, more := name(o)
		p.Ways.Options = append(p.Ways.Options, ui.Choice{Value: o.ID(), Label: label, More: more, Price: c.Say.Money(o.Price)})
	}
}

// whereTo asks for the postcode, the point, and who fetches it.
func (co checkout) whereTo(c *web.Ctx, p *pages.Checkout, action string) {
	postcode := ui.Field{Name: "postcode", Label: c.Say.T("trade.addr.postcode"), Autocomplete: "postal-code", InputMode: "numeric", Width: "s", Max: 5}
	if co.chosen.Method == shipping.Point {
		postcode.Label, postcode.Hint, postcode.Attrs = c.Say.T("trade.postcode"), c.Say.T("trade.postcode_hint"), pages.NewPostcode(action)
		p.Postcode = &postcode
		switch {
		case co.away:
			p.PointsOff = c.Say.T("trade.points_off")
		case len(co.points) == 0:
			p.PointsOff = c.Say.T("trade.points_need")
		default:
			p.Points = &ui.Choices{Name: "point", Legend: c.Say.T("trade.points")}
			for _, x := range co.points {
				p.Points.Options = append(p.Points.Options, ui.Choice{Value: x.ID, Label: x.Name, More: x.Street + ", " + x.Town + opening(x)})
			}
		}
	}
	name := ui.Field{Name: "name", Label: c.Say.T("trade.addr.name"), Autocomplete: "name", Max: 80}
	street := ui.Field{Name: "street", Label: c.Say.T("trade.addr.street"), Autocomplete: "street-address", Max: 120}
	town := ui.Field{Name: "town", Label: c.Say.T("trade.addr.town"), Autocomplete: "address-level2", Max: 60}
	phone := ui.Field{Name: "phone", Label: c.Say.T("trade.addr.phone"), Hint: c.Say.T("trade.addr.phone_hint"), Type: "tel", Autocomplete: "tel", Width: "m", Max: 30}
	p.Address = []ui.Field{name, street, town, phone}
	if p.Postcode == nil {
		p.Address = []ui.Field{name, street, postcode, town, phone}
	}
}

// opening is a point's opening hours, after its address.
func opening(x shipping.ServicePoint) string {
	if x.Hours == "" {
		return ""
	}
	return " · " + x.Hours
}

// grams is a weight of carbon dioxide: "0,5 kg".
func grams(c *web.Ctx, g int) string {
	return c.Say.Decimal(float64(g)/1000) + "\u00a0kg"
}

// protects is what protects the buyer.
func (co checkout) protects(c *web.Ctx, total string) []ui.Line {
	other, zone := co.seller.First(), clock.Zone(co.seller.Zone)
	due := co.posts.End(c.Now(), Dates{}, zone)
	if co.chosen.Method == shipping.Pickup {
		return []ui.Line{
			{Icon: "shield-check", Text: c.Say.T("trade.protect.held_pickup", "Other", other)},
			{Icon: "message-circle", Text: c.Say.T("trade.protect.human")},
		}
	}
	return []ui.Line{
		{Icon: "shield-check", Text: c.Say.T("trade.protect.held", "Other", other)},
		{Icon: "rotate-ccw", Text: c.Say.T("trade.protect.late", "Due", c.Say.DayClock(due), "Total", total)},
		{Icon: "message-circle", Text: c.Say.T("trade.protect.human")},
	}
}
