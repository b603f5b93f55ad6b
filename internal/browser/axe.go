package browser

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

//go:embed axe.min.js
var axe string

// violation is one rule of axe that a page breaks.
type violation struct {
	ID     string   `json:"id"`
	Impact string   `json:"impact"`
	Help   string   `json:"help"`
	Nodes  []string `json:"nodes"`
}

// runAxe runs all rules of WCAG 2.2 A and AA and the best practices. Style sheets are
// not read for it: only an experimental rule looks at them, and that is not run.
const runAxe = `axe.run(document, { resultTypes: ["violations"], preload: { assets: ["media"] } }).then((r) => r.violations.map((v) => ({
	id: v.id, impact: v.impact || "", help: v.help,
	nodes: v.nodes.map((n) => n.target.join(" ") + " — " + n.html.slice(0, 160) + " — " + (n.failureSummary || "").replace(/\s+/g, " ")),
})))`

// Axe fails t for everything axe finds wrong with the page as it is now. It also
// works on pages whose own script is switched off or forbidden.
func (p *Page) Axe(t testing.TB) {
	t.Helper()
	var found []violation
	p.run("run axe", func(ctx context.Context) error {
		if p.o.NoJS { // axe needs timers; the page's own scripts were not loaded and stay so
			if err := p.scripts(ctx, true); err != nil {
				return err
			}
			defer func() { _ = p.scripts(ctx, false) }() // on failure the next page shows it
		}
		if err := p.eval(ctx, axe+";0", nil); err != nil {
			return err
		}
		return p.eval(ctx, runAxe, &found)
	})
	for _, v := range found {
		t.Errorf("axe: %s: %s (%s, %s)\n\t%s", p.URL(), v.Help, v.ID, v.Impact, strings.Join(v.Nodes, "\n\t"))
	}
}

// scripts switches the page's scripts on or off.
func (p *Page) scripts(ctx context.Context, on bool) error {
	return send(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// Overflow fails t when the page can be scrolled sideways.
func (p *Page) Overflow(t testing.TB) {
	t.Helper()
	var over struct {
		By   int    `json:"by"`
		From string `json:"from"`
	}
	p.run("measure the width", func(ctx context.Context) error {
		return p.eval(ctx, `(() => {
			const root = document.documentElement, by = root.scrollWidth - root.clientWidth;
			const wide = by > 0 && [...document.querySelectorAll("body *")].find((el) => el.getBoundingClientRect().right > root.clientWidth + 1);
			return { by, from: wide ? wide.outerHTML.slice(0, 160) : "" };
		})()`, &over)
	})
	if over.By > 0 {
		t.Errorf("browser: %s is %d px too wide: %s", p.URL(), over.By, fmt.Sprintf("%.160s", over.From))
	}
}

// NoScripts switches scripts off, as for Options.NoJS, once the page needs no
// more of them.
func (p *Page) NoScripts() {
	p.t.Helper()
	p.run("switch scripts off", func(ctx context.Context) error { return p.scripts(ctx, false) })
}
