package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/standin/stripe"
	"github.com/kierto/kierto/internal/testdb"
)

// How often the program is killed. KIERTO_LONG=1, as on CI, is the whole proof.
const (
	kills, killsLong                 = 40, 200
	killsPostgres, killsPostgresLong = 10, 40
)

// How long the program lives before it is killed.
const (
	shortestLife = 50 * time.Millisecond
	longestLife  = 400 * time.Millisecond
)

// settleTime is how long the rest may take once nobody kills the program.
const settleTime = 30 * time.Second

// The program is killed at random moments while people write. Whatever it said
// yes to is there afterwards, money that was paid is held, and kierto check is
// content.
func TestKilledUnderLoad(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		killAgainAndAgain(t, install(t, ""), times(kills, killsLong))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		killAgainAndAgain(t, install(t, testdb.EmptyURL(t)), times(killsPostgres, killsPostgresLong))
	})
}

// times is how often, now or on CI.
func times(short, long int) int {
	if os.Getenv("KIERTO_LONG") == "1" {
		return long
	}
	return short
}

func killAgainAndAgain(t *testing.T, i *installation, cycles int) {
	t.Helper()
	i.start()
	w := crowd(i)
	var starts []time.Duration
	for range cycles {
		end := w.begin()
		time.Sleep(shortestLife + rand.N(longestLife-shortestLife))
		i.kill()
		end()
		starts = append(starts, i.start())
		w.remembered()
		if t.Failed() {
			return
		}
	}
	for began := clock.Wall(); !w.held() && clock.Wall().Sub(began) < settleTime; {
		time.Sleep(500 * time.Millisecond)
		w.look()
	}
	if !w.held() {
		t.Errorf("somebody paid and the money is not held: %q", w.texts(unsettled))
	}
	i.stop()
	i.proven()
	slices.Sort(starts)
	t.Logf("%d cycles; first answer after %s (median), %s (longest); %s", cycles, starts[len(starts)/2], starts[len(starts)-1], w.tally())
}

// look lets the buyers look at what they paid for, as people do: messages of the
// provider that came while the program was dead, and were given up, are made up
// for there and then.
func (w *writers) look() {
	for _, id := range w.texts(`SELECT id FROM orders WHERE paid_at = 0 AND closed_at = 0`) {
		for _, b := range w.buyers {
			_, _ = b.get("/orders/" + id + "/paid") // theirs or not
		}
	}
}

// facts are what the database has to hold, by kind of write: a query that lists
// all there are.
var facts = map[string]string{
	"message":   `SELECT text FROM entries WHERE kind = 'message'`,
	"sign-up":   `SELECT u.email FROM users u WHERE EXISTS (SELECT 1 FROM deliveries d WHERE d.user_id = u.id)`,
	"favourite": `SELECT user_id || ' ' || listing_id FROM favourites`,
	"draft":     `SELECT id FROM listings`,
	"photo":     `SELECT listing_id FROM photos`,
	"listing":   `SELECT id FROM listings WHERE state IN ('live', 'reserved') AND seq > 0`,
	"order":     `SELECT SUBSTR(checkout_key, 1, 15) FROM orders`, // "checkout-000001", without what was chosen there
}

// paidFor are the orders whose money is held.
const paidFor = `SELECT SUBSTR(o.checkout_key, 1, 15) FROM orders o JOIN payments p ON p.order_id = o.id WHERE p.state = 'held' AND o.paid_at > 0`

// unsettled says where the other orders, and the jobs that are left, stand.
const unsettled = `
	SELECT o.checkout_key || ' ' || o.state || ' ' || p.state FROM orders o JOIN payments p ON p.order_id = o.id WHERE o.paid_at = 0
	UNION ALL SELECT kind || ' ' || CAST(state AS TEXT)  FROM river_job WHERE state <> 'completed'`

// writers are people who write all the time, and what they were told is done.
type writers struct {
	*installation
	sellers, buyers []*member
	streams         []string // addresses of conversations, one for each buyer
	things          []string // what is on sale from the beginning, for favourites
	ids             map[*member]string

	writes []func()     // what each of them does again and again
	number atomic.Int64 // of names given
	wares  chan string  // listings to buy

	mu   sync.Mutex
	yes  map[string]map[string]bool // what is there, by kind
	no   map[string]map[string]bool // what is not
	paid map[string]bool            // checkout keys
}

// Who writes.
const (
	sellerCount = 2
	buyerCount  = 3
	thingCount  = 6
	waresKept   = 1000
)

