package accounts_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/accounts/accountstest"
	"github.com/kierto/kierto/internal/db"
)

func TestStaff(t *testing.T) {
	each(t, func(t *testing.T, b *bench) {
		ctx := t.Context()
		u, op := accountstest.Person(t, b.Service, "Ääkkönen"), accountstest.Operator(t, b.Service, "Noora")
		faulty(t, b.MakeOperator(ctx, "nobody@example.fi"), "accounts.no_such_address")
		b.in(t, func(tx *db.Tx) error { return b.Suspend(ctx, tx, op.ID, u.ID, "spam") })
		if !b.get(t, u.ID).IsSuspended() {
			t.Fatal("not suspended")
		}
		b.take(t, "accounts.mail.suspended")
		_, err := b.SignIn(ctx, u.Email, accountstest.Password, "192.0.2.1")
		ok(t, err) // may come in to finish trades
		err = b.DB.InTx(ctx, func(tx *db.Tx) error { return b.Suspend(ctx, tx, op.ID, u.ID, "again") })
		faulty(t, err, "accounts.status_moved")
		b.clock.Move(time.Second)
		b.in(t, func(tx *db.Tx) error { return b.Restore(ctx, tx, op.ID, u.ID, "sorry") })
		err = b.DB.InTx(ctx, func(tx *db.Tx) error { return b.Suspend(ctx, tx, u.ID, op.ID, "no") })
		faulty(t, err, "accounts.suspend_staff")
		log, err := b.AuditLog(ctx, string(u.ID), "", 10)
		ok(t, err)
		if len(log) != 2 || log[0].Note != "sorry" || log[1].Actor != op.ID {
			t.Fatalf("audit %+v", log)
		}
		ok(t, b.MakeOperator(ctx, strings.ToUpper(u.Email)))
		if !b.get(t, u.ID).IsOperator() {
			t.Fatal("not an operator")
		}
		for _, text := range []string{"ÄÄKK", "kköNEN", u.Email} {
			us, err := b.Search(ctx, text, "active", "", 10)
			ok(t, err)
			if len(us) != 1 || us[0].ID != u.ID {
				t.Fatalf("%q found %d people", text, len(us))
			}
		}
		us, err := b.Search(ctx, "%", "", "", 10)
		ok(t, err)
		if len(us) != 0 {
			t.Fatalf("%% found %d people", len(us))
		}
		m, err := b.Many(ctx, b.DB, []accounts.UserID{u.ID, op.ID, "usr_none"})
		ok(t, err)
		if len(m) != 2 || m[op.ID].Name != "Noora" {
			t.Fatalf("many %v", m)
		}
	})
}
