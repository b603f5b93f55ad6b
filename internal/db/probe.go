package db

import (
	"errors"
	"strings"
)

// ErrDead is what everything answers after a Probe has let the process die. It
// counts for the simulator alone.
var ErrDead = errors.New("db: the process died here, as the simulation wanted")

// Probe is how a simulation looks on, and how it lets the process die between any
// two commits. A DB with a Probe is used by one goroutine.
type Probe struct {
	// Wrote is told of each statement that may change something, before its
	// transaction ends.
	Wrote func(query string, args []any)
	// Dies is asked right before each commit and, when it said no, right after.
	// Yes ends the process: from then on every call fails with ErrDead, until the
	// database is opened anew or Revive is called.
	Dies func(committed bool) bool

	dead bool
}

// Dead tells whether the process of this handle has died; always false without a
// Probe.
func (d *DB) Dead() bool { return d.cfg.Probe != nil && d.cfg.Probe.dead }

// Revive makes a handle usable again for a process that has started anew.
func (d *DB) Revive() {
	if d.cfg.Probe != nil {
		d.cfg.Probe.dead = false
	}
}

// Kill ends the process of this handle; only a handle with a Probe can be killed.
func (d *DB) Kill() {
	if d.cfg.Probe != nil {
		d.cfg.Probe.dead = true
	}
}

// alive fails once the process has died.
func (d *DB) alive() error {
	if d.Dead() {
		return ErrDead
	}
	return nil
}

// wrote tells the probe of a statement.
func (d *DB) wrote(query string, args []any) {
	if p := d.cfg.Probe; p != nil && p.Wrote != nil {
		p.Wrote(query, args)
	}
}

// changed tells the probe of a statement that gives rows, if it writes as well.
func (d *DB) changed(query string, args []any) {
	if d.cfg.Probe != nil && !strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
		d.wrote(query, args)
	}
}

// dies asks whether the process ends at a commit.
func (d *DB) dies(committed bool) error {
	p := d.cfg.Probe
	if p == nil || p.Dies == nil || !p.Dies(committed) {
		return nil
	}
	p.dead = true
	return ErrDead
}
