# Forecourt: one Makefile for everything a person or a machine does with the tree.
# Two cores are enough for all of it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# One set of flags everywhere: another set means another cold build of cgo and OpenGL.
APP_TAGS  := x11,migrated_fynedo
TEST_TAGS := ci,migrated_fynedo
VERSION   := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)

MODULES  := shared sql assets pumpd hub cashier house
PACKAGES := $(MODULES:%=./%/...)

# Written by npm when everything that miniprogram/package-lock.json names is there.
PAGES_LIBRARIES := miniprogram/node_modules/.package-lock.json

# Tools, by exact version; they stay out of the product's go.mod files.
GOTESTSUM   := go run gotest.tools/gotestsum@v1.13.0
GOFUMPT     := go run mvdan.cc/gofumpt@v0.12.0
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help
help: ## this list
	@awk -F':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: deps deps-run deps-look
deps: ## install what the tests need
	@scripts/deps.sh test
deps-run:
	@scripts/deps.sh run
deps-look:
	@scripts/deps.sh look

.PHONY: build binaries bin/cashier
binaries: deps
	@mkdir -p bin
	go build -o bin/ ./hub/cmd/hub ./pumpd/cmd/pumpd ./house/cmd/...
bin/cashier: deps-run
	@mkdir -p bin
	@echo "building the cashier window (the first time takes some minutes)"
	go build -tags $(APP_TAGS) -o bin/cashier ./cashier/cmd/cashier
build: binaries bin/cashier ## all programs into bin/

.PHONY: run
run: build pages ## the whole station: hub, pumpd, simulated dispensers, the till; Ctrl-C stops all
	@bin/run

.PHONY: pages
pages: $(PAGES_LIBRARIES) ## the drivers' pages: for browsers and for WeChat
	@cd miniprogram && npm run --silent build
$(PAGES_LIBRARIES): miniprogram/package-lock.json | deps
	@cd miniprogram && npm ci --no-audit --no-fund --silent
	@touch $@

.PHONY: test
test: binaries pages ## every test: the drivers' pages in all three ways, every module with the race detector
	@bin/hub openapi | cmp - docs/openapi.json || { echo "docs/openapi.json is out of date: make gen"; exit 1; }
	@cd miniprogram && npm run --silent check:gen && npm run --silent types
	@cd miniprogram && npm test --silent && npm run --silent ways && npm run --silent browser
	@cd hub/bench && GOWORK=off go test ./internal/mark ./internal/measure
	$(GOTESTSUM) --format pkgname --format-hide-empty-pkg -- -race -timeout 20m -tags $(TEST_TAGS) $(PACKAGES)

.PHONY: smoke
smoke: binaries pages ## the real programs: a sale through each protocol to a paid order, kills on the way; every page driven
	@bin/smoke
	@cd miniprogram && npm run --silent browser

.PHONY: smoke-backup
smoke-backup: binaries ## everything the hub has is destroyed while the station sells, and comes back from its backups; figures printed
	@bin/smokebackup

.PHONY: soak
soak: binaries ## 200 random kills under load; every litre and fen accounted for
	@bin/soak

.PHONY: bench bench-latency bench-settle bench-line bench-vault bench-audit bench-fanout bench-backup
bench: bench-latency bench-settle bench-line bench-vault bench-audit bench-fanout bench-backup ## all benchmarks, each as ratios inside one run
bench-latency: binaries ## pump to client: 8, 64 and 512 nozzles
	@bin/latency
bench-settle: deps ## a full settlement against a bare insert
	@go run ./hub/cmd/settlebench
bench-vault: deps ## what sealing costs: ns a field, a page of 50 members, rotation against a plain update
	@go run ./hub/cmd/vaultbench $(ARGS)
bench-audit: deps ## the security log at a million rows: sealing, verifying, searching
	@go run ./hub/cmd/auditbench $(ARGS)
bench-backup: deps ## backups at a million sales: making, bringing back, what settlements feel of it, what a lost machine takes along (40 minutes; ARGS="-sales 20000 -only loss" for less)
	@go run ./hub/cmd/backupbench $(ARGS)
bench-fanout: ## the hub's sockets against raw TCP, Centrifuge, nats-server and Socket.IO (30 minutes; ARGS="-only single" for one line)
	@scripts/deps.sh bench
	@cd hub/bench/socketio && { [ -d node_modules/socket.io ] || npm ci --no-audit --no-fund --silent; }
	@cd hub/bench && GOWORK=off go build -o ../../bin/bench-fanout .
	@bin/bench-fanout $(ARGS)
bench-line: ## a DART poll cycle against the line's arithmetic
	@go run ./pumpd/cmd/linebench

.PHONY: lint
lint: ## formatting, vet, staticcheck, types, module files, generated files
	@test -z "$$($(GOFUMPT) -l $(MODULES))" || { echo "not gofumpt'ed:"; $(GOFUMPT) -l $(MODULES); exit 1; }
	go vet -tags $(TEST_TAGS) $(PACKAGES)
	$(STATICCHECK) -tags $(TEST_TAGS) $(PACKAGES)
	@for m in $(MODULES); do (cd $$m && GOWORK=off go mod tidy -diff && GOWORK=off go build -tags $(TEST_TAGS) ./...) || exit 1; done
	@test -z "$$($(GOFUMPT) -l hub/bench)" || { echo "not gofumpt'ed: hub/bench"; exit 1; }
	@cd hub/bench && GOWORK=off go mod tidy -diff && GOWORK=off go vet ./...
	@$(MAKE) --no-print-directory gen
	@git diff --exit-code --stat -- docs/openapi.json miniprogram/src/api/schema.gen.ts
	@cd miniprogram && npm run --silent types

.PHONY: gen
gen: $(PAGES_LIBRARIES) ## the OpenAPI document, from the types on the wire, and the pages' types from it
	@go run ./hub/cmd/hub openapi > docs/openapi.json.new && mv docs/openapi.json.new docs/openapi.json
	@cd miniprogram && npm run --silent gen

.PHONY: screenshots
screenshots: binaries bin/cashier pages deps-look ## the real window and the drivers' pages, driven and photographed into docs/screenshots/
	@bin/screenshots
	@cd miniprogram && npm run --silent shots -- ../docs/screenshots/driver

.PHONY: acceptance
acceptance: binaries pages ## one line a promise: pass, fail or open; IDS="S038 D001" for some
	@go run ./house/cmd/acceptance $(IDS)

.PHONY: dist
dist: deps-run ## release programs and systemd units into dist/
	@mkdir -p dist
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o dist/ ./hub/cmd/hub ./pumpd/cmd/pumpd
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -tags $(APP_TAGS) -o dist/cashier ./cashier/cmd/cashier
	@cp -r scripts/systemd dist/
	@ls -l dist

.PHONY: clean
clean: ## what was built, and the demo station's data
	rm -rf bin dist run
