package demo

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
	"golang.org/x/sync/errgroup"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/cmd/kierto/demo/pictures"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/listings"
)

//go:embed things.toml
var thingsFile string

//go:embed talk.toml
var talkFile string

// wares are how sellers write about one kind of thing.
type wares struct {
	Category string
	Price    [2]int // euros
	Titles   []string
	Texts    []string
	Fields   map[string][]string
	Brands   []string // for a category without a field for the brand
	Parcel   string   // if not the category's
}

// Photos of the demo.
const (
	colours  = 4   // of each thing
	width    = 800 // pixels
	painters = 2   // at once
	moreFrom = 1   // shots beside the cover …
	moreTo   = 2   // … that follow once the demo runs
)

// thing is something that will be for sale.
type thing struct {
	id      listings.ID
	version int64
	seller  accounts.User
	form    url.Values
	photo   photo
	at      clock.Instant // when it is published
	taken   bool          // for a trade
	away    bool          // not on sale any more at the end, or never was
}

// photo is a picture that several things may share.
type photo struct {
	name    string
	variant int
	shot    int
}

// ends are what sellers add.
var (
	reasons = []string{"Myyn, koska hevonen vaihtui.", "Jäi meille pieneksi.", "Ylimääräinen tallin kaapista.", "Lopetan harrastuksen, siksi myyntiin.", "Ostettu turhaan, käyttö jäi vähiin.", "Meillä on kaksi, yksi riittää."}
	ends    = []string{"Postitan mielelläni.", "Savuton talli.", "Kysy rohkeasti lisää.", "Nouto sopii iltaisin.", "Lähetän lisää kuvia pyydettäessä.", ""}
	states  = []string{"new", "as_new", "good", "good", "good", "worn", "worn", "repair"}
)

// read reads what is made up by hand.
func (s *seeding) read() error {
	if _, err := toml.Decode(thingsFile, &s.catalog); err != nil {
		return fmt.Errorf("things.toml: %w", err)
	}
	if _, err := toml.Decode(talkFile, &s.talks); err != nil {
		return fmt.Errorf("talk.toml: %w", err)
	}
	for _, t := range pictures.Things {
		if _, ok := s.catalog[t.Name]; !ok {
			return fmt.Errorf("things.toml: nobody sells a %s", t.Name)
		}
	}
	return nil
}

// stock makes the drafts, photographs the covers, and schedules that the things
// go on sale.
func (s *seeding) stock(ctx context.Context, a Amount) error {
	sellers := s.people[2:]
	for i := range a.Listings {
		seller := pick(s, sellers)
		if i%annasShare == 0 {
			seller = s.people[1]
		}
		t := s.thing(i, seller)
		if i == 0 {
			s.annasSaddle(t)
		}
		l, err := s.Listings.Begin(ctx, t.seller.ID, t.seller.Town)
		if err != nil {
			return err
		}
		t.id, t.version = l.ID, l.Version
		t.at = s.published(i, a.Listings)
		s.things = append(s.things, t)
	}
	if err := s.photograph(ctx); err != nil {
		return err
	}
	slices.SortStableFunc(s.things, func(x, y *thing) int { return int(x.at - y.at) })
	for i, t := range s.things {
		if i%40 == 39 { // some stay drafts
			t.taken, t.away = true, true
			continue
		}
		s.at(t.at, "publish "+t.form.Get("title"), func(ctx context.Context) error {
			_, err := s.Listings.Publish(ctx, t.seller.ID, t.id, listings.Stamp{Version: t.version}, t.form)
			return err
		})
	}
	return nil
}

// published is when the nth of so many things goes on sale: a third is there
// from the beginning, the rest comes as time goes on.
func (s *seeding) published(n, of int) clock.Instant {
	if n%3 == 0 {
		return awake(s.begin.Add(s.between(time.Hour, 40*time.Hour)))
	}
	share := past * time.Duration(n) / time.Duration(of)
	return awake(s.begin.Add(min(share+s.between(0, 20*time.Hour), past-30*time.Minute)))
}

