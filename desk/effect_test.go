package desk_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/internal/id"
)

// followed writes turns of twenty days ago that took so many hours.
func (r *room) followed(kind, arm string, turns, hours int) {
	r.Helper()
	began := r.clock.Now().Add(-20 * day)
	for i := range turns {
		at := began.Add(time.Duration(i) * time.Second)
		took := time.Duration(hours)*time.Hour + time.Duration(i%7)*time.Minute
		_, err := r.DB.Do(r.Context(), `
			INSERT INTO turns (id, kind, subject, version, owner_id, opened_at, due_at, policy, arm, closed_at, outcome)
			VALUES (?, ?, ?, 1, ?, ?, ?, 'x', ?, ?, 'done')`,
			id.New[string]("trn", at), kind, fmt.Sprintf("ord_%s_%d", arm, i), r.anna.ID, at, at.Add(120*time.Hour), arm, at.Add(took))
		r.ok(err)
	}
}

// The page claims what is clear, says of the rest that it may be chance, and its
// spreadsheet holds the same numbers.
func TestEffectClaimsOnlyWhatIsClear(t *testing.T) {
	each(t, func(r *room) {
		r.op.Get("/desk/effect").Want(200).Has("Vielä ei ole mitattavaa").Lacks(`class="forest"`)
		r.followed("ship", "treated", 40, 20)
		r.followed("ship", "holdout", 20, 50)
		r.followed("collect", "treated", 40, 20)
		r.followed("collect", "holdout", 20, 20)
		r.followed("review", "treated", 40, 20)
		r.followed("review", "holdout", 3, 90)
		p := r.op.Get("/desk/effect?days=30").Want(200)
		p.Has("Postitus: muistutettuina 30,0 h lyhyempi", "Muissa ero voi olla sattumaa", "liian vähän", `class="forest"`, "forest__row--clear")
		p.Lacks("Nouto: muistutettuina", "Arvio: muistutettuina")
		csv := r.op.Get("/desk/effect.csv?days=30").Want(200)
		for _, want := range []string{"measure,turn,step,channel", "hours,ship,,,40,20,20.0", "hours,review,,,40,3,20.0"} {
			if !strings.Contains(csv.Body, want) {
				r.Errorf("the spreadsheet lacks %q:\n%s", want, csv.Body)
			}
		}
		r.clock.Move(200 * day)
		r.op.Get("/desk/effect?days=90").Want(200).Has("Vielä ei ole mitattavaa")
		r.op.Get("/desk/effect?days=7%27").Want(200)
	})
}
