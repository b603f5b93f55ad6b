package stripe

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxBody is how large a request may be, in bytes.
const maxBody = 1 << 20

// keyLifetime is how long an idempotency key is remembered, in seconds; Stripe
// promises at least a day and no more.
const keyLifetime = 24 * 60 * 60

// maxKey is the longest idempotency key, in characters.
const maxKey = 255

// request is one API call, taken apart.
type request struct {
	params
	id      string // {id} of the path
	account string // Stripe-Account
	base    string // where the caller's browser reaches us
	key     string // Idempotency-Key
}

// replay is an answer kept under its idempotency key.
type replay struct {
	Key    string          `json:"key"`
	Asked  string          `json:"asked"` // method, path and body of the first request
	Status int             `json:"status"`
	Body   json.RawMessage `json:"body"`
	At     int64           `json:"at"`
}

// endpoint answers one API call with the state locked.
type endpoint func(*request) (any, *apiError)

// routes says which endpoint answers what, with the parameters it knows.
func (s *Server) routes() {
	s.api("POST /v1/checkout/sessions", s.createSession, sessionParams)
	s.api("GET /v1/checkout/sessions", s.listSessions, listParams+" payment_intent")
	s.api("GET /v1/checkout/sessions/{id}", s.getSession, "")
	s.api("GET /v1/checkout/sessions/{id}/line_items", s.getItems, listParams)
	s.api("POST /v1/checkout/sessions/{id}/expire", s.expireSession, "")
	s.api("GET /v1/payment_intents/{id}", one(s.intents, "payment_intent"), "")
	s.api("GET /v1/charges", s.listCharges, listParams+" payment_intent transfer_group")
	s.api("GET /v1/charges/{id}", one(s.charges, "charge"), "")
	s.api("POST /v1/refunds", s.createRefund, "charge payment_intent amount reason metadata[]")
	s.api("GET /v1/refunds", s.listRefunds, listParams+" charge payment_intent")
	s.api("GET /v1/refunds/{id}", one(s.refunds, "refund"), "")
	s.api("POST /v1/transfers", s.createTransfer, transferParams)
	s.api("GET /v1/transfers", s.listTransfers, listParams+" transfer_group destination")
	s.api("GET /v1/transfers/{id}", one(s.transfers, "transfer"), "")
	s.api("POST /v1/transfers/{id}/reversals", s.createReversal, "amount description metadata[]")
	s.api("GET /v1/transfers/{id}/reversals", s.listReversals, listParams)
	s.api("GET /v1/disputes", s.listDisputes, listParams+" charge payment_intent")
	s.api("GET /v1/disputes/{id}", one(s.disputes, "dispute"), "")
	s.api("POST /v1/accounts", s.createAccount, accountParams)
	s.api("GET /v1/accounts/{id}", one(s.accounts, "account"), "")
	s.api("POST /v1/account_links", s.createLink, "account type refresh_url return_url collect")
	s.api("POST /v1/accounts/{id}/login_links", s.createLogin, "")
	s.api("GET /v1/balance", s.getBalance, "")
	s.api("GET /v1/balance_transactions", s.listTransactions, listParams+" source type currency payout")
	s.api("GET /v1/balance_transactions/{id}", one(s.transactions, "balance_transaction"), "")
	s.api("GET /v1/payouts", s.listPayouts, listParams+" status")
	s.api("GET /v1/payouts/{id}", s.getPayout, "")
	s.api("GET /v1/events", s.listEvents, listParams+" type")
	s.api("GET /v1/events/{id}", s.getEvent, "")
	s.mux.HandleFunc("/v1/", func(w http.ResponseWriter, r *http.Request) {
		answer(w, http.StatusNotFound, errorBody(&apiError{Type: typeInvalid,
			Message: "Unrecognized request URL (" + r.Method + ": " + r.URL.Path + ")."}))
	})
	s.pages()
	s.cueRoutes()
}

// one is the endpoint that retrieves a row of t by its id.
func one[T any](t *table[T], what string) endpoint {
	return func(r *request) (any, *apiError) {
		if v := t.get(r.id); v != nil {
			return v, nil
		}
		return nil, noSuch(what, r.id, what)
	}
}

// api registers an endpoint: key, cues, parameters, idempotency, then the work.
func (s *Server) api(route string, do endpoint, fields string) {
	known := map[string]bool{"expand[]": true}
	for _, f := range strings.Fields(fields) {
		known[f] = true
	}
	s.mux.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Request-Id", newID("req"))
		w.Header().Set("Stripe-Version", apiVersion)
		lost, done := s.misbehave(w, r)
		if done {
			return
		}
		if fail := s.authenticate(r); fail != nil {
			answer(w, fail.Status, errorBody(fail))
			return
		}
		status, body, replayed := s.perform(r, do, known)
		if lost {
			breakOff(w, body)
		}
		if replayed {
			w.Header().Set("Idempotent-Replayed", "true")
		}
		answer(w, status, body)
	})
}

// authenticate checks the API key.
func (s *Server) authenticate(r *http.Request) *apiError {
	key, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user, _, ok := r.BasicAuth(); ok {
		key = user
	}
	switch {
	case key == "":
		return &apiError{Status: http.StatusUnauthorized, Type: typeInvalid,
			Message: "You did not provide an API key."}
	case s.o.SecretKey != "" && key != s.o.SecretKey, !strings.HasPrefix(key, "sk_"):
		return &apiError{Status: http.StatusUnauthorized, Type: typeInvalid,
			Message: "Invalid API Key provided: " + key[:min(len(key), 8)] + "****"}
	}
	return nil
}