// thing is something to sell, as its seller writes about it.
func (s *seeding) thing(n int, seller accounts.User) *thing {
	kind := pictures.Things[n%len(pictures.Things)]
	w := s.catalog[kind.Name]
	t := &thing{seller: seller, photo: photo{kind.Name, s.random.IntN(min(colours, kind.Variants())), 0}}
	colour, brand := kind.Colour(t.photo.variant), ""
	if len(w.Brands) > 0 {
		brand = pick(s, w.Brands)
	}
	f := url.Values{"category": {w.Category}, "town": {seller.Town}, "condition": {pick(s, states)}}
	words := []string{"{colour}", colour}
	keys := make([]string, 0, len(w.Fields))
	for key := range w.Fields {
		keys = append(keys, key)
	}
	slices.Sort(keys) // a map has no order, and the demo is the same every time
	for _, key := range keys {
		value := pick(s, w.Fields[key])
		f.Set("f."+key, value)
		if key == "brand" {
			brand = value
		}
		words = append(words, "{"+key+"}", s.worded(w.Category, key, value))
	}
	replace := strings.NewReplacer(append(words, "{brand}", brand)...)
	f.Set("title", replace.Replace(pick(s, w.Titles)))
	f.Set("description", strings.TrimSpace(strings.Join([]string{pick(s, w.Texts), pick(s, reasons), pick(s, ends)}, " ")))
	if strings.Contains(strings.ToLower(f.Get("title")+f.Get("description")), "käytetty") && f.Get("condition") == "new" {
		f.Set("condition", "good")
	}
	f.Set("price", strconv.Itoa(s.price(w)))
	f.Set("parcel", w.Parcel)
	if c, ok := s.Listings.Tree.Category(w.Category); ok && w.Parcel == "" {
		f.Set("parcel", string(c.Parcel))
	}
	f["ways"] = []string{"pickup", "point"}
	if s.chance(40) {
		f["ways"] = append(f["ways"], "home")
	}
	t.form = f
	return t
}

// Anna sells more than most: one thing in so many. Noora has bought this from
// her.
const (
	annasShare = 20
	annasTitle = `Wintec satula 17"`
)

// annasSaddle is the thing that Noora has bought from Anna.
func (s *seeding) annasSaddle(t *thing) {
	t.seller = s.people[1]
	t.photo = photo{"saddle", 0, 0}
	t.form = url.Values{
		"title": {annasTitle}, "category": {"saddles"}, "f.type": {"general"}, "f.seat": {"17"}, "f.tree": {"changeable"},
		"f.brand": {"Wintec"}, "condition": {"good"}, "price": {"75"}, "parcel": {"L"}, "ways": {"pickup", "point", "home"},
		"town":        {t.seller.Town},
		"description": {"Wintec 500 yleissatula, istuin 17\". Oli meillä suomenhevosella kaksi vuotta. Vaihdettava etukaari, paikallaan M. Myyn, koska hevonen vaihtui."},
	}
}

// worded is a field's value as people write it in a title.
func (s *seeding) worded(category, key, value string) string {
	c, _ := s.Listings.Tree.Category(category)
	f, ok := c.Field(key)
	if !ok {
		return value
	}
	word := strings.TrimSpace(strings.TrimSuffix(f.Show("fi", value), f.Unit))
	if f.Kind == listings.Choice && len(f.Values) == 0 {
		word = strings.ToLower(word)
	}
	return word
}

// price is what somebody asks: people like fives, tens and nines.
func (s *seeding) price(w wares) int {
	euros := w.Price[0] + int(float64(w.Price[1]-w.Price[0])*s.random.Float64()*s.random.Float64())
	switch {
	case euros < 20:
		return euros
	case s.chance(20):
		return euros/10*10 + 9
	default:
		return euros / 5 * 5
	}
}

// photograph makes the covers and hangs them on the drafts. Things that look the
// same share a picture.
func (s *seeding) photograph(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(painters)
	for _, p := range s.photos() {
		work.Go(func() error { return s.hang(ctx, p, s.sharing(p)) })
	}
	return work.Wait()
}

// photos are the different covers, in order.
func (s *seeding) photos() []photo {
	var out []photo
	for _, t := range s.things {
		if !slices.Contains(out, t.photo) {
			out = append(out, t.photo)
		}
	}
	return out
}

// sharing are the things with a cover.
func (s *seeding) sharing(p photo) []*thing {
	var out []*thing
	for _, t := range s.things {
		if t.photo == p {
			out = append(out, t)
		}
	}
	return out
}

// hang makes a picture and adds it to things. Those that cannot be changed any
// more, because they are being bought, do without.
func (d *Demo) hang(ctx context.Context, p photo, on []*thing) error {
	data, err := pictures.JPEG(p.name, p.variant, p.shot, width)
	if err != nil {
		return err
	}
	key := ""
	for _, t := range on {
		added, err := d.market.Listings.AddPhoto(ctx, t.seller.ID, t.id, bytes.NewReader(data))
		if fault.Is(err, fault.Conflict) {
			continue
		}
		if err != nil {
			return err
		}
		key = added.Key
	}
	if key == "" {
		return nil
	}
	return d.market.Listings.MakeSizes(ctx, key)
}

// further is a picture that follows once the demo runs.
type further struct {
	photo
	on []*thing
}

// furtherPhotos are the shots beside the covers.
func (s *seeding) furtherPhotos() []further {
	var out []further
	for shot := moreFrom; shot <= moreTo; shot++ {
		for _, p := range s.photos() {
			next := p
			next.shot = shot
			out = append(out, further{next, s.sharing(p)})
		}
	}
	return out
}
