package messaging

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/internal/web"
	page "github.com/kierto/kierto/templates/messaging"
	"github.com/kierto/kierto/templates/ui"
)

// maxOwed is how many of a person's turns the filter "your move" looks at.
const maxOwed = 200

// inboxPage is the page of all conversations; open is the one shown beside them.
func (s *Service) inboxPage(c *web.Ctx, open *Conversation) (page.InboxPage, error) {
	ctx, u := c.Request().Context(), me(c)
	show := c.QueryParam("show")
	before := readPlace(c.QueryParam("before"))
	owed, err := turn.OwedList(ctx, s.DB, string(u), maxOwed)
	if err != nil {
		return page.InboxPage{}, err
	}
	var cs []Conversation
	mine, err := inboxOwed(ctx, s.DB, u, subjectsOf(owed))
	if err != nil {
		return page.InboxPage{}, err
	}
	if show == "moves" {
		cs = mine
	} else if cs, err = inbox(ctx, s.DB, u, show == "new", before, inboxPage+1); err != nil {
		return page.InboxPage{}, err
	}
	more := len(cs) > inboxPage && show != "moves"
	cs = cs[:min(len(cs), inboxPage)]
	threads, err := s.threads(c, cs, open)
	if err != nil {
		return page.InboxPage{}, err
	}
	unseen, err := unreadNotices(ctx, s.DB, u)
	if err != nil {
		return page.InboxPage{}, err
	}
	f := c.Frame("inbox")
	at := "/inbox"
	if open != nil {
		at += "/" + string(open.ID)
	}
	p := page.InboxPage{Frame: f, LiveURL: at + "/live" + web.Query("show", show, "before", c.QueryParam("before")),
		Threads: threads, Notices: unseen, Filters: filters(f, show, len(mine)), Empty: emptyInbox(f, show)}
	p.Pager = ui.Pager{Label: f.T("messaging.pages"), Start: f.T("messaging.newest"), More: f.T("messaging.older")}
	if !before.At.IsZero() {
		p.Pager.First = "/inbox" + web.Query("show", show)
	}
	if more {
		p.Pager.Next = "/inbox" + web.Query("show", show, "before", placeOf(cs[len(cs)-1]).String())
	}
	return p, nil
}

// inboxPlace is a conversation's place in the list. Many may have their newest
// entry at one instant, so the id counts too.
type inboxPlace struct {
	At clock.Instant
	ID ConversationID
}

func placeOf(c Conversation) inboxPlace { return inboxPlace{c.LastAt, c.ID} }

// String is the place in the URL.
func (p inboxPlace) String() string { return strconv.FormatInt(int64(p.At), 10) + "." + string(p.ID) }

// readPlace reads what String wrote; anything else is the start.
func readPlace(s string) inboxPlace {
	at, id, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || n < 0 {
		return inboxPlace{}
	}
	return inboxPlace{clock.Instant(n), ConversationID(id)}
}

func subjectsOf(ts []turn.Turn) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.Subject
	}
	return out
}

// filters are the chips above the list.
func filters(f web.Frame, show string, moves int) []ui.Chip {
	return []ui.Chip{
		{URL: "/inbox", Label: f.T("messaging.all"), Current: show != "moves" && show != "new"},
		{URL: "/inbox?show=moves", Label: f.T("messaging.moves"), Count: moves, Current: show == "moves"},
		{URL: "/inbox?show=new", Label: f.T("messaging.unread_only"), Count: f.Badges.Unread, Current: show == "new"},
	}
}

func emptyInbox(f web.Frame, show string) ui.Empty {
	switch show {
	case "moves":
		return ui.Empty{Art: "horseshoe", Title: f.T("messaging.none_moves"), Text: f.T("messaging.none_moves_text")}
	case "new":
		return ui.Empty{Art: "horseshoe", Title: f.T("messaging.none_new"), Text: f.T("messaging.none_new_text")}
	}
	return ui.Empty{Art: "horseshoe", Title: f.T("messaging.none"), Text: f.T("messaging.none_text"),
		Action: &ui.Button{Label: f.T("messaging.browse"), URL: "/", Kind: "quiet"}}
}

