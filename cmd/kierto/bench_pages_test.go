package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/listings"
)

// restsAfter is when a program that was started has done its first round of
// periodic work, some seconds after the start, and rests.
const restsAfter = 10 * time.Second

// starting measures from starting the program to its first answer, and what
// memory it holds once it rests. It leaves the program running.
func (b *bench) starting(i *installation) {
	b.Helper()
	var took, memory, anonymous []float64
	for range b.rounds + 2 {
		if i.running() {
			i.stop()
		}
		took = append(took, i.start().Seconds()*1000)
		time.Sleep(restsAfter)
		memory = append(memory, b.resident(i, "VmRSS"))
		anonymous = append(anonymous, b.resident(i, "RssAnon"))
	}
	b.row(budget{what: "start to first answer, ms", wants: "≤ 300", limit: 300, got: figureOf(took)})
	b.row(budget{what: "memory at rest, MB", wants: "≤ 100", limit: 100, got: figureOf(memory),
		beside: "of it not mapped from files: " + figureOf(anonymous).String()})
}

// resident is a line of the process's status, in MB.
func (b *bench) resident(i *installation, name string) float64 {
	b.Helper()
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(i.cmd.Process.Pid) + "/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return kb / 1024
		}
	}
	return 0
}

const (
	withGzip   = "Accept-Encoding: gzip\r\n"
	pageOf     = 48  // cards of a page
	browseRate = 500 // requests a second, of the paced load
	searchRate = 200
)

// pages measures the browse page: made anew each time, and from the micro-cache.
func (b *bench) pages(i *installation) {
	b.Helper()
	addr := strings.TrimPrefix(i.base, "http://")
	fresh := func(more string) asking {
		return func(n int64) (string, string) { return "/?n=" + strconv.FormatInt(n, 10), more } // each its own address: never cached
	}
	same := func(more string) asking { return func(int64) (string, string) { return "/", more } }
	plain, zipped := b.fetch(i.base+"/", ""), b.fetch(i.base+"/", "gzip")
	echo := func(page []byte) (string, func()) {
		at, stop, err := bare(bareEcho(page))
		if err != nil {
			b.Fatal(err)
		}
		return at, stop
	}
	run := func(at string, what asking) figure {
		return b.measure(func() (float64, error) { return flat(at, b.each, what) })
	}
	floorAt, stop := echo(plain)
	floor := run(floorAt, same(""))
	stop()
	floorAt, stop = echo(zipped)
	zipFloor := run(floorAt, same(withGzip))
	stop()
	sql := b.bareBrowse(i)
	b.row(budget{what: "browse page, not cached, requests/s", wants: "≥ 3,000", limit: 3000, atLeast: true, got: run(addr, fresh("")),
		beside: fmt.Sprintf("bare Echo %s/s, bare SQL %s/s", floor, sql)})
	b.row(budget{what: "the same, compressed for the browser, requests/s", got: run(addr, fresh(withGzip)), beside: fmt.Sprintf("bare Echo %s/s", zipFloor)})
	p99, median := b.p99(addr, browseRate, fresh(""))
	b.row(budget{what: "browse page, not cached, p99 at 500/s, ms", wants: "≤ 10", limit: 10, got: p99, beside: "median " + median.String() + " ms"})
	cached := run(addr, same(withGzip))
	ratio := figure{cached.low / zipFloor.mid * 100, cached.mid / zipFloor.mid * 100, cached.high / zipFloor.mid * 100}
	b.row(budget{what: "the same page from the micro-cache, % of bare Echo", wants: "≥ 60", limit: 60, atLeast: true, got: ratio,
		beside: fmt.Sprintf("%s/s of %s/s", cached, zipFloor)})
}

// p99 is the 99th percentile of a paced load, and its median, each round.
func (b *bench) p99(addr string, rate int, what asking) (got, median figure) {
	b.Helper()
	var medians []float64
	got = b.measure(func() (float64, error) {
		took, err := paced(addr, rate, b.each, what)
		medians = append(medians, percentile(took, 50))
		return percentile(took, 99), err
	})
	return got, figureOf(medians)
}

// words measures searching. What is asked is never cached.
func (b *bench) words(i *installation) {
	b.Helper()
	addr := strings.TrimPrefix(i.base, "http://")
	for _, q := range questions {
		f := listings.Filter{Query: q.words, Sort: q.sort}
		got, median := b.p99(addr, searchRate, func(n int64) (string, string) { return f.URL() + "&n=" + strconv.FormatInt(n, 10), "" })
		b.row(budget{what: "search, " + q.what + ", p99 at 200/s, ms", wants: "≤ 20", limit: 20, got: got,
			beside: fmt.Sprintf("median %s ms, the search alone %s ms", median, b.bareSearch(i, f))})
	}
}

