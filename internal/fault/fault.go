// Package fault holds the only errors a person ever reads.
package fault

import "errors"

// Kind says what went wrong, and with it the HTTP status.
type Kind int

// The kinds.
const (
	Invalid    Kind = iota // 422: something typed has to be mended
	SignIn                 // 401: sign in first
	Forbidden              // 403: you may not
	Missing                // 404: there is no such thing, for you
	Conflict               // 409: somebody or something moved first
	TooLarge               // 413: too big
	TooMany                // 429: too often
	Busy                   // 503: try again in a moment
	NotAllowed             // 405: the address is right, the way it was asked is not
)

// Status is the HTTP status of k.
func (k Kind) Status() int {
	return [...]int{422, 401, 403, 404, 409, 413, 429, 503, 405}[k]
}

// Fault is the only error a person ever reads. It carries a key, not a
// sentence. Any other error is ours to log and theirs never to see.
type Fault struct {
	Kind  Kind           // what went wrong
	Key   string         // i18n key, e.g. "orders.too_late"
	Args  map[string]any // values for the sentence
	Field string         // form field at fault, if one is
	Err   error          // cause; logged, never shown
}

// Error is the key, for logs.
func (f *Fault) Error() string {
	s := f.Key
	if f.Field != "" {
		s += " (" + f.Field + ")"
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap is the cause.
func (f *Fault) Unwrap() error { return f.Err }

// New is a fault of a kind with an i18n key and "name", value pairs for it.
func New(kind Kind, key string, pairs ...any) *Fault {
	return &Fault{Kind: kind, Key: key, Args: Args(pairs...)}
}

// Field is an Invalid fault about one form field.
func Field(field, key string, pairs ...any) *Fault {
	return &Fault{Kind: Invalid, Key: key, Field: field, Args: Args(pairs...)}
}

// Args makes a map of "name", value pairs.
func Args(pairs ...any) map[string]any {
	if len(pairs) == 0 {
		return nil
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

// Faults are several faults of one form, in the order of its fields.
type Faults []*Fault

// Error is the keys, for logs.
func (fs Faults) Error() string {
	s := "faults:"
	for _, f := range fs {
		s += " " + f.Error()
	}
	return s
}

// Add puts f to the list when it is not nil.
func (fs *Faults) Add(f *Fault) {
	if f != nil {
		*fs = append(*fs, f)
	}
}

// Or is the list as an error, or nil when it is empty.
func (fs Faults) Or() error {
	if len(fs) == 0 {
		return nil
	}
	return fs
}

// As is the faults within err: one, several or none.
func As(err error) Faults {
	var fs Faults
	if errors.As(err, &fs) {
		return fs
	}
	var f *Fault
	if errors.As(err, &f) {
		return Faults{f}
	}
	return nil
}

// Is tells whether err holds a fault of kind.
func Is(err error, kind Kind) bool {
	for _, f := range As(err) {
		if f.Kind == kind {
			return true
		}
	}
	return false
}
