package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/cmd/kierto/demo"
	"github.com/kierto/kierto/internal/web"
	"github.com/kierto/kierto/internal/web/webtest"
	"github.com/kierto/kierto/messaging"
)

// A visitor of the demo answers a letter; the answer goes over SMTP and is in the
// conversation, without what it quotes.
func letterCanBeAnswered(t *testing.T, m *market, stand *demo.Demo) {
	t.Helper()
	box, err := messaging.NewLetterbox(m.messages)
	if err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- box.Serve(stand.Mail) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = box.Shutdown(ctx)
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	srv := m.server(web.Options{Demo: stand.Foot})
	stand.Web(srv)
	if _, err := stand.Move(t.Context(), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	visitor := webtest.Client(t, srv)
	for _, x := range stand.Post.Messages() {
		if !strings.HasPrefix(strings.Trim(x.Header["Reply-To"], "<"), "reply+") {
			continue
		}
		letter := "/demo/outbox/" + strconv.Itoa(x.ID)
		if visitor.Get(letter).Want(http.StatusOK).Find("textarea[name=text]").Length() != 1 {
			t.Error("nowhere to type an answer")
		}
		visitor.Post(letter+"/reply", webtest.Form("text", "Tämä tuli sähköpostista.")).Leads(letter)
		var n int
		if err := m.db.Get(t.Context(), &n, `SELECT COUNT(*) FROM entries WHERE kind = 'message' AND text = 'Tämä tuli sähköpostista.'`); err != nil || n != 1 {
			t.Fatalf("%d such messages (%v)", n, err)
		}
		return
	}
	t.Fatal("no letter can be answered")
}
