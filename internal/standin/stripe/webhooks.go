package stripe

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// DefaultEvents are the event types that a marketplace's endpoint asks for.
var DefaultEvents = []string{
	"checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
	"checkout.session.expired", "charge.refunded", "charge.refund.updated", "charge.dispute.created", "charge.dispute.updated",
	"charge.dispute.funds_withdrawn", "charge.dispute.funds_reinstated", "charge.dispute.closed",
	"transfer.created", "transfer.reversed", "payout.paid", "payout.failed", "account.updated",
}

// The bounds of sending.
const (
	maxAttempts  = 6                // for one event
	growth       = 3                // each pause is so many times the last
	sendTimeout  = 10 * time.Second // for one attempt
	secondCopyIn = 50 * time.Millisecond
)

// event is a stored event and whether it still has to be delivered.
type event struct {
	ID   string          `json:"id"`
	Type string          `json:"type"`
	Body json.RawMessage `json:"body"`
	At   int64           `json:"at"`
	Sent bool            `json:"sent"` // delivered, or not meant to be
}

// emit records that something happened to object, and sends it when the
// endpoint asked for its kind. account names the seller's account whose event
// it is, if any.
func (s *Server) emit(kind string, object any, account string) {
	body := map[string]any{"id": newID("evt"), "object": "event", "api_version": apiVersion, "created": s.now(),
		"data": map[string]any{"object": object}, "livemode": false, "pending_webhooks": 1,
		"request": map[string]any{"id": nil, "idempotency_key": nil}, "type": kind}
	if account != "" {
		body["account"] = account
	}
	e := &event{ID: body["id"].(string), Type: kind, Body: encode(body), At: s.now()}
	e.Sent = s.o.WebhookURL == "" || !slices.Contains(s.o.Events, kind) || s.takeDrop()
	s.events.put(e)
	if e.Sent {
		return
	}
	for _, next := range s.order(e) {
		s.send(next)
	}
}

// send promises an event's delivery, once the state is unlocked.
func (s *Server) send(e *event) {
	copies := 1
	if s.cue.duplicate > 0 {
		s.cue.duplicate--
		copies = 2
	}
	url, secret, body := s.o.WebhookURL, s.o.WebhookSecret, e.Body
	if url == "" {
		return
	}
	s.unsent++
	s.work.Add(1)
	s.outbox = append(s.outbox, func() {
		go func() {
			defer s.work.Done()
			sent := s.deliver(url, secret, body, copies)
			s.locked(func() {
				s.unsent--
				if sent {
					e.Sent = true
					s.events.put(e)
				}
			})
		}()
	})
}

// deliver tries until the endpoint answers 2xx, the attempts are used up, or
// the stand-in closes. It tells whether the matter is settled.
func (s *Server) deliver(url, secret string, body []byte, copies int) bool {
	pause := s.o.RetryPause
	for range maxAttempts {
		if s.post(url, secret, body) {
			for range copies - 1 {
				s.pause(secondCopyIn)
				s.post(url, secret, body)
			}
			return true
		}
		if !s.pause(pause) {
			return false
		}
		pause *= growth
	}
	return true // given up, as Stripe does after three days
}

// pause waits for d in real time; false means that the stand-in closes.
func (s *Server) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}

// post makes one attempt.
func (s *Server) post(url, secret string, body []byte) bool {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", Sign(body, secret, clock.Wall()))
	client := http.Client{Timeout: sendTimeout, Transport: s.transport}
	res, err := client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxBody))
	_ = res.Body.Close()
	return res.StatusCode/100 == 2
}

// Sign is the Stripe-Signature header for a body at a real time: receivers
// compare it with the machine's clock, whatever the stand-in's clock says.
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}

// resume sends what an earlier life left unsent, and looks again at what was
// open.
func (s *Server) resume() {
	s.locked(func() {
		for _, id := range s.sessions.ids {
			if s.sessions.get(id).Status == statusOpen {
				s.openSessions[id] = true
			}
		}
		for _, id := range s.waits.ids {
			if !s.waits.get(id).Done {
				s.openWaits[id] = true
			}
		}
		for _, id := range s.events.ids {
			if e := s.events.get(id); !e.Sent {
				s.send(e)
			}
		}
	})
}

// Idle tells whether no webhook is under way.
func (s *Server) Idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsent == 0 && len(s.cue.held) == 0
}

func (s *Server) listEvents(r *request) (any, *apiError) {
	rows := s.events.all(s.events.ids)
	if kind := r.get("type"); kind != "" {
		rows = slices.DeleteFunc(rows, func(v *event) bool { return v.Type != kind })
	}
	v, fail := page(r, "/v1/events", rows, func(v *event) string { return v.ID }, func(v *event) int64 { return v.At })
	if fail != nil {
		return nil, fail
	}
	l := v.(listOf[*event])
	out := listOf[json.RawMessage]{Object: l.Object, HasMore: l.HasMore, URL: l.URL, Data: []json.RawMessage{}}
	for _, e := range l.Data {
		out.Data = append(out.Data, e.Body)
	}
	return out, nil
}

func (s *Server) getEvent(r *request) (any, *apiError) {
	if e := s.events.get(r.id); e != nil {
		return e.Body, nil
	}
	return nil, noSuch("event", r.id, "id")
}
