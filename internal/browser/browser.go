// Package browser drives a real Chromium for the tests, naming things by what a
// person reads. Whatever a page does wrong on the way (a script error, a broken
// content policy, a request to a third party) fails the test too.
package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/kierto/kierto/internal/testdb"
)

// Limits of a browser test.
const (
	patience     = 20 * time.Second // for one thing to appear
	browserLife  = 10 * time.Minute // a browser is ended after this, whatever happens
	startTimeout = 60 * time.Second // Chromium on a busy machine
)

// Default window, in CSS pixels.
const (
	defaultWidth  = 1200
	defaultHeight = 900
	phoneHeight   = 780
	phoneBelow    = 600 // narrower windows are phones
)

// EnvShots names a folder that keeps the pictures of Shot.
const EnvShots = "KIERTO_SHOTS"

// Options say what kind of browser a person has.
type Options struct {
	Width int     // CSS pixels; 0 means 1200
	Zoom  float64 // 2 shows everything twice as large in the same window; 0 means 1
	Dark  bool    // prefers dark colours
	NoJS  bool    // scripts are switched off
	Lang  string  // preferred language; "" means Finnish
}

// Browser is one running Chromium. Each Page of it belongs to another person.
type Browser struct {
	ctx context.Context
	o   Options
}

// New starts a browser that ends with the test. Without Chromium the test is
// skipped, with the reason.
func New(t testing.TB, o Options) *Browser {
	t.Helper()
	path, err := find()
	if err != nil {
		testdb.Skip(t, err.Error())
	}
	life, end := context.WithTimeout(context.WithoutCancel(t.Context()), browserLife)
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.WSURLReadTimeout(startTimeout),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("force-device-scale-factor", "1"),
		// Nothing outside this machine is ever asked.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Flag("no-proxy-server", true),
	)
	alloc, stop := chromedp.NewExecAllocator(life, flags...)
	silent := func(string, ...any) {}
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(silent), chromedp.WithLogf(silent))
	t.Cleanup(func() { cancel(); stop(); end() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("browser: Chromium does not start: %v", err)
	}
	return &Browser{ctx: ctx, o: o}
}

func find() (string, error) {
	for _, name := range []string{"/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("browser tests skipped: no Chromium on this machine (apt-get install chromium)")
}

// Page opens a window for one more person: its cookies are its own. It is t that
// fails by it, and the window closes when t ends.
func (b *Browser) Page(t testing.TB) *Page {
	t.Helper()
	return b.PageOf(t, b.o)
}

// PageOf opens a window with options of its own.
func (b *Browser) PageOf(t testing.TB, o Options) *Page {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	p := &Page{t: t, ctx: ctx, o: o, watch: newWatch()}
	if err := errors.Join(chromedp.Listen(ctx, p.watch.see), p.set(ctx)); err != nil {
		t.Fatalf("browser: %v", err)
	}
	t.Cleanup(p.checkFaults)
	return p
}

// set applies the options to the window.
func (p *Page) set(ctx context.Context) error {
	width, zoom := p.o.Width, p.o.Zoom
	if width == 0 {
		width = defaultWidth
	}
	if zoom == 0 {
		zoom = 1
	}
	height := defaultHeight
	if width < phoneBelow {
		height = phoneHeight
	}
	lang := p.o.Lang
	if lang == "" {
		lang = "fi"
	}
	scheme := "light"
	if p.o.Dark {
		scheme = "dark"
	}
	return errors.Join(
		send(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(float64(width) / zoom), Height: int64(float64(height) / zoom), DeviceScaleFactor: zoom,
		}),
		send(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}}),
		p.scripts(ctx, !p.o.NoJS),
		send(ctx, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: lang}),
		send(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}}),
	)
}

// shots is the folder that pictures go to.
func shots(t testing.TB) string {
	dir := os.Getenv(EnvShots)
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatalf("browser: %v", err)
	}
	return dir
}
