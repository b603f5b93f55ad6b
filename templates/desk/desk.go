package desk

import "strconv"

// nth is an id for the i-th thing of a kind.
func nth(name string, i int) string { return name + "-" + strconv.Itoa(i) }
