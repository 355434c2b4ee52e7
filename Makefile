# All that is done with this package; `make` alone lists it.

SHELL := bash
.SHELLFLAGS := -o pipefail -ec
.DEFAULT_GOAL := help

# The interpreter that .venv is made of: python3 where it fits, else the newest one that does.
FITS := import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13) or sys.version_info[:3] == (3, 13, 0))
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$python -c '$(FITS)' 2>/dev/null && echo $$python && exit; done; echo python3)

BIN := .venv/bin
PIP_INSTALL := $(BIN)/pip install --disable-pip-version-check --no-build-isolation -c constraints.txt
DEMO := examples/plone.app.asyncdemo
PEERS := .venv-peers
PYTEST := $(BIN)/python -m pytest
TEST_GROUPS := test-group-inside test-group-functional test-group-faults
LOCALES := src/plone/app/async_/locales

.PHONY: help install demo start test $(TEST_GROUPS) test-unit test-browser test-postgres test-hosts test-faults coverage lint format \
	typecheck locales bench bench-peers dist release-check docs screenshots clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: .venv/installed ## Make .venv with Plone and this package in it

demo: install ## Show it at work: a Plone site, a worker and some jobs
	$(BIN)/python examples/run.py demo

start: install ## Start a Plone site and a worker, and keep them running
	$(BIN)/python examples/run.py start

test: install ## Run all tests in three groups at once; with ARGS="-k alias -x" for pytest, one by one
ifdef ARGS
	$(PYTEST) $(ARGS)
else
	@echo "Running all tests, in three groups at once. Each shows what came of it when it is done; all take a quarter of an hour."
	@$(MAKE) --no-print-directory --keep-going --jobs 3 --output-sync $(TEST_GROUPS)
endif

# Those with processes wait most of the time, so the groups hardly take time from each other.
test-group-inside: TESTS := tests/unit tests/integration tests/packaging
test-group-functional: TESTS := tests/functional
test-group-faults: TESTS := tests/faults
$(TEST_GROUPS): install
	@$(PYTEST) $(TESTS)

test-unit: install ## Run the tests that need neither Plone nor a server
	$(BIN)/python -m pytest tests/unit $(ARGS)

test-browser: .venv/browser ## Run the tests in a real browser, which must be installed: Chromium
	$(BIN)/python -m pytest tests/browser $(ARGS)

test-postgres: .venv/relstorage ## Run the tests on a real PostgreSQL server, which must be installed
	$(BIN)/python -m pytest tests/postgres $(ARGS)

test-hosts: install ## Run the tests on several hosts and in a container, which are namespaces: as root, on Linux
	$(BIN)/python -m pytest tests/hosts $(ARGS)

test-faults: install ## Kill workers and servers, fill the disk, turn clocks ...: all of what "make test" does less of
	$(BIN)/python -m pytest tests/faults --full $(ARGS)

coverage: .venv/coverage ## Run all tests, and check how much of the code they run
	$(BIN)/coverage erase
	$(MAKE) --no-print-directory test PYTEST='$(BIN)/coverage run -m pytest'
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report
	$(BIN)/coverage json --quiet -o .coverage.json
	$(BIN)/coverage-threshold --coverage-json .coverage.json

lint: .venv/lint ## Check style, ZCML, templates and spelling; change nothing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/zpretty --check src examples tests
	$(BIN)/codespell

format: .venv/lint ## Put code, ZCML and templates into the house style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/zpretty --inplace src examples tests

typecheck: .venv/lint ## Check the types of the engine
	$(BIN)/mypy

locales: .venv/locales ## Collect the messages of pages and code, and bring the catalogues up to date
	$(BIN)/i18ndude rebuild-pot --no-line-numbers --pot $(LOCALES)/plone.app.async.pot --create plone.app.async src/plone/app
	$(BIN)/i18ndude sync --pot $(LOCALES)/plone.app.async.pot $(LOCALES)/*/LC_MESSAGES/plone.app.async.po

bench: install ## Measure speed and size against the budget
	$(BIN)/python -m benchmarks $(ARGS)

bench-peers: install $(PEERS)/installed ## Measure it beside Celery, RQ, Huey and Procrastinate; needs Redis and PostgreSQL
	$(BIN)/python -m benchmarks.peers $(ARGS)

dist: install ## Build the source distribution and the wheel
	$(BIN)/python -m build --no-isolation

release-check: .venv/lint dist ## Check the distributions, and what they ask for
	$(BIN)/check-manifest
	$(BIN)/check-python-versions --only setup.py,tox.ini
	$(BIN)/dependencychecker
	$(BIN)/pyroma --min 10 .

docs: .venv/docs ## Build the documentation in docs/_build/html
	$(BIN)/sphinx-build -W --keep-going docs docs/_build/html

screenshots: .venv/browser ## Make the pictures of the documentation, in docs/images
	PYTHONPATH=examples:tests/support $(BIN)/python docs/screenshots.py

clean: ## Remove what was built and cached, but not .venv
	rm -rf build dist docs/_build .coverage* .mypy_cache .pytest_cache .ruff_cache src/*.egg-info
	find benchmarks docs examples src tests -name __pycache__ -prune -exec rm -r {} +

$(BIN)/pip:
	@$(PYTHON) -c '$(FITS)' || { \
	  echo "Python 3.10 to 3.13 is needed, but not 3.13.0, and $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=/path/to/python3.12"; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)."
	@$(PYTHON) -m venv .venv

.venv/installed: constraints.txt setup.py $(DEMO)/pyproject.toml | $(BIN)/pip
	@echo "Installing Plone 6.2 and this package into .venv. This takes about a minute."
	@$(PIP_INSTALL) -q setuptools >.venv/install.log 2>&1 && \
	$(PIP_INSTALL) --only-binary :all: Plone -e '.[test]' -e $(DEMO) 2>&1 | \
	tee -a .venv/install.log | while read -r word rest; do case $$word in \
	  Collecting) printf '\r  %s packages found' $$((found += 1)) ;; \
	  Installing) printf '\n  installing them\n' ;; esac; done && \
	$(PIP_INSTALL) -q --no-deps plone.observability >>.venv/install.log 2>&1 || \
	{ tail -n 20 .venv/install.log; exit 1; }
	@touch $@

$(PEERS)/installed: benchmarks/peers/requirements.txt | $(BIN)/pip
	@echo "Installing what it is measured against into $(PEERS)."
	@$(BIN)/python -m venv $(PEERS)
	@$(PEERS)/bin/pip install --disable-pip-version-check -q -r $< >$(PEERS)/install.log 2>&1 || \
	{ tail -n 20 $(PEERS)/install.log; exit 1; }
	@touch $@

.venv/lint .venv/docs .venv/coverage .venv/browser .venv/locales .venv/relstorage: .venv/installed
	@echo "Installing the tools for $(@F)."
	@$(PIP_INSTALL) -q -e '.[$(@F)]' >.venv/$(@F).log 2>&1 || { tail -n 20 .venv/$(@F).log; exit 1; }
	@touch $@
