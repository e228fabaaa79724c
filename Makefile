# Everything a person or CI does here. `make` alone lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

# The first interpreter that runs (a pyenv shim may exist and fail), is 3.11 or newer, and can build a venv.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$p; break; }; done)
BIN := .venv/bin
STAMP := .venv/.stamp
PORT ?= 8000
WORKERS ?= 2
COMPILE := $(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --no-emit-index-url --no-header

CHECKOV := .venv/checkov/bin/checkov

.PHONY: help venv run demo reset test test-engines test-deploy check lint format bench audit lock

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

$(STAMP): requirements-dev.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv was found; install one (Debian: apt install python3 python3-venv) or say make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	@echo "building .venv with $$($(PYTHON) --version) from requirements-dev.txt"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

venv: $(STAMP) ## build .venv from the pinned requirements (the other targets do it by themselves)

run: $(STAMP) ## the whole service here: local AWS, API on http://127.0.0.1:PORT (default 8000), workers
	@PORT=$(PORT) exec $(BIN)/python -m ops serve

demo: $(STAMP) ## walk through the main job against a running `make run`
	@$(BIN)/python -m bench.demo

reset: ## forget the local service's data (.local/); stop `make run` first
	@rm -rf .local

test: $(STAMP) ## the fast tests
	@$(BIN)/python -m pytest -n $(WORKERS) -m "not engine and not slow" -q

test-engines: $(STAMP) ## storage and jobs on the strict engine, what needs it, and the slow tests
	@FOLIO_TEST_ENGINE=ministack $(BIN)/python -m pytest -n $(WORKERS) tests/storage tests/jobs -m "not engine and not slow" -q
	@FOLIO_TEST_ENGINE=ministack $(BIN)/python -m pytest -m "engine or slow" -q

test-deploy: $(STAMP) $(CHECKOV) ## deploy into a local AWS with the real commands, run the zip under AWS's runtime client, lint the templates
	@FOLIO_TEST_DEPLOY=1 FOLIO_CHECKOV=$(CURDIR)/$(CHECKOV) $(BIN)/python -m pytest tests/deploy -q

$(CHECKOV): requirements-checkov.txt | $(STAMP)
	@rm -rf .venv/checkov
	@$(BIN)/python -m venv .venv/checkov
	@.venv/checkov/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-checkov.txt
	@touch $@

check: lint test ## lint, types, layers, then the fast tests

lint: $(STAMP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache

format: $(STAMP) ## format, and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

bench: $(STAMP) ## the budgets, measured
	@$(BIN)/python -m bench

audit: $(STAMP) ## known vulnerabilities of the pinned requirements
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.txt
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements-dev.txt

lock: $(STAMP) ## compile requirements*.in into pinned requirements*.txt; UPGRADE=--upgrade moves to the newest
	@$(COMPILE) $(UPGRADE) requirements.in -o requirements.txt
	@$(COMPILE) $(UPGRADE) requirements-dev.in -o requirements-dev.txt
	@$(COMPILE) $(UPGRADE) requirements-checkov.in -o requirements-checkov.txt
