package messaging

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/messaging"
	"github.com/kierto/kierto/templates/ui"
)

// How often people may write.
const (
	sendBurst, sendEach = 20, 3 * time.Second
	helpBurst, helpEach = 6, 30 * time.Second
)

// Web registers the routes.
func (s *Service) Web(r *web.Server) {
	often := web.Limit(helpBurst, helpEach)
	r.GET("/inbox", web.SignedIn, s.getInbox)
	r.GET("/inbox/live", web.SignedIn, s.getInboxLive)
	r.GET("/inbox/:id", web.Party, s.getConversation)
	r.Upload("/inbox/:id", web.Party, s.postMessage())
	r.GET("/inbox/:id/live", web.Party, s.getLive)
	r.POST("/inbox/:id/read", web.Party, s.postRead)
	r.POST("/inbox/:id/settle", web.Party, s.postSettle)
	r.GET("/inbox/:id/block", web.Party, s.getBlock)
	r.POST("/inbox/:id/block", web.Party, s.postBlock)
	r.POST("/inbox/:id/unblock", web.Party, s.postUnblock)
	r.GET("/notices", web.SignedIn, s.getNotices)
	r.GET("/help", web.Anyone, s.getHelp)
	r.POST("/help", web.Party, s.postHelp, often) // suspended members too: they need us most
	r.GET("/reports/new", web.SignedIn, s.getReport)
	r.POST("/reports", web.SignedIn, s.postReport, often)
	s.webHear(r)
	r.GET("/unsubscribe/:token", web.Machine, s.getUnsubscribe)
	r.POST("/unsubscribe/:token", web.Machine, s.postUnsubscribe)
	s.webPush(r)
}

func me(c *web.Ctx) accounts.UserID { return accounts.UserID(c.Reader.ID) }

// party is the conversation of the request; a Missing fault unless the reader
// is one of the two.
func (s *Service) party(c *web.Ctx) (Conversation, error) {
	return s.Conversation(c.Request().Context(), s.DB, ConversationID(c.Param("id")), me(c))
}

func (s *Service) getInbox(c *web.Ctx) error {
	p, err := s.inboxPage(c, nil)
	if err != nil {
		return err
	}
	return c.Page(page.Inbox(p))
}

func (s *Service) getConversation(c *web.Ctx) error {
	conv, err := s.party(c)
	if err != nil {
		return err
	}
	p, err := s.conversationPage(c, conv, web.Form{})
	if err != nil {
		return err
	}
	return c.Page(page.Inbox(p))
}

// postMessage takes a message. What cannot be taken comes back with what was
// typed.
func (s *Service) postMessage() web.Handler {
	limit := web.Limit(sendBurst, sendEach)(func(*web.Ctx) error { return nil })
	return func(c *web.Ctx) error {
		conv, err := s.party(c)
		if err != nil {
			return err
		}
		form, err := c.Form()
		if err != nil {
			return err
		}
		if err = limit(c); err == nil {
			err = s.SendForm(c, conv, form)
		}
		if err == nil {
			return c.Go("/inbox/" + string(conv.ID))
		}
		fs := fault.As(err)
		if len(fs) == 0 || fs[0].Kind == fault.Missing {
			return err
		}
		if fs[0].Field == "" || c.IsHTMX() { // beside the field, in an answer that htmx shows
			err = &fault.Fault{Kind: fs[0].Kind, Key: fs[0].Key, Args: fs[0].Args, Field: or(fs[0].Field, ui.MessageField), Err: fs[0].Err}
			if c.IsHTMX() && fs[0].Kind == fault.TooMany {
				err = fault.Field(ui.MessageField, fs[0].Key)
			}
		}
		form.Faults = fault.As(err)
		p, perr := s.conversationPage(c, conv, form)
		if perr != nil {
			return perr
		}
		return c.Again(err, form, func(web.Form) templ.Component { return page.Inbox(p) })
	}
}

// SendForm sends what the reader typed into a ui.Compose, with the photo if one
// came along. They are one of the two; faults as of Send.
func (s *Service) SendForm(c *web.Ctx, conv Conversation, form web.Form) error {
	ctx, text, photo := c.Request().Context(), form.Get(ui.MessageField), ""
	file, err := c.FormFile(ui.PhotoName)
	if err == nil && file.Size > 0 {
		if s.Photos == nil {
			return fault.Field(ui.PhotoName, "messaging.no_photos")
		}
		if _, err := words(text, "with a photo"); err != nil {
			return err // before anything is stored
		}
		data, err := file.Open()
		if err != nil {
			return err
		}
		defer func() { _ = data.Close() }() // it was only read
		if photo, err = s.Photos(ctx, me(c), data); err != nil {
			for _, f := range fault.As(err) {
				f.Field = ui.PhotoName
			}
			return err
		}
	}
	return s.Send(ctx, me(c), conv.ID, text, photo)
}

