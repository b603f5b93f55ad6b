package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kierto/kierto/internal/clock"
)

// Connections of the load generators.
const (
	flatConns  = 16
	pacedConns = 32
)

// errStatus is an answer that is not 200.
var errStatus = errors.New("not 200")

// wire is one keep-alive connection that speaks just enough HTTP, so that asking
// costs far less than answering.
type wire struct {
	conn net.Conn
	r    *bufio.Reader
}

func dial(addr string) (*wire, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &wire{c, bufio.NewReaderSize(c, 64<<10)}, nil
}

var lengthHeader = []byte("Content-Length: ")

// ask sends a request and reads the answer; size is that of its body.
func (w *wire) ask(path, more string) (size int, err error) {
	_, err = fmt.Fprintf(w.conn, "GET %s HTTP/1.1\r\nHost: kierto.test\r\nX-Forwarded-For: 10.%d.%d.%d\r\n%s\r\n",
		path, rand.N(250), rand.N(250), 1+rand.N(250), more)
	if err != nil {
		return 0, err
	}
	head, err := w.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	ok := bytes.HasPrefix(head, []byte("HTTP/1.1 200"))
	for size = -1; ; {
		line, err := w.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if rest, found := bytes.CutPrefix(line, lengthHeader); found {
			if size, err = strconv.Atoi(string(bytes.TrimSpace(rest))); err != nil {
				return 0, err
			}
		}
	}
	if size < 0 {
		return 0, errors.New("an answer without a length")
	}
	if _, err = io.CopyN(io.Discard, w.r, int64(size)); err == nil && !ok {
		err = fmt.Errorf("%s: %w", path, errStatus)
	}
	return size, err
}

// asking is what to ask for the nth time.
type asking func(n int64) (path, more string)

// flat asks as fast as answers come, for a while, and returns answers a second.
func flat(addr string, d time.Duration, what asking) (float64, error) {
	var n atomic.Int64
	var failed atomic.Value
	start := clock.Wall()
	var wg sync.WaitGroup
	for range flatConns {
		wg.Go(func() {
			w, err := dial(addr)
			if err != nil {
				failed.Store(err)
				return
			}
			defer func() { _ = w.conn.Close() }()
			for clock.Wall().Sub(start) < d {
				if _, err := w.ask(what(n.Add(1))); err != nil {
					failed.Store(err)
					return
				}
			}
		})
	}
	wg.Wait()
	err, _ := failed.Load().(error)
	return float64(n.Load()) / clock.Wall().Sub(start).Seconds(), err
}

// paced asks so many times a second, whether answers come or not, and returns
// how long each took from the moment it was due, the shortest first.
func paced(addr string, perSecond int, d time.Duration, what asking) ([]time.Duration, error) {
	due := make(chan time.Time, perSecond*int(d.Seconds()+1))
	var mu sync.Mutex
	var took []time.Duration
	var failed error
	var wg sync.WaitGroup
	for range pacedConns {
		wg.Go(func() {
			w, err := dial(addr)
			for at := range due {
				if err == nil {
					_, err = w.ask(what(at.UnixNano()))
				}
				mu.Lock()
				took = append(took, clock.Wall().Sub(at))
				if err != nil {
					failed = err
				}
				mu.Unlock()
			}
			if w != nil {
				_ = w.conn.Close()
			}
		})
	}
	start := clock.Wall()
	for n := range int(float64(perSecond) * d.Seconds()) {
		at := start.Add(time.Duration(n) * time.Second / time.Duration(perSecond))
		time.Sleep(at.Sub(clock.Wall()))
		due <- at
	}
	close(due)
	wg.Wait()
	slices.Sort(took)
	return took, failed
}

// percentile of what paced returns, in milliseconds.
func percentile(took []time.Duration, p int) float64 {
	if len(took) == 0 {
		return 0
	}
	return took[min(len(took)-1, len(took)*p/100)].Seconds() * 1000
}

// bare serves a handler on loopback until stop.
func bare(h http.Handler) (addr string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
	go func() { _ = srv.Serve(l) }()
	return l.Addr().String(), func() { _ = srv.Close() }, nil
}

// figure is what several repetitions measured.
type figure struct{ low, mid, high float64 }

func figureOf(vs []float64) figure {
	if len(vs) == 0 {
		return figure{}
	}
	slices.Sort(vs)
	return figure{vs[0], vs[len(vs)/2], vs[len(vs)-1]}
}

func (f figure) String() string {
	digits := 0
	if f.mid < 100 {
		digits = 1
	}
	if f.mid < 10 {
		digits = 2
	}
	p := func(v float64) string { return strconv.FormatFloat(v, 'f', digits, 64) }
	return p(f.mid) + " (" + p(f.low) + "–" + p(f.high) + ")"
}
