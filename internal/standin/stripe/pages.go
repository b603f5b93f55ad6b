package stripe

import (
	"embed"
	"errors"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/money"
)

//go:embed pages.html
var pageFiles embed.FS

// pageSet is the four pages over one frame. Stripe's pages are the other
// party's: they share nothing with the marketplace's own templates.
var pageSet = template.Must(template.New("").ParseFS(pageFiles, "pages.html"))

// view is what a page shows.
type view struct {
	T        map[string]string // words in the payer's language
	Lang     string
	Merchant string
	Kind     string // pay, wallet, onboard, express, gone
	Sum      string
	Items    []viewItem
	Email    string
	Methods  []string
	Chosen   string
	Action   string // where the form goes
	Back     string // cancel_url
	Wallet   string // MobilePay or PayPal
	Problem  string
	Number   string // what was typed, kept
	Expiry   string
	Payouts  []viewItem
}

// What the page has typed already, so that nobody needs to look a card up.
const (
	testCard   = "4242 4242 4242 4242"
	testExpiry = "12/49"
)

// viewItem is one line of a list of sums.
type viewItem struct{ Name, Sum string }

// walletNames are the ways to pay that are approved elsewhere.
var walletNames = map[string]string{"mobilepay": "MobilePay", "paypal": "PayPal"}

// pages registers what Stripe would host.
func (s *Server) pages() {
	s.mux.HandleFunc("GET /pay/{session}", s.showPay)
	s.mux.HandleFunc("POST /pay/{session}", s.doPay)
	s.mux.HandleFunc("GET /pay/{session}/{wallet}", s.showWallet)
	s.mux.HandleFunc("POST /pay/{session}/{wallet}", s.doWallet)
	s.mux.HandleFunc("GET /onboard/{account}", s.showOnboard)
	s.mux.HandleFunc("POST /onboard/{account}", s.doOnboard)
	s.mux.HandleFunc("GET /express/{account}", s.showExpress)
}

// render writes a page.
func (s *Server) render(w http.ResponseWriter, status int, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
	w.WriteHeader(status)
	_ = pageSet.ExecuteTemplate(w, "page", v)
}

// language is fi, sv or en: the session's, or the browser's first that fits.
func language(locale string, r *http.Request) string {
	for _, tag := range append([]string{locale}, strings.Split(r.Header.Get("Accept-Language"), ",")...) {
		tag = strings.TrimSpace(tag)
		if tag = tag[:min(2, len(tag))]; words[tag] != nil {
			return tag
		}
	}
	return "en"
}

// open is the session of a page's address and its view. When it cannot be
// paid, the answer has been given and ok is false.
func (s *Server) open(w http.ResponseWriter, r *http.Request) (v view, b session, ok bool) {
	var items []lineItem
	s.locked(func() {
		s.tick()
		if p := s.sessions.get(r.PathValue("session")); p != nil {
			b, items = *p, s.baskets.get(p.ID).Items
		}
	})
	lang := language(deref(b.Locale), r)
	v = view{T: words[lang], Lang: lang, Merchant: s.o.Merchant, Kind: "pay", Sum: sum(b.AmountTotal, b.Currency, lang),
		Email: deref(b.CustomerEmail), Methods: b.PaymentMethodTypes, Back: b.CancelURL}
	for _, it := range items {
		v.Items = append(v.Items, viewItem{it.Description, sum(it.AmountTotal, it.Currency, lang)})
	}
	switch {
	case b.ID == "":
		http.NotFound(w, r)
		return v, b, false
	case b.Status == statusComplete:
		http.Redirect(w, r, successURL(b), http.StatusSeeOther)
		return v, b, false
	case b.Status == statusExpired:
		v.Kind = "gone"
		s.render(w, http.StatusGone, v)
		return v, b, false
	}
	return v, b, true
}

// sum words an amount.
func sum(minor int64, currency, lang string) string {
	return money.Amount{Minor: minor, Currency: strings.ToUpper(currency)}.Format(lang)
}

// successURL is where a payer goes afterwards.
func successURL(b session) string {
	return strings.ReplaceAll(b.SuccessURL, "{CHECKOUT_SESSION_ID}", b.ID)
}

func (s *Server) showPay(w http.ResponseWriter, r *http.Request) {
	v, b, ok := s.open(w, r)
	if !ok {
		return
	}
	v.Action, v.Chosen = "/pay/"+b.ID, b.PaymentMethodTypes[0]
	v.Number, v.Expiry = testCard, testExpiry
	s.render(w, http.StatusOK, v)
}

func (s *Server) doPay(w http.ResponseWriter, r *http.Request) {
	v, b, ok := s.open(w, r)
	if !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	method := r.PostFormValue("method")
	if walletNames[method] != "" && slices.Contains(b.PaymentMethodTypes, method) {
		http.Redirect(w, r, "/pay/"+b.ID+"/"+method, http.StatusSeeOther)
		return
	}
	v.Action, v.Chosen = "/pay/"+b.ID, "card"
	v.Number, v.Expiry = r.PostFormValue("number"), r.PostFormValue("expiry")
	month, year, good := readExpiry(v.Expiry, s.o.Clock.Now())
	if !good {
		v.Problem = v.T["bad_expiry"]
		s.render(w, http.StatusPaymentRequired, v)
		return
	}
	s.after(w, r, v, b, s.PayCard(b.ID, Card{Number: v.Number, Month: month, Year: year}))
}

