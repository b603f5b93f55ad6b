package messaging

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/id"
	"github.com/kierto/kierto/internal/jobs"
)

// Limits of answering those who write to us.
const (
	repliesTo     = 4              // to one number
	repliesTotal  = 200            // to numbers we do not know
	repliesPer    = 24 * time.Hour // …in this time
	replyLife     = time.Hour      // an answer that did not go out by then is not sent
	replyAttempts = 6
)

// What people write to be left alone, and to hear from us again, in the
// languages we speak.
var (
	stopWords  = []string{"stop", "lopeta", "stopp", "sluta", "unsubscribe", "stopall"}
	startWords = []string{"start", "aloita", "starta"}
)

// number is what a person's number looks like; senders that are names or short
// codes are nobody we could answer.
var number = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

// hear takes a call to a webhook. Each thing it tells is noted once, however
// often it comes. Fault Missing for what the provider did not send.
func (s *Service) hear(ctx context.Context, by Texter, c Call) error {
	hearer, ok := by.(Hearer)
	if !ok {
		return missing()
	}
	hs, err := hearer.Hear(c)
	if err != nil {
		s.Log.Warn("webhook refused", "reason", err.Error())
		return missing()
	}
	for _, h := range hs {
		if h.Words != nil {
			if _, err := s.Heard(ctx, *h.Words); err != nil {
				return err
			}
			continue
		}
		known, err := s.Arrived(ctx, h.Arrival)
		if err != nil {
			return err
		}
		if !known {
			s.Log.Info("report of an unknown message", "channel", h.Arrival.Channel)
		}
	}
	return nil
}

// Heard takes a short message that somebody sent us: STOP and START, or an answer
// to what we last wrote to that number. It gives the verdict that is kept; an
// error means that nothing is.
func (s *Service) Heard(ctx context.Context, w Words) (verdict string, err error) {
	if !number.MatchString(w.From) || w.Dedupe == "" {
		return Unknown, nil
	}
	u, err := s.Accounts.ByPhone(ctx, s.DB, w.From)
	if err != nil && !fault.Is(err, fault.Missing) {
		return "", err
	}
	lang := u.Lang
	if u.ID == "" {
		lang = langOf(w.From)
	}
	in := Answer{Channel: w.Channel, User: u.ID, Text: w.Text, Dedupe: w.Dedupe}
	word := strings.ToLower(strings.TrimFunc(w.Text, func(r rune) bool { return !unicode.IsLetter(r) }))
	switch {
	case slices.Contains(stopWords, word):
		return Stopped, s.stop(ctx, in, u, w.From, lang)
	case slices.Contains(startWords, word):
		return Started, s.start(ctx, in, u, w.From, lang)
	case u.ID == "":
		return Unknown, s.refuseStranger(ctx, in, w.From, lang)
	}
	verdict, err = s.TakeAnswer(ctx, in)
	if err != nil || verdict == Taken || verdict == Twice {
		return verdict, err
	}
	key := "messaging.text_refused"
	if verdict == Unknown || verdict == Unclear {
		key = "messaging.text_" + verdict
	}
	if err := s.Accounts.Attempt(ctx, "replies to "+w.From, repliesTo, repliesPer); err != nil {
		if fault.Is(err, fault.TooMany) { // two machines must not talk to each other for ever
			return verdict, nil
		}
		return verdict, err
	}
	return verdict, s.DB.InTx(ctx, func(tx *db.Tx) error { return s.reply(ctx, tx, w.Channel, w.From, key, lang) })
}

// bothWays are the channels of a number: STOP is heard for all of them, since it
// is said to whoever has the number and not to a provider.
var bothWays = []string{SMS, WhatsApp}

