// Package static holds the style, the script, the icons and the small pictures
// of every page. They are embedded, named after their content, so that a
// browser may keep them for ever, and compressed once.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

const (
	prefix      = "/static/"
	hashDigits  = 10                                    // hex digits of the hash within a name
	forever     = "public, max-age=31536000, immutable" // for names with a hash
	aWhile      = "public, max-age=3600"                // for names without
	brotliLevel = 9
)

//go:embed css/*.css app.js push.js sw.js favicon.svg apple-touch-icon.png card.png manifest.webmanifest pictures/*.svg vendor/*.js vendor/icons.svg
var files embed.FS

// parts says what each served file is made of, in order.
var parts = map[string][]string{
	"style.css": {
		"css/reset.css", "css/tokens.css", "css/base.css", "css/layout.css", "css/controls.css",
		"css/parts.css", "css/trade.css", "css/more.css", "css/pages.css",
	},
	"app.js":               {"vendor/htmx.min.js", "vendor/sse.min.js", "vendor/idiomorph-ext.min.js", "app.js"},
	"push.js":              {"push.js"},
	"sw.js":                {"sw.js"},
	"icons.svg":            {"vendor/icons.svg"},
	"favicon.svg":          {"favicon.svg"},
	"apple-touch-icon.png": {"apple-touch-icon.png"},
	"card.png":             {"card.png"},
	"manifest.webmanifest": {"manifest.webmanifest"},
}

// types are the content types by extension; they are ours to say, not the
// machine's.
var types = map[string]string{
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".webmanifest": "application/manifest+json",
}

// layers comes before the rules, so that later layers win whatever their order.
const layers = "@layer reset, tokens, base, layout, components, pages;\n"

// asset is one served file.
type asset struct {
	name, hashed, kind, etag string
	plain                    []byte
	gz, br                   func() []byte // nil for what is compressed already
}

// assets are the served files by name, hashed and not. They are put together
// once; they are part of the program, so a missing one is a bug.
var assets = sync.OnceValue(func() map[string]*asset {
	all := map[string]*asset{}
	add := func(name string, from []string) {
		a, err := build(name, from)
		if err != nil {
			panic("static: " + err.Error())
		}
		all[name], all[a.hashed] = a, a
	}
	for name, from := range parts {
		add(name, from)
	}
	pictures, err := fs.Glob(files, "pictures/*.svg")
	if err != nil {
		panic("static: " + err.Error())
	}
	for _, name := range pictures {
		add(name, []string{name})
	}
	return all
})

// build puts one file together.
func build(name string, from []string) (*asset, error) {
	var b bytes.Buffer
	if name == "style.css" {
		b.WriteString(layers)
	}
	for _, f := range from {
		raw, err := files.ReadFile(f)
		if err != nil {
			return nil, err
		}
		b.Write(raw)
		if len(from) > 1 {
			b.WriteString("\n")
		}
	}
	plain := b.Bytes()
	if name == "style.css" {
		plain = shrink(plain)
	}
	sum := sha256.Sum256(plain)
	hash := hex.EncodeToString(sum[:])[:hashDigits]
	ext := path.Ext(name)
	a := &asset{
		name: name, hashed: strings.TrimSuffix(name, ext) + "." + hash + ext,
		kind: types[ext], etag: `"` + hash + `"`, plain: plain,
	}
	if ext != ".png" {
		a.gz = sync.OnceValue(func() []byte { return gzipped(plain) })
		a.br = sync.OnceValue(func() []byte { return brotlied(plain) })
	}
	return a, nil
}

// shrink drops comments and indentation from our own style sheet.
func shrink(css []byte) []byte {
	var b bytes.Buffer
	for {
		from := bytes.Index(css, []byte("/*"))
		if from < 0 {
			break
		}
		to := bytes.Index(css[from:], []byte("*/"))
		if to < 0 {
			break
		}
		b.Write(css[:from])
		css = css[from+to+2:]
	}
	b.Write(css)
	var out bytes.Buffer
	for line := range bytes.Lines(b.Bytes()) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out.Write(line)
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}

func gzipped(raw []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = w.Write(raw)
	_ = w.Close()
	return b.Bytes()
}

func brotlied(raw []byte) []byte {
	var b bytes.Buffer
	w := brotli.NewWriterLevel(&b, brotliLevel)
	_, _ = w.Write(raw)
	_ = w.Close()
	return b.Bytes()
}

// URL is where a file is served, by a name that changes with its content.
func URL(name string) string {
	a, ok := assets()[name]
	if !ok {
		panic("static: no file " + name)
	}
	return prefix + a.hashed
}

// Handler serves /static/….
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, prefix)
		a, ok := assets()[name]
		if !ok {
			http.NotFound(w, r)
			return
		}
		a.serve(w, r, name == a.hashed)
	})
}

// Worker serves the service worker, under a name that never changes: browsers
// ask for it again by themselves.
func Worker() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { assets()["sw.js"].serve(w, r, false) })
}

// serve answers with a, in the smallest form the browser takes.
func (a *asset) serve(w http.ResponseWriter, r *http.Request, hashed bool) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Cache-Control", aWhile)
	if hashed {
		h.Set("Cache-Control", forever)
	}
	h.Set("ETag", a.etag)
	if r.Header.Get("If-None-Match") == a.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := a.plain
	if a.br != nil {
		h.Set("Vary", "Accept-Encoding")
		switch accept := r.Header.Get("Accept-Encoding"); {
		case takes(accept, "br"):
			h.Set("Content-Encoding", "br")
			body = a.br()
		case takes(accept, "gzip"):
			h.Set("Content-Encoding", "gzip")
			body = a.gz()
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

// takes tells whether an Accept-Encoding header allows coding.
func takes(accept, coding string) bool {
	for part := range strings.SplitSeq(accept, ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), coding) {
			return strings.ReplaceAll(q, " ", "") != "q=0"
		}
	}
	return false
}
