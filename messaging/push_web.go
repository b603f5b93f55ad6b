package messaging

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/static"
	page "github.com/kierto/kierto/templates/messaging"
	"github.com/kierto/kierto/templates/ui"
)

// How often browsers may come and go, and report what they showed.
const (
	pushBurst, pushEach = 10, 10 * time.Second
	seenBurst, seenEach = 60, time.Second
	markChars           = 16 // of what the page knows a browser by
)

// webPush registers the routes of push messages.
func (s *Service) webPush(r *web.Server) {
	few := web.Limit(pushBurst, pushEach)
	worker := static.Worker()
	r.GET("/sw.js", web.Anyone, func(c *web.Ctx) error {
		worker.ServeHTTP(c.Response(), c.Request())
		return nil
	})
	r.POST("/account/push", web.Party, s.postPush, few)
	r.POST("/account/push/off", web.Party, s.postPushOff, few)
	r.POST("/push/seen", web.Machine, s.postSeen, web.Limit(seenBurst, seenEach))
}

// PushPart is what the page of channels says about push messages; nothing when
// there are none. It is one of accounts' ChannelParts.
func (s *Service) PushPart(c *web.Ctx) (templ.Component, error) {
	if s.webpush == nil {
		return nil, nil
	}
	bs, err := browsers(c.Request().Context(), s.DB, me(c))
	if err != nil {
		return nil, err
	}
	p := page.PushPart{Frame: web.Frame{Speaker: c.Say, Reader: c.Reader}, Key: s.webpush.Key(), Script: static.URL("push.js")}
	for _, b := range bs {
		p.Browsers = append(p.Browsers, page.Browser{
			Mark: mark(b.Endpoint), Name: or(b.Agent, c.Say.T("messaging.push_browser")), Since: c.Say.T("messaging.push_since", "Day", c.Say.Date(b.CreatedAt)),
			Remove: ui.Button{
				Label: c.Say.T("messaging.push_remove"), URL: "/account/push/off", Post: true, Kind: "quiet", Small: true,
				Hidden: []ui.Pair{{Name: "id", Value: string(b.ID)}},
			},
		})
	}
	return page.Push(p), nil
}

// mark is how the page knows a browser without telling its address.
func mark(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return base64.RawURLEncoding.EncodeToString(sum[:])[:markChars]
}

// postPush remembers the browser that asks, for the reader.
func (s *Service) postPush(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	err = s.Subscribe(ctx, me(c), Browser{
		Endpoint: form.Get("endpoint"), P256dh: form.Get("p256dh"), Auth: form.Get("auth"), VAPID: form.Get("key"),
		Agent: accounts.Agent(c.Request().UserAgent()), Session: c.Reader.Session,
	})
	if err != nil {
		return err
	}
	if old := form.Get("old"); old != "" && old != form.Get("endpoint") {
		if err := s.UnsubscribeBrowser(ctx, me(c), old); err != nil {
			return err
		}
	}
	return c.NoContent(204)
}

// postPushOff forgets a browser of the reader.
func (s *Service) postPushOff(c *web.Ctx) error {
	form, err := c.Form()
	if err != nil {
		return err
	}
	which := or(form.Get("id"), form.Get("endpoint"))
	if err := s.UnsubscribeBrowser(c.Request().Context(), me(c), which); err != nil {
		return err
	}
	if form.Get("endpoint") != "" { // the script asks, and reads no page
		return c.NoContent(204)
	}
	c.Flash("messaging.push_removed")
	return c.Go("/account/channels")
}

// postSeen takes a browser's report that it showed a message.
func (s *Service) postSeen(c *web.Ctx) error {
	if err := s.Seen(c.Request().Context(), c.FormValue("token")); err != nil {
		return err
	}
	return c.NoContent(204)
}
