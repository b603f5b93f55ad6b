package messaging_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/money"
	"github.com/kierto/kierto/internal/turn"
	"github.com/kierto/kierto/messaging"
)

// There is one conversation per listing and pair, however often it is opened.
func TestOneConversationPerListingAndPair(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		if again := b.open(t, b.noora, b.anna); again.ID != b.conv.ID {
			t.Errorf("opened twice: %s and %s", b.conv.ID, again.ID)
		}
		venla := accountstest.Person(t, b.Accounts, "Venla Aho")
		if other := b.open(t, venla, b.anna); other.ID == b.conv.ID {
			t.Error("another buyer shares the conversation")
		}
		err := b.DB.InTx(t.Context(), func(tx *db.Tx) error {
			_, err := b.Open(t.Context(), tx, messaging.Opening{Subject: listing, Buyer: b.anna.ID, Seller: b.anna.ID})
			return err
		})
		wantFault(t, err, "messaging.own")
	})
}

// Each side counts as unread what the other said, until they look.
func TestUnreadUntilSeen(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Hei! Sopiikohan tämä leveälle suokille?")
		if n, m := b.unread(t, b.anna), b.unread(t, b.noora); n != 1 || m != 0 {
			t.Fatalf("Anna has %d unread, Noora %d; want 1 and 0", n, m)
		}
		if es := b.read(t, b.anna); len(es) != 1 || es[0].Name(es[0].Author) != "Noora" {
			t.Fatalf("Anna sees %+v", es)
		}
		if n := b.unread(t, b.anna); n != 0 {
			t.Fatalf("Anna looked and still has %d unread", n)
		}
	})
}

// A question has to be answered; an answer ends that, and mere thanks ask for
// nothing.
func TestWhoOwesAnAnswer(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		for _, step := range []struct {
			who  accounts.User
			text string
			want string
		}{
			{b.noora, "Hei! Onko satula vielä myynnissä?", "answer_message:Anna"},
			{b.noora, "Ja mikä on säkä?", "answer_message:Anna"},
			{b.anna, "On vielä. Säkä 154.", "answer_message:Noora"},
			{b.noora, "Kiitos!", ""},
		} {
			b.say(t, step.who, step.text)
			if got := b.turns(t); got != step.want {
				t.Fatalf("after %q: %q, want %q", step.text, got, step.want)
			}
		}
		b.say(t, b.noora, "Voisinko tulla katsomaan lauantaina?")
		if err := b.Settle(t.Context(), b.anna.ID, b.conv.ID); err != nil {
			t.Fatal(err)
		}
		if got := b.turns(t); got != "" {
			t.Fatalf("Anna said that no answer is needed, and yet %q", got)
		}
	})
}

// The answer is due after 24 hours awake: a question asked at noon on Tuesday,
// with quiet hours from 21 to 8, is due on Thursday at 10.
func TestAnswersAreDueInWakingHours(t *testing.T) {
	b := lite(t)
	b.say(t, b.noora, "Onko satula vielä myynnissä?")
	ts, err := turn.OpenOf(t.Context(), b.DB, string(b.conv.ID))
	if err != nil || len(ts) != 1 {
		t.Fatal(ts, err)
	}
	if got := b.anna.Speaker(b.clock.Now()).DayClock(ts[0].DueAt); !strings.HasPrefix(got, "to\u00a026.11.") {
		t.Errorf("due %s", got)
	}
}

// What one side alone may see is neither shown to nor counted for the other.
func TestOnlyForOne(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.tx(t, func(tx *db.Tx) error {
			return b.Append(t.Context(), tx, b.conv.ID, messaging.Entry{Kind: messaging.Note, Key: "messaging.settled", OnlyFor: b.anna.ID})
		})
		if n, m := b.unread(t, b.anna), b.unread(t, b.noora); n != 1 || m != 0 {
			t.Errorf("Anna has %d unread, Noora %d; want 1 and 0", n, m)
		}
		if n, m := len(b.read(t, b.anna)), len(b.read(t, b.noora)); n != 1 || m != 0 {
			t.Errorf("Anna sees %d entries, Noora %d; want 1 and 0", n, m)
		}
		whole, err := b.Whole(t.Context(), b.conv.ID)
		if err != nil || len(whole) != 1 {
			t.Errorf("staff see %d entries, %v", len(whole), err)
		}
	})
}

