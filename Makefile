# Everything runs in .venv, which is made on demand. Needed on the machine: Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help audit test check lint types imports docs docs-check export report reports clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

audit: $(VENV)/.core  ## Install the tool and audit the shipped Run 6 export
	@$(BIN)/audit run notebook_export/ --exit-zero

test: $(VENV)/.all  ## Install everything and run the tests
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadgroup -q

check: lint types imports docs-check  ## Lint, types, import rules, generated documents

lint: $(VENV)/.all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.all
	$(BIN)/mypy

imports: $(VENV)/.all
	$(BIN)/lint-imports

docs: $(VENV)/.core  ## Write docs/checks/, the help block of the README and its picture
	$(BIN)/python -m docs.build

docs-check: $(VENV)/.core
	$(BIN)/python -m docs.build --check

export: $(VENV)/.all  ## Make notebook_export/ and the corrected counterpart anew (minutes)
	$(BIN)/python -m reference_pipeline run6 --out notebook_export --parents tests/ground_truth/run6_parents.parquet
	$(BIN)/python -m reference_pipeline corrected --out tests/exports/corrected

report: $(VENV)/.core  ## Write reports/run6.md from the shipped export
	$(BIN)/audit run notebook_export/ --exit-zero --format console --format markdown:reports/run6.md

reports: report $(VENV)/.all  ## Train Run 7, its prescribed form and Run 6 resplit; write reports/ from them (minutes)
	for run in run7 run7-as-prescribed run6-resplit; do \
	  name=$$(echo $$run | tr - _); \
	  $(BIN)/audit reference $$run --out build/$$name --exit-zero \
	    --format console --format markdown:reports/$$name.md || exit; \
	done

clean:  ## Remove the environment and caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "leakage-audit needs Python 3.11 or newer; say which: make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.core: pyproject.toml | $(VENV)/bin/python
	@echo "Installing the tool into $(VENV) ..."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/.all: pyproject.toml | $(VENV)/.core
	@echo "Installing the tests and the reference pipeline into $(VENV) ..."
	@$(PIP) install --editable '.[dev,reference]'
	@touch $@
