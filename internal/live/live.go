// Package live wakes the browsers that look at something when it changes: in
// this process at once, and on the other nodes through PostgreSQL. A wake-up
// says that there is something new, not what: whoever wakes reads the database.
package live

import (
	"context"
	"sync"

	"github.com/kierto/kierto/internal/db"
)

// maxWatchers bounds the open watches of one process; more are turned away and
// try again, as browsers do.
const maxWatchers = 20_000

// Hub wakes those who watch a topic: "conversation:cnv_…", "user:usr_…".
type Hub struct {
	mu       sync.Mutex
	watchers map[string]map[chan struct{}]bool
	count    int
	closed   bool
	other    *bridge // to the other nodes; nil when there are none
}

// New is a hub for one process.
func New() *Hub { return &Hub{watchers: map[string]map[chan struct{}]bool{}} }

// Wake wakes the watchers of topics once tx is committed, here and on the other
// nodes. It never waits: a wake-up that gets lost is made up for by a page that
// shows everything when it is next drawn.
func (h *Hub) Wake(_ context.Context, tx *db.Tx, topics ...string) {
	tx.AfterCommit(func() { h.Now(topics...) })
}

// Now wakes the watchers of topics at once.
func (h *Hub) Now(topics ...string) {
	h.wake(topics)
	if h.other != nil {
		h.other.tell(topics)
	}
}

// Watch gives on the channel whenever one of topics was woken, several wake-ups as one.
// It gives once right away, so that nothing between drawing a page and watching
// it is missed. The channel is closed when the hub closes or is full. Call stop
// when done.
func (h *Hub) Watch(topics ...string) (woken <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.count >= maxWatchers {
		close(c)
		return c, func() {}
	}
	c <- struct{}{}
	for _, t := range topics {
		if h.watchers[t] == nil {
			h.watchers[t] = map[chan struct{}]bool{}
		}
		h.watchers[t][c] = true
	}
	h.count++
	return c, func() { h.forget(topics, c) }
}

// Close ends every watch, so that the server can stop.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	done := map[chan struct{}]bool{}
	for _, cs := range h.watchers {
		for c := range cs {
			if !done[c] {
				close(c)
			}
			done[c] = true
		}
	}
	h.watchers, h.count = map[string]map[chan struct{}]bool{}, 0
}

// Watching is how many watches are open, for tests and metrics.
func (h *Hub) Watching() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

func (h *Hub) forget(topics []string, c chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := false
	for _, t := range topics {
		was = was || h.watchers[t][c]
		delete(h.watchers[t], c)
		if len(h.watchers[t]) == 0 {
			delete(h.watchers, t)
		}
	}
	if was {
		h.count--
	}
}

func (h *Hub) wake(topics []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range topics {
		for c := range h.watchers[t] {
			poke(c)
		}
	}
}

// wakeAll wakes everybody: something may have been missed.
func (h *Hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, cs := range h.watchers {
		for c := range cs {
			poke(c)
		}
	}
}

func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // a wake-up is waiting already
	}
}
