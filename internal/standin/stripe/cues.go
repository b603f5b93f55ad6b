package stripe

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// cues are the ways in which the stand-in will misbehave next.
type cues struct {
	declines  []string // decline codes of the next payments
	trouble   []Trouble
	duplicate int      // events to deliver twice
	drop      int      // events to lose
	shuffle   int      // events still to hold back
	held      []*event // held back, to be sent in reverse
}

// Kind is a way for a request to go wrong.
type Kind string

// The kinds of trouble.
const (
	Fail   Kind = "fail"   // 500, nothing done
	Hang   Kind = "hang"   // no answer until the caller gives up, nothing done
	Lose   Kind = "lose"   // done, but the connection breaks before the answer
	Delay  Kind = "delay"  // done, Pause later
	Refuse Kind = "refuse" // 429, nothing done
)

// Trouble befalls the next Times requests whose "METHOD /path" starts with
// Match (all, when it is empty).
type Trouble struct {
	Kind  Kind
	Match string
	Times int
	Pause time.Duration // of Delay
}

// DeclineNext declines the next payment with a code such as "lost_card".
func (s *Server) DeclineNext(code string) {
	s.locked(func() { s.cue.declines = append(s.cue.declines, code) })
}

// Trouble makes requests go wrong.
func (s *Server) Trouble(t Trouble) {
	t.Times = max(t.Times, 1)
	s.locked(func() { s.cue.trouble = append(s.cue.trouble, t) })
}

// Duplicate delivers the next n events twice.
func (s *Server) Duplicate(n int) { s.locked(func() { s.cue.duplicate = n }) }

// Drop loses the next n events.
func (s *Server) Drop(n int) { s.locked(func() { s.cue.drop = n }) }

// Shuffle holds the next n events back and then sends them in reverse.
func (s *Server) Shuffle(n int) { s.locked(func() { s.cue.shuffle = n }) }

// Resend delivers every event of a type once more, as if Stripe had not heard
// the first answer, and tells how many there were.
func (s *Server) Resend(kind string) (n int) {
	s.locked(func() {
		for _, id := range s.events.ids {
			if e := s.events.get(id); e.Type == kind {
				s.send(e)
				n++
			}
		}
	})
	return n
}

// takeDecline is the refusal cued for the next payment, or nil.
func (s *Server) takeDecline() *apiError {
	if len(s.cue.declines) == 0 {
		return nil
	}
	code := s.cue.declines[0]
	s.cue.declines = s.cue.declines[1:]
	return declined("card_declined", code, "Your card was declined.")
}

// takeDrop tells whether this event is to be lost.
func (s *Server) takeDrop() bool {
	if s.cue.drop == 0 {
		return false
	}
	s.cue.drop--
	return true
}

// order is the events to send now that e has happened: e, nothing while events
// are held back, or all that were held, last first.
func (s *Server) order(e *event) []*event {
	if s.cue.shuffle == 0 {
		return []*event{e}
	}
	s.cue.held = append(s.cue.held, e)
	if s.cue.shuffle--; s.cue.shuffle > 0 {
		return nil
	}
	out := s.cue.held
	s.cue.held = nil
	slices.Reverse(out)
	return out
}

// takeTrouble is what befalls a request, or nil.
func (s *Server) takeTrouble(r *http.Request) (found *Trouble) {
	s.locked(func() {
		for i := range s.cue.trouble {
			t := &s.cue.trouble[i]
			if t.Times > 0 && strings.HasPrefix(r.Method+" "+r.URL.Path, t.Match) {
				t.Times--
				hit := *t
				found = &hit
				return
			}
		}
	})
	return found
}

// misbehave lets trouble befall a request. lost means that the work is to be
// done and the answer withheld; done, that the request has had its answer.
func (s *Server) misbehave(w http.ResponseWriter, r *http.Request) (lost, done bool) {
	t := s.takeTrouble(r)
	if t == nil {
		return false, false
	}
	switch t.Kind {
	case Fail:
		answer(w, http.StatusInternalServerError, errorBody(broken()))
		return false, true
	case Refuse:
		answer(w, http.StatusTooManyRequests, errorBody(&apiError{Type: typeInvalid, Code: "rate_limit", Message: "Too many requests."}))
		return false, true
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.ctx.Done():
		}
		hangUp()
	case Delay:
		s.pause(t.Pause)
	case Lose:
		return true, false
	}
	return false, false
}

// breakOff begins an answer and then breaks the connection. A connection that
// breaks before a single byte would be tried again, unasked, by Go's own client
// whenever an idempotency key is set.
func breakOff(w http.ResponseWriter, body []byte) {
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_ = http.NewResponseController(w).Flush()
	hangUp()
}

// hangUp breaks the connection without an answer.
func hangUp() { panic(http.ErrAbortHandler) }

// maxCue bounds a cue's number.
const maxCue = 1000

// cueRoutes let another process give cues: POST /_cue/decline (code), /fail,
// /hang, /lose, /refuse, /delay (n, match, ms), /duplicate, /drop, /shuffle
// (n), /resend (type), /dispute (of: an order or charge), /win, /lose-dispute.
// Only from this machine.
func (s *Server) cueRoutes() {
	s.mux.HandleFunc("POST /_cue/{name}", func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
			http.NotFound(w, r)
			return
		}
		n, err := strconv.Atoi(r.FormValue("n"))
		if err != nil || n < 1 || n > maxCue {
			n = 1
		}
		if !s.give(r.PathValue("name"), n, r) {
			http.NotFound(w, r)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
}

// give carries one cue out; false means that there is no such cue.
func (s *Server) give(name string, n int, r *http.Request) bool {
	switch name {
	case "decline":
		s.DeclineNext(r.FormValue("code"))
	case "duplicate":
		s.Duplicate(n)
	case "drop":
		s.Drop(n)
	case "shuffle":
		s.Shuffle(n)
	case "dispute":
		s.Dispute(r.FormValue("of"))
	case "win":
		s.Settle(true)
	case "lose-dispute":
		s.Settle(false)
	case "resend":
		s.Resend(r.FormValue("type"))
	case string(Fail), string(Hang), string(Lose), string(Refuse), string(Delay):
		ms, _ := strconv.Atoi(r.FormValue("ms"))
		s.Trouble(Trouble{Kind: Kind(name), Match: r.FormValue("match"), Times: n, Pause: time.Duration(ms) * time.Millisecond})
	default:
		return false
	}
	return true
}
