#!/bin/sh
# Runs the demo from the sources and starts it again when a source changes. Needs nothing but Go: it looks at the files'
# times once a second. The demo keeps its data, so a restart takes as long as compiling.
set -eu
cd "$(dirname "$0")/.."
address=${1:-127.0.0.1:8080}
work=$(mktemp -d)
server=
stop() {
	if [ -n "$server" ]; then
		kill "$server" 2>/dev/null || true
		wait "$server" 2>/dev/null || true
		server=
	fi
}
trap 'stop; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

while :; do
	touch "$work/mark"
	if [ -e tools/go.mod ]; then
		go generate ./internal/web/... >/dev/null 2>&1 || true
		touch "$work/mark"
	fi
	if go build -o "$work/steward.new" ./cmd/steward; then
		stop
		mv "$work/steward.new" "$work/steward"
		"$work/steward" demo --listen "$address" &
		server=$!
	else
		echo "not built: the last one that was goes on"
	fi
	while [ -z "$(find cmd internal go.mod -newer "$work/mark" -type f -print -quit)" ]; do
		sleep 1
	done
done
