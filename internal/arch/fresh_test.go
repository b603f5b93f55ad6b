package arch

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The generated code of every page is what templ makes of it today, when it runs
// at the top: in a folder of its own a page gets another name.
func TestTemplIsFresh(t *testing.T) {
	t.Parallel()
	tool := exec.CommandContext(t.Context(), "go", "tool", "-n", "templ")
	tool.Dir = root
	out, err := tool.Output()
	if err != nil {
		t.Fatalf("go tool -n templ: %v", err)
	}
	templ := strings.TrimSpace(string(out))

	dir := t.TempDir()
	var pages []string
	if err := walk(func(path string) error {
		if strings.HasSuffix(path, ".templ") {
			pages = append(pages, path)
			return copyTo(dir, path)
		}
		if path == "go.mod" {
			return copyTo(dir, path)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	generate := exec.CommandContext(t.Context(), templ, "generate")
	generate.Dir = dir
	if out, err := generate.CombinedOutput(); err != nil {
		t.Fatalf("templ generate: %v\n%s", err, out)
	}
	made := map[string]bool{}
	for _, page := range pages {
		name := strings.TrimSuffix(page, ".templ") + "_templ.go"
		made[name] = true
		want, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		have, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !bytes.Equal(have, want) {
			t.Errorf("%s is stale: run make generate", name)
		}
	}
	for _, s := range sources(t) {
		if s.Generated() && !made[s.Path] {
			t.Errorf("%s has no page: delete it", s.Path)
		}
	}
}

// copyTo copies a file of the repository to the same place below dir.
func copyTo(dir, path string) error {
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	to := filepath.Join(dir, path)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, text, 0o600)
}
