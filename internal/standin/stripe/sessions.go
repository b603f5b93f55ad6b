package stripe

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sessionParams are the parameters of a new Checkout Session.
const sessionParams = `mode success_url cancel_url client_reference_id customer_email expires_at locale metadata[]
	payment_method_types[] line_items[][quantity] line_items[][price_data][currency]
	line_items[][price_data][unit_amount] line_items[][price_data][product_data][name]
	line_items[][price_data][product_data][description] line_items[][price_data][product_data][images][]
	payment_intent_data[transfer_group] payment_intent_data[description] payment_intent_data[metadata][]
	payment_intent_data[statement_descriptor_suffix] payment_intent_data[receipt_email]
	submit_type billing_address_collection ui_mode customer_creation`

// Stripe's bounds for a session.
const (
	minSessionLife = 30 * time.Minute
	maxSessionLife = 24 * time.Hour
	minAmount      = 50 // minor units
	maxItems       = 100
	maxReference   = 200 // characters
	maxMetadata    = 50  // keys
	maxMetaValue   = 500 // characters
)

// methods are the ways to pay that the page knows.
var methods = []string{"card", "mobilepay", "paypal", "klarna", "link"}

// locales are the languages a session may ask for; those the page cannot speak
// get English.
var locales = []string{"auto", "da", "de", "en", "en-GB", "es", "et", "fi", "fr", "it", "lt", "lv", "nb", "nl", "pl", "pt", "sv"}

// The statuses of a session and its payment.
const (
	statusOpen     = "open"
	statusComplete = "complete"
	statusExpired  = "expired"
	statusPaid     = "paid"
	statusUnpaid   = "unpaid"
)

func (s *Server) createSession(r *request) (any, *apiError) {
	items, total, currency, fail := readItems(r)
	if fail != nil {
		return nil, fail
	}
	expires, fail := s.readExpiry(r)
	if fail != nil {
		return nil, fail
	}
	if fail := checkSession(r); fail != nil {
		return nil, fail
	}
	types := r.list("payment_method_types")
	if len(types) == 0 {
		types = []string{"card"}
	}
	id := newID("cs_test")
	v := &session{ID: id, Object: "checkout.session", AmountSubtotal: total, AmountTotal: total,
		CancelURL: r.get("cancel_url"), ClientReferenceID: ref(r.get("client_reference_id")), Created: s.now(),
		Currency: currency, CustomerEmail: ref(r.get("customer_email")), ExpiresAt: expires,
		Locale: ref(r.get("locale")), Metadata: r.table("metadata"), Mode: "payment", PaymentMethodTypes: types,
		PaymentStatus: statusUnpaid, Status: statusOpen, SuccessURL: r.get("success_url"), UIMode: "hosted",
		URL: ref(r.base + "/pay/" + id)}
	s.sessions.put(v)
	s.openSessions[id] = true
	s.baskets.put(&basket{Session: id, Items: items, Group: r.get("payment_intent_data[transfer_group]"),
		Metadata: r.table("payment_intent_data[metadata]"), Text: r.get("payment_intent_data[description]")})
	return v, nil
}

// readItems reads what is bought and adds it up.
func readItems(r *request) (items []lineItem, total int64, currency string, fail *apiError) {
	n := r.count("line_items")
	if n == 0 {
		return nil, 0, "", missing("line_items")
	}
	if n > maxItems {
		return nil, 0, "", invalid("line_items", "", "You can only pass up to 100 line items.")
	}
	for i := range n {
		item, fail := readItem(r, "line_items["+strconv.Itoa(i)+"]")
		if fail != nil {
			return nil, 0, "", fail
		}
		if currency == "" {
			currency = item.Currency
		}
		if item.Currency != currency {
			return nil, 0, "", invalid("line_items", "", "All line items must have the same currency.")
		}
		total += item.AmountTotal
		items = append(items, item)
	}
	if total < minAmount {
		return nil, 0, "", refused("amount_too_small", "The Checkout Session's total amount must be at least €0.50.")
	}
	return items, total, currency, nil
}