// crowd are writers at an installation that runs.
func crowd(i *installation) *writers {
	w := &writers{installation: i, ids: map[*member]string{}, wares: make(chan string, waresKept),
		yes: map[string]map[string]bool{}, no: map[string]map[string]bool{}, paid: map[string]bool{}}
	for n := range sellerCount {
		w.sellers = append(w.sellers, i.join(fmt.Sprintf("Anna%c", 'a'+n)))
	}
	for n := range buyerCount {
		w.buyers = append(w.buyers, i.join(fmt.Sprintf("Noora%c", 'a'+n)))
	}
	for n := range thingCount {
		sell := w.seller(w.sellers[n%sellerCount])
		for len(w.wares) == 0 {
			sell()
		}
		w.things = append(w.things, <-w.wares)
	}
	for n, b := range w.buyers {
		w.streams = append(w.streams, b.must("/listings/"+w.things[n%sellerCount]+"/ask", url.Values{"text": {"Hei!"}}))
		w.ids[b] = i.texts(`SELECT id FROM users WHERE email = '` + b.email + `'`)[0]
		w.writes = append(w.writes, w.speaker(b, w.streams[n]), w.speaker(w.sellers[n%sellerCount], w.streams[n]), w.buyer(b))
	}
	for _, s := range w.sellers {
		w.writes = append(w.writes, w.seller(s))
	}
	w.writes = append(w.writes, w.dreamer(w.buyers[0]), w.joiner())
	return w
}

// begin lets everybody write until end.
func (w *writers) begin() (end func()) {
	var over atomic.Bool
	var wg sync.WaitGroup
	for _, write := range w.writes {
		wg.Go(func() {
			for !over.Load() {
				write()
			}
		})
	}
	return func() { over.Store(true); wg.Wait() }
}

// is notes that something was done, or undone.
func (w *writers) is(there bool, kind, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, m := range []map[string]map[string]bool{w.yes, w.no} {
		if m[kind] == nil {
			m[kind] = map[string]bool{}
		}
		delete(m[kind], what)
	}
	if there {
		w.yes[kind][what] = true
	} else {
		w.no[kind][what] = true
	}
}

// unsure notes that nobody knows whether something was done.
func (w *writers) unsure(kind, what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.yes[kind], what)
	delete(w.no[kind], what)
}

// done tells whether the program said yes. A dead program is no answer, and one
// that asks to wait is waited for; any other answer fails the test.
func (w *writers) done(r reply, err error, what string) bool {
	w.t.Helper()
	switch {
	case err != nil:
		time.Sleep(time.Millisecond)
		return false
	case r.status == http.StatusSeeOther || r.status == http.StatusOK:
		return true
	case r.status != http.StatusTooManyRequests:
		w.t.Errorf("%s: status %d: %s", what, r.status, words(r.body))
	}
	time.Sleep(10 * time.Millisecond)
	return false
}

// next is a name that nothing else has.
func (w *writers) next(what string) string { return fmt.Sprintf("%s-%06d", what, w.number.Add(1)) }

// speaker writes messages into a conversation.
func (w *writers) speaker(m *member, stream string) func() {
	m = m.twin()
	return func() {
		text := w.next("viesti")
		if r, err := m.post(stream, url.Values{"text": {text}}); w.done(r, err, "message") {
			w.is(true, "message", text)
		}
	}
}

// joiner signs new people up.
func (w *writers) joiner() func() {
	m := w.stranger()
	return func() {
		email := w.next("uusi") + "@kierto.example"
		r, err := m.post("/sign-up", url.Values{"name": {"Uusi Ihminen"}, "email": {email}, "password": {testPassword}})
		if w.done(r, err, "sign-up") {
			w.is(true, "sign-up", email)
		}
	}
}

// dreamer turns hearts on and off.
func (w *writers) dreamer(m *member) func() {
	id := w.ids[m]
	m = m.twin()
	return func() {
		thing := w.things[rand.N(len(w.things))]
		w.unsure("favourite", id+" "+thing)
		r, err := m.post("/listings/"+thing+"/favourite", url.Values{}, "HX-Request", "true")
		if w.done(r, err, "favourite") {
			w.is(strings.Contains(r.body, `aria-pressed="true"`), "favourite", id+" "+thing)
		}
	}
}

var formVersion = regexp.MustCompile(`name="version" value="(\d+)"`)

