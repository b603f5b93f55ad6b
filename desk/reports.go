package desk

import (
	"context"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/listings"
	"github.com/kierto/kierto/messaging"
	"github.com/kierto/kierto/templates/ui"
)

// What an operator may decide about a report.
const (
	hideIt  = "hide"    // the listing or the message
	suspend = "suspend" // the person behind it
	dismiss = "dismiss"
)

// reported is what a report is about.
type reported struct {
	Title   string // a listing's, or a person's name
	Photo   string
	URL     string
	Who     accounts.User // the person behind it
	Listing listings.ID
	Entry   messaging.EntryID
	Rows    []ui.Row // the message, or the end of the conversation
}

// shownRows is how much of a reported conversation is shown, in entries.
const shownRows = 12

// reported looks up what a report is about.
func (s *Service) reported(ctx context.Context, f web.Frame, r messaging.Report) (reported, error) {
	var x reported
	var who accounts.UserID
	switch r.Kind {
	case messaging.ReportListing:
		l, err := s.Listings.Get(ctx, s.DB, listings.ID(r.Subject))
		if fault.Is(err, fault.Missing) { // gone, or made up: the report can still be dismissed
			x.Title, x.URL = r.Subject, "/desk/listings"+web.Query("q", r.Subject)
			return x, nil
		}
		if err != nil {
			return x, err
		}
		x.Title, x.Photo, x.URL, x.Listing, who = l.Title, s.photo(l.Cover), "/desk/listings/"+r.Subject, l.ID, l.Seller
	case messaging.ReportUser:
		who = accounts.UserID(r.Subject)
	case messaging.ReportEntry:
		e, err := s.Messages.Entry(ctx, messaging.EntryID(r.Subject))
		if err != nil {
			return x, err
		}
		x.Entry, who = e.ID, e.Author
		x.Rows = s.Messages.Rows(f, []messaging.Entry{e}, "")
	case messaging.ReportConversation:
		c, err := s.Messages.Load(ctx, s.DB, messaging.ConversationID(r.Subject))
		if err != nil {
			return x, err
		}
		es, err := s.Messages.Whole(ctx, c.ID)
		if err != nil {
			return x, err
		}
		who = c.Other(r.Reporter)
		x.Rows = s.Messages.Rows(f, es[max(0, len(es)-shownRows):], "")
	}
	if who == "" {
		return x, nil
	}
	var err error
	x.Who, err = s.Accounts.Get(ctx, s.DB, who)
	if x.Title == "" {
		x.Title, x.URL = x.Who.Shown(f.Speaker), "/desk/people/"+string(who)
	}
	return x, err
}

// choices are what may be decided about it.
func (x reported) choices(f web.Frame) []ui.Choice {
	var out []ui.Choice
	name := x.Who.Shown(f.Speaker)
	if x.Listing != "" {
		out = append(out, ui.Choice{Value: hideIt, Label: f.T("desk.decide.hide_listing"), More: f.T("desk.decide.hide_listing_more")})
	}
	if x.Entry != "" {
		out = append(out, ui.Choice{Value: hideIt, Label: f.T("desk.decide.hide_entry"), More: f.T("desk.decide.hide_entry_more")})
	}
	if x.Who.ID != "" && x.Who.Status == accounts.Active && !x.Who.IsOperator() {
		out = append(out, ui.Choice{Value: suspend, Label: f.T("desk.decide.suspend", "Who", name), More: f.T("desk.will.suspend")})
	}
	return append(out, ui.Choice{Value: dismiss, Label: f.T("desk.decide.dismiss"), More: f.T("desk.decide.dismiss_more")})
}

// decide is an operator's decision about a report, written down with what it
// does, in one transaction. Faults: Invalid on "what" and "note"; Conflict when
// another was first.
func (s *Service) decide(ctx context.Context, op accounts.UserID, r messaging.Report, x reported, what, why string) error {
	var fs fault.Faults
	note, wrong := reason(why, true)
	if what != dismiss && what != suspend && (what != hideIt || x.Listing == "" && x.Entry == "") {
		fs.Add(fault.Field("what", "desk.decide_missing"))
	}
	fs.Add(wrong)
	if err := fs.Or(); err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := s.Messages.HandleReport(ctx, tx, r.ID, op, what != dismiss); err != nil {
			return err
		}
		action := "reports.uphold"
		if what == dismiss {
			action = "reports.dismiss"
		}
		if err := s.Accounts.Audit(ctx, tx, op, action, string(r.ID), note); err != nil {
			return err
		}
		switch {
		case what == suspend:
			return s.suspendTx(ctx, tx, op, x.Who.ID, note)
		case what == hideIt && x.Listing != "":
			return s.hideTx(ctx, tx, op, x.Listing, true, note)
		case what == hideIt:
			if err := s.Messages.HideEntry(ctx, tx, x.Entry, true); err != nil {
				return err
			}
			return s.Accounts.Audit(ctx, tx, op, "entries.hide", string(x.Entry), note)
		}
		return nil
	})
}

// hideTx hides a listing, or shows it again.
func (s *Service) hideTx(ctx context.Context, tx *db.Tx, op accounts.UserID, id listings.ID, hidden bool, note string) error {
	action, act := "listings.show", s.Listings.Show
	if hidden {
		action, act = "listings.hide", s.Listings.Hide
	}
	if err := act(ctx, tx, id); err != nil {
		return err
	}
	return s.Accounts.Audit(ctx, tx, op, action, string(id), note)
}

// suspendTx stops a member from starting anything, and takes what they sell out
// of sight.
func (s *Service) suspendTx(ctx context.Context, tx *db.Tx, op, who accounts.UserID, note string) error {
	if err := s.Accounts.Suspend(ctx, tx, op, who, note); err != nil {
		return err
	}
	return s.Listings.HideAllOf(ctx, tx, who)
}

// restoreTx ends a suspension, and shows again what was hidden by it alone.
func (s *Service) restoreTx(ctx context.Context, tx *db.Tx, op, who accounts.UserID, note string) error {
	if err := s.Accounts.Restore(ctx, tx, op, who, note); err != nil {
		return err
	}
	byHand, err := hiddenByHand(ctx, tx, who)
	if err != nil {
		return err
	}
	if err := s.Listings.ShowAllOf(ctx, tx, who); err != nil {
		return err
	}
	for _, id := range byHand {
		if err := s.Listings.Hide(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
