// Package check holds the result of looking whether the data keeps a promise.
package check

// Result is one invariant: its name, how many things were looked at, and which
// of them break it.
type Result struct {
	Name   string   `json:"name"`
	Count  int64    `json:"count"`
	Broken []string `json:"broken,omitempty"`
}

// OK tells whether nothing breaks the invariant.
func (r Result) OK() bool { return len(r.Broken) == 0 }
