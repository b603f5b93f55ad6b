package simulate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// How often people answer a message in writing, of those who do what it asks for
// or who read that somebody wrote, and who else writes to where answers go.
const (
	writing     = 0.4  // of those who owe an answer
	writesTo    = 0.3  // of those who read what somebody wrote, or what a text says
	writesIn    = 0.03 // of those who read any other message about a trade
	writtenOn   = 0.2  // of answers ask something back
	cameTwice   = 0.15 // of answers are brought twice by whoever carries them
	strangers   = 0.02 // of letters come into the hands of somebody who answers them
	answersAuto = 0.5  // of letters to somebody away get an automatic answer
)

// Where the people's mail comes from, and a stranger's.
var (
	ownServer = net.IPv4(192, 0, 2, 7)
	elsewhere = net.IPv4(198, 51, 100, 9)
)

// names is what name servers say: the people's domain vouches for one server, and
// wants all else refused; no other domain says anything.
type names struct{ messaging.MailDNS }

// LookupTXT implements messaging.MailDNS.
func (names) LookupTXT(_ context.Context, name string) ([]string, error) {
	switch strings.TrimSuffix(name, ".") {
	case "_dmarc.people.example":
		return []string{"v=DMARC1; p=reject"}, nil
	case "people.example":
		return []string{"v=spf1 ip4:" + ownServer.String() + " -all"}, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

// answer is something written back, on its way to us.
type answer struct {
	by      *person
	conv    string // what the message was about that it answers
	channel string
	to      string // the address, of a mail
	words   string // all that it says of its own, told from everybody else's
	stamp   string // the provider's, or the mail's own name
	head    string // more headers of a mail
	from    string // who says they wrote the mail
	sender  string // who the mail's server says wrote it
	peer    net.IP // and where it comes from
	kind    string // what it is called in the report
	honest  bool   // it is its person's own
}

// writes is a person answering a message in their own words.
func (w *world) writes(ctx context.Context, p *person, g got, d dice) error {
	a := answer{by: p, conv: g.conv, channel: g.channel, to: g.reply, words: "Kiitos! " + string(g.id), stamp: "a-" + string(g.id), from: p.email, sender: p.email, peer: ownServer,
		kind: "written", honest: true}
	if d.chance(42, writtenOn) {
		a.words = "Milloin sopii? " + string(g.id)
	}
	return w.sends(ctx, a, g, d)
}

// sends sends what somebody wrote back, once; some of it is brought twice.
func (w *world) sends(ctx context.Context, a answer, g got, d dice) error {
	if w.wroteBack[string(g.id)] || a.by.gone {
		return nil
	}
	w.wroteBack[string(g.id)] = true
	if d.chance(43, w.odds(cameTwice, "came-twice")) {
		w.in(d.between(44, time.Minute, 5*time.Hour), func(ctx context.Context) error {
			if err := w.sabotageWhen(ctx, answeredAgain, string(a.by.id)); err != nil {
				return err
			}
			return w.bringsAnswer(ctx, a, d, 0)
		})
	}
	return w.bringsAnswer(ctx, a, d, 0)
}

// canWrite tells whether a message can be answered in writing.
func (g got) canWrite() bool {
	return g.channel == messaging.Email && g.reply != "" || g.channel == messaging.SMS || g.channel == messaging.WhatsApp
}

// automatic is the answer of the mail program of somebody who is away.
func (w *world) automatic(ctx context.Context, p *person, g got, d dice) error {
	return w.bringsAnswer(ctx, answer{
		by: p, conv: g.conv, channel: messaging.Email, to: g.reply, words: "Olen lomalla. " + string(g.id), stamp: "auto-" + string(g.id),
		head: "Auto-Submitted: auto-replied\r\n", from: p.email, sender: p.email, peer: ownServer, kind: "automatic",
	}, d, 0)
}

// forgesMail is a stranger answering a person's letter: as themselves, in the
// person's name from elsewhere, or to an address that is nobody's; or texting us.
func (w *world) forgesMail(ctx context.Context, p *person, g got, d dice) error {
	stranger := "stranger" + strconv.Itoa(p.n) + "@elsewhere.example"
	a := answer{by: p, conv: g.conv, channel: messaging.Email, to: g.reply, words: "Lähetä rahat minulle. " + string(g.id), stamp: "f-" + string(g.id), from: stranger, sender: stranger,
		peer: elsewhere, kind: "a stranger's"}
	switch kind := d.below(45, 5); {
	case w.o.Sabotage == "stranger-heard" || kind == 0:
		if err := w.sabotageWhen(ctx, strangerWrites, stranger, string(p.id)); err != nil {
			return err
		}
	case kind == 1:
		a.from = p.email
	case kind == 2:
		a.from, a.sender = p.email, p.email
	case kind == 3:
		a.to = "reply+nobody" + a.to[strings.IndexByte(a.to, '@'):]
		a.from, a.sender, a.peer = p.email, p.email, ownServer
	case kind == 4:
		a.channel, a.from = messaging.SMS, "+358409999999"
	}
	return w.bringsAnswer(ctx, a, d, 0)
}

// mail is the answer as it comes in.
func (a answer) mail() []byte {
	return fmt.Appendf(nil, "From: %s\r\nTo: <%s>\r\nSubject: Re: Satula\r\nMessage-ID: <%s@people.example>\r\n%sContent-Type: text/plain; charset=utf-8\r\n\r\n"+
		"%s\r\n\r\nma 12.10.2026 klo 9.00 Kierto <hei@kierto.example> kirjoitti:\r\n> Hei!\r\n> Vastaa tähän.\r\n", a.from, a.to, a.stamp, a.head, a.words)
}

// bringsAnswer is an answer being brought to us, again and again until it is taken or
// refused. It proves that it lands once where it belongs, or nowhere at all.
func (w *world) bringsAnswer(ctx context.Context, a answer, d dice, try uint64) error {
	var no error
	verdict := ""
	_, again, err := w.attempt(ctx, "answer by "+a.channel, func(ctx context.Context) error {
		if a.channel != messaging.Email {
			from := a.from
			if a.honest {
				from = a.by.phone
			}
			verdict, no = w.node.Messages.Heard(ctx, messaging.Words{Channel: a.channel, From: from, Text: a.words, Dedupe: a.stamp})
			return no
		}
		no = w.node.Messages.TakeMail(ctx, messaging.Envelope{From: a.sender, To: a.to, Peer: a.peer, Helo: "mail.people.example"}, a.mail())
		var refused *messaging.MailRefused
		switch {
		case no == nil:
			verdict = messaging.Taken
		case errors.As(no, &refused):
			verdict = fmt.Sprintf("refused, %d %v", refused.Code, refused.Enhanced)
			if refused.Code >= 500 {
				return nil
			}
			verdict = ""
		}
		return no
	})
	switch {
	case err != nil:
		return err
	case again || verdict == "":
		if try < 20 {
			w.in(d.between(60+try, time.Minute, time.Hour), func(ctx context.Context) error { return w.bringsAnswer(ctx, a, d, try+1) })
		}
		return nil
	}
	return w.checkLanded(ctx, a, verdict)
}

// checkLanded proves what must hold of an answer that was brought to us.
func (w *world) checkLanded(ctx context.Context, a answer, verdict string) error {
	w.answers[a.kind+" by "+a.channel+": "+verdict]++
	n, err := landed(ctx, w.db, a.by.id, a.conv, a.words)
	if err != nil {
		return err
	}
	if !a.honest {
		w.holds(Strangers, n.N == 0, w.convs[n.Conv], "%q of %s is in %s: %s", a.words, a.from, n.Conv, verdict)
		return nil
	}
	tr := w.convs[n.Conv]
	want, first := int64(0), !w.taken[a.words]
	came := verdict == messaging.Twice && n.N > 0 // it was taken, and the program died before it said so
	if verdict == messaging.Taken || came || !first {
		want, w.taken[a.words] = 1, true
	}
	theirs := n.Buyer == n.Author || n.Seller == n.Author
	if a.by.operator {
		theirs = n.Conv == a.conv && n.Staff == n.N
		w.holds(Landed, want == 1, tr, "%q of %s about %s: %s", a.words, a.by.id, a.conv, verdict)
	}
	fits := n.N == want && (want == 0 || n.Author == string(a.by.id) && theirs)
	w.holds(Landed, fits || a.by.gone, tr, "%q of %s by %s: %s, and %+v", a.words, a.by.id, a.channel, verdict, n)
	if a.channel != messaging.Email && first {
		if err := w.checkPlace(ctx, a, verdict, n); err != nil {
			return err
		}
	}
	if verdict != messaging.Taken || !first {
		return nil
	}
	kind, by := turn.AnswerMessage, string(a.by.id)
	if a.by.operator {
		kind, by = turn.AnswerCase, turn.Operator
		if err := w.sabotageWhen(ctx, staffAnswered, n.Conv); err != nil {
			return err
		}
	}
	owed, err := owedIn(ctx, w.db, n.Conv, by, kind)
	w.holds(Landed, owed == 0, tr, "%s still owes an answer in %s", a.by.id, n.Conv)
	return err
}

// checkPlace proves that an answer by text went to the conversation of the message
// that came last by the same way, or nowhere when that was about none or several.
func (w *world) checkPlace(ctx context.Context, a answer, verdict string, n landing) error {
	last, some := w.lastTexts[a.channel+a.by.phone]
	going, err := onTheWay(ctx, w.db, a.by.id, a.channel)
	if err != nil || !some || last.unsure || going > 0 || a.by.gone || verdict == messaging.Twice {
		return err
	}
	want := messaging.Taken
	switch {
	case last.several:
		want = messaging.Unclear
	case last.conv == "":
		want = messaging.Unknown
	}
	refused := strings.HasPrefix(verdict, "messaging.") // the other has left, say
	w.holds(Landed, verdict == want && (want != messaging.Taken || n.Conv == last.conv) || refused && want == messaging.Taken, w.convs[n.Conv],
		"%q of %s by %s, in answer to what was about %+v: %s, in %s", a.words, a.by.id, a.channel, last, verdict, n.Conv)
	return nil
}
