package messaging

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"regexp"
	"strings"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// How many mails are taken from one person in how long.
const (
	mostMails   = 30
	mailsWithin = time.Hour
)

// Verdicts on mail, besides those of TakeAnswer. A refused mail never gets an
// answer of ours: its own server tells its sender.
const (
	fromMachine  = "automatic" // an automatic answer, or a mailing list
	fromOther    = "sender"    // not the account's own address
	fromForger   = "forged"    // not its domain's, as that says
	withoutWords = "no words"  // nothing but what it quotes
)

// Envelope is where a mail came from and where it goes.
type Envelope struct {
	From string // "" for reports
	To   string
	Peer net.IP // the server it came from; nil: not known
	Helo string // what that calls itself
}

// MailRefused is why a mail is not taken: an answer in SMTP's own terms, whose
// text the sender reads in their server's report.
type MailRefused struct {
	Code     int
	Enhanced [3]int
	Text     string // ASCII
}

// Error implements error.
func (r *MailRefused) Error() string { return fmt.Sprintf("%d %s", r.Code, r.Text) }

func refuse(subject, detail int, text string) *MailRefused {
	return &MailRefused{Code: 550, Enhanced: [3]int{5, subject, detail}, Text: text}
}

// The refusals of mail.
var (
	noRelay    = refuse(7, 1, "We take mail only in answer to a letter of ours")
	noBox      = refuse(1, 1, "This address is not known here any more. Please write on the site instead")
	noMachines = refuse(7, 1, "Automatic answers and mailing lists are not taken")
	notTheirs  = refuse(7, 1, "Please answer from the e-mail address of your account, or write on the site")
	forgedMail = refuse(7, 26, "Your domain says that this mail is not from it (DMARC). Please send it by your own provider, or write on the site")
	noWords    = refuse(6, 0, "We found nothing but the quoted letter. Please write your answer above it")
	unreadable = refuse(6, 0, "This mail cannot be read. Please write on the site instead")
	tooMany    = &MailRefused{Code: 450, Enhanced: [3]int{4, 7, 1}, Text: "Too many mails at once. Please try again in an hour"}
)

// MayMail tells whether mail to an address is taken at all, before any of it is
// read.
func (s *Service) MayMail(ctx context.Context, e Envelope) error {
	box, token, ok := s.unbox(e.To)
	switch {
	case !ok:
		return noRelay
	case box == bounceBox:
		if _, ok := s.bouncedDelivery(token); !ok {
			return noBox
		}
		return nil
	case e.From == "":
		return noMachines
	}
	_, err := replyAddressOf(ctx, s.DB, token)
	if db.IsNone(err) {
		return noBox
	}
	return err
}

// TakeMail takes a mail to one of our addresses: an answer into its conversation,
// a report to its delivery. It fails with *MailRefused when the mail is not
// taken; after any other error it may come again.
func (s *Service) TakeMail(ctx context.Context, e Envelope, raw []byte) error {
	if err := s.MayMail(ctx, e); err != nil {
		return err
	}
	box, token, _ := s.unbox(e.To)
	if box == bounceBox {
		return s.takeReport(ctx, token, raw)
	}
	a, err := replyAddressOf(ctx, s.DB, token)
	if err != nil {
		return err
	}
	n, err := cameIn(ctx, s.DB, a.User, s.Clock.Now().Add(-mailsWithin))
	if err != nil {
		return err
	}
	if n >= mostMails {
		return tooMany
	}
	l, err := readLetter(raw)
	if err != nil {
		return unreadable
	}
	in := Answer{Channel: Email, User: a.User, Conversation: a.Conversation, Dedupe: mailName(l, a, raw)}
	verdict, why, err := s.judge(ctx, e, l, raw, &in)
	if err != nil {
		return err
	}
	if why != nil {
		return s.turnAway(ctx, in, verdict, why)
	}
	return s.answerByMail(ctx, in, l)
}

// mailName is what a mail is known by: each is taken once into a conversation.
func mailName(l letterIn, a replyAddress, raw []byte) string {
	what := []byte(l.MessageID)
	if l.MessageID == "" {
		what = raw
	}
	sum := sha256.Sum256(append([]byte(a.Token+":"), what...))
	return hex.EncodeToString(sum[:])
}

// judge tells whether a mail is its person's own words, and fills those in.
func (s *Service) judge(ctx context.Context, e Envelope, l letterIn, raw []byte, in *Answer) (verdict string, why *MailRefused, err error) {
	u, err := s.Accounts.Get(ctx, s.DB, in.User)
	if err != nil {
		return "", nil, err
	}
	own := func(address string) bool { return u.EmailFolded != "" && accounts.Fold(address) == u.EmailFolded }
	switch in.Text = ownWords(l.Text); {
	case s.byMachine(e, l):
		return fromMachine, noMachines, nil
	case u.IsDeleted() || !own(e.From) || !own(l.From):
		return fromOther, notTheirs, nil
	}
	forged, err := s.forged(ctx, e, l.From, raw)
	switch {
	case err != nil:
		return "", nil, err
	case forged:
		return fromForger, forgedMail, nil
	case in.Text == "" && len(l.Photos) == 0:
		return withoutWords, noWords, nil
	}
	return "", nil, nil
}

