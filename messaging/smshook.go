package messaging

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// Headers of the signed webhooks that carry SMS, both ways.
const (
	hookTime = "X-Kierto-Timestamp" // seconds since 1970
	hookSign = "X-Kierto-Signature" // "sha256=" and HMAC-SHA256 of time, a dot and the body, in hex
	hookSkew = 5 * time.Minute      // by which a signed time may differ from ours
)

// Hook carries SMS by a signed webhook of the operator's own, for providers of
// any other shape.
type Hook struct {
	url    string
	secret string
	now    func() clock.Instant
	client *http.Client
}

// NewHook posts messages to address, signed with secret.
func NewHook(address, secret string, now func() clock.Instant) (*Hook, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, errors.New("messaging: the webhook for SMS looks like https://sms.example/send")
	}
	if len(secret) < minHookSecret {
		return nil, fmt.Errorf("messaging: the webhook for SMS needs a secret of at least %d characters", minHookSecret)
	}
	return &Hook{url: address, secret: secret, now: now, client: textClient()}, nil
}

// WithTimeout changes how long a request may take, for tests.
func (h *Hook) WithTimeout(d time.Duration) *Hook {
	h.client.Timeout = d
	return h
}

// Text implements Texter. 409 says that the message was taken before.
func (h *Hook) Text(ctx context.Context, m TextMessage) (string, error) {
	body, err := json.Marshal(map[string]any{"id": m.ID, "to": m.To, "lang": m.Lang, "text": shortText(m.Text, m.Link)})
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	at := strconv.FormatInt(h.now().Time().Unix(), 10)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", string(m.ID))
	r.Header.Set(hookTime, at)
	r.Header.Set(hookSign, SignHook(h.secret, at, body))
	status, answer, err := tell(h.client, r)
	if err != nil {
		return "", err
	}
	var out struct{ ID string }
	_ = json.Unmarshal(answer, &out) // an answer may be empty: then only our id names the message
	if status/100 == 2 || status == http.StatusConflict {
		return out.ID, nil
	}
	return "", &Refused{Temporary: !lasting(status), Reason: fmt.Sprintf("%d %s", status, oneLine(string(answer), maxReason))}
}

// SignHook is the signature of a webhook's body, made at a time in seconds since
// 1970.
func SignHook(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Hear implements Hearer. The body is {"type": "delivered" or "failed", "id": our
// id, "reason": why} or {"type": "message", "id": its own, "from": E.164, "text": …}.
func (h *Hook) Hear(c Call) ([]Heard, error) {
	at := c.Header.Get(hookTime)
	sec, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !hmac.Equal([]byte(c.Header.Get(hookSign)), []byte(SignHook(h.secret, at, c.Body))) {
		return nil, ErrForged
	}
	if off := h.now().Sub(clock.Of(time.Unix(sec, 0))); off > hookSkew || off < -hookSkew {
		return nil, ErrForged
	}
	var in struct{ Type, ID, From, Text, Reason string }
	if err := json.Unmarshal(c.Body, &in); err != nil {
		return nil, err
	}
	switch in.Type {
	case "message":
		return []Heard{{Words: &Words{Channel: SMS, From: strings.TrimSpace(in.From), Text: in.Text, Dedupe: in.ID}}}, nil
	case "delivered", "failed":
		return []Heard{{Arrival: Arrival{Delivery: DeliveryID(in.ID), Channel: SMS, Failed: in.Type == "failed", Reason: in.Reason}}}, nil
	}
	return nil, fmt.Errorf("messaging: a webhook of type %q", oneLine(in.Type, maxReason))
}
