package messaging

import (
	"bytes"
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	tmpl "github.com/kierto/kierto/templates/mail"
)

// composeMail words a delivery as a letter.
func (s *Service) composeMail(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (func(context.Context) (string, error), error) {
	m, err := s.letter(ctx, d, u, now)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) (string, error) { return m.ID, s.Sender.Send(ctx, m) }, nil
}

// letter is a delivery as an e-mail.
func (s *Service) letter(ctx context.Context, d Delivery, u accounts.User, now clock.Instant) (Mail, error) {
	w, err := s.words(ctx, d, u, now)
	if err != nil {
		return Mail{}, err
	}
	v := tmpl.Letter{
		Lang: w.say.Lang, Base: s.Config.BaseURL, Subject: w.Subject, Greeting: w.say.T("mail.hello", "Name", first(u.Name)),
		Lead: w.Lead, Why: w.Why, Button: w.Button, URL: w.URL, Title: w.Title, Quotes: w.quotes,
	}
	for _, i := range w.Items {
		v.Items = append(v.Items, tmpl.Item{Title: i.Title, Text: i.Text, Label: i.Label, URL: i.URL})
	}
	if err := s.picture(ctx, &v, d, w); err != nil {
		return Mail{}, err
	}
	s.dress(&v, d, u, w.say)
	stop := v.StopURL // of the topic: what a mail program's own button may call
	s.offer(&v, w.Actions)
	var html bytes.Buffer
	if err := tmpl.HTML(v).Render(ctx, &html); err != nil {
		return Mail{}, err
	}
	m := Mail{
		ToName: u.Name, To: d.Address, Subject: v.Subject, Text: tmpl.Text(v), HTML: html.String(), Lang: w.say.Lang,
		ID: string(d.ID) + "@" + s.mailHost(), Unsubscribe: stop,
	}
	if d.Thread != "" {
		m.Thread = string(d.Thread) + "@" + s.mailHost()
	}
	m.Bounces = s.bounceTo(d.ID)
	m.ReplyTo, err = s.replyTo(ctx, u, d.Thread)
	return m, err
}

// picture puts what a letter is about at its top, when it belongs to a
// conversation about a thing.
func (s *Service) picture(ctx context.Context, v *tmpl.Letter, d Delivery, w Wording) error {
	if d.Thread == "" || w.Title == "" || s.PhotoURL == nil {
		return nil
	}
	c, err := load(ctx, s.DB, d.Thread)
	if err != nil {
		return err
	}
	if c.Photo != "" {
		v.Photo = s.absolute(s.PhotoURL(c.Photo, "thumb"))
	}
	if w.Ref != "" {
		v.Note = w.say.T("mail.trade", "Ref", w.Ref)
	}
	return nil
}

// dress adds what surrounds every letter: who signs it, why it came, and how to
// get fewer.
func (s *Service) dress(v *tmpl.Letter, d Delivery, u accounts.User, say *i18n.Speaker) {
	v.Signature = s.Config.Signature
	v.SignatureRole = say.T("mail.role")
	v.Write, v.Choose = say.T("mail.write"), say.T("mail.choose")
	v.HelpURL, v.Help = s.absolute("/help"), say.T("mail.help")
	v.Because = say.T("mail.because_" + d.Topic)
	v.Zone = say.T("mail.zone", "Zone", u.Zone)
	if u.Zone == "Europe/Helsinki" || u.Zone == "" {
		v.Zone = say.T("mail.zone_helsinki")
	}
	if d.Topic != TopicAccount {
		v.SettingsURL, v.Settings = s.absolute("/account/channels"), say.T("mail.settings")
	}
	if unsubscribable(d.Topic) && !d.Warning { // a last warning comes anyway
		v.StopURL = s.absolute("/unsubscribe/" + s.UnsubscribeToken(u.ID, d.Topic))
		v.Stop = say.T("mail.stop_" + d.Topic)
	}
}

// offer puts what a letter lets its reader do into it, in place of its one
// button.
func (s *Service) offer(v *tmpl.Letter, acts []Action) {
	for _, a := range acts {
		switch a.Kind {
		case ActHelp:
			v.Help, v.HelpURL = a.Label, a.URL
		case ActMute:
			v.Stop, v.StopURL = a.Label, a.URL
		case ActMain:
			v.Button, v.URL = a.Label, a.URL
		default:
			v.Actions = append(v.Actions, tmpl.Action{Label: a.Label, More: a.More, URL: a.URL, Kind: a.Kind})
		}
	}
}

// quoted are the newest messages the person has not read, as the mail shows
// them; it brings Count and Other in args up to date.
func (s *Service) quoted(ctx context.Context, d Delivery, u accounts.User, say *i18n.Speaker, args map[string]any) ([]tmpl.Quote, error) {
	c, err := load(ctx, s.DB, d.Thread)
	if err != nil {
		return nil, err
	}
	es, err := newest(ctx, s.DB, c.ID, u.ID, c.read(u.ID), maxStream)
	if err != nil {
		return nil, err
	}
	es = quotes(es, u.ID)
	if err := s.fillNames(ctx, es); err != nil {
		return nil, err
	}
	args["Count"] = int64(len(es))
	var out []tmpl.Quote
	for _, e := range es[max(0, len(es)-maxQuotes):] {
		args["Other"] = e.Author
		text := clip(e.Text, maxQuote)
		if text == "" {
			text = say.T("messaging.photo")
		}
		out = append(out, tmpl.Quote{From: e.Name(e.Author), At: say.Soon(e.At), Text: text})
	}
	return out, nil
}

// absolute is a path on this site as a whole address; addresses elsewhere stay.
func (s *Service) absolute(path string) string {
	if strings.HasPrefix(path, "/") {
		return s.Config.BaseURL + path
	}
	return path
}

// mailHost is the name that our Message-IDs end in.
func (s *Service) mailHost() string {
	if u, err := url.Parse(s.Config.BaseURL); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "kierto.invalid"
}

func asSet(us []accounts.UserID) map[accounts.UserID]bool {
	out := make(map[accounts.UserID]bool, len(us))
	for _, u := range slices.Compact(us) {
		out[u] = true
	}
	return out
}

// plain is a sentence without its **bold** marks.
func plain(s string) string { return strings.ReplaceAll(s, "**", "") }
