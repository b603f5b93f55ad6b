package shipping

import (
	_ "embed"
	"errors"
	"fmt"
	"os"

	"github.com/BurntSushi/toml"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/money"
)

//go:embed rates.toml
var builtin string

// Sizes are the parcel sizes, smallest first.
var Sizes = []string{"S", "M", "L", "XL"}

// Rates is the price list.
type Rates struct {
	Currency string              `toml:"currency"`
	Sizes    map[string]SizeRate `toml:"sizes"`
	Rate     []Rate              `toml:"rate"`
}

// SizeRate is what fits into a size.
type SizeRate struct {
	Kg int    `toml:"kg"`
	Cm string `toml:"cm"`
}

// Rate is one carrier's way with its prices.
type Rate struct {
	Method   Method         `toml:"method"`
	Carrier  string         `toml:"carrier"`
	Product  string         `toml:"product"` // the carrier API's product code
	Name     string         `toml:"name"`
	Days     [2]int         `toml:"days"`
	HoldDays int            `toml:"hold_days"`
	Prices   map[string]int `toml:"prices"` // cents by size
	CO2      map[string]int `toml:"co2"`    // grams by size
}

// LoadRates reads an operator's file, or the built-in list when file is "".
func LoadRates(file string) (Rates, error) {
	text := builtin
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return Rates{}, fmt.Errorf("shipping rates: %w", err)
		}
		text = string(raw)
	}
	var r Rates
	meta, err := toml.Decode(text, &r)
	if err != nil {
		return Rates{}, fmt.Errorf("shipping rates: %w", err)
	}
	if un := meta.Undecoded(); len(un) > 0 {
		return Rates{}, fmt.Errorf("shipping rates: unknown setting %s", un[0])
	}
	return r, r.valid()
}

// valid says everything that is wrong with a price list.
func (r Rates) valid() error {
	var errs []error
	wrong := func(format string, a ...any) { errs = append(errs, fmt.Errorf("shipping rates: "+format, a...)) }
	if r.Currency == "" {
		wrong("currency is missing")
	}
	for _, s := range Sizes {
		if r.Sizes[s].Kg <= 0 {
			wrong("size %s has no weight", s)
		}
	}
	seen := map[string]bool{}
	for _, x := range r.Rate {
		name := string(x.Method) + ":" + x.Carrier
		if seen[name] {
			wrong("%s is there twice", name)
		}
		seen[name] = true
		if x.Method != Point && x.Method != Home || x.Carrier == "" {
			wrong("%s: method must be point or home, and carrier must be named", name)
		}
		if x.Days[0] < 1 || x.Days[1] < x.Days[0] {
			wrong("%s: days must be two growing numbers", name)
		}
		for _, s := range Sizes {
			if x.Prices[s] <= 0 {
				wrong("%s has no price for size %s", name, s)
			}
		}
	}
	return errors.Join(errs...)
}

// Options are the ways a parcel of a size may travel, pickup in person last. A
// thing without a parcel size is only handed over.
func (r Rates) Options(size string, ways Ways) []Option {
	var out []Option
	for _, x := range r.Rate {
		if x.Method == Point && !ways.Point || x.Method == Home && !ways.Home || x.Prices[size] == 0 {
			continue
		}
		out = append(out, r.option(x, size))
	}
	if ways.Pickup {
		out = append(out, Option{Method: Pickup, Price: money.Amount{Currency: r.Currency}})
	}
	return out
}

// Quote is one of Options. It fails with a fault on the field "method" when the
// way is not offered.
func (r Rates) Quote(size string, ways Ways, m Method, carrier string) (Option, error) {
	for _, o := range r.Options(size, ways) {
		if o.Method == m && (o.Carrier == carrier || m == Pickup) {
			return o, nil
		}
	}
	return Option{}, fault.Field("way", "shipping.no_such_way")
}

func (r Rates) option(x Rate, size string) Option {
	return Option{
		Method: x.Method, Carrier: x.Carrier, Name: x.Name, DaysMin: x.Days[0], DaysMax: x.Days[1],
		Price: money.Amount{Minor: int64(x.Prices[size]), Currency: r.Currency}, CO2: x.CO2[size],
	}
}

// rate is the rate of a way; the zero Rate when there is none.
func (r Rates) rate(m Method, carrier string) Rate {
	for _, x := range r.Rate {
		if x.Method == m && x.Carrier == carrier {
			return x
		}
	}
	return Rate{}
}
