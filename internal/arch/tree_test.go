// Package arch holds the rules of the house that the compiler cannot.
package arch

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// module is the path that our own imports begin with.
const module = "github.com/kierto/kierto/"

// root is the top of the repository, seen from this folder.
const root = "../.."

// source is one Go file of the repository.
type source struct {
	Path  string // from the top, with slashes: "orders/store.go"
	Lines int
	File  *ast.File
}

// Dir is the folder the file is in.
func (s source) Dir() string {
	dir, _, _ := strings.Cut(s.Path, "/")
	if i := strings.LastIndex(s.Path, "/"); i >= 0 {
		dir = s.Path[:i]
	}
	return dir
}

// Name is the file's own name.
func (s source) Name() string { return s.Path[strings.LastIndex(s.Path, "/")+1:] }

// Top is the first folder of the path.
func (s source) Top() string {
	top, _, _ := strings.Cut(s.Path, "/")
	return top
}

// Test tells whether only tests see the file.
func (s source) Test() bool { return strings.HasSuffix(s.Path, "_test.go") }

// Generated tells whether templ wrote the file.
func (s source) Generated() bool { return strings.HasSuffix(s.Path, "_templ.go") }

// Under tells whether the file is in the folder or below it.
func (s source) Under(dirs ...string) bool {
	for _, dir := range dirs {
		if strings.HasPrefix(s.Path, dir+"/") {
			return true
		}
	}
	return false
}

// positions belong to all parsed files.
var positions = token.NewFileSet()

// line is where a node stands, for a message.
func line(n ast.Node) int { return positions.Position(n.Pos()).Line }

// parsed is every Go file of the repository.
var parsed = sync.OnceValues(func() ([]source, error) {
	var all []source
	err := walk(func(path string) error {
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(positions, path, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, source{Path: path, Lines: bytes.Count(text, []byte("\n")), File: f})
		return nil
	})
	return all, err
})

func sources(t *testing.T) []source {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 50 {
		t.Fatalf("found only %d Go files: is this the top of the repository?", len(all))
	}
	return all
}

// walk calls f with every file of the repository that belongs to our module.
func walk(f func(path string) error) error {
	return filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if rel == "." {
				return nil
			}
			_, err := os.Stat(filepath.Join(path, "go.mod"))
			if err == nil || strings.HasPrefix(e.Name(), ".") || rel == "bin" || rel == "tmp" {
				return filepath.SkipDir
			}
			return nil
		}
		return f(filepath.ToSlash(rel))
	})
}
