# `make run` and `make test` are all that a newcomer needs; each sets up what is missing first.
SHELL := /bin/bash
BIN := .venv/bin
T ?= tests/unit tests/usecase tests/contract tests/api
J ?= 2
QUICK := not (needs_root or needs_qemu or needs_postgres or needs_rabbitmq or needs_ganeti or needs_ceph or needs_chromium or needs_clients or needs_linux_net or e2e)
UI_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -type f -print 2>/dev/null)
PROJECTS := $(wildcard packages/*/pyproject.toml) packages/editable.py
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: run test test-all check fix bench ui wheels pins migrations openapi services services-down clean

run: .venv/.run web/dist/index.html ## set up what is missing and start the cloud
	@deploy/setup.sh packages deploy/debian-run.txt
	@$(BIN)/synnefo up $(ARGS)

test: .venv/.test web/dist/index.html ## set up what is missing and pass the tests that need nothing else
	@$(BIN)/pytest -n $(J) -m "$(QUICK)" $(T)

test-all: .venv/.test .tempest/.made web/dist/index.html services ## everything, with real services, machines and browser
	@set -a; . .services/env; set +a; \
	SYNNEFO_TEST_DB=postgres $(BIN)/pytest -n $(J) tests/usecase && \
	$(BIN)/pytest -n $(J) --durations=15 tests; \
	outcome=$$?; $(MAKE) -s services-down; exit $$outcome

check: .venv/.test web/node_modules/.stamp ## format, lint, types, import rules, migrations, web
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy src
	@$(BIN)/lint-imports
	@PYTHONWARNINGS=ignore $(BIN)/snf-manage makemigrations --check --dry-run
	@$(BIN)/snf-manage openapi openapi --check
	@$(BIN)/snf-manage reference docs/reference --check
	@$(BIN)/snf-manage settings-files deploy/conf --check
	@cd web && npm run --silent check

fix: .venv/.test ## format and mend what can be mended by itself
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

bench: .venv/.test ## measure against peers in the same run, as ratios
	@deploy/setup.sh packages deploy/debian-run.txt deploy/debian-test.txt deploy/debian-bench.txt
	@$(BIN)/python -m benchmarks $(B)

ui: web/dist/index.html ## build the web interface

services: .venv/.test ## start private PostgreSQL, RabbitMQ and Ganeti for the tests
	@deploy/setup.sh packages deploy/debian-run.txt deploy/debian-test.txt
	@deploy/setup.sh ldap
	@$(BIN)/python -m tests.support.services up

services-down: ## stop them and remove their data
	@$(BIN)/python -m tests.support.services down

wheels: .venv/.run web/dist/index.html ## build every component's wheel, and one archive with all they need
	@deploy/wheels.sh

migrations: .venv/.test ## write what changed in the tables
	@$(BIN)/snf-manage makemigrations

openapi: .venv/.test ## write the documents of every API, and the references
	@$(BIN)/snf-manage openapi openapi
	@$(BIN)/snf-manage reference docs/reference
	@$(BIN)/snf-manage settings-files deploy/conf

pins: ## compile the pins anew from requirements/*.in
	@for name in build run ldap test tempest keystone; do \
	  $(BIN)/uv pip compile -q --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	    requirements/$$name.in -o requirements/$$name.txt; done

clean:
	rm -rf .venv .tempest web/node_modules web/dist build dist .mypy_cache .ruff_cache .pytest_cache .services

.venv/.run: requirements/build.txt requirements/run.txt $(PROJECTS)
	@deploy/setup.sh python $@ requirements/run.txt

.venv/.test: requirements/build.txt requirements/test.txt $(PROJECTS)
	@deploy/setup.sh python $@ requirements/test.txt

.tempest/.made: requirements/tempest.txt | .venv/.test
	@deploy/setup.sh apart .tempest requirements/tempest.txt

web/node_modules/.stamp: web/package-lock.json | .venv/.run
	@echo "  Installing the web interface's packages"
	@cd web && npm install --no-save --no-audit --no-fund --loglevel=error && touch node_modules/.stamp

web/dist/index.html: $(UI_SOURCES) | web/node_modules/.stamp
	@echo "  Building the web interface"
	@cd web && npm run --silent build >/dev/null && touch dist/index.html
