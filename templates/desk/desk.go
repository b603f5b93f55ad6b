package desk

import (
	"strconv"

	"github.com/kierto/kierto/templates/ui"
)

// nth is an id for the i-th thing of a kind.
func nth(name string, i int) string { return name + "-" + strconv.Itoa(i) }

// field is a field of this step.
func (s StepForm) field(x ui.Field) ui.Field {
	x.Name = s.At + x.Name
	return x
}

// check is a check box of this step.
func (s StepForm) check(x ui.Check) ui.Check {
	x.Name = s.At + x.Name
	return x
}
