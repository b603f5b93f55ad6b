package main

import (
	"bufio"
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/browser"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/testdb"
)

// demoStart is how long a demo without invented data may take to answer.
const demoStart = 60 * time.Second

// binary builds the program once for all tests that run it as a person would.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "kierto-e2e-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "kierto")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return string(out), err
	}
	return path, nil
})

// TestMain removes the program that binary built.
func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// program is the path of the built program.
func program(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("%v\n%s", err, path)
	}
	return path
}

// shop is a running demo without invented data.
type shop struct {
	t    *testing.T
	base string
	data string
	args []string // that name its database
	noJS bool     // its visitors have scripts switched off
}

var runsAt = regexp.MustCompile(`Kierto runs .*(http://\S+)`)

// openShop starts the demo; it ends with the test.
func openShop(t *testing.T, database string) *shop {
	t.Helper()
	s := &shop{t: t, data: t.TempDir()}
	s.args = []string{"--data", s.data, "--database", database}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := exec.CommandContext(ctx, program(t), append([]string{"demo", "--seed", "none", "--addr", "127.0.0.1:0"}, s.args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // an interrupt is how a demo ends
		if t.Failed() {
			t.Logf("the program said:\n%s", errs.String())
		}
	})
	found := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := runsAt.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1]
			}
		}
	}()
	select {
	case s.base = <-found:
	case <-time.After(demoStart):
		t.Fatalf("the demo did not start:\n%s", errs.String())
	}
	s.move(untilMorning(clock.Wall()).String())
	return s
}

// untilMorning is how long it is until the next ten o'clock in Helsinki. Each shop
// opens then, so that nobody sleeps at some hours of the tests' own day.
func untilMorning(now time.Time) time.Duration {
	here := now.In(clock.Zone(""))
	at := time.Date(here.Year(), here.Month(), here.Day(), 10, 0, 0, 0, here.Location())
	if !at.After(here) {
		at = at.AddDate(0, 0, 1)
	}
	return at.Sub(here).Round(time.Minute)
}

// check runs `kierto check` on the shop's data.
func (s *shop) check() {
	s.t.Helper()
	out, err := exec.Command(program(s.t), append([]string{"check"}, s.args...)...).CombinedOutput()
	if err != nil {
		s.t.Errorf("kierto check: %v\n%s", err, out)
	}
}