// threads are the rows of the list.
func (s *Service) threads(c *web.Ctx, cs []Conversation, open *Conversation) ([]ui.Thread, error) {
	ctx, u := c.Request().Context(), me(c)
	ids, subjects, others := make([]ConversationID, len(cs)), []string{}, []accounts.UserID{}
	for i, x := range cs {
		ids[i], subjects = x.ID, append(subjects, string(x.ID))
		if x.OrderID != "" {
			subjects = append(subjects, x.OrderID)
		}
		others = append(others, x.Other(u))
	}
	last, err := lastVisible(ctx, s.DB, u, ids)
	if err != nil {
		return nil, err
	}
	if err := s.nameAll(ctx, last); err != nil {
		return nil, err
	}
	us, err := s.Accounts.Many(ctx, s.DB, others)
	if err != nil {
		return nil, err
	}
	turns, err := turn.OpenOfMany(ctx, s.DB, subjects)
	if err != nil {
		return nil, err
	}
	out := make([]ui.Thread, len(cs))
	for i, x := range cs {
		t := ui.Thread{
			ID: "thread-" + string(x.ID), URL: "/inbox/" + string(x.ID), Photo: s.photo(x.Photo), When: shortWhen(c.Say, x.LastAt), ISO: c.Say.ISO(x.LastAt),
			New: x.Unread(u), NewWord: c.Say.T("messaging.new_word"), Open: open != nil && open.ID == x.ID,
			Title: s.threadTitle(c.Say, x, us[x.Other(u)]),
		}
		if e, ok := last[x.ID]; ok {
			t.Last, t.When, t.ISO = line(c.Say, e, u), shortWhen(c.Say, e.At), c.Say.ISO(e.At)
		}
		if tag, ok := turnTag(c.Say, s.Config.Signature, turns, x, u, us); ok {
			t.Tags = append(t.Tags, tag)
		}
		out[i] = t
	}
	return out, nil
}

// nameAll gives the last entries the names they speak of.
func (s *Service) nameAll(ctx context.Context, last map[ConversationID]Entry) error {
	es := make([]Entry, 0, len(last))
	for _, e := range last {
		es = append(es, e)
	}
	err := s.fillNames(ctx, es)
	for _, e := range es {
		last[e.Conversation] = e
	}
	return err
}

// threadTitle is who and what: "Anna · Wintec-yleissatula 17"".
func (s *Service) threadTitle(say *i18n.Speaker, x Conversation, other accounts.User) string {
	who := first(other.Shown(say))
	if x.Kind == AboutCase {
		who = say.T("messaging.staff")
	}
	title := x.Title
	if title == "" && x.Kind == AboutCase {
		title = say.T("messaging.case_general")
	}
	return who + " · " + title
}

// turnTag says whose move it is: mine before anybody's. Staff is who signs for
// the market.
func turnTag(say *i18n.Speaker, staff string, ts []turn.Turn, x Conversation, u accounts.UserID, us map[accounts.UserID]accounts.User) (ui.Tag, bool) {
	var theirs *turn.Turn
	for i, t := range ts {
		if t.Subject != string(x.ID) && (x.OrderID == "" || t.Subject != x.OrderID) {
			continue
		}
		if t.Owner == string(u) {
			return ui.Tag{Kind: "you", Text: say.T("messaging.tag_you", "Due", say.Soon(t.DueAt))}, true
		}
		if theirs == nil {
			theirs = &ts[i]
		}
	}
	if theirs == nil {
		return ui.Tag{}, false
	}
	switch theirs.Owner {
	case turn.Carrier:
		return ui.Tag{Text: say.T("messaging.tag_carrier")}, true
	case turn.Operator:
		return ui.Tag{Text: say.T("messaging.tag_other", "Name", staff, "Due", say.Soon(theirs.DueAt))}, true
	}
	name := first(us[accounts.UserID(theirs.Owner)].Shown(say))
	return ui.Tag{Text: say.T("messaging.tag_other", "Name", name, "Due", say.Soon(theirs.DueAt))}, true
}

// photo is the small picture of a conversation.
func (s *Service) photo(key string) string {
	if key == "" || s.PhotoURL == nil {
		return ""
	}
	return s.PhotoURL(key, "thumb")
}

// conversationPage is the page of one conversation. Without a form to show again
// it marks the conversation read.
func (s *Service) conversationPage(c *web.Ctx, conv Conversation, form web.Form) (page.InboxPage, error) {
	ctx, u := c.Request().Context(), me(c)
	es, err := s.look(ctx, conv, u)
	if err != nil {
		return page.InboxPage{}, err
	}
	if err := s.read(ctx, conv, u, conv.LastSeq); err != nil && !fault.Is(err, fault.Busy) { // on a full disk people can still read
		return page.InboxPage{}, err
	}
	p, err := s.inboxPage(c, &conv)
	if err != nil {
		return page.InboxPage{}, err
	}
	p.Pane, err = s.pane(c, p.Frame, conv, es, form)
	return p, err
}

// changing is the part of the pane that changes while somebody looks.
func (s *Service) changing(c *web.Ctx, f web.Frame, conv Conversation, es []Entry) (*page.Pane, error) {
	ctx, u := c.Request().Context(), me(c)
	other, err := s.other(ctx, s.DB, conv, u)
	if err != nil {
		return nil, err
	}
	p := &page.Pane{Rows: s.Rows(f, es, u), Cut: len(es) == maxStream, EmptyWords: f.T("messaging.stream_empty")}
	for _, hook := range s.Panels {
		panel, err := hook(c, conv)
		if err != nil {
			return nil, err
		}
		if panel != nil {
			p.Panels = append(p.Panels, panel)
		}
	}
	p.Strip, err = s.strip(ctx, f, conv, other, u)
	return p, err
}

