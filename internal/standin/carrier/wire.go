package carrier

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// maxBody is the largest request it reads, in bytes.
const maxBody = 1 << 20

// Handler answers the API and, at "/", shows its parcels with buttons.
func (s *Standin) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pickup-points/search", s.signed(s.searchPoints))
	mux.HandleFunc("POST /shipment/status", s.signed(s.status))
	mux.HandleFunc("POST /prinetti/create-shipment", s.createShipment)
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("POST /cue", s.cue)
	return mux
}

// signed lets through only requests signed with the secret.
func (s *Standin) signed(next func(w http.ResponseWriter, f url.Values)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		if s.asleep(w) {
			return
		}
		if err := r.ParseForm(); err != nil {
			http.Error(w, "bad form", http.StatusBadRequest)
			return
		}
		if r.PostForm.Get("api_key") != s.opt.Key || !hmac.Equal([]byte(r.PostForm.Get("hash")), []byte(s.sign(r.PostForm))) {
			http.Error(w, "wrong hash", http.StatusUnauthorized)
			return
		}
		next(w, r.PostForm)
	}
}

func (s *Standin) asleep(w http.ResponseWriter) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		http.Error(w, "down", http.StatusServiceUnavailable)
	}
	return s.down
}

// sign is the hash a request should carry.
func (s *Standin) sign(f url.Values) string {
	var names []string
	for k := range f {
		if k != "hash" {
			names = append(names, k)
		}
	}
	sort.Strings(names)
	values := make([]string, len(names))
	for i, k := range names {
		values[i] = f.Get(k)
	}
	return s.mac(strings.Join(values, "&"))
}

func (s *Standin) mac(text string) string {
	m := hmac.New(sha256.New, []byte(s.opt.Secret))
	m.Write([]byte(text))
	return hex.EncodeToString(m.Sum(nil))
}

func (s *Standin) searchPoints(w http.ResponseWriter, f url.Values) {
	limit, err := strconv.Atoi(f.Get("limit"))
	if err != nil || limit < 1 || limit > 15 {
		limit = 5
	}
	answer(w, pointsNear(f.Get("postcode"), f.Get("service_provider"), limit))
}

func (s *Standin) status(w http.ResponseWriter, f url.Values) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := []map[string]string{}
	if p := s.find(f.Get("tracking_code")); p != nil {
		for _, e := range p.events(s.opt.Clock.Now()) {
			at := e.At.In(clock.Zone("Europe/Helsinki")).Format(time.DateTime)
			rows = append(rows, map[string]string{
				"message_created": at, "event_timestamp": at, "reference": p.Reference, "tracking_code": p.Tracking,
				"status_code": e.Code, "post_office": strings.ToUpper(e.Place), "postcode": "", "receiver_name": "",
			})
		}
	}
	answer(w, rows)
}

// booking is what it reads of a booking.
type booking struct {
	Account   string `xml:"ROUTING>Routing.Account"`
	Key       string `xml:"ROUTING>Routing.Key"`
	ID        string `xml:"ROUTING>Routing.Id"`
	From      string `xml:"Shipment>Shipment.Sender>Sender.City"`
	To        string `xml:"Shipment>Shipment.Recipient>Recipient.City"`
	Reference string `xml:"Shipment>Shipment.Consignment>Consignment.Reference"`
	Product   string `xml:"Shipment>Shipment.Consignment>Consignment.Product"`
	Contents  string `xml:"Shipment>Shipment.Consignment>Consignment.Parcel>Parcel.Contents"`
	Services  []struct {
		Code  string `xml:"AdditionalService.ServiceCode"`
		Value string `xml:"AdditionalService.Specifier"`
	} `xml:"Shipment>Shipment.Consignment>Consignment.AdditionalService"`
}

func (s *Standin) createShipment(w http.ResponseWriter, r *http.Request) {
	if s.asleep(w) {
		return
	}
	var b booking
	if err := xml.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&b); err != nil {
		booked(w, 230, "XML is invalid", nil)
		return
	}
	if b.Account != s.opt.Key || !hmac.Equal([]byte(b.Key), []byte(s.mac(b.Account+b.ID))) {
		booked(w, 100, "Unknown account", nil)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuse {
		booked(w, 240, "System failure", nil)
		return
	}
	p := s.find(b.Reference)
	if p == nil {
		p = s.book(b)
	}
	booked(w, 0, "OK", p)
}

// book makes a parcel; the lock is held.
func (s *Standin) book(b booking) *Parcel {
	s.serial++
	p := &Parcel{
		Tracking: fmt.Sprintf("JJFI6457490%010d", s.serial), Code: fmt.Sprintf("%04d %04d", 1000+(s.serial*7919)%9000, (s.serial*104729)%10000),
		Reference: b.Reference, Product: b.Product, Home: b.Product == "2104", Contents: b.Contents,
		From: b.From, To: b.To, Booked: s.opt.Clock.Now(),
	}
	for _, x := range b.Services {
		if x.Code == "2106" {
			p.PointID = x.Value
		}
	}
	s.parcels = append(s.parcels, p)
	s.save()
	return p
}

func booked(w http.ResponseWriter, status int, message string, p *Parcel) {
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	tracking := ""
	if p != nil {
		tracking = fmt.Sprintf(`<response.reference>%s</response.reference><response.trackingcode labelcode="%s">%s</response.trackingcode>`,
			escape(p.Reference), escape(p.Code), escape(p.Tracking))
	}
	_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Response><response.status>%d</response.status><response.message>%s</response.message>%s</Response>`,
		status, escape(message), tracking)
}

func escape(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a strings.Builder takes everything
	return b.String()
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}