// readExpiry reads "12/30"; an empty field is taken for a card still good.
func readExpiry(text string, now clock.Instant) (month, year int64, good bool) {
	today := now.Time()
	if strings.TrimSpace(text) == "" {
		return 12, int64(today.Year() + 3), true
	}
	m, y, _ := strings.Cut(strings.ReplaceAll(text, " ", ""), "/")
	month, errM := strconv.ParseInt(m, 10, 64)
	year, errY := strconv.ParseInt(y, 10, 64)
	if year < 100 {
		year += 2000
	}
	end := time.Date(int(year), time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC)
	return month, year, errM == nil && errY == nil && month >= 1 && month <= 12 && end.After(today)
}

func (s *Server) showWallet(w http.ResponseWriter, r *http.Request) {
	v, b, ok := s.open(w, r)
	if !ok {
		return
	}
	wallet := r.PathValue("wallet")
	if walletNames[wallet] == "" || !slices.Contains(b.PaymentMethodTypes, wallet) {
		http.NotFound(w, r)
		return
	}
	v.Kind, v.Action, v.Wallet = "wallet", "/pay/"+b.ID+"/"+wallet, walletNames[wallet]
	s.render(w, http.StatusOK, v)
}

func (s *Server) doWallet(w http.ResponseWriter, r *http.Request) {
	v, b, ok := s.open(w, r)
	if !ok {
		return
	}
	wallet, decision := r.PathValue("wallet"), r.PostFormValue("decision")
	if walletNames[wallet] == "" || !slices.Contains([]string{Approve, Decline, Slow, SlowNo}, decision) {
		http.NotFound(w, r)
		return
	}
	v.Action, v.Chosen = "/pay/"+b.ID, wallet
	s.after(w, r, v, b, s.PayWallet(b.ID, wallet, decision))
}

// after shows the outcome of a payment: on to the shop, or the page again with
// what went wrong.
func (s *Server) after(w http.ResponseWriter, r *http.Request, v view, b session, err error) {
	var no *DeclinedError
	switch {
	case errors.As(err, &no):
		v.Problem = v.T["declined"]
		if said := v.T["no_"+or2(no.DeclineCode, no.Code)]; said != "" {
			v.Problem = said
		}
		s.render(w, http.StatusPaymentRequired, v)
	case err != nil:
		http.Redirect(w, r, "/pay/"+b.ID, http.StatusSeeOther) // paid or expired meanwhile
	default:
		http.Redirect(w, r, successURL(b), http.StatusSeeOther)
	}
}

// or2 is a, or b when a is empty.
func or2(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// useLink finds the onboarding link of a page's address.
func (s *Server) useLink(r *http.Request) (l link, ok bool) {
	s.locked(func() {
		p := s.links.get(r.URL.Query().Get("t"))
		if p != nil && p.Account == r.PathValue("account") {
			l, ok = *p, true
		}
	})
	return l, ok
}

func (s *Server) showOnboard(w http.ResponseWriter, r *http.Request) {
	l, ok := s.useLink(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	if l.Used || l.ExpiresAt <= s.now() {
		http.Redirect(w, r, l.RefreshURL, http.StatusSeeOther)
		return
	}
	lang := language("", r)
	s.render(w, http.StatusOK, view{T: words[lang], Lang: lang, Merchant: s.o.Merchant, Kind: "onboard",
		Action: r.URL.RequestURI(), Back: l.ReturnURL})
}

func (s *Server) doOnboard(w http.ResponseWriter, r *http.Request) {
	l, ok := s.useLink(r)
	if !ok {
		http.NotFound(w, r)
		return
	}
	s.locked(func() {
		p := s.links.get(l.Token)
		p.Used = true
		s.links.put(p)
		s.onboard(s.accounts.get(l.Account))
	})
	http.Redirect(w, r, l.ReturnURL, http.StatusSeeOther)
}

func (s *Server) showExpress(w http.ResponseWriter, r *http.Request) {
	id, lang := r.PathValue("account"), language("", r)
	v := view{T: words[lang], Lang: lang, Merchant: s.o.Merchant, Kind: "express"}
	found := false
	s.locked(func() {
		s.tick()
		found = s.accounts.get(id) != nil
		v.Sum = sum(s.sellerBalance(id), "eur", lang)
		for _, p := range s.payouts.by("account:" + id) {
			v.Payouts = append(v.Payouts, viewItem{asTime(p.Payout.Created).Format("2.1.2006"), sum(p.Payout.Amount, "eur", lang)})
		}
	})
	if !found {
		http.NotFound(w, r)
		return
	}
	s.render(w, http.StatusOK, v)
}