// A stream stays numbered without gaps when both write at once.
func TestWritingAtOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		var wg sync.WaitGroup
		errs := make(chan error, 40)
		for i := range 40 {
			wg.Go(func() {
				who := []accounts.User{b.noora, b.anna}[i%2]
				errs <- b.Send(t.Context(), who.ID, b.conv.ID, fmt.Sprintf("viesti %d?", i), "")
			})
		}
		wg.Wait()
		close(errs)
		for err := range errs {
			if err != nil {
				t.Error(err)
			}
		}
		if es := b.read(t, b.noora); len(es) != 40 || es[39].Seq != 40 {
			t.Errorf("%d entries, the last numbered %d", len(es), es[len(es)-1].Seq)
		}
		rs, err := b.Check(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if !r.OK() {
				t.Errorf("%s: %v", r.Name, r.Broken)
			}
		}
	})
}

// Bad messages are refused with a sentence, and nothing of them is kept.
func TestMessagesThatCannotBeSent(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		send := func(u accounts.User, text string) error { return b.Send(t.Context(), u.ID, b.conv.ID, text, "") }
		wantFault(t, send(b.noora, " \n "), "messaging.empty")
		wantFault(t, send(b.noora, strings.Repeat("ä", 4001)), "messaging.too_long")
		venla := accountstest.Person(t, b.Accounts, "Venla Aho")
		wantFault(t, send(venla, "Hei"), "web.missing")
		if err := send(b.noora, strings.Repeat("ä", 4000)); err != nil {
			t.Errorf("4,000 characters: %v", err)
		}
		if n := len(b.read(t, b.anna)); n != 1 {
			t.Errorf("%d entries, want the one that was fine", n)
		}
	})
}

// Who is blocked cannot write, nor be written to, until the block is taken back;
// and nobody is reminded to answer them.
func TestBlocking(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.say(t, b.noora, "Onko satula vielä myynnissä?")
		if err := b.Block(ctx, b.anna.ID, b.noora.ID); err != nil {
			t.Fatal(err)
		}
		if got := b.turns(t); got != "" {
			t.Errorf("Anna wants nothing of Noora, and yet owes %q", got)
		}
		wantFault(t, b.Send(ctx, b.noora.ID, b.conv.ID, "Hei?", ""), "messaging.blocked")
		wantFault(t, b.Send(ctx, b.anna.ID, b.conv.ID, "Hei?", ""), "messaging.you_blocked")
		for _, pair := range [][2]accounts.User{{b.anna, b.noora}, {b.noora, b.anna}} {
			if yes, err := b.Blocked(ctx, b.DB, pair[0].ID, pair[1].ID); err != nil || !yes {
				t.Errorf("blocked: %v, %v", yes, err)
			}
		}
		if err := b.Unblock(ctx, b.anna.ID, b.noora.ID); err != nil {
			t.Fatal(err)
		}
		b.say(t, b.noora, "Hei?")
	})
}

// Somebody who asks to talk to a person gets staff, who owe an answer until they
// give one; the answer is signed by the operator.
func TestCases(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		salla := accountstest.Operator(t, b.Accounts, "Salla Virta")
		b.Trade = func(_ context.Context, u accounts.UserID, order string) (string, string, error) {
			if u == b.noora.ID && order == "ord_1" {
				return "Wintec", "p1", nil
			}
			return "", "", errors.New("not theirs")
		}
		if _, err := b.OpenCase(ctx, b.anna.ID, "ord_1", "Apua!"); err == nil {
			t.Error("a case about somebody else's trade")
		}
		cid, err := b.OpenCase(ctx, b.noora.ID, "ord_1", "Paketti on kadonnut. Mitä teen?")
		if err != nil {
			t.Fatal(err)
		}
		b.conv.ID = cid
		if got := b.turns(t); got != "answer_case:operator" {
			t.Fatalf("turns %q", got)
		}
		if err := b.Answer(ctx, salla.ID, cid, "Hei! Selvitän sen Postista.", ""); err != nil {
			t.Fatal(err)
		}
		if got := b.turns(t); got != "" {
			t.Fatalf("answered, and yet %q", got)
		}
		rows := b.Rows(b.frame(b.noora), b.read(t, b.noora), b.noora.ID)
		if last := rows[len(rows)-1]; last.Said != "Salla, ylläpito: " || !strings.HasPrefix(last.When, "Salla, ylläpito · ") || last.Mine {
			t.Errorf("the answer is shown as %+v", last)
		}
		again, err := b.OpenCase(ctx, b.noora.ID, "ord_1", "Kiitos, odotan.")
		if err != nil || again != cid {
			t.Errorf("writing again opened %s (%v), want %s", again, err, cid)
		}
	})
}