// seller makes drafts, adds a photo and puts them on sale. What was interrupted
// is taken up where the program's answers ended.
func (w *writers) seller(m *member) func() {
	m = m.twin()
	draft, photo := "", false
	return func() {
		switch {
		case draft == "":
			if r, err := m.post("/sell", url.Values{}); w.done(r, err, "draft") {
				draft, photo = path.Base(r.location), false
				w.is(true, "draft", draft)
			}
		case !photo:
			r, err := m.upload("/sell/"+draft+"/photos", w.picture())
			if photo = w.done(r, err, "photo"); photo {
				w.is(true, "photo", draft)
			}
		default:
			r, err := m.get("/sell/" + draft)
			v := formVersion.FindStringSubmatch(r.body)
			if !w.done(r, err, "form") || v == nil {
				return
			}
			r, err = m.post("/sell/"+draft+"/publish", url.Values{
				"version": {v[1]}, "title": {"Ämpäri " + draft[len(draft)-4:]}, "description": {"Ehjä."}, "category": {"stable"},
				"condition": {"good"}, "price": {"12"}, "parcel": {"L"}, "ways": {"pickup"}, "town": {"Lempäälä"},
			})
			if !w.done(r, err, "listing") {
				return
			}
			w.is(true, "listing", draft)
			w.offer(draft)
			draft = ""
		}
	}
}

// offer puts a listing before the buyers, if they are not busy enough already.
func (w *writers) offer(listing string) {
	select {
	case w.wares <- listing:
	default:
	}
}

var sessionInURL = regexp.MustCompile(`/pay/(cs_\w+)$`)

// buyer buys what is on sale and pays. An interrupted checkout is sent again, as
// a person would, and is the same order.
func (w *writers) buyer(m *member) func() {
	m = m.twin()
	ware, key := "", ""
	return func() {
		if ware == "" {
			select {
			case ware = <-w.wares:
				key = w.next("checkout")
			default:
				time.Sleep(5 * time.Millisecond)
				return
			}
		}
		r, err := m.post("/listings/"+ware+"/buy", url.Values{"key": {key}, "way": {"pickup"}})
		if !w.done(r, err, "order") {
			return
		}
		w.is(true, "order", key)
		ware = ""
		session := sessionInURL.FindStringSubmatch(r.location)
		if session == nil {
			w.t.Errorf("the checkout leads to %s", r.location)
			return
		}
		if err := w.stripe.PayCard(session[1], stripe.Card{Number: testCard}); err != nil {
			w.t.Error(err)
			return
		}
		w.mu.Lock()
		w.paid[key] = true
		w.mu.Unlock()
	}
}

// remembered fails unless everything that was said to be done is.
func (w *writers) remembered() {
	w.t.Helper()
	for kind, query := range facts {
		there := map[string]bool{}
		for _, v := range w.texts(query) {
			there[v] = true
		}
		for _, v := range slices.Sorted(maps.Keys(w.yes[kind])) {
			if !there[v] {
				w.t.Errorf("lost: %s %s", kind, v)
			}
		}
		for _, v := range slices.Sorted(maps.Keys(w.no[kind])) {
			if there[v] {
				w.t.Errorf("came back: %s %s", kind, v)
			}
		}
	}
}

// held tells whether all money that was paid is held.
func (w *writers) held() bool {
	there := map[string]bool{}
	for _, v := range w.texts(paidFor) {
		there[v] = true
	}
	for key := range w.paid {
		if !there[key] {
			return false
		}
	}
	return true
}

// tally says how much was written.
func (w *writers) tally() string {
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(w.yes)) {
		parts = append(parts, fmt.Sprintf("%d × %s", len(w.yes[kind]), kind))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d × paid", len(w.paid))), ", ")
}

// picture is a small photo unlike any other.
func (w *writers) picture() []byte {
	n := w.number.Add(1)
	img := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for x := range 64 {
		for y := range 64 {
			img.Set(x, y, color.RGBA{uint8(n), uint8(n >> 8), uint8(n >> 16), 255})
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		w.t.Error(err)
	}
	return b.Bytes()
}

// upload sends one photo.
func (m *member) upload(to string, picture []byte) (reply, error) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("photos", "photo.png")
	if err != nil {
		return reply{}, err
	}
	if _, err := part.Write(picture); err != nil {
		return reply{}, err
	}
	if err := form.Close(); err != nil {
		return reply{}, err
	}
	req, err := http.NewRequestWithContext(m.at.t.Context(), http.MethodPost, m.at.base+to, &b)
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", form.FormDataContentType())
	return m.do(req)
}
