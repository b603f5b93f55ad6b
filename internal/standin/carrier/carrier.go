// Package carrier is a stand-in for the parcel API that the shipping adapter
// talks to. It speaks the same wire format, keeps state, moves its parcels by
// the injected clock, and can decline, delay and lose on cue.
package carrier

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// How its parcels travel.
const (
	toPoint  = 24 * time.Hour     // from the drop to the pickup point
	toDoor   = 48 * time.Hour     // from the drop to the door
	kept     = 7 * 24 * time.Hour // at the pickup point
	homeward = 48 * time.Hour     // from the pickup point back to the sender
)

// Options adjust a stand-in.
type Options struct {
	Clock    clock.Clock
	Key      string
	Secret   string
	Snapshot string // file that keeps its state over a restart; "" keeps it in memory
}

// Parcel is what the carrier knows of a parcel.
type Parcel struct {
	Tracking  string
	Code      string // written on the parcel instead of a label
	Reference string
	Product   string
	Home      bool
	PointID   string
	Contents  string
	From, To  string // towns
	Booked    clock.Instant
	Dropped   clock.Instant // 0: not yet
	Arrived   clock.Instant // at the point or on the doorstep, by cue; 0: by the clock
	Collected clock.Instant // by cue
	Turned    clock.Instant // by cue
	Delay     time.Duration
	Lost      bool
}

// Standin is a parcel carrier of our own.
type Standin struct {
	opt Options

	mu      sync.Mutex
	parcels []*Parcel
	down    bool
	refuse  bool
	serial  int
}

// New is a stand-in with the state of its snapshot, if it has one.
func New(o Options) (*Standin, error) {
	s := &Standin{opt: o}
	if o.Snapshot == "" {
		return s, nil
	}
	raw, err := os.ReadFile(o.Snapshot)
	if errors.Is(err, os.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("stand-in carrier: %w", err)
	}
	if err := json.Unmarshal(raw, &s.parcels); err != nil {
		return nil, fmt.Errorf("stand-in carrier: %w", err)
	}
	s.serial = len(s.parcels)
	return s, nil
}

// save keeps the state; the lock is held.
func (s *Standin) save() {
	if s.opt.Snapshot == "" {
		return
	}
	raw, err := json.Marshal(s.parcels)
	if err != nil {
		return
	}
	tmp := s.opt.Snapshot + ".new"
	if os.MkdirAll(filepath.Dir(tmp), 0o755) == nil && os.WriteFile(tmp, raw, 0o600) == nil {
		_ = os.Rename(tmp, s.opt.Snapshot)
	}
}

// Down makes it answer nothing but 503, or wakes it again.
func (s *Standin) Down(down bool) { s.mu.Lock(); s.down = down; s.mu.Unlock() }

// Refuse makes it refuse bookings, or accept them again.
func (s *Standin) Refuse(refuse bool) { s.mu.Lock(); s.refuse = refuse; s.mu.Unlock() }

// ErrUnknown is returned for a parcel it does not have.
var ErrUnknown = errors.New("stand-in carrier: no such parcel")

// Parcels are all parcels, newest first.
func (s *Standin) Parcels() []Parcel {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Parcel, 0, len(s.parcels))
	for _, p := range slices.Backward(s.parcels) {
		out = append(out, *p)
	}
	return out
}

// Cue makes something happen to the parcel with a tracking number, sending code
// or reference: "drop", "arrive", "collect", "return", "back", "lose", "delay".
func (s *Standin) Cue(which, what string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.find(which)
	if p == nil {
		return ErrUnknown
	}
	now := s.opt.Clock.Now()
	if p.Dropped == 0 && what != "lose" && what != "delay" {
		p.Dropped = now
	}
	switch what {
	case "drop":
	case "arrive":
		if p.Arrived == 0 {
			p.Arrived = now
		}
	case "collect":
		if p.arrival() > now || p.arrival() == 0 {
			p.Arrived = now
		}
		p.Collected = now
	case "return":
		p.Turned = now
	case "back":
		if p.Turned == 0 {
			p.Turned = now.Add(-time.Second)
		}
		p.Collected = now
	case "lose":
		p.Lost = true
	case "delay":
		p.Delay += 72 * time.Hour
	default:
		return ErrUnknown
	}
	s.save()
	return nil
}

func (s *Standin) find(which string) *Parcel {
	for _, p := range slices.Backward(s.parcels) {
		if which != "" && (p.Tracking == which || p.Code == which || p.Reference == which) {
			return p
		}
	}
	return nil
}

// arrival is when it reaches the point or the door; 0: never.
func (p *Parcel) arrival() clock.Instant {
	switch {
	case p.Arrived != 0:
		return p.Arrived
	case p.Dropped == 0 || p.Lost:
		return 0
	case p.Home:
		return p.Dropped.Add(toDoor + p.Delay)
	}
	return p.Dropped.Add(toPoint + p.Delay)
}

// event is one sighting, in the carrier's own codes.
type event struct {
	Code  string
	At    clock.Instant
	Place string
}

// events are the sightings up to now.
func (p *Parcel) events(now clock.Instant) []event {
	out := []event{{"68", p.Booked, p.From}}
	if p.Dropped == 0 {
		return out
	}
	out = append(out, event{"13", p.Dropped, p.From})
	arrival := p.arrival()
	if arrival != 0 && arrival.Sub(p.Dropped) > 6*time.Hour {
		out = append(out, event{"31", p.Dropped.Add(5 * time.Hour), p.From})
	}
	turned, collected := p.Turned, p.Collected
	switch {
	case arrival == 0: // lost
	case p.Home:
		out = append(out, event{"71", arrival.Add(-2 * time.Hour), p.To})
		if collected == 0 && turned == 0 {
			collected = arrival
		}
	default:
		out = append(out, event{"91", arrival, p.To})
		if turned == 0 && collected == 0 {
			turned = arrival.Add(kept)
		}
	}
	if turned != 0 {
		out = append(out, event{"77", turned, p.To})
		if collected == 0 {
			collected = turned.Add(homeward)
		}
		out = append(out, event{"22", collected, p.From})
	} else if collected != 0 {
		out = append(out, event{"22", collected, p.To})
	}
	out = slices.DeleteFunc(out, func(e event) bool { return now.Before(e.At) })
	slices.SortStableFunc(out, func(a, b event) int { return int(a.At - b.At) })
	return out
}
