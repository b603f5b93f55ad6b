package messaging

import (
	"bytes"
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Elks carries SMS by an HTTP interface of the shape of 46elks: a form posted to
// /a1/sms with a name and a password.
type Elks struct {
	base, user, password string
	from                 string
	secret               string
	site                 string
	client               *http.Client
}

// NewElks speaks to the provider at https://user:password@host. from is the
// sender people see: a number in E.164, or a name of up to 11 letters, to which
// nobody can answer. secret is in the path by which it calls the site at site.
func NewElks(server, from, secret, site string) (*Elks, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.User == nil || u.Scheme != "https" && !isLoopback(u.Hostname()) {
		return nil, errors.New("messaging: the SMS provider looks like https://user:password@api.46elks.com")
	}
	if from == "" || len(secret) < minHookSecret {
		return nil, fmt.Errorf("messaging: SMS need a sender, and a secret of at least %d characters", minHookSecret)
	}
	password, _ := u.User.Password()
	return &Elks{
		base: u.Scheme + "://" + u.Host + strings.TrimSuffix(u.Path, "/"), user: u.User.Username(), password: password,
		from: from, secret: secret, site: site, client: textClient(),
	}, nil
}

// minHookSecret is the shortest secret that proves a provider's call, in
// characters.
const minHookSecret = 20

// WithTimeout changes how long a request may take, for tests.
func (e *Elks) WithTimeout(d time.Duration) *Elks {
	e.client.Timeout = d
	return e
}

// Text implements Texter. The provider knows no key against doubles; our id is in
// the address it reports to, and a message whose report is here is not sent again.
func (e *Elks) Text(ctx context.Context, m TextMessage) (string, error) {
	form := url.Values{
		"from": {e.from}, "to": {m.To}, "message": {shortText(m.Text, m.Link)},
		"whendelivered": {e.site + "/webhooks/sms/" + e.secret + "?id=" + url.QueryEscape(string(m.ID))},
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.base+"/a1/sms", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	r.SetBasicAuth(e.user, e.password)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, err := tell(e.client, r)
	if err != nil {
		return "", err
	}
	if status != http.StatusOK {
		return "", &Refused{Temporary: !lasting(status), Reason: fmt.Sprintf("%d %s", status, oneLine(string(body), maxReason))}
	}
	var out struct{ ID, Status string }
	if err := json.Unmarshal(body, &out); err != nil {
		return "", &Refused{Temporary: true, Reason: "an answer that is no JSON"}
	}
	if out.Status == "failed" {
		return out.ID, &Refused{Reason: "refused at once"}
	}
	return out.ID, nil
}

// Hear implements Hearer. Whoever knows the secret path is the provider.
func (e *Elks) Hear(c Call) ([]Heard, error) {
	if subtle.ConstantTimeCompare([]byte(c.Secret), []byte(e.secret)) != 1 {
		return nil, ErrForged
	}
	form, err := url.ParseQuery(string(c.Body))
	if err != nil {
		return nil, err
	}
	if form.Get("direction") == "incoming" {
		return []Heard{{Words: &Words{Channel: SMS, From: form.Get("from"), Text: form.Get("message"), Dedupe: form.Get("id")}}}, nil
	}
	a := Arrival{Delivery: DeliveryID(c.Query["id"]), Channel: SMS, Receipt: form.Get("id")}
	switch form.Get("status") {
	case "delivered":
	case "failed":
		a.Failed, a.Reason = true, "the network could not deliver it"
	default:
		return nil, nil // on its way
	}
	return []Heard{{Arrival: a}}, nil
}

// tell sends a request and reads a short answer. What fails on the way is worth
// another try.
func tell(client *http.Client, r *http.Request) (status int, body []byte, err error) {
	res, err := client.Do(r)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err // without the address, which may hold a password
		}
		return 0, nil, &Refused{Temporary: true, Reason: err.Error()}
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	body, err = io.ReadAll(io.LimitReader(res.Body, maxTextReply))
	if err != nil {
		return 0, nil, &Refused{Temporary: true, Reason: err.Error()}
	}
	return res.StatusCode, bytes.TrimSpace(body), nil
}
