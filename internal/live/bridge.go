package live

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/kierto/kierto/internal/id"
)

// How the bridge works. Wake-ups are gathered for a moment and told outside the
// transaction that caused them: NOTIFY inside it would make every commit on
// the database wait in one line.
const (
	gatherTime   = 5 * time.Millisecond
	maxPending   = 4096            // wake-ups waiting to be told; more are told as "everything"
	maxPerNotify = 64              // topics in one NOTIFY; its payload may hold 8,000 bytes
	tellTimeout  = 5 * time.Second // for one NOTIFY
	firstPause   = 100 * time.Millisecond
	longestPause = 10 * time.Second // between tries to reach the database
	allTopics    = "*"
)

// bridge carries wake-ups between the nodes that share a PostgreSQL.
type bridge struct {
	hub     *Hub
	node    string
	url     string
	log     *slog.Logger
	pending chan string
	missed  chan struct{} // something did not fit into pending
	up      chan struct{} // closed when the first LISTEN stands
	working sync.WaitGroup
}

// note is the payload of a NOTIFY.
type note struct {
	Node   string   `json:"n"`
	Topics []string `json:"t"`
}

// OverPostgres is a hub whose wake-ups reach every node that shares the database
// at url. It works until ctx ends, and connects again when the connection is
// lost; it does not wait for the first one.
func OverPostgres(ctx context.Context, url string, log *slog.Logger) *Hub {
	h := New()
	h.other = &bridge{
		hub: h, node: id.Secret(), url: url, log: log,
		pending: make(chan string, maxPending), missed: make(chan struct{}, 1), up: make(chan struct{}),
	}
	h.other.working.Go(func() { h.other.forever(ctx, "listen", h.other.listen) })
	h.other.working.Go(func() { h.other.forever(ctx, "notify", h.other.notify) })
	return h
}

// Wait returns when the hub has let go of the database, after its ctx has ended.
func (h *Hub) Wait() {
	if h.other != nil {
		h.other.working.Wait()
	}
}

// Ready is closed once wake-ups from other nodes arrive; at once without any.
func (h *Hub) Ready() <-chan struct{} {
	if h.other == nil {
		c := make(chan struct{})
		close(c)
		return c
	}
	return h.other.up
}

// tell queues topics for the other nodes.
func (b *bridge) tell(topics []string) {
	for _, t := range topics {
		select {
		case b.pending <- t:
		default:
			poke(b.missed)
			return
		}
	}
}

// forever runs fn on a connection of its own, again after each failure.
func (b *bridge) forever(ctx context.Context, what string, fn func(context.Context, *pgx.Conn) error) {
	pause := firstPause
	for ctx.Err() == nil {
		err := b.connected(ctx, func(c *pgx.Conn) error {
			pause = firstPause
			return fn(ctx, c)
		})
		if ctx.Err() != nil {
			return
		}
		b.log.Warn("live", "part", what, "again_in", pause, "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

func (b *bridge) connected(ctx context.Context, fn func(*pgx.Conn) error) (err error) {
	conn, err := pgx.Connect(ctx, b.url)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tellTimeout)
		defer cancel()
		err = errors.Join(err, conn.Close(ctx))
	}()
	return fn(conn)
}

// listen wakes the watchers here for what happens on other nodes.
func (b *bridge) listen(ctx context.Context, conn *pgx.Conn) error {
	if err := startListening(ctx, conn); err != nil {
		return err
	}
	select {
	case <-b.up:
		b.hub.wakeAll() // who knows what was said while nobody listened
	default:
		close(b.up)
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		var said note
		if json.Unmarshal([]byte(n.Payload), &said) != nil || said.Node == b.node {
			continue
		}
		if len(said.Topics) == 1 && said.Topics[0] == allTopics {
			b.hub.wakeAll()
			continue
		}
		b.hub.wake(said.Topics)
	}
}

// notify tells the other nodes what was woken here.
func (b *bridge) notify(ctx context.Context, conn *pgx.Conn) error {
	for {
		topics, err := b.gather(ctx)
		if err != nil {
			return err
		}
		payload, err := json.Marshal(note{Node: b.node, Topics: topics})
		if err != nil {
			return err
		}
		tell, cancel := context.WithTimeout(ctx, tellTimeout)
		err = notifyOthers(tell, conn, string(payload))
		cancel()
		if err != nil {
			poke(b.missed) // once connected again, everybody looks
			return err
		}
	}
}

// gather waits for a wake-up, and a moment more for others to join it.
func (b *bridge) gather(ctx context.Context) ([]string, error) {
	var topics []string
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.missed:
		return []string{allTopics}, nil
	case t := <-b.pending:
		topics = append(topics, t)
	}
	end := time.After(gatherTime)
	for len(topics) < maxPerNotify {
		select {
		case t := <-b.pending:
			topics = append(topics, t)
		case <-end:
			return topics, nil
		}
	}
	return topics, nil
}
