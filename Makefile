# crmetrics: `make demo` shows it, `make test` proves it. Both set everything up by themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Two stamps, so that who only wants to see the demo need not wait for Spark and the test tools.
PRODUCT := $(VENV)/.product-installed
TOOLS := $(VENV)/.tools-installed
PORT ?= 8765
WORKSPACE ?= demo-workspace
WORKERS ?= 2
PYTEST ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo serve test check bench docs clean

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1|/' | awk -F"|" '{ printf "%-14s %s\n", $$1, $$2 }'

setup: $(TOOLS) ## the virtual environment with everything that tests and checks need

demo: $(PRODUCT) ## a demo company and its pages, at http://127.0.0.1:8765
	@test -f $(WORKSPACE)/versions/current || $(BIN)/crmetrics --workspace $(WORKSPACE) demo
	@$(MAKE) --no-print-directory serve

serve: $(PRODUCT) ## the pages of WORKSPACE (the demo company, if not named)
	@echo "The pages of $(WORKSPACE), until you press Ctrl+C:"
	@$(BIN)/crmetrics --workspace $(WORKSPACE) serve --port $(PORT)

test: $(TOOLS) ## all tests; `make test PYTEST="tests/house -x"` runs some
	@$(BIN)/pytest -n $(WORKERS) --dist loadfile $(PYTEST)

check: $(TOOLS) ## style, types, the direction of imports, translations, the docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.translations
	$(BIN)/python -m tools.docs --check

bench: $(TOOLS) ## the benches: time and memory beside hand-written SQL
	$(BIN)/python -m benchmarks

docs: $(TOOLS) ## the reference pages, written into docs/
	$(BIN)/python -m tools.docs

clean: ## forget the environment, the caches and the demo company
	rm -rf $(VENV) demo-workspace .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .benchmarks

# One pip at a time: both stamps write the same environment.
.NOTPARALLEL:

$(BIN)/pip:
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here. Install Python 3.11 or newer (Debian, Ubuntu: sudo apt install python3 python3-venv), or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1); crmetrics needs Python 3.11 or newer. Name a newer one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) cannot make virtual environments. Debian, Ubuntu: sudo apt install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(PRODUCT): pyproject.toml | $(BIN)/pip
	@echo "Installing crmetrics into $(VENV) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(TOOLS): pyproject.toml | $(BIN)/pip
	@echo "Installing crmetrics with its test tools into $(VENV): a few minutes the first time ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(PRODUCT)
