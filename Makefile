.DEFAULT_GOAL := help
.PHONY: help run build test race lint fmt generate bench ci

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## serve with an Okta org in memory
	go run ./cmd/connector serve --sandbox

build: ## build a static binary into bin/
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$$(git describe --tags --always --dirty)" -o bin/connector ./cmd/connector

test: ## run the tests
	go test ./...

race: ## run the tests under the race detector
	go test -race ./...

lint: ## run go vet and golangci-lint
	go vet ./...
	golangci-lint run ./...

fmt: ## format with gofumpt
	gofumpt -l -w .

generate: ## write generated files: manifest/manifest.json and the reference page
	go generate ./...

bench: ## run the benchmarks, with allocations
	go test -run '^$$' -bench . -benchmem ./...

ci: ## run what must pass before a change lands
	.ci/run