// getInboxLive keeps the list of conversations up to date.
func (s *Service) getInboxLive(c *web.Ctx) error {
	woken, stop := s.Watch(me(c), UserTopic(me(c)))
	defer stop()
	return c.Live(page.ListEvent, woken, func() (templ.Component, error) {
		c.Say.Now = s.Clock.Now()
		p, err := s.inboxPage(c, nil)
		return page.List(p), err
	})
}

// getLive keeps a conversation up to date, and the list beside it.
func (s *Service) getLive(c *web.Ctx) error {
	conv, err := s.party(c)
	if err != nil {
		return err
	}
	woken, stop := s.Watch(me(c), conv.topic(), UserTopic(me(c)))
	defer stop()
	return c.LiveParts(woken, func() ([]web.Part, error) {
		conv, err := s.party(c)
		if err != nil {
			return nil, err
		}
		es, err := s.look(c.Request().Context(), conv, me(c))
		if err != nil {
			return nil, err
		}
		c.Say.Now = s.Clock.Now()
		p, err := s.inboxPage(c, &conv)
		if err != nil {
			return nil, err
		}
		if p.Pane, err = s.changing(c, p.Frame, conv, es); err != nil {
			return nil, err
		}
		p.Pane.Seen = seen(conv, me(c))
		return []web.Part{{Event: ui.LiveEvent, Page: page.Live(p)}, {Event: page.ListEvent, Page: page.List(p)}}, nil
	})
}

// seen is the mark that tells us when the newest entry has come into view.
func seen(conv Conversation, u accounts.UserID) page.Seen {
	if !conv.Unread(u) {
		return page.Seen{}
	}
	return page.Seen{URL: "/inbox/" + string(conv.ID) + "/read", Seq: strconv.FormatInt(conv.LastSeq, 10)}
}

func (s *Service) postRead(c *web.Ctx) error {
	conv, err := s.party(c)
	if err != nil {
		return err
	}
	seq, err := strconv.ParseInt(c.FormValue("seq"), 10, 64)
	if err != nil || seq < 1 {
		return fault.New(fault.Invalid, "web.broken_form")
	}
	if err := s.read(c.Request().Context(), conv, me(c), seq); err != nil {
		return err
	}
	return c.NoContent(204)
}

func (s *Service) postSettle(c *web.Ctx) error {
	if err := s.Settle(c.Request().Context(), me(c), ConversationID(c.Param("id"))); err != nil {
		return err
	}
	c.Flash("messaging.settled")
	return c.Go("/inbox/" + url.PathEscape(c.Param("id")))
}

func (s *Service) getNotices(c *web.Ctx) error {
	ctx := c.Request().Context()
	ns, err := notices(ctx, s.DB, me(c), noticePage)
	if err != nil {
		return err
	}
	lines, err := s.noticeDays(c, ns)
	if err != nil {
		return err
	}
	if err := s.ReadNotices(ctx, me(c)); err != nil {
		return err
	}
	f := c.Frame("inbox")
	return c.Page(page.Notices(page.NoticesPage{Frame: f, Groups: lines, Empty: ui.Empty{
		Art: "horseshoe", Title: f.T("messaging.notices_none"), Text: f.T("messaging.notices_none_text"),
	}}))
}

// noticeDays words notices for the reader, day by day.
func (s *Service) noticeDays(c *web.Ctx, ns []Notice) ([]page.NoticeDay, error) {
	want, all := map[accounts.UserID]bool{}, make([]map[string]any, len(ns))
	for i, n := range ns {
		args, err := DecodeArgs(n.RawArgs)
		if err != nil {
			return nil, err
		}
		all[i] = args
		for _, u := range people(args) {
			want[u] = true
		}
	}
	names, err := s.names(c.Request().Context(), s.DB, want)
	if err != nil {
		return nil, err
	}
	var days []page.NoticeDay
	for i, n := range ns {
		d := dayOf(c.Say, n.CreatedAt)
		if len(days) == 0 || days[len(days)-1].Day != d {
			days = append(days, page.NoticeDay{Day: d})
		}
		last := &days[len(days)-1]
		last.Lines = append(last.Lines, page.NoticeLine{
			URL: web.Local(n.URL, "/inbox"), Text: plain(phrase(c.Say, n.Key+".subject", all[i], names)),
			When: c.Say.Clock(n.CreatedAt), ISO: c.Say.ISO(n.CreatedAt), New: n.ReadAt.IsZero(),
		})
	}
	return days, nil
}

// other is the other of a conversation, or a zero User for staff.
func (s *Service) other(ctx context.Context, q db.Queryer, conv Conversation, u accounts.UserID) (accounts.User, error) {
	if o := conv.Other(u); o != "" {
		return s.Accounts.Get(ctx, q, o)
	}
	return accounts.User{}, nil
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
