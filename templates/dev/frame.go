package dev

import (
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/web"
)

// Moment is when the examples happen: Wednesday evening, the buyer waiting.
var Moment = clock.Of(time.Date(2026, time.November, 25, 16, 20, 0, 0, time.UTC))

// Frame is an example's frame in lang: signed in as Noora, or a stranger.
func Frame(lang string, stranger bool) web.Frame {
	f := web.Frame{Speaker: i18n.For(lang, "Europe/Helsinki", Moment), Path: "/dev/pages", Base: "https://kierto.example"}
	if !stranger {
		f.Reader = web.Reader{ID: "usr_noora", Name: "Noora Lindqvist", Lang: lang, Zone: "Europe/Helsinki", Confirmed: true}
		f.Badges = web.Badges{Unread: 3, Moves: 2}
	}
	return f
}
