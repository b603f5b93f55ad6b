package demo

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/messaging"
)

// How the clock is moved.
const (
	step      = time.Hour            // of the demo's time; what is due comes in order and on time
	longest   = 30 * 24 * time.Hour  // one move at most
	calm      = 2 * time.Second      // of real time that one step may take to settle
	calmCheck = 2 * time.Millisecond // between looks whether it has
	rounds    = 3                    // of what follows from what followed, in one step
)

// Moved is what happened while the clock moved.
type Moved struct {
	Letters int64 // that went out
	Trades  int64 // that moved
}

// Move moves the clock ahead, an hour at a time, and lets everything happen that
// is due: the outside goes on, turns are swept, letters go out. One move runs at
// a time; others wait.
func (d *Demo) Move(ctx context.Context, by time.Duration) (Moved, error) {
	d.moving.Lock()
	defer d.moving.Unlock()
	from, letters := d.Clock.Now(), d.gone()
	for left := min(by, longest); left > 0; left -= step {
		d.Clock.runs.Move(min(step, left))
		if err := d.settle(ctx); err != nil {
			return Moved{}, err
		}
	}
	d.state.Ahead = d.Clock.ahead()
	if err := d.save(); err != nil {
		return Moved{}, err
	}
	n, err := tradesMoved(ctx, d.market.DB, from)
	return Moved{Letters: d.gone() - letters, Trades: n}, err
}

// gone is how many letters and short messages went out.
func (d *Demo) gone() int64 { return d.posted.count.Load() + d.Phone.Taken() }

// settle lets happen what is due now, and what follows from it.
func (d *Demo) settle(ctx context.Context) error {
	d.Stripe.Tick()
	for range rounds {
		if err := d.market.Jobs.Tick(ctx); err != nil {
			d.market.Log.Warn("demo", "periodic", err)
		}
		worked, err := d.work(ctx)
		d.Phone.Tick(ctx)
		if err != nil || !worked {
			return err
		}
	}
	return nil
}

// work works the jobs there are and waits for those that others work. It tells
// whether there were any.
func (d *Demo) work(ctx context.Context) (worked bool, err error) {
	for start := clock.Wall(); clock.Wall().Sub(start) < calm; time.Sleep(calmCheck) {
		busy, err := d.market.Jobs.Busy(ctx)
		if err != nil {
			return worked, err
		}
		if !busy && d.Stripe.Idle() {
			break
		}
		worked = true
		if err := d.market.Jobs.Drain(ctx); err != nil {
			d.market.Log.Warn("demo", "job", err) // it is tried again
		}
	}
	return worked, ctx.Err()
}

// posting counts the letters on their way to the post. While the past is made
// up, old ones are only counted: nobody reads two months of invented mail.
type posting struct {
	to    messaging.Sender
	count atomic.Int64
	burn  atomic.Bool
}

// Send implements messaging.Sender.
func (p *posting) Send(ctx context.Context, m messaging.Mail) error {
	if !p.burn.Load() {
		if err := p.to.Send(ctx, m); err != nil {
			return err
		}
	}
	p.count.Add(1)
	return nil
}