// turnAway keeps that a mail was not taken, and why. The same mail may come again
// and be right: from the account's own address, say.
func (s *Service) turnAway(ctx context.Context, a Answer, verdict string, why *MailRefused) error {
	a.Dedupe += ":" + verdict
	in := s.inbound(a)
	in.Verdict = verdict
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := insertInbound(ctx, tx, in)
		return err
	})
	if err != nil {
		return err
	}
	return why
}

// outOfOffice is how the subject of an automatic answer begins, in the languages
// of our people's mail programs.
var outOfOffice = regexp.MustCompile(`(?i)^\s*(automatic reply|auto(matic)?[- ]?(reply|response)|out of (the )?office|automaattinen vastaus|automaattivastaus|poissaolo|poissa toimistolta|lomavastaus|autosvar|automatiskt svar|frånvaro|automatische antwort|abwesenheit|undeliver|delivery (status|failure)|mail delivery|returned mail|viestiä ei voi)`)

// byMachine tells a machine's mail from a person's.
func (s *Service) byMachine(e Envelope, l letterIn) bool {
	h := func(name string) string { return strings.ToLower(strings.TrimSpace(l.Header[name])) }
	auto, _, _ := strings.Cut(h("Auto-Submitted"), ";")
	switch h("Precedence") {
	case "bulk", "junk", "list", "auto_reply":
		return true
	}
	for _, name := range []string{"X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply", "List-Id", "List-Post", "List-Unsubscribe", "List-Help", "X-Loop", "Feedback-Id", "X-Failed-Recipients"} {
		if h(name) != "" && h(name) != "no" {
			return true
		}
	}
	_, host, _ := strings.Cut(l.MessageID, "@")
	local, _, _ := strings.Cut(strings.ToLower(l.From), "@")
	return e.From == "" || auto != "" && strings.TrimSpace(auto) != "no" || strings.EqualFold(host, s.mailHost()) || strings.EqualFold(host, s.Config.InboundDomain) ||
		strings.HasPrefix(h("Content-Type"), "multipart/report") || outOfOffice.MatchString(l.Subject) ||
		local == "mailer-daemon" || local == "postmaster" || strings.HasPrefix(local, "no-reply") || strings.HasPrefix(local, "noreply")
}

// answerByMail puts a person's words, and their pictures, into the conversation.
func (s *Service) answerByMail(ctx context.Context, a Answer, l letterIn) error {
	before, err := verdictOn(ctx, s.DB, s.inbound(a).Dedupe)
	switch {
	case err != nil || before == Taken:
		return err
	case before != "":
		return refusedAnswer(before)
	}
	photos, err := s.mailPhotos(ctx, a.User, l)
	if err != nil {
		return err
	}
	if len(photos) > 0 {
		a.Photo = photos[0]
	}
	if a.Text == "" && len(photos) == 0 {
		return unusable
	}
	verdict, err := s.TakeAnswer(ctx, a)
	if err != nil {
		return err
	}
	if verdict != Taken && verdict != Twice {
		return refusedAnswer(verdict)
	}
	for i, p := range photos {
		if i == 0 {
			continue
		}
		more := a
		more.Text, more.Photo, more.Dedupe = "", p, fmt.Sprintf("%s:%d", a.Dedupe, i)
		if _, err := s.TakeAnswer(ctx, more); err != nil {
			return err
		}
	}
	return nil
}

// unusable is the refusal of a mail with a picture that is no photo.
var unusable = refuse(6, 1, "A picture of this mail cannot be used. Please send it as JPEG, or on the site")

// mailPhotos keeps a mail's pictures. One that is no photo is refused with the
// whole mail, so that its sender knows; but within the text it is passed over,
// since many people's signatures hold one.
func (s *Service) mailPhotos(ctx context.Context, u accounts.UserID, l letterIn) ([]string, error) {
	if s.Photos == nil {
		return nil, nil
	}
	var keys []string
	for _, p := range l.Photos {
		key, err := s.Photos(ctx, u, bytes.NewReader(p.raw))
		wrong := len(fault.As(err)) > 0 && !fault.Is(err, fault.Busy) // a full disk is no fault of the picture
		switch {
		case wrong && p.within:
			continue
		case wrong:
			return nil, unusable
		case err != nil:
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// refusedAnswer is why the conversation took no answer.
func refusedAnswer(verdict string) *MailRefused {
	switch verdict {
	case "messaging.blocked", "messaging.you_blocked":
		return refuse(7, 1, "One of you two does not want messages from the other")
	case "messaging.left":
		return refuse(7, 1, "The other has left the marketplace, so nobody would read this")
	case "messaging.empty":
		return noWords
	}
	return noBox
}

// takeReport notes what the post says of one of our letters. What is no report
// is dropped: nobody answers a report.
func (s *Service) takeReport(ctx context.Context, token string, raw []byte) error {
	did, ok := s.bouncedDelivery(token)
	if !ok {
		return noBox
	}
	b := readBounce(raw)
	if b.kind != returned && b.kind != dead {
		s.Log.Info("mail reported", "delivery", did, "failed", false, "reason", faceless(b.reason))
		return nil
	}
	s.Log.Warn("mail returned", "delivery", did, "gone", b.kind == dead, "reason", faceless(b.reason))
	_, err := s.Arrived(ctx, Arrival{Delivery: did, Failed: true, Reason: b.reason, Gone: b.kind == dead})
	return err
}
