package messaging_test

import (
	"testing"

	"github.com/kierto/kierto/internal/standin/smtp"
	"github.com/kierto/kierto/messaging"
)

// Jobs that piled up for a message while the queue stood still try it once, and
// do not use up its tries within a second.
func TestJobsThatPiledUpTryOnce(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		b.post.Cue(smtp.Cue{Fault: smtp.Busy})
		warning := b.reminder(2, messaging.Email)
		warning.Warning = true
		b.tellAll(t, b.reminder(1, messaging.Email), warning)
		for range 12 {
			for _, step := range []string{"step1", "step2"} {
				if err := b.DeliverOne(t.Context(), b.step(t, step).ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, step := range []string{"step1", "step2"} {
			if d := b.step(t, step); d.State != messaging.Queued || d.Tries != 1 {
				t.Errorf("%s is %s after %d tries", step, d.State, d.Tries)
			}
		}
	})
}