// stop lets nothing more be sent to a number, and says so once.
func (s *Service) stop(ctx context.Context, in Answer, u accounts.User, from, lang string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if fresh, err := s.note(ctx, tx, in, Stopped); err != nil || !fresh {
			return err
		}
		var first bool
		for _, channel := range bothWays {
			fresh, err := optOutOf(ctx, tx, channel, from, s.Clock.Now())
			if err != nil {
				return err
			}
			first = first || fresh
		}
		if !first {
			return nil
		}
		if u.ID != "" && u.TextsBy != accounts.ByNone {
			if err := s.Accounts.SetTexts(ctx, tx, u.ID, accounts.ByNone); err != nil {
				return err
			}
		}
		return s.reply(ctx, tx, in.Channel, from, "messaging.text_stopped", lang)
	})
}

// start lets messages be sent to a number again, and says so once.
func (s *Service) start(ctx context.Context, in Answer, u accounts.User, from, lang string) error {
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if fresh, err := s.note(ctx, tx, in, Started); err != nil || !fresh {
			return err
		}
		n, err := optIn(ctx, tx, from)
		if err != nil || n == 0 {
			return err
		}
		if u.ID != "" && u.TextsBy == accounts.ByNone {
			if err := s.Accounts.SetTexts(ctx, tx, u.ID, in.Channel); err != nil {
				return err
			}
		}
		return s.reply(ctx, tx, in.Channel, from, "messaging.text_started", lang)
	})
}

// note keeps what came in; it says false when it came before.
func (s *Service) note(ctx context.Context, tx *db.Tx, a Answer, verdict string) (bool, error) {
	in := s.inbound(a)
	in.Verdict = verdict
	return insertInbound(ctx, tx, in)
}

// refuseStranger tells a number that is nobody's, once, that nobody reads it. What
// it wrote is not kept, and of the number only what tells that it had its answer.
func (s *Service) refuseStranger(ctx context.Context, a Answer, from, lang string) error {
	if err := s.Accounts.Attempt(ctx, "replies to strangers", repliesTotal, repliesPer); err != nil {
		if fault.Is(err, fault.TooMany) {
			return nil
		}
		return err
	}
	sum := sha256.Sum256([]byte(s.Config.Secret + from))
	a.Dedupe = "stranger:" + hex.EncodeToString(sum[:])
	return s.DB.InTx(ctx, func(tx *db.Tx) error {
		if fresh, err := s.note(ctx, tx, a, Unknown); err != nil || !fresh {
			return err
		}
		return s.reply(ctx, tx, a.Channel, from, "messaging.text_stranger", lang)
	})
}

// langOf is the language of a number's country, for those we do not know.
func langOf(e164 string) string {
	switch {
	case strings.HasPrefix(e164, "+358"):
		return "fi"
	case strings.HasPrefix(e164, "+46"):
		return "sv"
	}
	return "en"
}

// Reply answers a number that wrote to us, whoever has it.
type Reply struct {
	ID      DeliveryID    `json:"id"`
	Channel string        `json:"channel"`
	To      string        `json:"to"`
	Key     string        `json:"key"` // i18n key
	Lang    string        `json:"lang"`
	Until   clock.Instant `json:"until"`
}

// Kind implements river.JobArgs.
func (Reply) Kind() string { return "messaging.reply" }

// reply promises an answer to a number.
func (s *Service) reply(ctx context.Context, tx *db.Tx, channel, to, key, lang string) error {
	now := s.Clock.Now()
	return s.Jobs.Insert(ctx, tx, Reply{
		ID: id.New[DeliveryID]("rpl", now), Channel: channel, To: to, Key: key, Lang: lang, Until: now.Add(replyLife),
	}, jobs.Attempts(replyAttempts))
}

// SendReply sends an answer to a number, unless it is late by now.
func (s *Service) SendReply(ctx context.Context, r Reply) error {
	by, now := s.SMS, s.Clock.Now()
	if r.Channel == WhatsApp {
		by = s.WhatsApp
	}
	if by == nil || !now.Before(r.Until) {
		return nil
	}
	say := i18n.For(r.Lang, "", now)
	_, err := by.Text(ctx, TextMessage{ID: r.ID, To: r.To, Lang: r.Lang, Text: say.T(r.Key), Link: s.Config.BaseURL, Open: true})
	return err
}
