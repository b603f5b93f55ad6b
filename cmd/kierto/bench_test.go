package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/kierto/kierto/internal/testdb"
)

// sizes of a benchmark, from the environment: LISTINGS=100000 make bench.
type sizes struct {
	listings  int           // on sale, on SQLite
	postgres  int           // on sale, on PostgreSQL
	turns     int           // open, none of them due
	nudges    int           // due at one instant
	checkouts int           // in each repetition
	rounds    int           // repetitions
	each      time.Duration // of one repetition of a load
	databases string        // "sqlite" or "postgres" runs the parts for both on one
}

func sizesFromEnv() sizes {
	n := func(name string, otherwise int) int {
		if v, err := strconv.Atoi(os.Getenv(name)); err == nil && v > 0 {
			return v
		}
		return otherwise
	}
	return sizes{
		listings: n("LISTINGS", 1_000_000), postgres: n("POSTGRES_LISTINGS", 200_000), turns: n("TURNS", 1_000_000), nudges: n("NUDGES", 10_000),
		checkouts: n("CHECKOUTS", 600), rounds: n("ROUNDS", 3), each: time.Duration(n("SECONDS", 4)) * time.Second,
		databases: os.Getenv("DATABASES"),
	}
}

// budget is one row of the table in docs/design.md, and what was measured.
type budget struct {
	what, wants string
	limit       float64
	atLeast     bool // limit is the least, not the most
	got         figure
	beside      string // what a floor gave in the same run
}

func (b budget) verdict() string {
	if b.limit == 0 {
		return ""
	}
	if b.atLeast == (b.got.mid >= b.limit) {
		return "yes"
	}
	return "NO"
}

// bench is one run.
type bench struct {
	testing.TB
	sizes
	rows []budget
	on   string // said after what is measured, of the pages on PostgreSQL
}

// wants tells whether a part is measured: all are, or those that ONLY names.
func (b *bench) wants(part string) bool {
	only := os.Getenv("ONLY")
	return only == "" || slices.Contains(strings.Split(only, ","), part)
}

// row notes a budget and prints it, so that a long run shows where it is.
func (b *bench) row(r budget) {
	r.what += b.on
	b.rows = append(b.rows, r)
	fmt.Printf("  %-58s %-16s %s %s\n", r.what, r.wants, r.got, r.verdict())
}

// measure runs what once each round.
func (b *bench) measure(what func() (float64, error)) figure {
	b.Helper()
	var got []float64
	for range b.rounds {
		v, err := what()
		if err != nil {
			b.Fatal(err)
		}
		got = append(got, v)
	}
	return figureOf(got)
}

// BenchmarkBudgets measures every budget of docs/design.md that one machine can,
// each beside a floor: a bare Echo handler that returns the same bytes, or the
// bare SQL. It asserts nothing; `make bench` prints the table.
func BenchmarkBudgets(tb *testing.B) {
	b := &bench{TB: tb, sizes: sizesFromEnv()}
	fmt.Printf("%d processors, %s, %s listings, %s open turns\n", runtime.NumCPU(), runtime.Version(), group(b.listings), group(b.turns))
	if b.wants("pages") || b.wants("search") {
		i := b.filled()
		b.starting(i)
		b.shown(i)
		if b.wants("pages") {
			b.weight(i)
			b.talk(i)
		}
		i.stop()
	}
	if b.wants("pages") || b.wants("search") {
		b.onPostgres()
	}
	if os.Getenv("ONLY") == "experiment" {
		b.experiment()
	}
	if b.wants("checkouts") {
		b.trade()
	}
	if b.wants("sweep") {
		b.emptySweeps()
	}
	if b.wants("nudges") {
		b.manyNudges()
	}
	b.print()
}

// shown measures what visitors look at.
func (b *bench) shown(i *installation) {
	b.Helper()
	if b.wants("pages") {
		b.pages(i)
	}
	if b.wants("search") {
		b.words(i)
	}
}

// experiment compares searches on a database of each kind.
func (b *bench) experiment() {
	b.Helper()
	i := b.filled()
	b.compared(i)
	i = install(b, testdb.EmptyURL(b))
	b.fill(i, b.postgres)
	b.on = ", PostgreSQL"
	b.compared(i)
}

// onPostgres measures pages and search on PostgreSQL, whose database is filled
// each time.
func (b *bench) onPostgres() {
	b.Helper()
	i := install(b, testdb.EmptyURL(b))
	b.fill(i, b.postgres)
	i.start()
	b.on = ", PostgreSQL, " + group(b.postgres) + " listings"
	b.shown(i)
	b.on = ""
	i.stop()
}

// target is a database that a part is measured on, and its budget there.
type target struct {
	name     string
	postgres bool
	least    float64
}

// targets are the databases to measure on, with the budget for each.
func (b *bench) targets(sqlite, postgres float64) []target {
	all := []target{{"SQLite", false, sqlite}, {"PostgreSQL", true, postgres}}
	switch b.databases {
	case "sqlite":
		return all[:1]
	case "postgres":
		return all[1:]
	}
	return all
}

// filled is an installation with everything that `kierto generate` makes. A
// folder named by BENCH_DATA is filled once and used again.
func (b *bench) filled() *installation {
	b.Helper()
	i := install(b, "")
	dir := i.setting("KIERTO_DATA", nil)
	if kept := os.Getenv("BENCH_DATA"); kept != "" {
		dir = kept
		i.env = append(i.env, "KIERTO_DATA="+kept)
	}
	if _, err := os.Stat(filepath.Join(dir, "kierto.db")); err == nil {
		fmt.Println("using", dir, "as it is")
		return i
	}
	b.fill(i, b.listings)
	return i
}

// fill puts n listings on sale.
func (b *bench) fill(i *installation, n int) {
	b.Helper()
	fmt.Println("kierto generate:")
	out, err := i.command(nil, "generate", "--listings", strconv.Itoa(n), "--seed", "1")
	fmt.Print(out)
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bench) print() {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwhat\tbudget\tmedian (min–max)\tmet\tbeside it, in the same run")
	for _, r := range b.rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.what, r.wants, r.got, r.verdict(), r.beside)
	}
	if err := w.Flush(); err != nil {
		b.Error(err)
	}
}

// group writes 1000000 as 1,000,000.
func group(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
