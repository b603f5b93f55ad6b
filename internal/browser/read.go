package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

//go:embed find.js
var findJS string

// See waits until all these texts are to be read on the page.
func (p *Page) See(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.run("see "+text, func(ctx context.Context) error {
			all, err := p.text(ctx, "")
			if err == nil && !strings.Contains(all, text) {
				err = errors.New("it is not there")
			}
			return err
		})
	}
}

// Gone waits until none of these texts is to be read on the page.
func (p *Page) Gone(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		p.run("no longer see "+text, func(ctx context.Context) error {
			all, err := p.text(ctx, "")
			if err == nil && strings.Contains(all, text) {
				err = errors.New("it is still there")
			}
			return err
		})
	}
}

// Has tells whether the text is to be read on the page right now.
func (p *Page) Has(text string) bool {
	p.t.Helper()
	var has bool
	p.run("read the page", func(ctx context.Context) error {
		all, err := p.text(ctx, "")
		has = strings.Contains(all, text)
		return err
	})
	return has
}

// Text waits for the first element that css selects, and reads it. An empty css
// reads everything.
func (p *Page) Text(css string) string {
	p.t.Helper()
	var text string
	p.run("read "+css, func(ctx context.Context) (err error) {
		text, err = p.text(ctx, css)
		return err
	})
	return text
}

// Count is how many elements css selects.
func (p *Page) Count(css string) int {
	p.t.Helper()
	var n int
	p.run("count "+css, func(ctx context.Context) error { return p.eval(ctx, p.js("count", css), &n) })
	return n
}

// Eval runs a script in the page and decodes what it comes to into dest, which
// may be nil.
func (p *Page) Eval(script string, dest any) {
	p.t.Helper()
	p.run("evaluate", func(ctx context.Context) error { return p.eval(ctx, script, dest) })
}

// URL is the address the page is at.
func (p *Page) URL() *url.URL {
	p.t.Helper()
	var address string
	p.run("read the address", func(ctx context.Context) error { return p.eval(ctx, "location.href", &address) })
	u, err := url.Parse(address)
	if err != nil {
		p.t.Fatalf("browser: address %q: %v", address, err)
	}
	return u
}

// Path is the path of the address the page is at.
func (p *Page) Path() string {
	p.t.Helper()
	return p.URL().Path
}

// js is a call of one of find.js's functions.
func (p *Page) js(name string, args ...string) string {
	root, _ := json.Marshal(p.scope) // strings always marshal
	list := make([]string, len(args))
	for i, a := range args {
		b, _ := json.Marshal(a)
		list[i] = string(b)
	}
	return fmt.Sprintf("%s(%s).%s(%s)", strings.TrimSpace(findJS), root, name, strings.Join(list, ", "))
}

func (p *Page) text(ctx context.Context, css string) (string, error) {
	var text *string
	if err := p.eval(ctx, p.js("text", css), &text); err != nil {
		return "", err
	}
	if text == nil {
		return "", fmt.Errorf("nothing matches %q", p.scope+" "+css)
	}
	return *text, nil
}

func (p *Page) eval(ctx context.Context, script string, dest any) error {
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{
		Expression: script, ReturnByValue: new(true), AwaitPromise: new(true),
	})
	return decode(res.Result, res.ExceptionDetails, err, dest)
}

func decode(res *runtime.RemoteObject, thrown *runtime.ExceptionDetails, err error, dest any) error {
	if err != nil {
		return err
	}
	if thrown != nil {
		return &chromedp.ExceptionError{ExceptionDetails: thrown}
	}
	if dest == nil || len(res.Value) == 0 {
		return nil
	}
	return json.Unmarshal(res.Value, dest)
}

// send gives the browser a command whose answer does not matter.
func send[P, R any](ctx context.Context, command cdp.Command[P, R], params P) error {
	_, err := chromedp.Call(ctx, command, params)
	return err
}
