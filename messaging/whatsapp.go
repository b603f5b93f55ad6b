package messaging

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Codes by which WhatsApp says why it refuses.
const (
	waWindowOver = 131047 // free words a day after the person's last message
	waLimit      = 130429 // too many at once
	waPairLimit  = 131056 // too many to one person
	waSpamLimit  = 131048
	waAppLimit   = 4
	waRateLimit  = 80007
	waAway       = 131016
	waUnknown    = 131000
	waLocked     = 131031 // our account, not theirs
	waToken      = 190
	waAuth       = 0
	waDenied     = 10
)

// waLater are the refusals that are no fault of the message or its reader.
var waLater = map[int]bool{
	waLimit: true, waPairLimit: true, waSpamLimit: true, waAppLimit: true, waRateLimit: true, waAway: true, waUnknown: true,
	waLocked: true, waToken: true, waAuth: true, waDenied: true,
}

// maxWhatsApp is the longest text of a message, in characters; maxParam of a
// template's value.
const (
	maxWhatsApp = 4_000
	maxParam    = 600
)

// CloudConfig is an account of the WhatsApp Cloud API.
type CloudConfig struct {
	URL      string // https://graph.facebook.com/v21.0
	Phone    string // id of the number that sends
	Token    string // of a system user
	Secret   string // of the app; signs what it tells us
	Verify   string // what the provider repeats when it first calls our webhook
	Template string // approved in each of our languages, with two values: the text and its link
}

// Cloud carries WhatsApp messages by the Cloud API: within a day of a person's
// own message in free words, otherwise in an approved template.
type Cloud struct {
	cfg    CloudConfig
	client *http.Client
}

// NewCloud speaks to the provider of cfg.
func NewCloud(cfg CloudConfig) (*Cloud, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, errors.New("messaging: the WhatsApp address looks like https://graph.facebook.com/v21.0")
	}
	if cfg.Phone == "" || cfg.Token == "" || cfg.Template == "" || len(cfg.Secret) < minHookSecret || len(cfg.Verify) < minHookSecret {
		return nil, fmt.Errorf("messaging: WhatsApp needs a number's id, a token, a template, and two secrets of at least %d characters", minHookSecret)
	}
	cfg.URL = strings.TrimSuffix(cfg.URL, "/")
	return &Cloud{cfg: cfg, client: textClient()}, nil
}

// WithTimeout changes how long a request may take, for tests.
func (w *Cloud) WithTimeout(d time.Duration) *Cloud {
	w.client.Timeout = d
	return w
}

// Text implements Texter. Our id goes along and comes back in every report.
func (w *Cloud) Text(ctx context.Context, m TextMessage) (string, error) {
	if m.Open {
		id, err := w.send(ctx, m, map[string]any{
			"type": "text", "text": map[string]any{"preview_url": false, "body": clip(strings.TrimSpace(m.Text+"\n"+m.Link), maxWhatsApp)},
		})
		var over *windowOver
		if !errors.As(err, &over) {
			return id, err
		}
	}
	return w.send(ctx, m, map[string]any{
		"type": "template", "template": map[string]any{
			"name": w.cfg.Template, "language": map[string]any{"code": m.Lang},
			"components": []any{map[string]any{"type": "body", "parameters": []any{
				map[string]any{"type": "text", "text": oneLine(m.Text, maxParam)}, map[string]any{"type": "text", "text": or(m.Link, "–")},
			}}},
		},
	})
}

// windowOver is the refusal of free words a day after a person's last message.
type windowOver struct{}

func (*windowOver) Error() string { return "the day after their last message is over" }

func (w *Cloud) send(ctx context.Context, m TextMessage, content map[string]any) (string, error) {
	content["messaging_product"], content["recipient_type"] = "whatsapp", "individual"
	content["to"], content["biz_opaque_callback_data"] = strings.TrimPrefix(m.To, "+"), string(m.ID)
	body, err := json.Marshal(content)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.cfg.URL+"/"+w.cfg.Phone+"/messages", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+w.cfg.Token)
	r.Header.Set("Content-Type", "application/json")
	status, answer, err := tell(w.client, r)
	if err != nil {
		return "", err
	}
	var out struct {
		Messages []struct{ ID string }
		Error    waError
	}
	if err := json.Unmarshal(answer, &out); err != nil {
		return "", &Refused{Temporary: !lasting(status), Reason: fmt.Sprintf("%d, an answer that is no JSON", status)}
	}
	switch {
	case status == http.StatusOK && len(out.Messages) > 0:
		return out.Messages[0].ID, nil
	case out.Error.Code == waWindowOver:
		return "", &windowOver{}
	}
	return "", &Refused{Temporary: !lasting(status) || waLater[out.Error.Code], Reason: fmt.Sprintf("%d %s", status, out.Error.words())}
}

// waError is why WhatsApp refuses.
type waError struct {
	Code    int
	Title   string
	Message string
	Data    struct{ Details string } `json:"error_data"`
}

// words is the reason for our notes.
func (e waError) words() string {
	return oneLine(fmt.Sprintf("(%d) %s %s", e.Code, or(e.Message, e.Title), e.Data.Details), maxReason)
}

// waCall is what the provider posts to a webhook.
type waCall struct {
	Entry []struct {
		Changes []struct {
			Value struct {
				Metadata struct {
					Phone string `json:"phone_number_id"`
				}
				Statuses []struct {
					ID     string
					Status string
					Ours   string `json:"biz_opaque_callback_data"`
					Errors []waError
				}
				Messages []struct {
					From, ID, Type string
					Text           struct{ Body string }
					Button         struct{ Text string }
				}
			}
		}
	}
}

// Hear implements Hearer. The body is signed with the app's secret.
func (w *Cloud) Hear(c Call) ([]Heard, error) {
	mac := hmac.New(sha256.New, []byte(w.cfg.Secret))
	mac.Write(c.Body)
	want := "sha256=" + hex.EncodeToString(mac.Sum(nil))
	if !hmac.Equal([]byte(c.Header.Get("X-Hub-Signature-256")), []byte(want)) {
		return nil, ErrForged
	}
	var in waCall
	if err := json.Unmarshal(c.Body, &in); err != nil {
		return nil, err
	}
	var out []Heard
	for _, e := range in.Entry {
		for _, x := range e.Changes {
			if x.Value.Metadata.Phone != w.cfg.Phone {
				continue // of another number of the same app
			}
			for _, s := range x.Value.Statuses {
				a := Arrival{Delivery: DeliveryID(s.Ours), Channel: WhatsApp, Receipt: s.ID}
				switch s.Status {
				case "delivered", "read":
				case "failed":
					a.Failed = true
					if len(s.Errors) > 0 {
						a.Reason = s.Errors[0].words()
					}
				default:
					continue // sent: on its way
				}
				out = append(out, Heard{Arrival: a})
			}
			for _, m := range x.Value.Messages {
				out = append(out, Heard{Words: &Words{
					Channel: WhatsApp, From: "+" + strings.TrimPrefix(m.From, "+"), Text: or(m.Text.Body, m.Button.Text), Dedupe: m.ID,
				}})
			}
		}
	}
	return out, nil
}

// Challenge answers the provider's first call, which proves that the webhook is
// ours: what to repeat, or ErrForged.
func (w *Cloud) Challenge(query map[string]string) (string, error) {
	if query["hub.mode"] != "subscribe" || subtle.ConstantTimeCompare([]byte(query["hub.verify_token"]), []byte(w.cfg.Verify)) != 1 {
		return "", ErrForged
	}
	return query["hub.challenge"], nil
}
