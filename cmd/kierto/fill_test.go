package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/kierto/kierto/internal/config"
	"github.com/kierto/kierto/internal/testdb"
)

// A generated database keeps every invariant, and another seed adds to it.
func TestGenerate(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{
		"sqlite": func(testing.TB) string { return "" }, "postgres": testdb.EmptyURL,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			e := env{cfg: config.Config{Data: t.TempDir(), Database: database(t)}, out: &out, err: &errs}
			for _, seed := range []string{"1", "2"} {
				if err := generateCommand(context.Background(), e, []string{"--listings", "1500", "--orders", "20", "--seed", seed}); err != nil {
					t.Fatalf("seed %s: %v\n%s", seed, err, &errs)
				}
			}
			out.Reset()
			if err := checkCommand(context.Background(), e, nil); err != nil {
				t.Errorf("%v\n%s", err, &out)
			}
			if !strings.Contains(out.String(), "2960  search finds everything that is on sale") {
				t.Errorf("3,000 things less 40 being bought are not on sale:\n%s", &out)
			}
		})
	}
}