// readItem reads one line.
func readItem(r *request, at string) (lineItem, *apiError) {
	currency := strings.ToLower(r.get(at + "[price_data][currency]"))
	name := r.get(at + "[price_data][product_data][name]")
	unit, given, fail := r.whole(at + "[price_data][unit_amount]")
	switch {
	case fail != nil:
		return lineItem{}, fail
	case len(currency) != 3:
		return lineItem{}, invalid(at+"[price_data][currency]", "", "Invalid currency: "+currency)
	case name == "":
		return lineItem{}, missing(at + "[price_data][product_data][name]")
	case !given:
		return lineItem{}, missing(at + "[price_data][unit_amount]")
	case unit < 0:
		return lineItem{}, invalid(at+"[price_data][unit_amount]", "parameter_invalid_integer", "Invalid non-negative integer")
	}
	quantity, given, fail := r.whole(at + "[quantity]")
	if fail != nil {
		return lineItem{}, fail
	}
	if !given || quantity < 1 {
		return lineItem{}, missing(at + "[quantity]")
	}
	return lineItem{ID: newID("li"), Object: "item", AmountSubtotal: unit * quantity, AmountTotal: unit * quantity,
		Currency: currency, Description: name, Quantity: quantity}, nil
}

// readExpiry reads when the session ends: 30 minutes to 24 hours from now.
func (s *Server) readExpiry(r *request) (int64, *apiError) {
	at, given, fail := r.whole("expires_at")
	if fail != nil {
		return 0, fail
	}
	now := s.now()
	longest := now + int64(maxSessionLife.Seconds())
	if !given {
		return longest, nil
	}
	if at < now+int64(minSessionLife.Seconds()) || at > longest {
		return 0, invalid("expires_at", "", "The `expires_at` timestamp must be less than 24 hours and at least 30 minutes "+
			"from Checkout Session creation.")
	}
	return at, nil
}

// checkSession checks the fields that stand alone.
func checkSession(r *request) *apiError {
	if r.get("mode") == "" {
		return missing("mode")
	}
	if r.get("mode") != "payment" {
		return invalid("mode", "", "Invalid mode: must be payment")
	}
	for _, name := range []string{"success_url", "cancel_url"} {
		v := r.get(name)
		if name == "success_url" && v == "" {
			return missing(name)
		}
		if u, err := url.Parse(v); v != "" && (err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http")) {
			return invalid(name, "url_invalid", "Not a valid URL")
		}
	}
	for i, m := range r.list("payment_method_types") {
		if !slices.Contains(methods, m) {
			return invalid(fmt.Sprintf("payment_method_types[%d]", i), "", "Invalid payment_method_types: "+m)
		}
	}
	if l := r.get("locale"); l != "" && !slices.Contains(locales, l) {
		return invalid("locale", "", "Invalid locale: "+l)
	}
	if m := r.get("customer_email"); m != "" && !strings.Contains(m, "@") {
		return invalid("customer_email", "email_invalid", "Invalid email address: "+m)
	}
	if len(r.get("client_reference_id")) > maxReference {
		return invalid("client_reference_id", "", "Must be at most 200 characters.")
	}
	return checkMetadata(r.table("metadata"))
}

// checkMetadata holds metadata within Stripe's bounds.
func checkMetadata(m map[string]string) *apiError {
	if len(m) > maxMetadata {
		return invalid("metadata", "", "Metadata can have up to 50 keys.")
	}
	for k, v := range m {
		if len(v) > maxMetaValue {
			return invalid("metadata["+k+"]", "", "Metadata values can have up to 500 characters.")
		}
	}
	return nil
}

func (s *Server) getSession(r *request) (any, *apiError) {
	if v := s.sessions.get(r.id); v != nil {
		return v, nil
	}
	return nil, noSuch("checkout.session", r.id, "session")
}

func (s *Server) getItems(r *request) (any, *apiError) {
	b := s.baskets.get(r.id)
	if b == nil {
		return nil, noSuch("checkout.session", r.id, "session")
	}
	return listOf[lineItem]{Object: "list", Data: b.Items, URL: "/v1/checkout/sessions/" + r.id + "/line_items"}, nil
}

func (s *Server) listSessions(r *request) (any, *apiError) {
	rows := s.sessions.all(s.sessions.ids)
	if pi := r.get("payment_intent"); pi != "" {
		rows = slices.DeleteFunc(rows, func(v *session) bool { return deref(v.PaymentIntent) != pi })
	}
	return page(r, "/v1/checkout/sessions", rows, func(v *session) string { return v.ID },
		func(v *session) int64 { return v.Created })
}

func (s *Server) expireSession(r *request) (any, *apiError) {
	v := s.sessions.get(r.id)
	if v == nil {
		return nil, noSuch("checkout.session", r.id, "session")
	}
	if v.Status != statusOpen {
		return nil, refused("", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of "+
			v.Status+".")
	}
	s.expire(v)
	return v, nil
}

// expire ends an open session.
func (s *Server) expire(v *session) {
	v.Status, v.URL = statusExpired, nil
	delete(s.openSessions, v.ID)
	s.sessions.put(v)
	s.emit("checkout.session.expired", v, "")
}
