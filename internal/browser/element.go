package browser

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	var cover string
	if err := el.call(ctx, "function () { return "+strings.TrimSpace(findJS)+`("").covered(this) }`, &cover); err != nil {
		return err
	}
	if cover != "" {
		return fmt.Errorf("it is covered by %s", cover)
	}
	res, err := chromedp.Call(ctx, dom.GetContentQuads, dom.GetContentQuadsParams{ObjectID: el.id})
	if err != nil {
		return err
	}
	if len(res.Quads) == 0 {
		return errors.New("it is not to be seen")
	}
	q := res.Quads[0]
	x, y := (q[0]+q[2]+q[4]+q[6])/4, (q[1]+q[3]+q[5]+q[7])/4
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
