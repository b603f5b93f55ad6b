package simulate

import (
	"fmt"
	"io"
	"strings"
)

// Text prints the report for people.
func (r *Report) Text(out io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\npolicy %s: %d trades over %d days, %d steps, %d jobs\n", r.Command, r.Policy, r.Orders, r.Days, r.Steps, r.Jobs)
	section(&b, "What went wrong on purpose", r.Trouble)
	section(&b, "How the trades ended", r.Ends)
	fmt.Fprintf(&b, "\nBy kind of person (paid for, completed, median hours from payment to the end)\n")
	for _, k := range r.ByKind {
		fmt.Fprintf(&b, "  %-12s as %-6s %7d %7d %9.1f\n", k.Kind, k.Role, k.Trades, k.Completed, k.Hours)
	}
	fmt.Fprintf(&b, "\nReminders by step\n")
	for _, n := range r.Reminders {
		fmt.Fprintf(&b, "  %-16s %-10s %-10s %8d\n", n.Turn, n.Step, n.Verdict, n.N)
	}
	section(&b, "Messages about turns by channel", r.Letters)
	section(&b, "How people answered where they read it", r.Answers)
	if len(r.Effect) > 0 {
		fmt.Fprintf(&b, "\nAgainst the same trades without any reminder (95 %% interval of the paired difference)\n")
	}
	for _, e := range r.Effect {
		fmt.Fprintf(&b, "  %-42s %8.1f against %8.1f: %+.1f (%+.1f to %+.1f), %d trades%s\n", e.What, e.With, e.Without, e.Diff, e.Low, e.High, e.Trades, nothing(e))
	}
	fmt.Fprintf(&b, "\nInvariants\n")
	for _, i := range r.Invariants {
		fmt.Fprintf(&b, "  %-76s %10d", i.Name, i.N)
		if i.Broken > 0 {
			fmt.Fprintf(&b, "  BROKEN %d times", i.Broken)
		}
		b.WriteByte('\n')
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "\nBROKEN: %s\n  trade %s at %s: %s\n  %s\n", f.Invariant, f.Trade, f.At, f.Detail, f.Replay)
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// nothing says when an interval shows nothing.
func nothing(e Effect) string {
	if e.Low <= 0 && e.High >= 0 {
		return "; shows nothing"
	}
	return ""
}

func section(b *strings.Builder, title string, list []Counted) {
	fmt.Fprintf(b, "\n%s\n", title)
	for _, c := range list {
		fmt.Fprintf(b, "  %-44s %8d\n", c.Name, c.N)
	}
}
