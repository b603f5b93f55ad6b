package browser

import (
	"context"
	"errors"
	"net/url"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// errNoWorker is returned until the page's site has a service worker.
var errNoWorker = errors.New("no service worker")

// Notify lets the page's site show notifications, as its reader would when asked,
// or forbids it for good.
func (p *Page) Notify(yes bool) {
	p.t.Helper()
	setting := browser.PermissionSettingDenied
	if yes {
		setting = browser.PermissionSettingGranted
	}
	p.run("let the site notify", func(ctx context.Context) error {
		_, err := chromedp.CallBrowser(ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: setting, Origin: p.origin(),
			BrowserContextID: chromedp.FromContext(p.ctx).BrowserContextID,
		})
		return err
	})
}

// Push wakes the service worker of the page's site with a push message, decrypted
// as its push service would have it. It waits until there is a worker.
func (p *Page) Push(data string) {
	p.t.Helper()
	p.run("push a message", func(ctx context.Context) error {
		if err := send(ctx, serviceworker.Enable, cdp.Empty{}); err != nil {
			return err
		}
		id := p.watch.worker(p.origin())
		if id == "" {
			return errNoWorker
		}
		return send(ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{
			Origin: p.origin(), RegistrationID: id, Data: data,
		})
	})
}

// origin is that of the page.
func (p *Page) origin() string {
	u := p.URL()
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}