// Amounts, moments and people survive storage, and are worded for the reader.
func TestEntriesAreWordedForTheirReader(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		args := map[string]any{"Total": money.EUR(8490), "Due": b.clock.Now().Add(72 * time.Hour), "Other": b.anna.ID, "Title": "<b>x</b>", "N": 3}
		raw, err := messaging.EncodeArgs(args)
		if err != nil {
			t.Fatal(err)
		}
		back, err := messaging.DecodeArgs(raw)
		if err != nil {
			t.Fatal(err)
		}
		args["N"] = int64(3)
		if fmt.Sprintf("%#v", back) != fmt.Sprintf("%#v", args) {
			t.Errorf("got %#v\nwant %#v", back, args)
		}
		if _, err := messaging.EncodeArgs(map[string]any{"X": 1.5}); err == nil {
			t.Error("a float was taken")
		}
		b.tx(t, func(tx *db.Tx) error {
			return b.Append(t.Context(), tx, b.conv.ID, messaging.Entry{
				Kind: messaging.Nudge, Author: b.anna.ID, Key: "messaging.strip_other", Args: map[string]any{"Name": b.anna.ID, "Due": args["Due"]},
			})
		})
		b.tx(t, func(tx *db.Tx) error {
			return b.Append(t.Context(), tx, b.conv.ID, messaging.Entry{
				Kind: messaging.Nudge, Key: "nudges.stream.reminded", Args: map[string]any{"Who": b.anna.ID},
			})
		})
		rows := b.Rows(b.frame(b.noora), b.read(t, b.noora), b.noora.ID)
		if got := rows[1].Event; !strings.Contains(got, "**Anna on vuorossa**") || !strings.Contains(got, "pe\u00a027.11. klo\u00a012.00") {
			t.Errorf("worded %q", got)
		}
		own := b.Rows(b.frame(b.anna), b.read(t, b.anna), b.anna.ID)
		if hers, his := own[2].Event, rows[2].Event; hers != "Sait muistutuksen." || his != "Anna sai muistutuksen." {
			t.Errorf("a reminder is told as %q to whom it went, and as %q to the other", hers, his)
		}
	})
}

// A hidden message leaves a trace and no words.
func TestHidden(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.say(t, b.noora, "Maksa suoraan tililleni")
		e := b.read(t, b.anna)[0]
		b.tx(t, func(tx *db.Tx) error { return b.HideEntry(t.Context(), tx, e.ID, true) })
		rows := b.Rows(b.frame(b.anna), b.read(t, b.anna), b.anna.ID)
		if rows[1].Text != "" || !strings.Contains(rows[1].Event, "poisti") {
			t.Errorf("shown as %+v", rows[1])
		}
	})
}

// Reports need a reason, and to be about something the reporter can see.
func TestReports(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		b.say(t, b.noora, "Maksa suoraan tililleni")
		r := messaging.Reporting{Reporter: b.anna.ID, Kind: messaging.ReportConversation, Subject: string(b.conv.ID), Reason: "fraud"}
		for range 2 {
			if err := b.Report(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		open, err := b.Reports(ctx, "open", 10)
		if err != nil || len(open) != 1 {
			t.Fatalf("%d reports, %v; want one", len(open), err)
		}
		b.tx(t, func(tx *db.Tx) error { return b.HandleReport(ctx, tx, open[0].ID, b.anna.ID, true) })
		wantFault(t, b.DB.InTx(ctx, func(tx *db.Tx) error { return b.HandleReport(ctx, tx, open[0].ID, b.anna.ID, false) }), "messaging.report_handled")
		for key, bad := range map[string]messaging.Reporting{
			"messaging.report_reason": {Reporter: b.anna.ID, Kind: r.Kind, Subject: r.Subject, Reason: "dislike"},
			"messaging.report_say":    {Reporter: b.anna.ID, Kind: r.Kind, Subject: r.Subject, Reason: "other"},
			"messaging.too_long":      {Reporter: b.anna.ID, Kind: r.Kind, Subject: r.Subject, Reason: "rude", Text: strings.Repeat("x", 2001)},
			"web.missing":             {Reporter: accountstest.Person(t, b.Accounts, "Venla Aho").ID, Kind: r.Kind, Subject: r.Subject, Reason: "rude"},
		} {
			wantFault(t, b.Report(ctx, bad), key)
		}
	})
}
