# Set up, run and test spacenorms. `make help` lists what there is.

PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$python -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo $$python && break; done)
HOST ?= 127.0.0.1
PORT ?= 8000
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help setup setup-test setup-bench serve test lint format check bench bench-peers lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  PORT=8080 and HOST=… change where it serves, PYTHON=python3.12 what sets it up, TESTS=tests/test_check.py what is tested."

serve: setup ## set up and serve on http://127.0.0.1:8000
	@$(BIN)/spacenorms serve --host $(HOST) --port $(PORT)

test: setup-test ## set up and run all tests
	@$(BIN)/python -m pytest $(TESTS)

lint: setup-test ## look over style and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: setup-test ## lay out the Python code
	@$(BIN)/ruff check --fix --exit-zero .
	@$(BIN)/ruff format .

check: setup ## validate every fact against the shapes and the hygiene rules
	@$(BIN)/spacenorms check

setup: $(VENV)/.installed ## create .venv with the locked packages that running needs

setup-test: $(VENV)/.installed-test ## … with those that tests and lint need too

bench: setup-test ## measure networks and look-ups of conflicts; reports in benchmarks/reports
	@$(BIN)/python -m benchmarks.networks
	@$(BIN)/python -m benchmarks.conflicts

bench-peers: setup-bench ## measure the SPARQL service beside its peers at 30 k and 300 k triples
	@$(BIN)/python -m benchmarks.peers --size 30k --size 300k

setup-bench: $(VENV)/bench/.installed ## … with the servers that bench-peers measures, in an environment of their own

lock: setup ## write requirements/*.txt anew (UPGRADE=--upgrade takes newer versions)
	@$(PIP) install --quiet uv
	@$(COMPILE) pyproject.toml --group build --output-file requirements/run.txt
	@$(COMPILE) pyproject.toml --group build --extra test --extra lint --extra fast \
		--constraint requirements/run.txt --output-file requirements/test.txt
	@$(COMPILE) --group pyproject.toml:bench --output-file requirements/bench.txt

clean: ## remove .venv and what was built
	@rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "spacenorms needs Python 3.11 or later with venv and pip: install it" \
		"(Debian: apt-get install python3 python3-venv), or name it: make PYTHON=/path/to/python3"; exit 1; }
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing the locked packages; this takes a minute the first time"
	@$(PIP) install --quiet --require-hashes -r requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.installed-test: requirements/test.txt $(VENV)/.installed
	@$(PIP) install --quiet --require-hashes -r requirements/test.txt
	@touch $@

$(VENV)/bench/.installed: requirements/bench.txt $(VENV)/.installed-test
	@$(BIN)/python -m venv $(VENV)/bench
	@$(VENV)/bench/bin/python -m pip --disable-pip-version-check install --quiet --require-hashes -r requirements/bench.txt
	@touch $@
