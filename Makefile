# Everything that a fresh machine with Python 3.11 or newer needs is set up in .venv by the targets themselves.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

TARGET ?= fake
TARGETS ?= fake:1.1.53 fake:1.18.34
VERSION ?= 1.1.53
SEED ?= 0
# What CI measures of the catalogue on each version: some of every room.
ONLY ?= create.*,list.*,messages.*,run.*,ask.*,question.*
VERSIONS ?= 1.1.53 1.18.34
VENV := .venv
BIN := $(VENV)/bin
FIDELITY = $(BIN)/opencode-contract fidelity --sequences $(SEQUENCES) --steps 30 --seed $(SEED)
# Tests that take long are shared anew when a worker runs out of them.
PYTEST := $(BIN)/pytest -q -n 2 --dist worksteal
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
# The first of these that is 3.11 or newer; name another one with PYTHON=...
PYTHON ?= $(shell for p in python3 python python3.14 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)

.PHONY: help contract fidelity fidelity-part fidelity-deep test test-system test-real clients documents recordings versions bench lint types format wheel-test lock clean all

help: ## Show the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-12s %s\n", $$1, $$2}'

contract: $(VENV)/.test ## Run the contract; TARGET=fake (default), local:1.1.53, https://host/prefix
	@exec $(BIN)/opencode-contract check $(TARGET)

fidelity-part: SEQUENCES ?= 10
fidelity-part: $(VENV)/.test ## Measure some cases, and a few sequences of the state machine: ONLY="path.*,create.*"
	@exec $(FIDELITY) --only "$(ONLY)" $(VERSIONS)

fidelity: SEQUENCES ?= 25
fidelity: $(VENV)/.test ## Measure the fake beside real servers, and write docs/fidelity.md; VERSIONS="1.1.53 1.18.34" (default), all; SEQUENCES=25
	@exec $(FIDELITY) --markdown docs/fidelity.md $(VERSIONS)

fidelity-deep: SEQUENCES ?= 500
fidelity-deep: $(VENV)/.test ## The same with a long run of the state machine, for the night: SEQUENCES=500, SEED=0
	@exec $(FIDELITY) $(VERSIONS)

test: $(VENV)/.test ## Run the unit tests
	$(PYTEST) -m "not system and not local and not clients" $(ARGS)

test-system: $(VENV)/.test ## Run the tests that start processes and browsers, or whole contracts
	$(PYTEST) -m "system and not local" $(ARGS)

test-real: $(VENV)/.test ## Run the tests that need a real server; VERSION=1.1.53
	OPENCODE_TESTKIT_BINARY=$$($(BIN)/opencode-contract fetch $(VERSION)) $(PYTEST) -m local $(ARGS)

clients: $(VENV)/.test ## Run real clients on fakes; TARGETS="fake:1.1.53 local:1.1.53"
	OPENCODE_TESTKIT_CLIENTS="$(TARGETS)" $(BIN)/pytest -m clients $(ARGS)

documents: $(VENV)/.test ## Ask real servers for the description of their interface again, for the fake to serve
	$(BIN)/python -m opencode_contract.document 1.1.53 1.18.34

recordings: $(VENV)/.test ## Record real servers again, for the fake to play; VERSIONS="1.1.53 1.18.34"
	$(BIN)/python -m opencode_contract.recordings $(VERSIONS)

versions: $(VENV)/.test ## Write docs/versions.md anew from the fake's table
	$(BIN)/python -m opencode_fake.versions.page >docs/versions.md

bench: $(VENV)/.test ## Measure start, stop and turn of the fake
	$(BIN)/python -m benchmarks

lint: $(VENV)/.dev ## Check style and import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev ## Check types with mypy and pyright
	$(BIN)/mypy
	$(BIN)/pyright

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

wheel-test: $(VENV)/.dev ## Build the wheel and run the contract from it in a fresh environment
	sh scripts/wheel-test $(BIN)/python

all: lint types test test-system contract wheel-test ## Everything that needs no real server

lock: $(VENV)/.dev ## Pin the newest dependencies in requirements/
	sh scripts/lock $(BIN)/python

clean: ## Remove the environment and what tools left behind
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "no Python 3.11 or newer with venv found: install it (on Debian also python3-venv), or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.test: requirements/test.txt pyproject.toml | $(VENV)/bin/python
	$(PIP) install --quiet --require-hashes --requirement requirements/test.txt
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements/dev.txt $(VENV)/.test
	$(PIP) install --quiet --require-hashes --requirement requirements/dev.txt
	@touch $@
