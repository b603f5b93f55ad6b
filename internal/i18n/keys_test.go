package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// root is the top of the repository.
const root = "../.."

// sentence is what a file says under a key.
type sentence struct {
	one, other string
	plural     bool
}

// formOf begins the names that hold a form of a category's word (the saddle,
// "satula", "satulan"). Each language uses the form it needs, or "it".
const formOf = "Thing"

// names are the {{.Names}} a sentence fills in, sorted, each once, without forms
// of a category's word. {{.N}} may be left out of either form: "one day".
func (s sentence) names() []string {
	var out []string
	for _, m := range regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`).FindAllStringSubmatch(s.one+s.other, -1) {
		if !strings.HasPrefix(m[1], formOf) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// read is every sentence of a language, by key.
func read(t *testing.T, lang string) map[string]sentence {
	t.Helper()
	paths, err := filepath.Glob("locales/*." + lang + ".toml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files in %s (%v)", lang, err)
	}
	out := map[string]sentence{}
	for _, p := range paths {
		var all map[string]any
		if _, err := toml.DecodeFile(p, &all); err != nil {
			t.Fatal(err)
		}
		for key, v := range all {
			if _, twice := out[key]; twice {
				t.Errorf("%s: %q stands in two files", lang, key)
			}
			switch v := v.(type) {
			case string:
				out[key] = sentence{other: v}
			case map[string]any:
				one, _ := v["one"].(string)
				other, _ := v["other"].(string)
				if one == "" || other == "" {
					t.Errorf("%s: %q lacks one of one/other", p, key)
				}
				out[key] = sentence{one: one, other: other, plural: true}
			}
		}
	}
	return out
}

// Every key is there in all three languages, in the same shape and with the
// same names to fill in.
func TestEveryKeyIsInAllLanguages(t *testing.T) {
	t.Parallel()
	first := read(t, Langs[0])
	for _, lang := range Langs[1:] {
		other := read(t, lang)
		for key, a := range first {
			b, ok := other[key]
			switch {
			case !ok:
				t.Errorf("%q is missing in %s", key, lang)
			case a.plural != b.plural:
				t.Errorf("%q is one/other in one of %s and %s only", key, Langs[0], lang)
			case !slices.Equal(a.names(), b.names()):
				t.Errorf("%q fills in %v in %s and %v in %s", key, a.names(), Langs[0], b.names(), lang)
			}
		}
		for key := range other {
			if _, ok := first[key]; !ok {
				t.Errorf("%q is in %s and not in %s", key, lang, Langs[0])
			}
		}
	}
}

// No sentence carries what belongs to another tongue of our code: a verb of
// fmt, an unclosed field, space at its ends that a page would swallow.
func TestSentencesAreWellFormed(t *testing.T) {
	t.Parallel()
	odd := regexp.MustCompile(`%[sdvq]|\{[^{]|[Ee]scrow|[Oo]ops`)
	for _, lang := range Langs {
		for key, s := range read(t, lang) {
			for _, text := range []string{s.one, s.other} {
				rest := regexp.MustCompile(`\{\{\s*\.\w+\s*\}\}`).ReplaceAllString(text, "")
				if m := odd.FindString(rest); m != "" || strings.ContainsAny(rest, "{}") {
					t.Errorf("%s %q: %q is odd: %s", lang, key, m, text)
				}
			}
		}
	}
}

// source is all program text of the repository, without tests, generated code
// and the sentences themselves.
func source(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != root && slices.Contains([]string{".git", "tmp", "bin", "locales", "vendor", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || strings.HasSuffix(path, "_templ.go") || strings.HasSuffix(path, "_test.go") ||
			!slices.Contains([]string{".go", ".templ", ".toml"}, filepath.Ext(path)) {
			return nil
		}
		raw, err := os.ReadFile(path)
		out[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// said are the places where a key is spoken: the key is the last group.
var said = []*regexp.Regexp{
	regexp.MustCompile(`\b(?:T|N|Text|Count|Known|Flash)\((?:\w+\.?\w*, )?"([^"]+)"[,)]`),
	regexp.MustCompile(`\bFlashUndo\([^,\n]+, "([^"]+)"[,)]`),
	regexp.MustCompile(`\bfault\.New\([\w.]+, "([^"]+)"[,)]`),
	regexp.MustCompile(`\bfault\.Field\((?:"[^"]*"|[\w.()]+), "([^"]+)"[,)]`),
}

// keyLike is what a key looks like.
var keyLike = regexp.MustCompile(`^[a-z]+\.[a-z0-9_.]+$`)

// Every key that is spoken has a sentence.
func TestEverySpokenKeyHasASentence(t *testing.T) {
	t.Parallel()
	known := read(t, Langs[0])
	for path, text := range source(t) {
		for _, re := range said {
			for _, m := range re.FindAllStringSubmatch(text, -1) {
				if key := m[1]; keyLike.MatchString(key) {
					if _, ok := known[key]; !ok {
						t.Errorf("%s speaks %q, which has no sentence", path, key)
					}
				}
			}
		}
	}
}

// strung are the strings of the source that may be a key or a part of one.
type strung struct {
	whole  map[string]bool // "orders.too_late"
	begin  map[string]bool // ends in "." or "_", completed there: "orders.state."
	domain map[string]bool // the first word alone: "nudges."
	word   map[string]bool // may complete a domain: "ship_start"
	ending map[string]bool // put behind a key: ".lead", "_staff"
}

func literals(t *testing.T) strung {
	t.Helper()
	key := regexp.MustCompile("[\"`]([a-z]+\\.[a-z0-9_.]+)(%[sv][^\"`]*)?[\"`]")
	tail := regexp.MustCompile(`"([._][a-z][a-z0-9_.]*)"`)
	word := regexp.MustCompile(`"([a-z][a-z0-9_]*)"`)
	all := strung{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	for _, text := range source(t) {
		for _, m := range key.FindAllStringSubmatch(text, -1) {
			all.whole[m[1]] = true
			if m[2] != "" || strings.HasSuffix(m[1], "_") || strings.HasSuffix(m[1], ".") && strings.Count(m[1], ".") > 1 {
				all.begin[m[1]] = true
			}
		}
		for _, m := range tail.FindAllStringSubmatch(text, -1) {
			all.ending[m[1]] = true
		}
		for _, m := range regexp.MustCompile(`"([a-z]+\.)"`).FindAllStringSubmatch(text, -1) {
			all.domain[m[1]] = true
		}
		for _, m := range word.FindAllStringSubmatch(text, -1) {
			all.word[m[1]] = true
		}
	}
	return all
}

// speaks tells whether the source may put key together.
func (s strung) speaks(key string) bool {
	if s.whole[key] {
		return true
	}
	for i := 1; i < len(key); i++ {
		if s.begin[key[:i]] || s.domain[key[:i]] && s.word[key[i:]] || s.ending[key[i:]] && s.speaks(key[:i]) {
			return true
		}
	}
	return false
}

// Every sentence is spoken somewhere: its key stands in the source, or a
// beginning of it does and is completed there, or both with an ending behind.
func TestEverySentenceIsSpoken(t *testing.T) {
	t.Parallel()
	all := literals(t)
	for key := range read(t, Langs[0]) {
		if !all.speaks(key) {
			t.Errorf("nobody speaks %q", key)
		}
	}
}
