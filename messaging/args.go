package messaging

import (
	"encoding/json"
	"fmt"

	"github.com/kierto/kierto/accounts"
	"github.com/kierto/kierto/internal/clock"
	"github.com/kierto/kierto/internal/i18n"
	"github.com/kierto/kierto/internal/money"
)

// tagged keeps the type of a value that JSON alone would lose.
type tagged struct {
	Money *[2]any          `json:"$money,omitempty"` // minor units, currency
	At    *int64           `json:"$at,omitempty"`    // microseconds
	User  *accounts.UserID `json:"$user,omitempty"`
}

// EncodeArgs is args as JSON that keeps amounts, instants and user ids apart
// from numbers and strings. Without args it is "".
func EncodeArgs(args map[string]any) (string, error) {
	if len(args) == 0 {
		return "", nil
	}
	out := make(map[string]any, len(args))
	for k, v := range args {
		switch v := v.(type) {
		case money.Amount:
			out[k] = tagged{Money: &[2]any{v.Minor, v.Currency}}
		case clock.Instant:
			n := int64(v)
			out[k] = tagged{At: &n}
		case accounts.UserID:
			out[k] = tagged{User: &v}
		case string, bool, int, int64:
			out[k] = v
		default:
			return "", fmt.Errorf("messaging: %s is a %T, which a sentence cannot hold", k, v)
		}
	}
	b, err := json.Marshal(out)
	return string(b), err
}

// DecodeArgs reads what EncodeArgs wrote. Whole numbers come back as int64.
func DecodeArgs(s string) (map[string]any, error) {
	if s == "" {
		return nil, nil
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal([]byte(s), &raw); err != nil {
		return nil, fmt.Errorf("messaging: args: %w", err)
	}
	out := make(map[string]any, len(raw))
	for k, r := range raw {
		v, err := decodeArg(r)
		if err != nil {
			return nil, fmt.Errorf("messaging: arg %s: %w", k, err)
		}
		out[k] = v
	}
	return out, nil
}

func decodeArg(r json.RawMessage) (any, error) {
	if len(r) > 0 && r[0] == '{' {
		var t struct {
			Money *[]json.RawMessage `json:"$money"`
			At    *int64             `json:"$at"`
			User  *accounts.UserID   `json:"$user"`
		}
		if err := json.Unmarshal(r, &t); err != nil {
			return nil, err
		}
		switch {
		case t.Money != nil && len(*t.Money) == 2:
			var a money.Amount
			if err := json.Unmarshal((*t.Money)[0], &a.Minor); err != nil {
				return nil, err
			}
			err := json.Unmarshal((*t.Money)[1], &a.Currency)
			return a, err
		case t.At != nil:
			return clock.Instant(*t.At), nil
		case t.User != nil:
			return *t.User, nil
		}
		return nil, fmt.Errorf("unknown value")
	}
	var n int64
	if json.Unmarshal(r, &n) == nil {
		return n, nil
	}
	var v any
	err := json.Unmarshal(r, &v)
	return v, err
}

// pairs words args for a reader: amounts and moments as they write them, people
// by their first name.
func pairs(s *i18n.Speaker, args map[string]any, names map[accounts.UserID]string) []any {
	out := make([]any, 0, 2*len(args))
	for k, v := range args {
		switch x := v.(type) {
		case money.Amount:
			v = s.Money(x)
		case clock.Instant:
			v = s.DayClock(x)
		case accounts.UserID:
			v = first(names[x])
		}
		out = append(out, k, v)
	}
	return out
}

// phrase words a key; a key with forms for one and many counts by args["Count"].
func phrase(s *i18n.Speaker, key string, args map[string]any, names map[accounts.UserID]string) string {
	if n, ok := args["Count"].(int64); ok {
		return s.N(key, int(n), pairs(s, args, names)...)
	}
	return s.T(key, pairs(s, args, names)...)
}

// people are the user ids among args.
func people(args map[string]any) []accounts.UserID {
	var us []accounts.UserID
	for _, v := range args {
		if u, ok := v.(accounts.UserID); ok && u != "" {
			us = append(us, u)
		}
	}
	return us
}