// perform does the work of one call, or repeats the answer it gave before.
func (s *Server) perform(r *http.Request, do endpoint, known map[string]bool) (status int, body []byte, replayed bool) {
	req, fail := s.parse(r)
	if fail == nil {
		if name := req.unknown(known); name != "" {
			fail = invalid(name, "parameter_unknown", "Received unknown parameter: "+name)
		}
	}
	if fail != nil {
		return fail.Status, errorBody(fail), false
	}
	asked := r.Method + " " + r.URL.Path + " " + req.values.Encode()
	s.locked(func() {
		s.tick()
		if status, body, replayed = s.repeat(req, r.Method, asked); status != 0 {
			return
		}
		var ran bool
		status, body, ran = s.answerOf(do, req)
		if r.Method == http.MethodPost && req.key != "" && ran {
			s.keys.put(&replay{Key: req.key, Asked: asked, Status: status, Body: body, At: s.now()})
		}
	})
	return status, body, replayed
}

// parse takes a request apart.
func (s *Server) parse(r *http.Request) (*request, *apiError) {
	raw, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &apiError{Status: http.StatusRequestEntityTooLarge, Type: typeInvalid, Message: "Request body too large."}
	}
	values := r.URL.Query()
	if r.Method == http.MethodPost {
		values, err = url.ParseQuery(string(raw))
	}
	if err != nil {
		return nil, refused("", "Invalid request body.")
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return nil, refused("", "Idempotency-Key may be at most 255 characters.")
	}
	return &request{params: params{values}, id: r.PathValue("id"), account: r.Header.Get("Stripe-Account"),
		base: s.base(r), key: key}, nil
}

// base is where a browser reaches the stand-in.
func (s *Server) base(r *http.Request) string {
	if s.o.PublicURL != "" {
		return strings.TrimRight(s.o.PublicURL, "/")
	}
	return "http://" + r.Host
}

// repeat is the answer kept under the request's key, a refusal when the key
// was used for something else, or status 0 when the work is still to be done.
func (s *Server) repeat(r *request, method, asked string) (status int, body []byte, replayed bool) {
	if method != http.MethodPost || r.key == "" {
		return 0, nil, false
	}
	old := s.keys.get(r.key)
	switch {
	case old == nil || old.At+keyLifetime <= s.now():
		return 0, nil, false
	case old.Asked != asked:
		return http.StatusBadRequest, errorBody(&apiError{Type: typeIdempotency, Message: "Keys for idempotent requests " +
			"can only be used with the same parameters they were first used with."}), false
	}
	return old.Status, old.Body, true
}

// answerOf runs an endpoint and words its result; ran tells whether the same key
// gets it again.
func (s *Server) answerOf(do endpoint, r *request) (status int, body []byte, ran bool) {
	v, fail := do(r)
	if fail == nil {
		v, fail = s.expand(v, r.list("expand"))
	}
	if fail != nil {
		return fail.Status, errorBody(fail), fail.Ran
	}
	return http.StatusOK, encode(v), true
}

// errorBody is a refusal as Stripe wraps it.
func errorBody(e *apiError) []byte { return encode(map[string]any{"error": e}) }

// encode is v as JSON.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic(err) // our own plain structs
	}
	return bytes.TrimSpace(b.Bytes())
}

// answer writes a JSON answer.
func answer(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// listParams are the parameters of every list.
const listParams = "limit starting_after ending_before created[gte] created[gt] created[lt] created[lte]"

// The bounds of a list's length.
const (
	defaultLimit = 10
	maxLimit     = 100
)

// page is one page of rows, newest first, of those that created allows.
func page[T any](r *request, path string, rows []*T, id func(*T) string, created func(*T) int64) (any, *apiError) {
	limit, given, fail := r.whole("limit")
	if fail != nil {
		return nil, fail
	}
	if !given {
		limit = defaultLimit
	}
	if limit < 1 || limit > maxLimit {
		return nil, invalid("limit", "parameter_invalid_integer", "Limit must be between 1 and 100.")
	}
	out := listOf[*T]{Object: "list", Data: []*T{}, URL: path}
	started := r.get("starting_after") == ""
	for i := len(rows) - 1; i >= 0; i-- {
		row := rows[i]
		switch {
		case !started:
			started = id(row) == r.get("starting_after")
		case !r.allows(created(row)):
		case int64(len(out.Data)) == limit:
			out.HasMore = true
			return out, nil
		default:
			out.Data = append(out.Data, row)
		}
	}
	return out, nil
}

// allows tells whether the request's created[…] bounds admit t.
func (r *request) allows(t int64) bool {
	ok := true
	for name, test := range map[string]func(int64) bool{
		"created[gte]": func(n int64) bool { return t >= n }, "created[gt]": func(n int64) bool { return t > n },
		"created[lte]": func(n int64) bool { return t <= n }, "created[lt]": func(n int64) bool { return t < n },
	} {
		if n, given, fail := r.whole(name); given && fail == nil {
			ok = ok && test(n)
		}
	}
	return ok
}

// asTime is seconds since 1970 as a time.
func asTime(sec int64) time.Time { return time.Unix(sec, 0).UTC() }
