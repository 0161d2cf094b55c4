# Two commands do everything: `make run` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.ONESHELL:
.DEFAULT_GOAL := help
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS += --no-print-directory
PYTHON ?= python3
BIN := .venv/bin
LOCAL := $(BIN)/python -m deploy
PORT ?= 8000
# What a fresh suite of `make run` begins with: round (a round in progress) or empty.
SEED ?= round
# How many processes share the tests, each with a mongod and a RabbitMQ of its own.
WORKERS ?= 2
# BROKER=4: tests run on a newer Debian beside this one, for its RabbitMQ 4 and its CPython (deploy/local/debian.sh).
DEBIAN ?= forky
IN_DEBIAN := $(if $(BROKER),$(if $(filter 4,$(BROKER)),DEBIAN=$(DEBIAN) deploy/local/debian.sh,$(error BROKER=4, or nothing)))
# Where Node is needed and none is on PATH, the wheel's is used.
NODE := $(BIN)/python -m deploy.local.node

# $(call needs,VARIABLE,how the target is called): ends a target that was called without the variable.
needs = $(if $($(1)),,$(error 缺少 $(1) missing: $(2)))

##@ Everyday

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*##"} /^##@/ {printf "\n%s\n", substr($$0, 5)} /^[a-z-]+:.*##/ {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: ## install everything: Python packages by hash, mongod, RabbitMQ (apt, when root)
	@PYTHON=$(PYTHON) deploy/local/install.sh

.PHONY: run
run: install ## start the whole suite with a round in progress; Ctrl-C stops it; PORT=… for the gateway, SEED=empty for a bare round
	@$(BIN)/python -m deploy.local.web || true # the suite runs without them, and says so
	exec $(LOCAL) run --port $(PORT) --seed $(SEED)

.PHONY: demo
demo: install ## play the whole round on a fresh suite of its own; KEEP=1 leaves it running
	@$(BIN)/python -m deploy.local.web || true
	exec $(LOCAL) demo $(if $(KEEP),--keep)

.PHONY: clock
clock: ## move the domain clock of `make run` forward: make clock AT=2024-05-25T09:00
	@$(call needs,AT,make clock AT=2024-05-25T09:00)
	$(LOCAL) clock $(AT)

.PHONY: status
status: ## where `make run` runs, and its logins
	@$(LOCAL) status

.PHONY: stop
stop: ## stop `make run` from another terminal
	@$(LOCAL) stop

.PHONY: reset
reset: ## drop the data of `make run`
	@$(LOCAL) reset

.PHONY: backup
backup: ## back up the databases of `make run` into .local/backups, sealed (ADR 70)
	@$(LOCAL) backup

.PHONY: restore-data
restore-data: ## put a database of `make run` back, after `make stop`: make restore-data FILE=….backup ON=enrollment
	@$(call needs,FILE,make restore-data FILE=….backup ON=enrollment)$(call needs,ON,make restore-data FILE=$(FILE) ON=enrollment)
	$(LOCAL) restore-data $(ON) $(FILE)

##@ Quality

# What only tests need is installed for them.
test faults: export FOR_TESTS := 1

.PHONY: test
test: install ## everything: checks, then all tests; ONLY=… runs one file, folder, test by name, or rule (ONLY=R11)
ifdef ONLY
	@tests=$$($(BIN)/python -m tests.support.selection "$(ONLY)")
	mapfile -t tests <<<"$$tests"
	$(IN_DEBIAN) $(BIN)/pytest "$${tests[@]}"
else
	@$(MAKE) checks
	$(IN_DEBIAN) $(BIN)/pytest -n $(WORKERS)
endif

.PHONY: unit
unit: install ## tests of domains, chassis, gateway and engine that need no server: half a minute to a minute
	@$(IN_DEBIAN) $(BIN)/pytest -n $(WORKERS) tests/unit --ignore tests/unit/federation/differential

.PHONY: checks
checks: ## lint, types, import rules and contracts, side by side
	@$(MAKE) -j 2 --output-sync=target lint types imports contracts

.PHONY: lint
lint: ## ruff: rules and format; scripts and Dockerfile by shellcheck and hadolint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/shellcheck .ci/run $$(find deploy -name '*.sh' -not -path '*/node_modules/*')
	@$(BIN)/hadolint $$(find deploy -name Dockerfile -not -path '*/node_modules/*')

.PHONY: types
types: ## mypy, strict
	@$(BIN)/mypy

.PHONY: imports
imports: ## the architecture's import rules
	@$(BIN)/lint-imports --no-cache > .local/imports.log || { cat .local/imports.log; exit 1; }

.PHONY: contracts
contracts: ## the committed contracts are what the code says
	@$(BIN)/python -m contracts check

.PHONY: manifests
manifests: install ## render every overlay for a cluster and check it, operators' resources too (kubectl, Node)
	@$(BIN)/python -m deploy.k8s generate
	@$(NODE) npm ci --prefix deploy/k8s --no-audit --no-fund --loglevel=error
	MANIFESTS=full $(BIN)/pytest tests/deploy/test_k8s.py tests/deploy/test_manifests.py tests/deploy/test_secrets.py

