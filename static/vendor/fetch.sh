#!/bin/sh
# Fetches what is vendored here from npm, at the pinned versions, and writes it
# over what is there. `git diff` afterwards shows whether anything differs; the
# test in static_test.go holds the SHA-256 of README.md against the files.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"

fetch() { # package version: unpacks it into a folder of its own
	npm pack --silent "$1@$2" >/dev/null
	mkdir "$1" && tar xzf "$1-$2.tgz" -C "$1" --strip-components=1
}
fetch htmx.org 2.0.11
fetch htmx-ext-sse 2.2.4
fetch idiomorph 0.8.0
fetch lucide-static 1.62.0

cp htmx.org/dist/htmx.min.js "$here/htmx.min.js"
cp htmx-ext-sse/dist/sse.min.js "$here/sse.min.js"
cp idiomorph/dist/idiomorph-ext.min.js "$here/idiomorph-ext.min.js"

# One sprite of the icons named in icons.txt; the page refers to them by id.
{
	printf '<svg xmlns="http://www.w3.org/2000/svg"><!-- Icons by lucide, ISC licence -->\n'
	while read -r name; do
		printf '<symbol id="%s" viewBox="0 0 24 24">' "$name"
		tr '\n' ' ' <"lucide-static/icons/$name.svg" |
			sed -e 's/.*<svg[^>]*>//' -e 's/<\/svg>.*//' -e 's/> *</></g' -e 's/ \/>/\/>/g' -e 's/^ *//' -e 's/ *$//'
		printf '</symbol>\n'
	done <"$here/icons.txt"
	printf '</svg>\n'
} >"$here/icons.svg"

cd "$here" && sha256sum htmx.min.js sse.min.js idiomorph-ext.min.js icons.svg
