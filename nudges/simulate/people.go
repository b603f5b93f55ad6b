package simulate

import (
	"strconv"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/calendar"
	"github.com/kierto/kierto/internal/clock"
)

// Kind is what sort of person somebody is.
type Kind string

// The kinds of people.
const (
	Prompt      Kind = "prompt"
	Slow        Kind = "slow"
	Forgetful   Kind = "forgetful"
	NightOwl    Kind = "night owl"
	Unreachable Kind = "unreachable" // their mail bounces, and there is no phone
	Dishonest   Kind = "dishonest"   // claims wrongly, says posted and posts nothing
	OnHoliday   Kind = "on holiday"
)

// habit is how people of a kind behave.
type habit struct {
	kind    Kind
	share   float64       // of all people
	self    float64       // probability of doing what they owe without being reminded
	delay   time.Duration // after which they then do it, on average
	reads   time.Duration // until they read a message, on average
	answers float64       // probability that a reminder makes them do it
	warned  float64       // and that a last warning does
	visits  time.Duration // between looks at the app, on average
}

// habits are those of all kinds.
var habits = []habit{
	{Prompt, 0.34, 0.92, 5 * time.Hour, 90 * time.Minute, 0.90, 0.98, 8 * time.Hour},
	{Slow, 0.18, 0.75, 40 * time.Hour, 10 * time.Hour, 0.60, 0.92, 48 * time.Hour},
	{Forgetful, 0.20, 0.35, 16 * time.Hour, 4 * time.Hour, 0.70, 0.95, 72 * time.Hour},
	{NightOwl, 0.08, 0.80, 12 * time.Hour, 3 * time.Hour, 0.75, 0.95, 12 * time.Hour},
	{Unreachable, 0.06, 0.45, 30 * time.Hour, 12 * time.Hour, 0.50, 0.60, 144 * time.Hour},
	{Dishonest, 0.04, 0.50, 24 * time.Hour, 6 * time.Hour, 0.40, 0.60, 24 * time.Hour},
	{OnHoliday, 0.10, 0.80, 10 * time.Hour, 2 * time.Hour, 0.70, 0.90, 24 * time.Hour},
}

// zones are where people live: most in Helsinki, some at the ends of the world.
var zones = []struct {
	name  string
	share float64
}{
	{"Europe/Helsinki", 0.70}, {"Europe/Stockholm", 0.08}, {"Europe/London", 0.05}, {"America/New_York", 0.04},
	{"America/St_Johns", 0.03}, {"Asia/Kathmandu", 0.03}, {"Australia/Lord_Howe", 0.04}, {"Pacific/Kiritimati", 0.03},
}

// person is one of the invented people.
type person struct {
	dice
	n        int
	id       accounts.UserID
	email    string
	phone    string // "" for none
	texts    string // accounts.BySMS …
	push     bool
	operator bool
	bounces  bool // their mail comes back
	refused  bool // and is refused at once
	textOnly bool // they never confirmed their address: a short message is the one way to them
	mails    bool // takes reminders by e-mail
	ready    bool // the provider can pay them
	habit    habit
	zone     string
	sleep    calendar.Quiet // when they really sleep
	from     int64          // their quiet hours, minutes from midnight
	until    int64
	past     []calendar.Quiet // quiet hours they had before, and have now last
	away     [2]clock.Instant // on holiday
	visiting bool             // a look at the app is planned
	looked   clock.Instant    // when they last looked at the app
	seen     []*delivery      // lines in the app they have not looked at
	gone     bool             // they have deleted their account
	ended    map[string]bool  // topics of which they want no letters any more
}

// newPerson is the n-th of the invented people.
func newPerson(d dice, n int, start clock.Instant, days int) *person {
	p := &person{dice: d.of(forPerson, uint64(n)), n: n, habit: habits[0], zone: zones[0].name, ended: map[string]bool{}}
	share := p.float(1)
	for _, h := range habits {
		if p.habit = h; share < h.share {
			break
		}
		share -= h.share
	}
	share = p.float(2)
	for _, z := range zones {
		if p.zone = z.name; share < z.share {
			break
		}
		share -= z.share
	}
	p.email = "p" + strconv.Itoa(n) + "@people.example"
	p.from, p.until = 21*60, 8*60
	switch p.below(3, 10) {
	case 0:
		p.from, p.until = 0, 0
	case 1:
		p.from, p.until = 22*60+30, 6*60+30
	case 2:
		p.from, p.until = 18*60, 8*60 // as long as they may be
	}
	p.sleep = calendar.Quiet{From: 22 * 60, Until: 7 * 60, Zone: clock.Zone(p.zone)}
	if p.habit.kind == NightOwl {
		p.sleep.From, p.sleep.Until = 4*60, 12*60
		p.from, p.until = 3*60, 12*60
	}
	p.past = []calendar.Quiet{p.quiet()}
	p.bounces = p.habit.kind == Unreachable
	p.refused = p.chance(4, 0.5)
	p.mails = p.bounces || p.chance(5, 0.93)
	p.push = !p.bounces && p.chance(6, 0.4)
	p.ready = p.chance(7, 0.75)
	if !p.bounces && p.chance(8, 0.6) {
		p.phone, p.texts = "+35840"+strconv.Itoa(1000000+n), accounts.BySMS
		if p.chance(9, 0.3) {
			p.texts = accounts.ByWhatsApp
		}
		if p.chance(12, 0.1) {
			p.textOnly, p.push = true, false
		}
	}
	if p.habit.kind == OnHoliday {
		p.away[0] = start.Add(p.between(10, 0, time.Duration(days)*24*time.Hour))
		p.away[1] = p.away[0].Add(p.between(11, 4*24*time.Hour, 14*24*time.Hour))
	}
	return p
}

// quiet are the hours in which they want no messages.
func (p *person) quiet() calendar.Quiet {
	return calendar.Quiet{From: p.from, Until: p.until, Zone: clock.Zone(p.zone)}
}

// setQuiet changes them.
func (p *person) setQuiet(from, until int64) {
	p.from, p.until = from, until
	p.past = append(p.past, p.quiet())
}

// isAway tells whether they are on holiday.
func (p *person) isAway(at clock.Instant) bool { return !at.Before(p.away[0]) && at.Before(p.away[1]) }

// awake is when they next are awake and at home.
func (p *person) awake(at clock.Instant) clock.Instant {
	if p.isAway(at) && p.chance(uint64(at)/uint64(24*time.Hour/time.Microsecond), 0.8) {
		at = p.away[1]
	}
	return calendar.NextWaking(at, p.sleep)
}