// bareBrowse is how often a second one connection runs the query of the page.
func (b *bench) bareBrowse(i *installation) (got figure) {
	b.Helper()
	b.reading(i, func(d *db.DB) error {
		got = b.measure(func() (float64, error) {
			n, start := 0, clock.Wall()
			for clock.Wall().Sub(start) < time.Second {
				var cards []struct {
					ID, Title, Currency, Town, Cover, Seller string
					Price                                    int64
				}
				err := d.Select(b.Context(), &cards, `
					SELECT id, title, currency, town, cover, seller_id AS seller, price FROM listings
					WHERE state = 'live' AND NOT hidden ORDER BY seq DESC LIMIT 49`)
				if err != nil {
					return 0, err
				}
				n++
			}
			return float64(n) / clock.Wall().Sub(start).Seconds(), nil
		})
		return nil
	})
	return got
}

// bareSearch is how long the search takes without HTTP, page and count, in
// milliseconds.
func (b *bench) bareSearch(i *installation, f listings.Filter) (got figure) {
	b.Helper()
	b.reading(i, func(d *db.DB) error {
		s := &listings.Service{DB: d, Tree: listings.DefaultTree()}
		got = b.timed(func() error {
			_, _, err := s.Find(b.Context(), f, pageOf)
			return err
		})
		return nil
	})
	return got
}

func (b *bench) reading(i *installation, f func(*db.DB) error) {
	b.Helper()
	if err := i.reading(nil, f); err != nil {
		b.Fatal(err)
	}
}

// fetch is a body as it comes over the wire.
func (b *bench) fetch(at, encoding string) []byte {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, at, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Accept-Encoding", encoding)
	if encoding == "" {
		req.Header.Set("Accept-Encoding", "identity")
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read below
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s %v", at, res.Status, err)
	}
	return body
}

var assets = regexp.MustCompile(`(?:href|src)="(/static/[^"]+\.(css|js))"`)

// weight measures pages over the wire.
func (b *bench) weight(i *installation) {
	b.Helper()
	page := string(b.fetch(i.base+"/", ""))
	size := map[string]float64{}
	for _, m := range assets.FindAllStringSubmatch(page, -1) {
		size[m[2]] += float64(len(b.fetch(i.base+m[1], "gzip"))) / 1024
	}
	one := func(v float64) figure { return figure{v, v, v} }
	listing := regexp.MustCompile(`/listings/lst_\w+`).FindString(page)
	b.row(budget{what: "browse page, gzip, KB", wants: "≤ 14", limit: 14, got: one(float64(len(b.fetch(i.base+"/", "gzip"))) / 1024)})
	b.row(budget{what: "listing page, gzip, KB", wants: "≤ 14", limit: 14, got: one(float64(len(b.fetch(i.base+listing, "gzip"))) / 1024)})
	b.row(budget{what: "all CSS, gzip, KB", wants: "≤ 12", limit: 12, got: one(size["css"])})
	b.row(budget{what: "all JS, gzip, KB", wants: "≤ 25", limit: 25, got: one(size["js"])})
}

// saidEachRound is how many messages one person sends before their limit.
const saidEachRound = 15

// talk measures from sending a message to its words in the other's live stream.
func (b *bench) talk(i *installation) {
	b.Helper()
	buyer := i.join("Noora" + strconv.FormatInt(clock.Wall().Unix(), 36)) // the database may have been used before
	listing := regexp.MustCompile(`/listings/lst_\w+`).FindString(string(b.fetch(i.base+"/", "")))
	stream := buyer.must(listing+"/ask", url.Values{"text": {"Hei!"}})
	var p95 []float64
	for range b.rounds {
		i.stop()
		i.start() // limits of writing begin anew
		lines, stop := b.listen(i, buyer, stream+"/live")
		var took []time.Duration
		for n := range saidEachRound {
			text := fmt.Sprintf("viesti-%d-%d", len(p95), n)
			start := clock.Wall()
			buyer.must(stream, url.Values{"text": {text}})
			for line := range lines {
				if strings.Contains(line, text) {
					break
				}
			}
			took = append(took, clock.Wall().Sub(start))
		}
		stop()
		p95 = append(p95, percentile(sorted(took), 95))
	}
	b.row(budget{what: "a message, from sent to seen in another window, p95, ms", wants: "≤ 200", limit: 200, got: figureOf(p95)})
}

// listen opens a live stream and returns its lines.
func (b *bench) listen(i *installation, m *member, path string) (lines <-chan string, stop func()) {
	b.Helper()
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, i.base+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Cookie", m.cookie)
	res, err := (&http.Transport{}).RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %v %v", path, res, err)
	}
	out := make(chan string, 100_000)
	go func() {
		defer close(out)
		for s := bufio.NewReader(res.Body); ; {
			line, err := s.ReadString('\n')
			if err != nil {
				return
			}
			out <- line
		}
	}()
	<-out // hello
	return out, func() { _ = res.Body.Close() }
}