.PHONY: fmt
fmt: ## mend format and imports
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/ruff format --quiet .

.PHONY: sbom
sbom: install ## bills of materials (CycloneDX) of the images' Python packages and of each npm lock: .local/sbom
	@$(BIN)/python -m deploy.supply sbom

##@ Broker

.PHONY: definitions
definitions: ## write the broker's definitions from the reference data; they hold no password
	@$(BIN)/python -m deploy.broker definitions

.PHONY: do
do: ## an operator command of a process of `make run`: make do ON=enrollment DO="vault keys"
	@$(call needs,ON,make do ON=enrollment DO="vault keys")$(call needs,DO,make do ON=$(ON) DO=--help)
	$(LOCAL) do $(ON) $(DO)

.PHONY: deadletters
deadletters: ## see to what consumers of `make run` gave up: make deadletters DO="list", "show ID", "replay ID", "drop ID"
	@$(call needs,DO,make deadletters DO=list)
	url=$$($(LOCAL) endpoint amqp)
	AMQP_URL=$$url $(BIN)/python -m chassis.messaging.deadletters $(DO)

.PHONY: revoke
revoke: ## cut a province off the broker of `make run`: make revoke PROVINCE=44; `make readmit` gives it back
	@$(call needs,PROVINCE,make revoke PROVINCE=44)
	url=$$($(LOCAL) endpoint management)
	RABBITMQ_MANAGEMENT_URL=$$url $(BIN)/python -m deploy.broker revoke $(PROVINCE)

.PHONY: readmit
readmit: ## give a province its access back: make readmit PROVINCE=44
	@$(call needs,PROVINCE,make readmit PROVINCE=44)
	url=$$($(LOCAL) endpoint management)
	RABBITMQ_MANAGEMENT_URL=$$url $(BIN)/python -m deploy.broker readmit $(PROVINCE)

##@ Graph

.PHONY: schema
schema: install ## write contracts/ from the code and compose the supergraph (Node)
	@$(BIN)/python -m contracts export
	@$(NODE) npm ci --prefix deploy/schema --no-audit --no-fund --loglevel=error
	@$(NODE) node deploy/schema/compose.mjs $(foreach name,catalog enrollment assessment,$(name)=http://$(name)/graphql=contracts/graph/$(name).graphql) > .local/supergraph.graphql
	@mv .local/supergraph.graphql contracts/graph/supergraph.graphql

.PHONY: plan
plan: ## print the plan of a query as a tree: make plan QUERY=file.graphql; STAGES=1 for what each stage made
	@$(call needs,QUERY,make plan QUERY=file.graphql)
	$(BIN)/python -m gateway plan contracts/graph/supergraph.graphql $(QUERY) $(if $(STAGES),--stages)

.PHONY: explorer
explorer: ## fetch and build the explorer that the gateway serves at /explorer/ (Node)
	@$(BIN)/python -m deploy.local.web explorer

.PHONY: web
web: ## build the front ends of web/, and again on every change, beside `make run`; Ctrl-C ends it (Node)
	@exec $(BIN)/python -m deploy.local.web watch

##@ Measure

.PHONY: operations
operations: ## what front ends' operations cost at `make run`, the dearest first: count, p50, p99, codes
	@url=$$($(LOCAL) endpoint metrics.gateway)
	$(BIN)/python -m gateway operations "$$url"

.PHONY: faults
faults: install ## every fault drill in full, on real servers: bench/results/faults.md (as root, for the full disk); BROKER=4: on RabbitMQ 4 and the newest CPython
	@FAULTS=full $(IN_DEBIAN) $(BIN)/pytest $(or $(ONLY),tests/faults)

.PHONY: bench-gateway
bench-gateway: install ## our gateway beside Hive, Apollo and a direct call: bench/results/gateway.md (Node)
	@$(BIN)/python -m bench.gateway

.PHONY: bench-events
bench-events: install ## the event path beside the bare limit: bench/results/events.md
	@$(BIN)/python -m bench.events

.PHONY: bench-rosters
bench-rosters: install ## a roster of 5,000 rows from file to enrollments: bench/results/rosters.md
	@$(BIN)/python -m bench.rosters

.PHONY: bench-assessment
bench-assessment: install ## 50,000 certificates and 50,000 ballots: bench/results/assessment.md
	@$(BIN)/python -m bench.assessment

.PHONY: bench-pages
bench-pages: install ## how long an old office PC on a slow line waits for rows: bench/results/pages.md (Node, Chromium)
	@$(BIN)/python -m bench.pages

.PHONY: bench-server
bench-server: install ## what the bounds of the server cost a request: bench/results/server.md
	@$(BIN)/python -m bench.server

.PHONY: bench-writes
bench-writes: install ## the write path of this tree beside the one before it: bench/results/writes.md; QUICK=1: 3 minutes
	@$(BIN)/python -m bench.writes $(if $(QUICK),--quick)
