# Everything a person or CI types. SQLite's full-text search needs a build tag;
# it is set here, once, for every command.
export GOFLAGS := -tags=sqlite_fts5 -trimpath

# TESTFLAGS adds to go test: make test TESTFLAGS='-race -run TestTrade'
TESTFLAGS ?=

.PHONY: build run generate test conform bench check lint tools
build:
	go build -o bin/kierto ./cmd/kierto

run: build
	bin/kierto demo

generate:
	go tool templ generate

# One throw-away PostgreSQL serves the whole run. Two packages at a time suit two
# processors: most tests wait for a database or a browser.
test: tools
	go run ./internal/testdb/cluster -- go test -p 2 -timeout 85m $(TESTFLAGS) ./...
	$(MAKE) --no-print-directory conform

# Our requests against Stripe's own description of its API; a module of its own.
conform:
	go -C internal/standin/stripe/conform test -mod=mod ./...

# Every budget of docs/design.md beside what is the least it could cost, on a
# database of a million listings. Smaller: LISTINGS=100000 TURNS=100000 make bench.
# BENCH_DATA=folder keeps the filled database for the next time.
bench:
	KIERTO_TEST_POSTGRES_DURABLE=1 go run ./internal/testdb/cluster -- \
		go test ./cmd/kierto -run '^$$' -bench '^BenchmarkBudgets$$' -benchtime 1x -timeout 4h

check: lint test

lint:
	@unformatted=$$(gofmt -l .); test -z "$$unformatted" || { echo "gofmt these: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...

# What the tests need beside Go and a C compiler. Root on Debian gets it
# installed; everybody else is told what will be skipped, and why.
tools:
	@want=; \
	ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || want="$$want postgresql"; \
	command -v chromium >/dev/null || want="$$want chromium"; \
	if [ -n "$$want" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing$$want for the tests"; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $$want >/dev/null || true; \
	fi; \
	command -v chromium >/dev/null || echo "Skipping the browser tests: there is no Chromium on this machine (apt-get install chromium)"; \
	[ "$$(id -u)" = 0 ] || echo "Skipping the test of a full disk: only root may mount a small one"
