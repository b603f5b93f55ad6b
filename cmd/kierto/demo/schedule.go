package demo

import (
	"container/heap"
	"context"

	"github.com/kierto/kierto/internal/clock"
)

// event is something that somebody did in the made-up past.
type event struct {
	at   clock.Instant
	what string // for an error
	do   func(ctx context.Context) error
	n    int // of two at once, the one scheduled first
}

// schedule is what is still to happen, the earliest first.
type schedule struct {
	events events
	n      int
}

func (s *schedule) push(e event) {
	s.n++
	e.n = s.n
	heap.Push(&s.events, e)
}

func (s *schedule) pop() event { return heap.Pop(&s.events).(event) }

// peek is the next event, if there is one.
func (s *schedule) peek() (event, bool) {
	if len(s.events) == 0 {
		return event{}, false
	}
	return s.events[0], true
}

// events is a heap.
type events []event

// Len implements heap.Interface.
func (e events) Len() int { return len(e) }

// Less implements heap.Interface.
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].n < e[j].n
}

// Swap implements heap.Interface.
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push implements heap.Interface.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop implements heap.Interface.
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
