package listings

import (
	_ "embed"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/kierto/kierto/internal/i18n"
)

// Limits of a category file.
const (
	maxCategories = 100
	maxFields     = 12
	maxOptions    = 60      // options of a choice, or steps of a number
	maxFile       = 1 << 20 // bytes
)

//go:embed categories.toml
var defaultCategories string

// Tree is every category, in the order shown.
type Tree struct {
	List  []Category
	byKey map[string]int
}

// Category is the one called key.
func (t *Tree) Category(key string) (Category, bool) {
	i, ok := t.byKey[key]
	if !ok {
		return Category{}, false
	}
	return t.List[i], true
}

// Word is the word of a thing of category key: Word("saddles", "fi", Genitive)
// is "satulan". A category that has left the file is simply a thing.
func (t *Tree) Word(key, lang, form string) string {
	c, ok := t.Category(key)
	if !ok && len(t.List) > 0 {
		c = t.List[len(t.List)-1]
	}
	return c.Word(lang, form)
}

// DefaultTree is the one in the program: horse gear.
func DefaultTree() *Tree {
	t, err := ParseTree("categories.toml", defaultCategories)
	if err != nil {
		panic(err) // part of the program: the first test finds it
	}
	return t
}

// LoadTree reads an operator's category file; path "" means the one in the
// program.
func LoadTree(path string) (*Tree, error) {
	if path == "" {
		return DefaultTree(), nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("category file: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("category file %s: larger than %d bytes", path, maxFile)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("category file: %w", err)
	}
	return ParseTree(path, string(raw))
}

// ParseTree reads a category file. What is wrong is told with its line.
func ParseTree(name, text string) (*Tree, error) {
	var file struct {
		Category []Category `toml:"category"`
	}
	meta, err := toml.Decode(text, &file)
	if err != nil {
		var p toml.ParseError
		if errors.As(err, &p) {
			return nil, fmt.Errorf("%s, line %d: %s", name, p.Position.Line, p.Message)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		last := unknown[0][len(unknown[0])-1]
		return nil, fmt.Errorf("%s, line %d: %q is not a key of this file", name, lineOf(text, last), unknown[0].String())
	}
	t := &Tree{List: file.Category, byKey: map[string]int{}}
	for i := range t.List {
		if field, why := t.take(i); why != "" {
			return nil, fmt.Errorf("%s, line %d: category %q: %s", name, headline(text, i, field), t.List[i].Key, why)
		}
	}
	switch {
	case len(t.List) == 0:
		return nil, fmt.Errorf("%s, line 1: no [[category]] in it", name)
	case len(t.List) > maxCategories:
		return nil, fmt.Errorf("%s, line %d: more than %d categories", name, headline(text, maxCategories, -1), maxCategories)
	}
	return t, nil
}

var keyRule = regexp.MustCompile(`^[a-z][a-z0-9_]{0,30}$`)

// take checks category i and puts it in its place. It tells what is wrong, and
// with which field (-1: the category itself).
func (t *Tree) take(i int) (field int, why string) {
	c := &t.List[i]
	if !keyRule.MatchString(c.Key) {
		return -1, "key must be lower-case letters, digits and _"
	}
	if _, twice := t.byKey[c.Key]; twice {
		return -1, "there are two of this key"
	}
	t.byKey[c.Key] = i
	if slices.Contains(c.Name.all(), "") {
		return -1, "name is missing in a language (fi, sv, en)"
	}
	for _, lang := range i18n.Langs {
		for _, form := range formsOf[lang] {
			if c.Words[lang][form] == "" {
				return -1, fmt.Sprintf("word.%s has no %s", lang, form)
			}
		}
	}
	if c.Parcel != "" && !c.Parcel.Valid() {
		return -1, "parcel must be S, M, L or XL"
	}
	if len(c.Fields) > maxFields {
		return -1, fmt.Sprintf("more than %d fields", maxFields)
	}
	seen := map[string]bool{}
	for j := range c.Fields {
		f := &c.Fields[j]
		if seen[f.Key] {
			return j, fmt.Sprintf("two fields %q", f.Key)
		}
		seen[f.Key] = true
		if why := f.check(); why != "" {
			return j, fmt.Sprintf("field %q: %s", f.Key, why)
		}
	}
	return -1, ""
}

// check tells what is wrong with a field, and spells out its values.
func (f *Field) check() string {
	switch {
	case !keyRule.MatchString(f.Key):
		return "key must be lower-case letters, digits and _"
	case slices.Contains(f.Label.all(), ""):
		return "label is missing in a language (fi, sv, en)"
	}
	switch f.Kind {
	case Choice:
		return f.checkChoice()
	case Number:
		switch {
		case f.Step <= 0:
			return "step must be above zero"
		case f.Max <= f.Min:
			return "max must be above min"
		case f.steps() > maxOptions:
			return fmt.Sprintf("more than %d steps from min to max", maxOptions)
		}
		return ""
	case Text:
		return ""
	}
	return "kind must be choice, number or text"
}

func (f *Field) checkChoice() string {
	for _, v := range f.Values {
		f.Options = append(f.Options, Option{Key: v, FI: v, SV: v, EN: v})
	}
	if len(f.Options) == 0 || len(f.Options) > maxOptions {
		return fmt.Sprintf("a choice has 1 to %d options", maxOptions)
	}
	seen := map[string]bool{}
	for _, o := range f.Options {
		switch {
		case o.Key == "" || o.FI == "" || o.SV == "" || o.EN == "":
			return fmt.Sprintf("option %q lacks its key or a language (fi, sv, en)", o.Key)
		case seen[o.Key]:
			return fmt.Sprintf("two options %q", o.Key)
		}
		seen[o.Key] = true
	}
	return ""
}

// headline is the line on which category i, or its field j, begins.
func headline(text string, i, j int) int {
	category, field := -1, -1
	for n, line := range strings.Split(text, "\n") {
		switch strings.ReplaceAll(strings.TrimSpace(line), " ", "") {
		case "[[category]]":
			category++
			field = -1
		case "[[category.field]]":
			field++
		default:
			continue
		}
		if category == i && field == j {
			return n + 1
		}
	}
	return 1
}

// lineOf is the first line that sets key.
func lineOf(text, key string) int {
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		if strings.Contains(line, key) {
			return n + 1
		}
	}
	return 1
}
