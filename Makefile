# What can be done here. `make` alone lists it. Nothing in this file is needed to build: `go build ./cmd/steward` is enough.

.DEFAULT_GOAL := help
.PHONY: help dev check test race fuzz soak bench generate lint cover golden pictures

FUZZTIME ?= 20s
BENCH ?= .
ADDRESS ?= 127.0.0.1:8080

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: ## the demo from the sources, started again whenever a file changes (ADDRESS=127.0.0.1:8080)
	@sh scripts/dev.sh $(ADDRESS)

check: ## everything that CI runs
	.ci/run

test: ## the tests, with what this machine has: the rest says that it is skipped
	go test ./...

race: ## the race detector on the packages in .ci/race
	.ci/run race

lint: ## form and linters only
	.ci/run form lint

fuzz: ## every fuzz target for FUZZTIME (20s)
	@grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r -n1 dirname | sort -u | while read -r dir; do \
		grep -hoE '^func Fuzz[A-Za-z0-9_]*' $$dir/*_test.go | sed 's/^func //' | while read -r target; do \
			echo "==> $$dir $$target"; go test $$dir -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) || exit 1; \
		done || exit 1; \
	done

soak: ## the campaigns whole: hours, not minutes
	STEWARD_SOAK=1 go test -count=1 -timeout=6h ./...

bench: ## the benchmarks (BENCH=name for some)
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./...

generate: ## write the generated files again
	go generate ./internal/web/...

golden: ## write the tables that reviewers read again: who may do what, the roles
	go test ./tests/access ./internal/kernel/access -update

pictures: ## take the pictures of the README again, of the demo in a real browser
	go test ./tests/e2e -run Readme -update-screenshots

cover: ## which lines the tests reach: coverage.html
	go test -coverpkg=./internal/... -coverprofile=coverage.out ./...
	go tool cover -html=coverage.out -o coverage.html
	@go tool cover -func=coverage.out | tail -n 1
