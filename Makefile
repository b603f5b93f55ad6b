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
