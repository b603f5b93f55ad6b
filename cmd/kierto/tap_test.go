package main

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/browser"
)

var taps = regexp.MustCompile(`(?s)<a [^>]*href="([^"]*/t/[^"]+)"[^>]*>(.*?)</a>`)

// tap is the address of the link with these words in the newest letter to the
// person that has one, as they would tap it in the outbox.
func (p *person) tap(words string) string {
	p.shop.t.Helper()
	for range 100 {
		for _, letter := range p.letters() {
			for _, m := range taps.FindAllStringSubmatch(letter, -1) {
				if strings.Contains(m[2], words) {
					_, path, _ := strings.Cut(strings.ReplaceAll(m[1], "&amp;", "&"), "/t/")
					return p.shop.base + "/t/" + path
				}
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.shop.t.Fatalf("no letter to %s offers %q", p.email, words)
	return ""
}

// Both answer the letters they get by a tap and a button, in a browser without
// scripts in which nobody is signed in: the trade moves, and the other is told.
func TestAnsweringLettersByOneTap(t *testing.T) {
	t.Parallel()
	s := openShop(t, "")
	s.noJS = true
	b := browser.New(t, browser.Options{Width: 390, NoJS: true})
	anna, noora := s.join(b, "Anna Koskela", "anna@kierto.example"), s.join(b, "Noora Lindqvist", "noora@kierto.example")
	listing := anna.lists()
	noora.buys(listing, anna)
	noora.pays()
	trade := s.base + noora.Path()
	s.move("24h") // into the day, whatever the hour is

	phone := b.Page(t)
	phone.Open(anna.tap("Se on jo postissa"))
	phone.See("Onko paketti postissa?", "Wintec-yleissatula")
	phone.Click("Katso muut vaihtoehdot")
	phone.See("Milloin postitat?", "En voi postittaa")
	phone.Click("Valitse aika")
	phone.Click("Huomenna")
	phone.Shot("tap-when")
	phone.Click("Kerro tämä aika")
	phone.See("Noora tietää nyt")
	noora.Open(trade)
	noora.See("kertoi postittavansa")
	phone.Open(anna.tap("Se on jo postissa"))
	phone.Click("Kyllä, se on postissa")
	phone.See("merkitty lähetetyksi")
	phone.Open(anna.tap("Se on jo postissa"))
	phone.See("Vastasit jo")

	s.carry("collect")
	s.move("24h")
	all := noora.tap("Sain sen, kaikki hyvin")
	phone.Open(all)
	phone.See("Onko kaikki hyvin?")
	noora.Open(trade)
	noora.See("Onko kaikki hyvin?") // opening it did nothing
	phone.Open(all)
	phone.Shot("tap-fine")
	phone.Click("Kyllä, kaikki hyvin")
	phone.See("Kauppa on valmis")
	phone.Shot("tap-done")
	anna.Open(trade)
	anna.See("Kauppa on valmis")
	anna.Open(s.base + "/notices")
	anna.See("Sait kaupan")
	s.move("24h") // she may be asleep
	anna.wrote("Kauppa on valmis")
	phone.Open(all)
	phone.See("Vastasit jo")
	phone.Open(s.base + "/orders")
	phone.See("Kirjaudu") // the links signed nobody in
	s.check()
}
