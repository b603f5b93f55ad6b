package arch

import (
	"bytes"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Lines of a file that a person wrote, at most.
const (
	maxLines     = 450
	maxTestLines = 600 // claims of one kind stay together
)

// Files are small enough to be read at one go.
func TestFilesAreSmall(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		limit := maxLines
		if s.Test() {
			limit = maxTestLines
		}
		if s.Lines > limit && !s.Generated() {
			t.Errorf("%s has %d lines, more than %d: split it by noun", s.Path, s.Lines, limit)
		}
	}
	err := walk(func(path string) error {
		if !strings.HasSuffix(path, ".templ") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join(root, path))
		if n := bytes.Count(text, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d: split it", path, n, maxLines)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wallClock are the functions of package time that read the machine's clock.
var wallClock = map[string]bool{"Now": true, "Since": true, "Until": true}

// Only internal/clock knows what time it is; everybody else is told.
func TestTimeIsHandedIn(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.Under("internal/clock") {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok || !wallClock[sel.Sel.Name] {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" {
				t.Errorf("%s:%d asks time.%s; take a clock.Clock, or clock.Wall to measure", s.Path, line(n), sel.Sel.Name)
			}
			return true
		})
	}
}

// statement is how an SQL statement begins.
var statement = regexp.MustCompile(`^\s*(SELECT\s|INSERT INTO\s|UPDATE \w+\s+SET\s|DELETE FROM\s|WITH (RECURSIVE )?\w+ (\([^)]*\) )?AS\s)`)

// sqlRoom tells whether a file may hold SQL. Tests may look into tables.
func sqlRoom(s source) bool {
	return strings.HasSuffix(s.Name(), "store.go") || s.Test() || s.Under("internal/db", "internal/testdb", "internal/jobs")
}

// SQL is in the stores.
func TestSQLIsInStores(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if sqlRoom(s) {
			continue
		}
		ast.Inspect(s.File, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			if text, err := strconv.Unquote(lit.Value); err == nil && statement.MatchString(text) {
				t.Errorf("%s:%d holds SQL; it belongs into a store.go", s.Path, line(n))
			}
			return true
		})
	}
}

// Every exported name says what it is.
func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		if s.Test() || s.Generated() {
			continue
		}
		for _, d := range s.File.Decls {
			for _, name := range undocumented(d) {
				t.Errorf("%s:%d: %s has no comment", s.Path, line(name), name.Name)
			}
		}
	}
}

// undocumented is the exported names of a declaration that nothing is said about.
func undocumented(d ast.Decl) []*ast.Ident {
	var bare []*ast.Ident
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc == nil && d.Name.IsExported() && (d.Recv == nil || receiverExported(d.Recv)) {
			bare = append(bare, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				if d.Doc == nil && spec.Doc == nil && spec.Comment == nil && spec.Name.IsExported() {
					bare = append(bare, spec.Name)
				}
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					if d.Doc == nil && spec.Doc == nil && spec.Comment == nil && name.IsExported() {
						bare = append(bare, name)
					}
				}
			}
		}
	}
	return bare
}

func receiverExported(recv *ast.FieldList) bool {
	exported := false
	ast.Inspect(recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !exported {
			exported = id.IsExported()
			return false
		}
		return true
	})
	return exported
}
