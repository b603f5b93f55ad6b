package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// element is something found on the page.
type element struct {
	p  *Page
	id runtime.RemoteObjectID
}

// find finds an element by one of find.js's functions.
func (p *Page) find(ctx context.Context, by string, args ...string) (*element, error) {
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: p.js(by, args...)})
	if err := decode(res.Result, res.ExceptionDetails, err, nil); err != nil {
		return nil, err
	}
	if res.Result.ObjectID == "" {
		return nil, fmt.Errorf("there is no %s %q", by, strings.Join(args, " / "))
	}
	return &element{p, res.Result.ObjectID}, nil
}

// call calls a script function with the element as this.
func (el *element) call(ctx context.Context, function string, dest any, args ...any) error {
	list := make([]*runtime.CallArgument, len(args))
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			return err
		}
		list[i] = &runtime.CallArgument{Value: b}
	}
	res, err := chromedp.Call(ctx, runtime.CallFunctionOn, runtime.CallFunctionOnParams{
		FunctionDeclaration: function, ObjectID: el.id, Arguments: list, ReturnByValue: new(true),
	})
	return decode(res.Result, res.ExceptionDetails, err, dest)
}

// press clicks the middle of the element with the mouse, unless something covers
// it: a person could not press it then.
func (el *element) press(ctx context.Context, times int) error {
	x, y, err := el.reach(ctx)
	if err != nil {
		return err
	}
	for n := 1; n <= times; n++ {
		for _, kind := range []input.DispatchMouseEventType{chromedp.MousePressed, chromedp.MouseReleased} {
			err := send(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{
				Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: int64(n),
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// stillFor is how long an element must stay where it is before it is pressed.
const stillFor = 20 * time.Millisecond

// hover moves the mouse to a place and waits a moment. The move makes Chromium
// draw: text just typed is scrolled back into view only then.
func hover(ctx context.Context, x, y float64) error {
	err := send(ctx, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: chromedp.MouseMoved, X: x, Y: y})
	if err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(stillFor):
		return nil
	}
}

// reach scrolls the element into the window and gives its middle, once it has
// come to rest there. It fails when something covers it.
func (el *element) reach(ctx context.Context) (x, y float64, err error) {
	const tries = 20
	for range tries {
		var at struct {
			Cover string  `json:"cover"`
			Y     float64 `json:"y"`
		}
		err := el.call(ctx, "function () { const cover = "+strings.TrimSpace(findJS)+`("").covered(this);
			const r = this.getClientRects()[0] || this.getBoundingClientRect();
			return { cover, y: r.top + r.height / 2 };
		}`, &at)
		if err != nil {
			return 0, 0, err
		}
		if at.Cover != "" {
			return 0, 0, fmt.Errorf("it is covered by %s", at.Cover)
		}
		if x, y, err = el.middle(ctx); err != nil {
			return 0, 0, err
		}
		if err := hover(ctx, x, y); err != nil {
			return 0, 0, err
		}
		if x, y, err = el.middle(ctx); err != nil || math.Abs(y-at.Y) <= 1 {
			return x, y, err
		}
	}
	return 0, 0, errors.New("it does not stay in its place")
}

// middle is the middle of the element in the window.
func (el *element) middle(ctx context.Context) (x, y float64, err error) {
	res, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{ObjectID: el.id})
	if err != nil {
		return 0, 0, err
	}
	if len(res.Quads) == 0 {
		return 0, 0, errors.New("it is not to be seen")
	}
	q := res.Quads[0]
	return (q[0] + q[2] + q[4] + q[6]) / 4, (q[1] + q[3] + q[5] + q[7]) / 4, nil
}

// option chooses an option of a select element.
func (el *element) option(ctx context.Context, wanted string) error {
	var found bool
	err := el.call(ctx, "function (wanted) { const o = "+strings.TrimSpace(findJS)+`("").option(this, wanted);
		if (!o) return false;
		this.value = o.value;
		for (const e of ["input", "change"]) this.dispatchEvent(new Event(e, { bubbles: true }));
		return true;
	}`, &found, wanted)
	if err == nil && !found {
		err = fmt.Errorf("it has no option %q", wanted)
	}
	return err
}
