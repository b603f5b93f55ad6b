package orders

import (
	"context"
	"crypto/subtle"
	"strings"

	"github.com/kierto/kierto/internal/db"
	"github.com/kierto/kierto/internal/fault"
)

// codeLength is how many digits a buyer's code has.
const codeLength = 6

// tryCode holds the code a seller typed against the buyer's. A wrong one is
// counted even though nothing else happens; after maxCodeTries an operator
// looks at the trade. What cannot be a code, such as nothing at all, is no try.
func (s *Service) tryCode(ctx context.Context, oid ID, who Who, typed string) error {
	var wrong error
	err := s.DB.InTx(ctx, func(tx *db.Tx) error {
		wrong = nil
		if _, err := lockOrder(ctx, tx, oid); err != nil { // guesses at the same moment count one by one
			return err
		}
		o, err := s.Get(ctx, tx, oid)
		if err != nil {
			return err
		}
		if o.Seller != who.User {
			return missing()
		}
		if _, err := next(o.State, HandOver, Seller, o.Facts(false, s.Clock.Now())); err != nil {
			return err
		}
		if o.CodeTries >= maxCodeTries {
			return fault.New(fault.Conflict, "orders.code_tries")
		}
		if rightCode(o.Code, typed) {
			return nil
		}
		if !isCode(typed) {
			wrong = fault.Field("code", "orders.code_digits")
			return nil
		}
		wrong = fault.Field("code", "orders.code_wrong", "Left", maxCodeTries-1-int(o.CodeTries))
		if err := countTry(ctx, tx, oid); err != nil {
			return err
		}
		if o.CodeTries++; o.CodeTries < maxCodeTries {
			return nil
		}
		wrong = fault.New(fault.Conflict, "orders.code_tries")
		_, err = s.move(ctx, tx, &o, GiveUp, who, Input{})
		return err
	})
	if err != nil {
		return err
	}
	return wrong
}

// rightCode compares in constant time; spaces people type do not matter.
func rightCode(code, typed string) bool {
	typed = strings.Join(strings.Fields(typed), "")
	return code != "" && subtle.ConstantTimeCompare([]byte(code), []byte(typed)) == 1
}

// isCode tells whether something typed has the digits of a code.
func isCode(typed string) bool {
	typed = strings.Join(strings.Fields(typed), "")
	return len(typed) == codeLength && strings.Trim(typed, "0123456789") == ""
}
