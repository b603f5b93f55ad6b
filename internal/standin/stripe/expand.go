package stripe

import (
	"encoding/json"
	"strings"
)

// expand puts whole objects where v has their ids, along paths such as
// "payment_intent.latest_charge" or "data.source_transaction".
func (s *Server) expand(v any, paths []string) (any, *apiError) {
	if len(paths) == 0 {
		return v, nil
	}
	tree := generic(v)
	for _, path := range paths {
		if !s.expandOne(tree, strings.Split(path, ".")) {
			return nil, invalid("expand", "", "This property cannot be expanded ("+path+").")
		}
	}
	return tree, nil
}

// expandOne follows one path; false means that there is nothing to expand.
func (s *Server) expandOne(node any, path []string) bool {
	if len(path) == 0 {
		return true
	}
	if items, ok := node.([]any); ok {
		for _, item := range items {
			if !s.expandOne(item, path) {
				return false
			}
		}
		return true
	}
	m, ok := node.(map[string]any)
	if !ok {
		return node == nil
	}
	if path[0] == "line_items" {
		return s.expandItems(m)
	}
	child, known := m[path[0]]
	if id, isID := child.(string); isID {
		found := s.find(id)
		if found == nil {
			return false
		}
		child = generic(found)
		m[path[0]] = child
	}
	return known && s.expandOne(child, path[1:])
}

// expandItems adds a session's line items.
func (s *Server) expandItems(m map[string]any) bool {
	id, _ := m["id"].(string)
	b := s.baskets.get(id)
	if b == nil {
		return false
	}
	m["line_items"] = generic(listOf[lineItem]{Object: "list", Data: b.Items, URL: "/v1/checkout/sessions/" + id + "/line_items"})
	return true
}

// find is the object with an id of any kind, or nil.
func (s *Server) find(id string) any {
	kind, _, _ := strings.Cut(id, "_")
	switch kind {
	case "pi":
		return present(s.intents.get(id))
	case "ch":
		return present(s.charges.get(id))
	case "re":
		return present(s.refunds.get(id))
	case "tr":
		return present(s.transfers.get(id))
	case "trr":
		return present(s.reversals.get(id))
	case "dp":
		return present(s.disputes.get(id))
	case "txn":
		return present(s.transactions.get(id))
	case "acct":
		return present(s.accounts.get(id))
	}
	return nil
}

// present is v as an interface that is nil when v is.
func present[T any](v *T) any {
	if v == nil {
		return nil
	}
	return v
}

// generic is v as maps and slices.
func generic(v any) any {
	var out any
	if err := json.Unmarshal(encode(v), &out); err != nil {
		panic(err) // it was encoded a moment ago
	}
	return out
}
