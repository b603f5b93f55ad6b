package demo

import (
	"context"

	"github.com/kierto/kierto/internal/standin/push"
	"github.com/kierto/kierto/messaging"
)

// browserAgent is what the made-up browsers are called.
const browserAgent = "Firefox · Android"

// startPush starts the push service, at its old address if it can be had.
func (d *Demo) startPush(ctx context.Context) (err error) {
	keys, err := messaging.DeriveVAPID(d.state.Secret)
	if err != nil {
		return err
	}
	o := push.Options{Clock: d.Clock, Seed: d.state.Secret, Key: keys.Public, Shown: func(m push.Message) {
		if err := d.market.Messages.Seen(context.WithoutCancel(ctx), m.Token); err != nil { // as the service worker reports it
			d.market.Log.Warn("demo", "push", err)
		}
	}}
	for _, addr := range []string{d.state.Push, loopback} {
		if addr == "" {
			continue
		}
		if d.Push, err = push.Start(addr, o); err == nil {
			d.state.Push = d.Push.Addr()
			return nil
		}
	}
	return err
}

// subscribe gives those one can sign in as a browser that takes push messages.
func (d *Demo) subscribe(ctx context.Context) error {
	keys, err := messaging.DeriveVAPID(d.state.Secret)
	if err != nil {
		return err
	}
	for _, p := range d.state.People {
		sub, err := d.Push.Subscribe(p.Role)
		if err != nil {
			return err
		}
		err = d.market.Messages.Subscribe(ctx, p.ID, messaging.Browser{
			Endpoint: sub.Endpoint, P256dh: sub.P256dh, Auth: sub.Auth, VAPID: keys.Public, Agent: browserAgent,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
