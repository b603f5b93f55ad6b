package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// How a page is judged to have come to rest.
const (
	restPoll  = 15 * time.Millisecond
	restQuiet = 60 * time.Millisecond // no request began or ended for so long
)

// Page is a window as one person uses it. Every method fails the test, with a
// picture of the page, when what it names does not appear within a while.
type Page struct {
	t     testing.TB
	ctx   context.Context
	o     Options
	scope string // CSS selector of the part Within names
	watch *watch
}

// Within is the same page, looking only inside the first element that css selects.
func (p *Page) Within(css string) *Page {
	q := *p
	q.scope = css
	return &q
}

// Open goes to an address and waits for the page.
func (p *Page) Open(address string) {
	p.t.Helper()
	p.run("open "+address, func(ctx context.Context) error {
		res, err := chromedp.Call(ctx, page.Navigate, page.NavigateParams{URL: address})
		if err == nil && res.ErrorText != "" {
			err = errors.New(res.ErrorText)
		}
		return err
	})
	p.rest()
}

// Reload asks for the page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.run("reload", func(ctx context.Context) error { return send(ctx, page.Reload, page.ReloadParams{}) })
	p.rest()
}

// Back presses the browser's back button.
func (p *Page) Back() {
	p.t.Helper()
	p.run("go back", func(ctx context.Context) error {
		h, err := chromedp.Call(ctx, page.GetNavigationHistory, cdp.Empty{})
		if err != nil {
			return err
		}
		if h.CurrentIndex == 0 {
			return errors.New("there is nothing to go back to")
		}
		before := h.Entries[h.CurrentIndex-1].ID
		return send(ctx, page.NavigateToHistoryEntry, page.NavigateToHistoryEntryParams{EntryID: before})
	})
	p.rest()
}

// Fill types value into the field with this label or name, in place of what was
// there.
func (p *Page) Fill(field, value string) {
	p.t.Helper()
	p.run("fill "+field, func(ctx context.Context) error {
		el, err := p.find(ctx, "field", field)
		if err != nil {
			return err
		}
		var typed bool
		err = el.call(ctx, `function (v) {
			if (!["date", "time", "datetime-local", "month", "week", "color", "range"].includes(this.type)) {
				this.focus(); this.select(); return false;
			}
			this.value = v;
			for (const e of ["input", "change"]) this.dispatchEvent(new Event(e, { bubbles: true }));
			return true;
		}`, &typed, value)
		if err != nil || typed {
			return err
		}
		if err := chromedp.Do(ctx, chromedp.KeyEvent(kb.Backspace)); err != nil || value == "" {
			return err
		}
		return send(ctx, input.InsertText, input.InsertTextParams{Text: value})
	})
}

// Click presses the link, button or label with this text, and waits until the
// page has come to rest.
func (p *Page) Click(text string) {
	p.t.Helper()
	p.run("click "+text, func(ctx context.Context) error {
		el, err := p.find(ctx, "pressable", text)
		if err != nil {
			return err
		}
		return el.press(ctx, 1)
	})
	p.rest()
}

// DoubleClick presses twice, as an impatient person does.
func (p *Page) DoubleClick(text string) {
	p.t.Helper()
	p.run("double-click "+text, func(ctx context.Context) error {
		el, err := p.find(ctx, "pressable", text)
		if err != nil {
			return err
		}
		return el.press(ctx, 2)
	})
	p.rest()
}

// Choose picks an option of the select with this label or name, or the radio
// button or checkbox so named in the group with this legend or name.
func (p *Page) Choose(field, option string) {
	p.t.Helper()
	p.run("choose "+option+" of "+field, func(ctx context.Context) error {
		if el, err := p.find(ctx, "field", field); err == nil {
			var is string
			if err := el.call(ctx, `function () { return this.tagName }`, &is); err != nil {
				return err
			}
			if is == "SELECT" {
				return el.option(ctx, option)
			}
		}
		el, err := p.find(ctx, "choice", field, option)
		if err != nil {
			return err
		}
		return el.press(ctx, 1)
	})
	p.rest()
}

// Check presses the checkbox or radio button with this label.
func (p *Page) Check(label string) {
	p.t.Helper()
	p.run("check "+label, func(ctx context.Context) error {
		el, err := p.find(ctx, "choice", "", label)
		if err != nil {
			return err
		}
		return el.press(ctx, 1)
	})
	p.rest()
}

// Upload puts files into the file field with this label or name.
func (p *Page) Upload(field string, files ...string) {
	p.t.Helper()
	p.run("upload to "+field, func(ctx context.Context) error {
		el, err := p.find(ctx, "file", field)
		if err != nil {
			return err
		}
		return send(ctx, dom.SetFileInputFiles, dom.SetFileInputFilesParams{Files: files, ObjectID: el.id})
	})
	p.rest()
}

// Press sends a key, such as kb.Enter, to what has the focus.
func (p *Page) Press(key string) {
	p.t.Helper()
	p.run("press a key", func(ctx context.Context) error { return chromedp.Do(ctx, chromedp.KeyEvent(key)) })
	p.rest()
}

// Shot takes a picture of the whole page, NAME.png in $KIERTO_SHOTS.
func (p *Page) Shot(name string) {
	p.t.Helper()
	if _, err := p.shot(name); err != nil {
		p.t.Fatalf("browser: picture %s: %v", name, err)
	}
}

func (p *Page) shot(name string) (string, error) {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: new(true)})
	if err != nil {
		return "", err
	}
	file := filepath.Join(shots(p.t), name+".png")
	return file, os.WriteFile(file, res.Data, 0o644)
}

// run tries something until it works or patience ends.
func (p *Page) run(what string, try func(ctx context.Context) error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var last error
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil || last == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			p.fail(what, last)
		case <-time.After(2 * restPoll):
		}
	}
}

// fail ends the test with what the page showed.
func (p *Page) fail(what string, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	var at, text string
	// As well as it goes: the test fails anyway.
	_ = errors.Join(p.eval(ctx, "location.href", &at), p.eval(ctx, "document.body.innerText", &text))
	file, shotErr := p.shot("failed-" + strings.NewReplacer("/", "-", " ", "-").Replace(p.t.Name()))
	if shotErr != nil {
		file = shotErr.Error()
	}
	p.t.Fatalf("browser: cannot %s: %v\nat %s, picture %s\n%s", what, err, at, file, clip(text))
}

// maxQuoted is how much of a page a failure quotes, in bytes.
const maxQuoted = 3000

func clip(s string) string {
	if len(s) > maxQuoted {
		return s[:maxQuoted] + "…"
	}
	return s
}

// rest waits until the page is loaded and has asked the network for nothing for
// a moment; an event stream does not count.
func (p *Page) rest() {
	p.t.Helper()
	time.Sleep(restPoll)
	p.run("wait for the page to come to rest", func(ctx context.Context) error {
		var state string
		if err := p.eval(ctx, "document.readyState", &state); err != nil {
			return err
		}
		if state != "complete" {
			return errors.New("it is still loading")
		}
		if n := p.watch.busy(); n > 0 {
			return fmt.Errorf("%d requests are under way: %s", n, p.watch.under())
		}
		return nil
	})
}
