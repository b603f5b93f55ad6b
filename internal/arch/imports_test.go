package arch

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// domains in the order of imports: each may import those before it.
var domains = []string{"accounts", "messaging", "listings", "shipping", "payments", "orders", "nudges", "desk"}

// Imports go one way: a domain imports only what stands to its left, and
// neither templates, nor static, nor internal import any domain.
func TestImportsGoOneWay(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		here := slices.Index(domains, s.Top())
		for path, at := range imports(s) {
			own, ok := strings.CutPrefix(path, module)
			if !ok {
				continue
			}
			top, _, _ := strings.Cut(own, "/")
			there := slices.Index(domains, top)
			switch {
			case top == "cmd" && s.Top() != "cmd":
				t.Errorf("%s:%d imports a command: %s", s.Path, at, own)
			case there < 0 || s.Top() == "cmd":
			case here < 0:
				t.Errorf("%s:%d imports a domain: %s", s.Path, at, own)
			case there > here:
				t.Errorf("%s:%d imports %s, which stands to its right", s.Path, at, own)
			}
		}
	}
}

// room is where a technology lives.
type room struct {
	tech    string // an import path, or the beginning of one
	allowed func(s source) bool
}

func named(suffix string) func(source) bool {
	return func(s source) bool {
		return strings.HasSuffix(s.Name(), suffix) || strings.HasSuffix(s.Name(), strings.TrimSuffix(suffix, ".go")+"_test.go")
	}
}

func under(dirs ...string) func(source) bool { return func(s source) bool { return s.Under(dirs...) } }

func file(paths ...string) func(source) bool {
	return func(s source) bool { return slices.Contains(paths, s.Path) }
}

func either(fs ...func(source) bool) func(source) bool {
	return func(s source) bool {
		return slices.ContainsFunc(fs, func(f func(source) bool) bool { return f(s) })
	}
}

// rooms says which files may know which technology, so that replacing one is a
// day's work and not a month's.
var rooms = []room{
	{"github.com/labstack/echo", either(named("web.go"), under("internal/web"))},
	{"github.com/riverqueue", either(named("jobs.go"), source.Test, under("internal/jobs"), file("internal/db/migrate.go"))},
	{"github.com/jmoiron/sqlx", under("internal/db")},
	{"github.com/mattn/go-sqlite3", under("internal/db")},
	{"github.com/pressly/goose", under("internal/db")},
	{"github.com/jackc/pgx", under("internal/db", "internal/testdb", "internal/live")},
	{"database/sql", either(named("store.go"), under("internal/db", "internal/testdb", "internal/jobs"))},
	{"github.com/stripe/stripe-go", either(file("payments/stripe.go", "payments/stripe_test.go"), under("internal/standin/stripe"))},
	{"github.com/wneessen/go-mail", either(named("smtp.go"), under("internal/standin/smtp"))},
	{"github.com/SherClockHolmes/webpush-go", file("messaging/webpush.go")},
	{"github.com/emersion/go-smtp", either(named("smtp.go"), under("internal/standin/smtp"))},
	{"github.com/emersion/go-msgauth", named("smtp.go")},
	{"blitiri.com.ar/go/spf", named("smtp.go")},
	{"github.com/jhillyerd/enmime", either(file("messaging/incoming_mail.go"), under("internal/standin/smtp"))},
	{"github.com/alexedwards/argon2id", under("accounts")},
	{"github.com/alexedwards/scs", either(under("internal/web", "accounts"))},
	{"github.com/nicksnyder/go-i18n", under("internal/i18n")},
	{"github.com/oklog/ulid", under("internal/id")},
	{"github.com/rickar/cal", under("internal/calendar")},
	{"github.com/chromedp", either(under("internal/browser"), file("cmd/kierto/e2e_test.go"))},
	{"golang.org/x/image", either(under("internal/picture", "cmd/kierto/demo"), file("listings/photo.go"))},
	{"os/exec", either(under("internal/db", "internal/testdb", "internal/browser", "internal/arch", "cmd"))},
}

// Each technology has one room.
func TestEachTechnologyHasOneRoom(t *testing.T) {
	t.Parallel()
	for _, s := range sources(t) {
		for path, at := range imports(s) {
			for _, r := range rooms {
				if (path == r.tech || strings.HasPrefix(path, r.tech+"/")) && !r.allowed(s) {
					t.Errorf("%s:%d imports %s, which is not allowed here", s.Path, at, path)
				}
			}
		}
	}
}

// imports is the import paths of a file, with their lines.
func imports(s source) map[string]int {
	all := map[string]int{}
	for _, spec := range s.File.Imports {
		if path, err := strconv.Unquote(spec.Path.Value); err == nil {
			all[path] = line(spec)
		}
	}
	return all
}
