package web

import (
	"net/http"
	"sync"
	"time"
)

const (
	microLife  = time.Second // how old a stranger's page may be
	microPages = 2_000       // pages kept; when they are more, all are forgotten
	microBytes = 256 << 10   // a larger page is not kept
)

// Micro keeps the pages that strangers get for a second, so that a crowd at the
// door costs little. Whoever is signed in, or has a sentence waiting, always
// gets a page of their own. Only GET routes that show every stranger the same
// may use it.
func Micro() Guard {
	m := &micro{pages: map[string]kept{}}
	return func(next Handler) Handler {
		return func(c *Ctx) error {
			if !m.serves(c) {
				return next(c)
			}
			key := m.key(c)
			if page, ok := m.get(key); ok {
				return c.send(page)
			}
			c.keep = func(page made) { m.put(key, page) }
			return next(c)
		}
	}
}

type kept struct {
	made
	until time.Time
}

type micro struct {
	sync.RWMutex
	pages map[string]kept
}

// serves tells whether a request gets what every stranger gets.
func (m *micro) serves(c *Ctx) bool {
	if c.Reader.SignedIn() || c.Request().Method != http.MethodGet || c.Request().Header.Get("HX-Request") != "" || c.srv.opt.Demo != nil {
		return false
	}
	_, err := c.Cookie(c.srv.flashName())
	return err != nil
}

// key is all that such a page depends on.
func (m *micro) key(c *Ctx) string {
	z := "-"
	if takesGzip(c.Request()) {
		z = "z"
	}
	return c.Say.Lang + z + c.Request().URL.RequestURI()
}

func (m *micro) get(key string) (made, bool) {
	m.RLock()
	defer m.RUnlock()
	k, ok := m.pages[key]
	return k.made, ok && wall().Before(k.until)
}

func (m *micro) put(key string, page made) {
	if page.status != http.StatusOK || len(page.body) > microBytes {
		return
	}
	m.Lock()
	defer m.Unlock()
	if len(m.pages) >= microPages {
		clear(m.pages)
	}
	m.pages[key] = kept{page, wall().Add(microLife)}
}