func (s *Service) pane(c *web.Ctx, f web.Frame, conv Conversation, es []Entry, form web.Form) (*page.Pane, error) {
	ctx, u := c.Request().Context(), me(c)
	other, err := s.other(ctx, s.DB, conv, u)
	if err != nil {
		return nil, err
	}
	p, err := s.changing(c, f, conv, es)
	if err != nil {
		return nil, err
	}
	id := string(conv.ID)
	p.ID, p.Title, p.Photo, p.ActsWord = id, conv.Title, s.photo(conv.Photo), f.T("messaging.acts")
	s.head(f, p, conv, other)
	mine, theirs, err := blocksBetween(ctx, s.DB, u, other.ID)
	if err != nil {
		return nil, err
	}
	switch {
	case mine:
		p.Closed = f.T("messaging.you_blocked")
		p.Acts = append(p.Acts, ui.Button{Label: f.T("messaging.unblock"), URL: "/inbox/" + id + "/unblock", Post: true, Kind: "bare", Small: true})
	case theirs:
		p.Closed = f.T("messaging.blocked")
	case other.IsDeleted():
		p.Closed = f.T("messaging.left")
	default:
		p.Compose = s.composeBox(f, conv, form)
	}
	if conv.Kind == AboutListing {
		if !mine && !other.IsDeleted() {
			p.Acts = append(p.Acts, ui.Button{Label: f.T("messaging.block"), URL: "/inbox/" + id + "/block", Kind: "bare", Small: true, Icon: "ban"})
		}
		p.Acts = append(p.Acts, ui.Button{Label: f.T("messaging.report"), URL: "/reports/new" + web.Query("kind", "conversation", "subject", id), Kind: "bare", Small: true, Icon: "flag"})
	}
	return p, nil
}

// head fills in who and what the conversation is about.
func (s *Service) head(f web.Frame, p *page.Pane, conv Conversation, other accounts.User) {
	if conv.OrderID != "" {
		p.Open = &ui.Button{Label: f.T("messaging.open_trade"), URL: "/orders/" + conv.OrderID, Kind: "quiet", Small: true}
	}
	if conv.Kind == AboutCase {
		p.Title, p.Other = or(conv.Title, f.T("messaging.case_general")), f.T("messaging.staff_line", "Name", s.Config.Signature)
		return
	}
	p.TitleURL, p.Other = "/listings/"+conv.Subject, other.Shown(f.Speaker)
	if other.IsDeleted() {
		return
	}
	p.OtherURL = "/people/" + string(other.ID)
	if other.ReplyMinutes > 0 {
		p.Other += " · " + f.T("messaging.replies", "Span", f.Within(time.Duration(other.ReplyMinutes)*time.Minute))
	}
}

// composeBox is the box to write in.
func (s *Service) composeBox(f web.Frame, conv Conversation, form web.Form) *ui.Compose {
	x := &ui.Compose{
		URL: "/inbox/" + string(conv.ID), Label: f.T("messaging.write_label"), Placeholder: f.T("messaging.write"),
		Send: f.T("messaging.send"), Max: MaxText, Form: form, Target: "#conversation",
	}
	if s.Photos != nil && conv.Kind == AboutListing {
		x.AddPhoto = f.T("messaging.add_photo")
	}
	return x
}

// strip says who owes an answer.
func (s *Service) strip(ctx context.Context, f web.Frame, conv Conversation, other accounts.User, u accounts.UserID) (*page.Strip, error) {
	ts, err := turn.OpenOf(ctx, s.DB, string(conv.ID))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(ts, func(t turn.Turn) bool { return t.Kind == turn.AnswerMessage || t.Kind == turn.AnswerCase })
	if i < 0 {
		return nil, nil
	}
	t, name := ts[i], first(other.Shown(f.Speaker))
	switch t.Owner {
	case string(u):
		return &page.Strip{Mine: true, Text: f.T("messaging.strip_you", "Name", name, "Due", f.Soon(t.DueAt)), Actions: []ui.Button{
			{Label: f.T("messaging.settle"), URL: "/inbox/" + string(conv.ID) + "/settle", Post: true, Kind: "quiet", Small: true},
		}}, nil
	case turn.Operator:
		return &page.Strip{Text: f.T("messaging.strip_staff", "Name", s.Config.Signature, "Due", f.Soon(t.DueAt))}, nil
	}
	return &page.Strip{Text: f.T("messaging.strip_other", "Name", name, "Due", f.Soon(t.DueAt))}, nil
}
