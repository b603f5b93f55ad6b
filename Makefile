# Everything a person or CI types. SQLite's full-text search needs a build tag;
# it is set here, once, for every command.
export GOFLAGS := -tags=sqlite_fts5 -trimpath

.PHONY: build run test check generate
build:
	go build -o bin/kierto ./cmd/kierto

run: build
	bin/kierto demo

generate:
	go tool templ generate

# Our requests against Stripe's own description of its API; a module of its own.
.PHONY: conform
conform:
	go -C internal/standin/stripe/conform test -mod=mod ./...
