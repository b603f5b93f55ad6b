package phone

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/kierto/kierto/internal/clock"
)

// e164 is a number as every interface but WhatsApp's wants it.
var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// postElks is the interface of 46elks.
func (s *Server) postElks(w http.ResponseWriter, r *http.Request) {
	user, password, _ := r.BasicAuth()
	if user != User || password != Password {
		http.Error(w, "Authentication required", http.StatusUnauthorized)
		return
	}
	m := Message{Channel: "sms", To: r.PostFormValue("to"), Text: r.PostFormValue("message"), hook: r.PostFormValue("whendelivered")}
	f := s.fault(m.To)
	switch {
	case !e164.MatchString(m.To) || f == Refuse:
		http.Error(w, "Invalid to number", http.StatusBadRequest)
		return
	case r.PostFormValue("from") == "" || m.Text == "":
		http.Error(w, "Missing key", http.StatusBadRequest)
		return
	case s.refused(w, r, f, m):
		return
	}
	m = s.keep(m, f)
	if f == Early {
		s.Tick(r.Context())
	}
	answer(w, http.StatusOK, map[string]any{
		"id": m.ID, "status": "created", "direction": "outgoing", "from": r.PostFormValue("from"), "to": m.To, "message": m.Text,
		"created": m.At.String(), "parts": 1, "cost": 3500,
	})
}

// postHook is the webhook of an operator's own.
func (s *Server) postHook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Header.Get("X-Kierto-Signature") != sign(r.Header.Get("X-Kierto-Timestamp"), body) {
		http.Error(w, "forged", http.StatusUnauthorized)
		return
	}
	var in struct{ ID, To, Lang, Text string }
	if json.Unmarshal(body, &in) != nil || in.ID == "" || in.ID != r.Header.Get("Idempotency-Key") || in.Text == "" {
		http.Error(w, "broken", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	before, twice := s.keys[in.ID]
	s.mu.Unlock()
	if twice {
		answer(w, http.StatusConflict, map[string]any{"id": before})
		return
	}
	m, f := Message{Channel: "sms", To: in.To, Text: in.Text, Ours: in.ID, Lang: in.Lang, hook: "hook"}, s.fault(in.To)
	switch {
	case !e164.MatchString(m.To) || f == Refuse:
		http.Error(w, "no such number", http.StatusBadRequest)
		return
	case f == Hang: // taken under its key, so that another try finds it
		s.mu.Lock()
		s.keys[in.ID] = "hung"
		s.mu.Unlock()
		s.refused(w, r, f, m)
		return
	case f == Garbage: // an answer may hold anything: the message is taken
	case s.refused(w, r, f, m):
		return
	}
	m = s.keep(m, f)
	s.mu.Lock()
	s.keys[in.ID] = m.ID
	s.mu.Unlock()
	if f == Early {
		s.Tick(r.Context())
	}
	answer(w, http.StatusAccepted, map[string]any{"id": m.ID})
}

// sign is the signature of the webhook's bodies, both ways.
func sign(at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(Secret))
	_, _ = mac.Write([]byte(at + ".")) // never fails
	_, _ = mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// Codes by which WhatsApp refuses.
const (
	codeNobody   = 131026
	codeWindow   = 131047
	codeTemplate = 132001
	codeBroken   = 100
	codeToken    = 190
)

// window is how long after a person's message free words may be sent to them.
const window = 24 * 60 * 60 * 1_000_000 // microseconds

// postCloud is the interface of WhatsApp.
func (s *Server) postCloud(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+Token {
		cloudError(w, http.StatusUnauthorized, codeToken, "Invalid OAuth access token")
		return
	}
	var in struct {
		Product string `json:"messaging_product"`
		To      string
		Type    string
		Text    struct{ Body string }
		Ours    string `json:"biz_opaque_callback_data"`
		Form    struct {
			Name       string
			Language   struct{ Code string }
			Components []struct {
				Type       string
				Parameters []struct{ Type, Text string }
			}
		} `json:"template"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Product != "whatsapp" {
		cloudError(w, http.StatusBadRequest, codeBroken, "Invalid parameter")
		return
	}
	m := Message{Channel: "whatsapp", To: "+" + strings.TrimPrefix(in.To, "+"), Text: in.Text.Body, Ours: in.Ours, hook: "cloud"}
	if in.Type == "template" {
		if in.Form.Name != Template || len(in.Form.Components) != 1 || len(in.Form.Components[0].Parameters) != 2 {
			cloudError(w, http.StatusNotFound, codeTemplate, "Template name does not exist in the translation")
			return
		}
		m.Template, m.Lang = true, in.Form.Language.Code
		for _, p := range in.Form.Components[0].Parameters {
			if p.Text == "" || strings.ContainsAny(p.Text, "\n\t") || strings.Contains(p.Text, "    ") {
				cloudError(w, http.StatusBadRequest, codeBroken, "Param text cannot have new-line/tab characters or more than 4 consecutive spaces")
				return
			}
			m.Text = strings.TrimSpace(m.Text + " " + p.Text)
		}
	}
	f := s.fault(m.To)
	switch {
	case !e164.MatchString(m.To) || f == Refuse:
		cloudError(w, http.StatusBadRequest, codeNobody, "Message undeliverable")
		return
	case !m.Template && !s.open(m.To):
		cloudError(w, http.StatusBadRequest, codeWindow, "Re-engagement message")
		return
	case s.refused(w, r, f, m):
		return
	}
	m = s.keep(m, f)
	if f == Early {
		s.Tick(r.Context())
	}
	answer(w, http.StatusOK, map[string]any{
		"messaging_product": "whatsapp", "contacts": []any{map[string]any{"input": in.To, "wa_id": in.To}},
		"messages": []any{map[string]any{"id": m.ID}},
	})
}

// open tells whether a person wrote within the last day.
func (s *Server) open(number string) bool {
	now := s.clock.Now()
	for _, m := range s.Messages() {
		if m.Incoming && m.Channel == "whatsapp" && m.To == number && now < m.At+clock.Instant(window) {
			return true
		}
	}
	return false
}

func cloudError(w http.ResponseWriter, status, code int, message string) {
	answer(w, status, map[string]any{"error": map[string]any{
		"message": "(#" + strconv.Itoa(code) + ") " + message, "type": "OAuthException", "code": code,
		"error_data": map[string]any{"messaging_product": "whatsapp", "details": message}, "fbtrace_id": "x",
	}})
}

// answer is an answer in JSON.
func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that is gone gets none
}
