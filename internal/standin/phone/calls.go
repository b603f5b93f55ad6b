package phone

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/clock"
)

// report is what is to be told of a message.
type report struct {
	id, status string
	at         clock.Instant
	tries      int
}

// Tick sends the reports that are due, and again those that were not taken.
func (s *Server) Tick(ctx context.Context) {
	now := s.clock.Now()
	s.mu.Lock()
	var due []*report
	s.queue = slices.DeleteFunc(s.queue, func(r *report) bool {
		if now < r.at {
			return false
		}
		due = append(due, r)
		return true
	})
	s.mu.Unlock()
	for _, r := range due {
		r.tries++
		if err := s.tell(ctx, r); err != nil && r.tries < maxReports {
			s.mu.Lock()
			s.queue = append(s.queue, r)
			s.mu.Unlock()
		}
	}
}

// tell sends one report.
func (s *Server) tell(ctx context.Context, r *report) error {
	s.mu.Lock()
	i := slices.IndexFunc(s.kept, func(m Message) bool { return m.ID == r.id })
	if i < 0 {
		s.mu.Unlock()
		return nil
	}
	s.kept[i].Status = r.status
	m := s.kept[i]
	s.mu.Unlock()
	switch m.hook {
	case "":
		return nil
	case "hook":
		return s.callHook(ctx, map[string]any{"type": r.status, "id": m.Ours, "reason": "cued"})
	case "cloud":
		status := map[string]any{"id": m.ID, "status": r.status, "timestamp": seconds(s.clock.Now()), "recipient_id": strings.TrimPrefix(m.To, "+")}
		if m.Ours != "" {
			status["biz_opaque_callback_data"] = m.Ours
		}
		if r.status == "failed" {
			status["errors"] = []any{map[string]any{"code": codeNobody, "title": "Message undeliverable", "message": "Message undeliverable"}}
		}
		return s.callCloud(ctx, "statuses", status)
	}
	form := url.Values{"id": {m.ID}, "status": {r.status}}
	if r.status == "delivered" {
		form.Set("delivered", s.clock.Now().String())
	}
	return s.post(ctx, m.hook, "application/x-www-form-urlencoded", []byte(form.Encode()), nil)
}

// Write lets a number write an SMS to the marketplace, by the interface of
// 46elks. dedupe is the provider's own id; "" for a new one.
func (s *Server) Write(ctx context.Context, from, text, dedupe string) error {
	id := s.wrote("sms", from, text, dedupe)
	form := url.Values{
		"direction": {"incoming"}, "id": {id}, "from": {from}, "to": {From}, "message": {text}, "created": {s.clock.Now().String()},
	}
	return s.post(ctx, s.site+"/webhooks/sms/"+url.PathEscape(Secret), "application/x-www-form-urlencoded", []byte(form.Encode()), nil)
}

// WriteHook is Write by the signed webhook.
func (s *Server) WriteHook(ctx context.Context, from, text, dedupe string) error {
	id := s.wrote("sms", from, text, dedupe)
	return s.callHook(ctx, map[string]any{"type": "message", "id": id, "from": from, "text": text})
}

// WriteWhatsApp lets a number write on WhatsApp.
func (s *Server) WriteWhatsApp(ctx context.Context, from, text, dedupe string) error {
	id := s.wrote("whatsapp", from, text, dedupe)
	return s.callCloud(ctx, "messages", map[string]any{
		"from": strings.TrimPrefix(from, "+"), "id": id, "timestamp": seconds(s.clock.Now()), "type": "text", "text": map[string]any{"body": text},
	})
}

// wrote keeps what somebody wrote, once.
func (s *Server) wrote(channel, from, text, dedupe string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.kept, func(m Message) bool { return m.Incoming && m.ID == dedupe }) {
		return dedupe
	}
	s.count++
	if dedupe == "" {
		dedupe = fmt.Sprintf("in%d", s.count)
	}
	s.kept = append(s.kept, Message{ID: dedupe, At: s.clock.Now(), Channel: channel, To: from, Text: text, Incoming: true})
	return dedupe
}

// callHook calls our webhook, signed.
func (s *Server) callHook(ctx context.Context, v map[string]any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	at := strconv.FormatInt(clock.Wall().Unix(), 10)
	return s.post(ctx, s.site+"/webhooks/sms", "application/json", body, http.Header{
		"X-Kierto-Timestamp": {at}, "X-Kierto-Signature": {sign(at, body)},
	})
}

// callCloud calls our WhatsApp webhook, signed.
func (s *Server) callCloud(ctx context.Context, what string, v map[string]any) error {
	body, err := json.Marshal(map[string]any{
		"object": "whatsapp_business_account", "entry": []any{map[string]any{"id": "1", "changes": []any{map[string]any{
			"field": "messages", "value": map[string]any{
				"messaging_product": "whatsapp", "metadata": map[string]any{"phone_number_id": PhoneID}, what: []any{v},
			},
		}}}},
	})
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, []byte(Secret))
	_, _ = mac.Write(body) // never fails
	return s.post(ctx, s.site+"/webhooks/whatsapp", "application/json", body, http.Header{
		"X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(mac.Sum(nil))},
	})
}

// post makes one call; anything but 2xx is an error.
func (s *Server) post(ctx context.Context, to, kind string, body []byte, header http.Header) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for k, v := range header {
		r.Header[k] = v
	}
	r.Header.Set("Content-Type", kind)
	res, err := s.calls.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	_, _ = io.Copy(io.Discard, res.Body)
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("phone stand-in: %d from %s", res.StatusCode, r.URL.Path)
	}
	return nil
}

// seconds is an instant as WhatsApp writes it.
func seconds(i clock.Instant) string { return strconv.FormatInt(i.Time().Unix(), 10) }