// move moves the demo's clock.
func (s *shop) move(by string) {
	s.t.Helper()
	res, err := http.PostForm(s.base+"/demo/clock", map[string][]string{"by": {by}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("moving the clock: %s", res.Status)
	}
}

// person is somebody with a browser of their own.
type person struct {
	*browser.Page
	shop  *shop
	name  string
	email string
}

// password is everybody's; it is long and means nothing.
const password = "tallikissa nukkuu heinissä"

// join signs somebody up, opens the letter that confirms the address, and signs
// in.
func (s *shop) join(b *browser.Browser, name, email string) *person {
	s.t.Helper()
	p := &person{b.Page(s.t), s, name, email}
	p.Open(s.base + "/sign-up")
	p.Fill("name", name)
	p.Fill("email", email)
	p.Fill("password", password)
	p.Shot("01-join-" + name)
	p.Within("main").Click("Liity")
	p.See("Lähetimme viestin")
	p.Open(p.letter("/confirm/"))
	p.Click("Kyllä, vahvista")
	p.Open(s.base + "/sign-in")
	p.Fill("email", email)
	p.Fill("password", password)
	p.Within("main").Click("Kirjaudu")
	p.See("Viestit")
	return p
}

var hrefs = regexp.MustCompile(`href="([^"]+)"`)

// letter is the address in the newest letter to the person that holds part, as
// they would tap it in the outbox.
func (p *person) letter(part string) string {
	p.shop.t.Helper()
	for range 100 {
		for _, url := range p.letters() {
			for _, m := range hrefs.FindAllStringSubmatch(url, -1) {
				if strings.Contains(m[1], part) {
					return p.shop.base + strings.ReplaceAll(m[1], "&amp;", "&")
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.shop.t.Fatalf("no letter to %s leads to %s", p.email, part)
	return ""
}

var outboxRow = regexp.MustCompile(`(?s)href="(/demo/outbox/\d+)".*?</a>`)

// letters are the person's letters as HTML, the newest first.
func (p *person) letters() []string {
	p.shop.t.Helper()
	var out []string
	for _, m := range outboxRow.FindAllStringSubmatch(get(p.shop.t, p.shop.base+"/demo/outbox"), -1) {
		if strings.Contains(m[0], p.email) {
			out = append(out, get(p.shop.t, p.shop.base+m[1]+"/html"))
		}
	}
	return out
}

// wrote fails unless somebody got a letter with this in it.
func (p *person) wrote(text string) {
	p.shop.t.Helper()
	for range 50 {
		for _, l := range p.letters() {
			if strings.Contains(l, text) {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.shop.t.Errorf("no letter to %s says %q", p.email, text)
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	var b bytes.Buffer
	if _, err := b.ReadFrom(res.Body); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// photo is a picture file of one colour.
func photo(t *testing.T) string {
	t.Helper()
	img := image.NewRGBA(image.Rect(0, 0, 800, 1000))
	for y := range 1000 {
		for x := range 800 {
			img.Set(x, y, color.RGBA{uint8(90 + x/10), uint8(60 + y/20), 40, 255})
		}
	}
	path := filepath.Join(t.TempDir(), "satula.png")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }() // Encode has told of errors
	if err := png.Encode(out, img); err != nil {
		t.Fatal(err)
	}
	return path
}

// lists puts a saddle on sale and gives its address.
func (p *person) lists() string {
	p.shop.t.Helper()
	p.Open(p.shop.base + "/sell")
	p.Upload("photos", photo(p.shop.t))
	if p.shop.noJS {
		p.Click("Lisää kuvia")
	}
	p.Fill("title", `Wintec-yleissatula 17"`)
	p.Choose("category", "Satulat")
	if p.shop.noJS {
		p.Click("Näytä osaston tiedot")
	}
	p.Choose("f.type", "Yleissatula")
	p.Choose("f.seat", "17\"")
	p.Click("Hyvä")
	p.Fill("description", "Musta yleissatula, keskileveä rautakoko. Pidetty hyvin.")
	p.Fill("price", "75,00")
	p.Choose("parcel", "Isompi")
	p.Fill("town", "Lempäälä")
	p.Shot("02-sell")
	p.Click("Julkaise")
	p.See("Nyt se on myynnissä")
	return p.shop.base + p.Path()
}

// buys asks, offers, gets a yes and comes to the payment page.
func (p *person) buys(listing string, seller *person) {
	p.shop.t.Helper()
	p.Open(listing)
	p.Shot("03-listing")
	p.Click("Kysy myyjältä")
	p.Fill("text", "Hei! Sopiiko suokille?")
	p.Click("Lähetä viesti")
	p.See("Sopiiko suokille?")
	seller.Open(p.shop.base + p.Path())
	seller.See("Sopiiko suokille?")
	seller.Fill("text", "Hei, meillä se oli juuri suokilla.")
	seller.Click("Lähetä")
	seller.See("juuri suokilla")
	p.Open(listing)
	p.Click("Tee tarjous")
	p.Fill("amount", "70")
	p.Click("Lähetä tarjous")
	p.See("70,00")
	p.Shot("04-conversation")
	seller.Open(p.shop.base + p.Path())
	seller.Click("Hyväksy")
	seller.See("maksaa viimeistään")
	p.Open(listing + "/buy")
	p.See("70,00")
	p.Fill("postcode", "20100")
	if p.shop.noJS {
		p.Click("Päivitä hinta ja noutopisteet")
	}
	p.Fill("name", p.name)
	p.Fill("street", "Kauppakatu 3")
	p.Fill("town", "Turku")
	p.Fill("phone", "040 123 4567")
	p.Shot("05-checkout")
	p.Click("Maksa 8")
}

// pays by MobilePay on the provider's page.
func (p *person) pays() {
	p.shop.t.Helper()
	p.Check("MobilePay")
	p.Click("Maksa 8")
	p.Click("Hyväksy")
	p.See("Maksu onnistui")
	p.Shot("06-paid")
	p.Click("Kaupan sivulle")
}

// One whole trade, from joining to both reviews, with script, without, and on
// PostgreSQL.
func TestOneWholeTrade(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]struct {
		o        browser.Options
		postgres bool
	}{
		"phone":     {o: browser.Options{Width: 390}},
		"no script": {o: browser.Options{Width: 390, NoJS: true}},
		"postgres":  {postgres: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := ""
			if how.postgres {
				database = testdb.EmptyURL(t)
			}
			s := openShop(t, database)
			s.noJS = how.o.NoJS
			wholeTrade(t, s, browser.New(t, how.o))
		})
	}
}

func wholeTrade(t *testing.T, s *shop, b *browser.Browser) {
	t.Helper()
	anna, noora := s.join(b, "Anna Koskela", "anna@kierto.example"), s.join(b, "Noora Lindqvist", "noora@kierto.example")
	listing := anna.lists()
	noora.buys(listing, anna)
	noora.pays()
	noora.See("Anna on vuorossa")
	trade := s.base + noora.Path()
	noora.Shot("07-buyer-waits")

	anna.Open(trade)
	anna.See("Sinun vuorosi", "Lähetyskoodi")
	anna.Shot("08-seller-posts")
	anna.Click("Se on jo postissa")
	s.carry("drop")
	noora.Open(trade)
	noora.See("Paketti on matkalla")
	s.move("24h")
	s.move("24h")
	noora.Open(trade)
	noora.See("Hae paketti viimeistään")
	noora.Shot("09-collect")
	s.carry("collect")
	noora.Open(trade)
	noora.See("Onko kaikki hyvin?")
	noora.Shot("10-confirm")
	noora.Click("Kaikki hyvin")
	noora.See("Kauppa on valmis")

	anna.Open(s.base + "/account/payouts")
	anna.Click("Lisää tilitiedot")
	anna.Click("Valmis")
	s.move("1h")
	anna.Open(trade)
	anna.See("Kauppa on valmis", "70,00")
	anna.Shot("11-done")
	for _, p := range []*person{anna, noora} {
		p.Open(trade)
		p.Click("Kirjoita arvio")
		p.Click("Hyvin")
		p.Fill("text", "Kaikki sujui mukavasti.")
		p.Click("Lähetä arvio")
		p.See("Kiitos arviosta")
	}
	noora.Open(trade)
	noora.See("Kaikki sujui mukavasti.")
	noora.Shot("12-reviews")
	s.check()
}

// carry lets the stand-in carrier scan every parcel.
func (s *shop) carry(scan string) {
	s.t.Helper()
	page := get(s.t, s.base+"/demo/carrier")
	parcels := regexp.MustCompile(`name="parcel" value="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(parcels) == 0 {
		s.t.Fatalf("the carrier has no parcel:\n%s", page)
	}
	res, err := http.PostForm(s.base+"/demo/carrier", map[string][]string{"parcel": {parcels[0][1]}, "what": {scan}})
	if err != nil {
		s.t.Fatal(err)
	}
	_ = res.Body.Close()
	s.move("1h")
}

// The seller never posts. She is reminded in order, the buyer is told, the money
// comes back, the thing is on sale again, and nothing is left in the ledger.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := openShop(t, "")
	b := browser.New(t, browser.Options{Width: 390, Dark: true})
	anna, noora := s.join(b, "Anna Koskela", "anna@kierto.example"), s.join(b, "Noora Lindqvist", "noora@kierto.example")
	listing := anna.lists()
	noora.buys(listing, anna)
	noora.pays()
	trade := s.base + noora.Path()
	for day := range 8 {
		s.move("24h")
		noora.Open(trade)
		noora.Shot("silence-" + string(rune('1'+day)))
	}
	anna.wrote("Myyty!")
	anna.wrote("odottaa")
	anna.wrote("Viimeinen muistutus ennen perumista")
	noora.Open(trade)
	noora.See("Kauppa on peruttu")
	s.move("24h")
	noora.Open(trade)
	noora.See("palautettu")
	noora.Open(listing)
	noora.See("Osta")
	s.check()
}
