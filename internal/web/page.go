package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/a-h/templ"
)

// minGzip is the size from which a page is compressed: a smaller one fits into
// one packet anyway.
const minGzip = 1024 // bytes

var (
	buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	// gzips compress at level 1: of the levels it gives the most bytes saved for
	// the time spent on a page.
	gzips = sync.Pool{New: func() any {
		w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
		if err != nil {
			panic(err) // the level is a constant
		}
		return w
	}}
)

// made is a finished page.
type made struct {
	status int
	gzip   bool
	body   []byte
}

// Page answers 200 with a page.
func (c *Ctx) Page(page templ.Component) error { return c.PageStatus(http.StatusOK, page) }

// PageStatus answers with a page. Nothing is sent until all of it is made, so
// that a page is whole or an error.
func (c *Ctx) PageStatus(status int, page templ.Component) error {
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := page.Render(c.Request().Context(), b); err != nil {
		return err
	}
	m := made{status: status, body: b.Bytes()}
	if len(m.body) >= minGzip && takesGzip(c.Request()) {
		z := buffers.Get().(*bytes.Buffer)
		defer buffers.Put(z)
		z.Reset()
		w := gzips.Get().(*gzip.Writer)
		defer gzips.Put(w)
		w.Reset(z)
		if _, err := w.Write(m.body); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		m.gzip, m.body = true, z.Bytes()
	}
	err := c.send(m)
	if err == nil && c.keep != nil {
		c.keep(made{m.status, m.gzip, bytes.Clone(m.body)})
	}
	return err
}

// send answers with a finished page.
func (c *Ctx) send(m made) error {
	h := c.Response().Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	h.Add("Vary", "Accept-Encoding")
	if m.gzip {
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(m.body)))
	c.Response().WriteHeader(m.status)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(m.body)
	return err
}

// takesGzip tells whether the browser reads gzip.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.TrimSpace(name) == "gzip" && strings.ReplaceAll(q, " ", "") != "q=0" {
			return true
		}
	}
	return false
}
