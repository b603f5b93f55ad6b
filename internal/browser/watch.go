package browser

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"

	"github.com/kierto/kierto/internal/clock"
)

// watch sees what the page asks the network for and what goes wrong in it.
type watch struct {
	mu      sync.Mutex
	open    map[network.RequestID]string // addresses of requests under way
	main    cdp.FrameID                  // the page itself, and not a frame within it
	page    cdp.LoaderID                 // of the page shown, or the one that will be
	changed time.Time                    // when the last one began or ended
	faults  []string
	workers map[string]serviceworker.RegistrationID // of service workers, by the origin they belong to
}

func newWatch() *watch {
	return &watch{open: map[network.RequestID]string{}, workers: map[string]serviceworker.RegistrationID{}}
}

func (w *watch) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// local tells whether a request stays on this machine.
func local(address string) bool {
	for _, prefix := range []string{"http://127.0.0.1", "http://localhost", "data:", "blob:", "about:", "chrome-error:"} {
		if strings.HasPrefix(address, prefix) {
			return true
		}
	}
	return false
}

// icon tells whether the browser asks for the site's icon: it does so on its own,
// and never says how it ended when the page is left meanwhile.
func icon(address string) bool { return strings.HasSuffix(address, "/favicon.svg") }

// serverError tells whether an answer is one no page should ever cause.
func serverError(status int64) bool {
	return status >= http.StatusInternalServerError && status != http.StatusServiceUnavailable
}

// busy is the number of requests under way, or one if the last ended just now.
func (w *watch) busy() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.open); n > 0 {
		return n
	}
	if clock.Wall().Sub(w.changed) < restQuiet {
		return 1
	}
	return 0
}

// under are the addresses of the requests under way.
func (w *watch) under() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(slices.Sorted(maps.Values(w.open)), ", ")
}

// see follows what happens in the page.
func (w *watch) see(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if w.main == "" {
			w.main = e.FrameID
		}
		// a sandboxed frame loads in a process of its own, which never tells us how it ended
		within := e.FrameID != "" && e.FrameID != w.main
		if !within && e.Type != network.ResourceTypeEventSource && !strings.HasPrefix(e.Request.URL, "data:") && !icon(e.Request.URL) {
			if e.Type == network.ResourceTypeDocument {
				clear(w.open) // a new page: how the old one's requests end is not always told
				w.page = e.LoaderID
			}
			if e.LoaderID == w.page { // and not of a page that is being left
				w.open[e.RequestID] = e.Request.URL
				w.changed = clock.Wall()
			}
		}
		if !local(e.Request.URL) {
			w.fault("asked a third party: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if serverError(e.Response.Status) {
			w.fault("answer %d from %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFinished:
		w.end(e.RequestID)
	case *network.EventLoadingFailed:
		w.end(e.RequestID)
	case *serviceworker.EventWorkerRegistrationUpdated:
		for _, r := range e.Registrations {
			w.workers[strings.TrimSuffix(r.ScopeURL, "/")] = r.RegistrationID
		}
	case *runtime.EventExceptionThrown:
		w.fault("script error: %v", &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails})
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
			w.fault("%s: %s", e.Entry.Source, e.Entry.Text)
		}
	}
}

func (w *watch) end(id network.RequestID) {
	if w.open[id] != "" {
		delete(w.open, id)
		w.changed = clock.Wall()
	}
}

// worker is the service worker of a whole origin, if it has one.
func (w *watch) worker(origin string) serviceworker.RegistrationID {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.workers[origin]
}

// Faults is what went wrong in the page since it was last asked; whatever is not
// asked for fails the test at its end.
func (p *Page) Faults() []string {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	faults := p.watch.faults
	p.watch.faults = nil
	return faults
}

func (p *Page) checkFaults() {
	for _, f := range p.Faults() {
		p.t.Errorf("browser: the page did wrong: %s", f)
	}
}
