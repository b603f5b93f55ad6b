package stripe

import (
	"net/url"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// params are a request's form fields under their bracketed names, as Stripe
// writes them: "line_items[0][price_data][unit_amount]".
type params struct{ values url.Values }

// index finds a list position in a bracketed name.
var index = regexp.MustCompile(`\[\d*\]`)

// mapKey finds the free key of a metadata field.
var mapKey = regexp.MustCompile(`(^|\[)metadata(\])?\[[^\]]*\]$`)

// pattern is a field's name with positions and metadata keys left out, so that
// it can be compared with the names an endpoint knows.
func pattern(name string) string {
	name = index.ReplaceAllString(name, "[]")
	return mapKey.ReplaceAllString(name, "${1}metadata${2}[]")
}

// unknown is the first field, by name, that known does not hold, or "".
func (p params) unknown(known map[string]bool) string {
	names := make([]string, 0, len(p.values))
	for name := range p.values {
		if !known[pattern(name)] {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// get is a field's value, or "".
func (p params) get(name string) string { return p.values.Get(name) }

// whole is a field as a whole number. It fails with Stripe's answer when the
// field is there and is not one.
func (p params) whole(name string) (n int64, given bool, fail *apiError) {
	v := p.values.Get(name)
	if v == "" {
		return 0, false, nil
	}
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil {
		return 0, true, invalid(name, "parameter_invalid_integer", "Invalid integer: "+v)
	}
	return n, true, nil
}

// list is the values of "name[]", "name[0]", "name[1]", … in order.
func (p params) list(name string) []string {
	out := append([]string(nil), p.values[name+"[]"]...)
	for i := 0; ; i++ {
		v, ok := p.values[name+"["+strconv.Itoa(i)+"]"]
		if !ok {
			return out
		}
		out = append(out, v...)
	}
}

// count is how many entries the list of objects called name has.
func (p params) count(name string) int {
	seen := map[string]bool{}
	for field := range p.values {
		if rest, ok := strings.CutPrefix(field, name+"["); ok {
			at, _, _ := strings.Cut(rest, "]")
			seen[at] = true
		}
	}
	return len(seen)
}

// table is the key and value pairs under name, such as metadata.
func (p params) table(name string) map[string]string {
	out := map[string]string{}
	for field, v := range p.values {
		rest, ok := strings.CutPrefix(field, name+"[")
		if key, end := strings.CutSuffix(rest, "]"); ok && end && len(v) > 0 {
			out[key] = v[0]
		}
	}
	return out
}
