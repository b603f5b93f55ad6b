package listings

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
)

// Forms of the word of a thing. A form that a language does not have is its
// basic one there.
const (
	Nominative = "nominative" // fi: satula
	Genitive   = "genitive"   // fi: satulan
	Partitive  = "partitive"  // fi: satulaa
	Indefinite = "indefinite" // sv: sadel
	Definite   = "definite"   // sv: sadeln
	Singular   = "singular"   // en: saddle
)

// formsOf are the forms a category has to give, the basic one first.
var formsOf = map[string][]string{
	"fi": {Nominative, Genitive, Partitive},
	"sv": {Indefinite, Definite},
	"en": {Singular},
}

// Texts is a text in every language.
type Texts struct {
	FI string `toml:"fi"`
	SV string `toml:"sv"`
	EN string `toml:"en"`
}

// In is the text in lang.
func (t Texts) In(lang string) string {
	switch lang {
	case "sv":
		return t.SV
	case "en":
		return t.EN
	}
	return t.FI
}

func (t Texts) all() []string { return []string{t.FI, t.SV, t.EN} }

// Category is one department and what sellers tell about its things.
type Category struct {
	Key    string                       `toml:"key"`
	Name   Texts                        `toml:"name"`
	Words  map[string]map[string]string `toml:"word"` // language, form
	Also   []string                     `toml:"also"`
	Parcel Parcel                       `toml:"parcel"`
	Fields []Field                      `toml:"field"`
}

// Word is the word of one such thing in a form of a language.
func (c Category) Word(lang, form string) string {
	if w, ok := c.Words[lang][form]; ok {
		return w
	}
	if forms := formsOf[lang]; len(forms) > 0 {
		return c.Words[lang][forms[0]]
	}
	return c.Words["fi"][Nominative]
}

// Field is the category's field of that key.
func (c Category) Field(key string) (Field, bool) {
	for _, f := range c.Fields {
		if f.Key == key {
			return f, true
		}
	}
	return Field{}, false
}

// searchable are the words of the category itself that search reads.
func (c Category) searchable() []string {
	parts := append(c.Name.all(), c.Also...)
	for _, lang := range i18n.Langs {
		for _, form := range formsOf[lang] {
			parts = append(parts, c.Words[lang][form])
		}
	}
	return parts
}

// Kinds of fields.
const (
	Choice = "choice" // one of Options
	Number = "number" // Min to Max in steps of Step, of Unit
	Text   = "text"   // a few words
)

// maxFieldText is the longest value of a text field, in letters.
const maxFieldText = 60

// Field is one thing sellers tell about what is in a category.
type Field struct {
	Key      string   `toml:"key"`
	Label    Texts    `toml:"label"`
	Kind     string   `toml:"kind"`
	Required bool     `toml:"required"`
	Filter   *bool    `toml:"filter"` // nil: yes
	Options  []Option `toml:"options"`
	Values   []string `toml:"values"`
	Unit     string   `toml:"unit"`
	Min      float64  `toml:"min"`
	Max      float64  `toml:"max"`
	Step     float64  `toml:"step"`
}

// Option is one value of a choice.
type Option struct {
	Key string `toml:"key"`
	FI  string `toml:"fi"`
	SV  string `toml:"sv"`
	EN  string `toml:"en"`
}

// In is the option's word in lang.
func (o Option) In(lang string) string { return Texts{o.FI, o.SV, o.EN}.In(lang) }

// Filterable tells whether visitors can filter by the field.
func (f Field) Filterable() bool { return f.Filter == nil || *f.Filter }

// Choices are the values somebody may pick, worded in lang; none for a text.
func (f Field) Choices(lang string) []Choose {
	var out []Choose
	switch f.Kind {
	case Choice:
		for _, o := range f.Options {
			out = append(out, Choose{o.Key, o.In(lang)})
		}
	case Number:
		for i := range f.steps() + 1 {
			v := number(f.Min + float64(i)*f.Step)
			out = append(out, Choose{v, f.Show(lang, v)})
		}
	}
	return out
}

// Choose is a value and its word.
type Choose struct{ Value, Label string }

// steps is how many steps lie between Min and Max.
func (f Field) steps() int { return int(math.Round((f.Max - f.Min) / f.Step)) }

// Clean is the value that raw means, or what is wrong with it. Nothing typed is
// the empty value, which only the publishing of a listing minds.
func (f Field) Clean(raw string) (string, *fault.Fault) {
	raw = strings.Join(strings.Fields(raw), " ")
	if raw == "" {
		return "", nil
	}
	name := "f." + f.Key
	switch f.Kind {
	case Choice:
		for _, o := range f.Options {
			if o.Key == raw {
				return raw, nil
			}
		}
		return "", fault.Field(name, "listings.field_choice")
	case Number:
		n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(strings.TrimSuffix(raw, f.Unit)), ",", ".", 1), 64)
		if err != nil || math.IsNaN(n) || n < f.Min || n > f.Max {
			return "", fault.Field(name, "listings.field_number", "Min", number(f.Min), "Max", number(f.Max))
		}
		n = f.Min + math.Round((n-f.Min)/f.Step)*f.Step
		return number(n), nil
	default:
		if utf8.RuneCountInString(raw) > maxFieldText {
			return "", fault.Field(name, "listings.field_long", "Max", maxFieldText)
		}
		return raw, nil
	}
}

// Show is a stored value as people in lang read it.
func (f Field) Show(lang, value string) string {
	switch f.Kind {
	case Choice:
		for _, o := range f.Options {
			if o.Key == value {
				return o.In(lang)
			}
		}
	case Number:
		if lang != "en" {
			value = strings.Replace(value, ".", ",", 1)
		}
		switch {
		case f.Unit == "":
			return value
		case utf8.RuneCountInString(f.Unit) == 1 && f.Unit == "\"":
			return value + f.Unit
		}
		return value + "\u00a0" + f.Unit
	}
	return value
}

// key is value as the filters compare it.
func (f Field) key(value string) string {
	if f.Kind == Text {
		return strings.TrimSpace(searchText(value))
	}
	return value
}

// searchable are the words that search should find a value by.
func (f Field) searchable(value string) []string {
	if f.Kind != Choice {
		return []string{value}
	}
	for _, o := range f.Options {
		if o.Key == value {
			return []string{o.FI, o.SV, o.EN}
		}
	}
	return nil
}

// number is n without needless decimals.
func number(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
