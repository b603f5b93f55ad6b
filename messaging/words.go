package messaging

import (
	"context"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	tmpl "github.com/kierto/kierto/templates/mail"
)

// Wording is a delivery in its reader's words, for every channel.
type Wording struct {
	Subject string
	Lead    string
	Why     string // what happens if they do nothing; "" when nothing is said
	Text    string // all of it in a line, for short messages, without a link
	Title   string // what it is about; "" for none
	Ref     string // of the trade; "" for none
	Button  string // the one page it leads to; "" for none
	URL     string // its address
	Short   string // a short address of the same, for short messages; "" for none
	Actions []Action
	Items   []Item // several things that one message tells; then there is no button

	say    *i18n.Speaker
	quotes []tmpl.Quote
}

// digestURL is the page of all that waits for its reader.
const digestURL = "/orders"

// Item is one of several things that a message tells.
type Item struct {
	Title string // what it is about; "" for none
	Text  string // what waits
	Label string // the page it leads to
	URL   string
}

// words says a delivery to the person who gets it, as of now.
func (s *Service) words(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (Wording, error) {
	if len(d.Others) > 0 {
		return s.digest(ctx, d, u, now)
	}
	w := Wording{say: u.Speaker(now)}
	args, err := DecodeArgs(d.RawArgs)
	if err != nil {
		return w, err
	}
	if args == nil {
		args = map[string]any{}
	}
	if d.Topic == TopicMessage && d.Thread != "" {
		if w.quotes, err = s.quoted(ctx, d, u, w.say, args); err != nil {
			return w, err
		}
	}
	names, err := s.names(ctx, s.DB, asSet(append(people(args), u.ID)))
	if err != nil {
		return w, err
	}
	args["Name"] = first(u.Name)
	word := func(part string) string {
		if !i18n.Known(w.say.Lang, d.Key+part) {
			return ""
		}
		return phrase(w.say, d.Key+part, args, names)
	}
	w.Subject, w.Lead, w.Why = word(".subject"), word(".lead"), word(".why")
	w.Title, _ = args["Title"].(string)
	w.Ref, _ = args["Ref"].(string)
	if d.URL != "" {
		w.Button, w.URL = word(".button"), s.absolute(d.URL)
		w.Short = w.URL
	}
	acts, short, err := s.actions(ctx, d, u)
	if err != nil {
		return w, err
	}
	for _, a := range acts {
		a.URL = s.absolute(a.URL)
		w.Actions = append(w.Actions, a)
	}
	if short != "" {
		w.Short = s.absolute(short)
	}
	if d.Channel == SMS || d.Channel == WhatsApp {
		w.Text = fitted(w.Title, w.Short, func(title string) string {
			args["Title"] = title
			if text := word(".text"); text != "" {
				return text
			}
			return plain(word(".subject"))
		})
	}
	return w, nil
}

// fitted is a sentence about a title of which as much is left as lets it go as
// one SMS with its link.
func fitted(title, link string, say func(title string) string) string {
	for n := maxTextTitle; ; n-- {
		text := strings.ReplaceAll(say(clip(title, n)), "….", "…")
		if n == minTextTitle || Parts(gsm(plain(text)+" "+link)) == 1 {
			return text
		}
	}
}

// digest words several reminders as one message, each with a link of its own.
func (s *Service) digest(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (Wording, error) {
	w := Wording{say: u.Speaker(now)}
	all := append([]Delivery{d}, d.Others...)
	n := len(all)
	w.Subject, w.Lead = w.say.N(digestWords+".subject", n, "Count", n), w.say.N(digestWords+".lead", n, "Count", n)
	w.Text, w.Short = w.say.N(digestWords+".text", n, "Count", n), s.absolute(digestURL)
	w.URL = w.Short
	for _, x := range all {
		x.Others = nil
		one, err := s.words(ctx, x, u, now)
		if err != nil {
			return w, err
		}
		item := Item{Title: one.Title, Text: plain(one.Subject), Label: one.Button, URL: one.URL}
		for _, a := range one.Actions {
			if a.Kind == ActMain {
				item.Label, item.URL = a.Label, a.URL
			}
		}
		w.Items = append(w.Items, item)
	}
	return w, nil
}
