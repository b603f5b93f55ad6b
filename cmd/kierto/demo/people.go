package demo

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
)

// password is everybody's. It stands at the foot of every page.
const password = "kokeilen kiertoa 4 kertaa"

// place is where somebody lives.
type place struct{ town, postcode, street string }

var places = []place{
	{"Turku", "20100", "Aurakatu"}, {"Lempäälä", "37500", "Tampereentie"}, {"Tampere", "33100", "Hämeenkatu"},
	{"Jyväskylä", "40100", "Väinönkatu"}, {"Kuopio", "70100", "Tulliportinkatu"}, {"Oulu", "90100", "Rantakatu"},
	{"Ypäjä", "32100", "Varsanojantie"}, {"Hämeenlinna", "13100", "Raatihuoneenkatu"}, {"Porvoo", "06100", "Jokikatu"},
	{"Raasepori", "10600", "Kuninkaankatu"}, {"Vaasa", "65100", "Hovioikeudenpuistikko"}, {"Mustasaari", "65610", "Keskustie"},
	{"Pietarsaari", "68600", "Kauppiaankatu"}, {"Parainen", "21600", "Rantatie"}, {"Espoo", "02100", "Otsolahdentie"},
	{"Vantaa", "01300", "Asematie"}, {"Helsinki", "00100", "Runeberginkatu"}, {"Nurmijärvi", "01900", "Keskustie"},
	{"Seinäjoki", "60100", "Kalevankatu"}, {"Kaustinen", "69600", "Pajalantie"}, {"Joensuu", "80100", "Siltakatu"},
	{"Lappeenranta", "53100", "Valtakatu"}, {"Kouvola", "45100", "Keskikatu"}, {"Mikkeli", "50100", "Maaherrankatu"},
	{"Rovaniemi", "96100", "Koskikatu"}, {"Sipoo", "04130", "Iso Kylätie"}, {"Salo", "24100", "Turuntie"}, {"Rauma", "26100", "Kanalinranta"},
}

// names are first and last names.
var names = []string{
	"Noora Lindqvist", "Anna Korpela", "Elina Heikkinen", "Jari Mäkelä", "Päivi Laine", "Tiina Saarinen", "Mikko Ojala",
	"Kaisa Rantanen", "Hanna Niemi", "Sari Peltola", "Juha Kallio", "Laura Hakala", "Minna Koskela", "Petra Salonen",
	"Riikka Aaltonen", "Antti Virtanen", "Outi Nieminen", "Johanna Ahonen", "Veera Lehtonen", "Ilona Turunen",
	"Katri Savolainen", "Heidi Hiltunen", "Sanna Jokinen", "Emmi Karjalainen", "Oona Partanen", "Tuula Kinnunen",
	"Markku Hyvönen", "Jenni Vainio", "Susanna Eskola", "Pirjo Tamminen", "Aino Pitkänen", "Milla Räsänen",
	"Sofia Manninen", "Iida Leppänen", "Teemu Kettunen", "Marjo Huttunen", "Essi Kemppainen", "Nelli Pesonen",
	"Venla Moilanen", "Arja Lampinen", "Kirsi Tolonen", "Eero Halonen", "Taru Nurminen", "Siiri Kokkonen",
	"Reetta Paananen", "Meri Hirvonen", "Jukka Lahtinen", "Inka Toivonen", "Viivi Ranta", "Pauliina Kangas",
	"Camilla Söderholm", "Jonas Nylund", "Linnea Backman", "Åsa Holmström", "Maria Westerlund", "Erik Forsblom",
	"Sofia Granholm", "Mikaela Snellman", "Fredrika Sundqvist", "Christer Björklund", "Emma Häggblom",
}

// Of names, those from firstSwedish on speak Swedish; at least fewSwedish do.
const (
	firstSwedish = 50
	fewSwedish   = 2
)

var abouts = []string{
	"Suomenhevosharrastaja, kaksi tammaa omalla pihalla.", "Ratsastan tunneilla ja kierrätän pieneksi jääneet.",
	"Koulua ja maastoa. Savuton ja lemmikitön koti.", "Myyn tallin ylimääräisiä, tuotto menee heinään.",
	"Kolmen ponityttären äiti, kaikki jää pieneksi.", "Ravimies vanhasta polvesta.", "", "", "",
}

// onboarded is how many of a hundred sellers have finished their payout details.
const onboarded = 85

// enrol makes the people. They joined before the past begins.
func (s *seeding) enrol(ctx context.Context, a Amount) error {
	hash, err := s.Accounts.Passwords.Hash(ctx, password)
	if err != nil {
		return err
	}
	add := func(name, lang string, p place, role string) (accounts.User, error) {
		joined := s.begin.Add(-s.between(20*24*time.Hour, 700*24*time.Hour))
		u := accounts.User{
			Name: name, Email: address(name), PasswordHash: hash, Lang: lang, Town: p.town, Postcode: p.postcode,
			About: pick(s, abouts), Role: role, ConfirmedAt: joined, CreatedAt: joined,
		}
		if role == accounts.Member {
			u = withPhone(u, len(s.people), joined)
		}
		err := s.DB.InTx(ctx, func(tx *db.Tx) (err error) {
			u, err = s.Accounts.Enrol(ctx, tx, u)
			return err
		})
		if err != nil {
			return u, err
		}
		return u, s.settleIn(ctx, u, p)
	}
	members := max(a.People-1, 2)
	for i := range members {
		n := i
		if left := members - i; i >= 2 && left <= fewSwedish { // some Swedish speakers in a small demo, too
			n = len(names) - left
		}
		lang := "fi"
		if n >= firstSwedish {
			lang = "sv"
		}
		u, err := add(names[n], lang, s.placeOf(i), accounts.Member)
		if err != nil {
			return err
		}
		s.people = append(s.people, u)
	}
	s.staff, err = add("Salla Virta", "fi", places[16], accounts.Operator)
	return err
}

// placeOf is where the nth person lives: Noora in Turku, Anna in Lempäälä.
func (s *seeding) placeOf(n int) place {
	if n < 2 {
		return places[n]
	}
	return pick(s, places)
}

// settleIn gives somebody an address and, mostly, a finished payout account.
func (s *seeding) settleIn(ctx context.Context, u accounts.User, p place) error {
	home := accounts.Address{
		UserID: u.ID, Name: u.Name, Street: fmt.Sprintf("%s %d", p.street, 1+s.random.IntN(60)), Postcode: p.postcode, Town: p.town,
		Phone: fmt.Sprintf("+35840%07d", s.random.IntN(10_000_000)),
	}
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := s.Accounts.SaveAddress(ctx, tx, home)
		return err
	})
	if err != nil || u.IsOperator() || len(s.people) > 1 && !s.chance(onboarded) {
		return err
	}
	url, err := s.Payments.OnboardURL(ctx, u.ID)
	if err != nil {
		return err
	}
	account, _, _ := strings.Cut(path.Base(url), "?")
	s.Stripe.Onboard(account)
	return s.Payments.Refresh(ctx, u.ID)
}

// address is somebody's e-mail address, of a place that does not exist.
func address(name string) string {
	plain := strings.NewReplacer("ä", "a", "ö", "o", "å", "a", " ", ".").Replace(strings.ToLower(name))
	return plain + "@example.fi"
}
