// Package i18n words everything a person reads, in Finnish, Swedish and
// English. Sentences live in locales/<domain>.<lang>.toml.
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Langs are the languages of the market; the first is the default.
var Langs = []string{"fi", "sv", "en"}

//go:embed locales/*.toml
var files embed.FS

// words holds the parsed sentences: a plain map for those without values (most
// of a page), go-i18n for the rest.
type words struct {
	plain map[string]map[string]string
	known map[string]map[string]bool
	loc   map[string]*goi18n.Localizer
}

// load parses the embedded files once. They are part of the program, so a
// broken one is a bug that the first test finds.
var load = sync.OnceValue(func() *words {
	b := goi18n.NewBundle(language.Finnish)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	w := &words{plain: map[string]map[string]string{}, known: map[string]map[string]bool{}, loc: map[string]*goi18n.Localizer{}}
	for _, l := range Langs {
		w.plain[l] = map[string]string{}
		w.known[l] = map[string]bool{}
		w.loc[l] = goi18n.NewLocalizer(b, l)
	}
	names, err := fs.Glob(files, "locales/*.toml")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		if err := w.read(b, name); err != nil {
			panic(fmt.Sprintf("i18n: %s: %v", name, err))
		}
	}
	return w
})

// read adds one file.
func (w *words) read(b *goi18n.Bundle, name string) error {
	raw, err := files.ReadFile(name)
	if err != nil {
		return err
	}
	lang := strings.TrimPrefix(path.Ext(strings.TrimSuffix(name, ".toml")), ".")
	var all map[string]any
	if err := toml.Unmarshal(raw, &all); err != nil {
		return err
	}
	for key, v := range all {
		m := &goi18n.Message{ID: key}
		switch v := v.(type) {
		case string:
			m.Other = v
			if !strings.Contains(v, "{{") {
				w.plain[lang][key] = v
			}
		case map[string]any:
			m.One, _ = v["one"].(string)
			m.Other, _ = v["other"].(string)
		default:
			return fmt.Errorf("%q is neither a sentence nor one/other", key)
		}
		if m.Other == "" {
			return fmt.Errorf("%q says nothing", key)
		}
		if err := b.AddMessages(language.Make(lang), m); err != nil {
			return err
		}
		w.known[lang][key] = true
	}
	return nil
}

// Known tells whether key has a sentence in lang.
func Known(lang, key string) bool { return load().known[lang][key] }

// Under are the keys that begin so, sorted.
func Under(begin string) []string {
	var out []string
	for key := range load().known[Langs[0]] {
		if strings.HasPrefix(key, begin) {
			out = append(out, key)
		}
	}
	slices.Sort(out)
	return out
}

// Text is the sentence of key in lang with "Name", value pairs filled in. An
// unknown key comes back as itself, so that a missing sentence is seen, not
// a crash; a test finds it first.
func Text(lang, key string, pairs ...any) string {
	w := load()
	if s, ok := w.plain[lang][key]; ok {
		return s
	}
	return w.say(lang, key, nil, pairs)
}

// Count is Text for a sentence with a number, available to it as {{.N}}.
func Count(lang, key string, n int, pairs ...any) string {
	return load().say(lang, key, n, append(pairs, "N", n))
}

func (w *words) say(lang, key string, count any, pairs []any) string {
	data := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		data[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	loc, ok := w.loc[lang]
	if !ok {
		loc = w.loc[Langs[0]]
	}
	s, err := loc.Localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: data, PluralCount: count})
	if err != nil && count != nil { // a sentence that is the same for one and for many
		s, err = loc.Localize(&goi18n.LocalizeConfig{MessageID: key, TemplateData: data})
	}
	if err != nil {
		return key
	}
	return s
}

// Choose is the language that suits an Accept-Language header best.
func Choose(accept string) string {
	tags, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return Langs[0]
	}
	for _, t := range tags {
		base, _ := t.Base()
		for _, l := range Langs {
			if base.String() == l {
				return l
			}
		}
	}
	return Langs[0]
}

// Valid tells whether lang is one of Langs.
func Valid(lang string) bool {
	for _, l := range Langs {
		if l == lang {
			return true
		}
	}
	return false
}
