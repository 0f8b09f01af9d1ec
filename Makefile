# Every target works from a fresh clone with Python >= 3.12 and make alone.
# Written for GNU make 3.81 and later.

SHELL := /bin/sh
VENV := .venv
PYTHON := $(VENV)/bin/python
MANAGE := $(PYTHON) manage.py
PORT ?= 8000
# Arguments for pytest: make test ARGS="tests/core -k ledger"
ARGS ?=
UV ?= uv
export PORT

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))

# What `check --deploy` needs to read the production settings; nothing is connected to.
PRODUCTION_SETTINGS := DJANGO_SETTINGS_MODULE=config.settings.base \
	SECRET_KEY=only-for-the-check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH \
	SITE_URL=https://crm.example.org ALLOWED_HOSTS=crm.example.org \
	DATABASE_URL=sqlite:///$(VENV)/check.sqlite3

.PHONY: help setup venv demo test check format bench soak vendor messages requirements env clean
.DEFAULT_GOAL := help

help: ## tell what there is
	@echo "Relance. Targets:"
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

setup: venv $(CATALOGUES) ## make .venv with what requirements/development.txt names; again only when that changes

venv:
	@sh requirements/install.sh $(VENV) requirements/development.txt

$(CATALOGUES): %.mo: %.po | venv
	@$(MANAGE) messages --compile

demo: setup ## run it with a believable company: http://localhost:8000/ (PORT=…, HOST=…, DATABASE_URL=…)
	@exec $(MANAGE) demo

test: setup ## run the tests side by side (ARGS="tests/core -k undo"); SQLite unless DATABASE_URL is set
	$(PYTHON) -m pytest -n auto $(ARGS)

check: setup ## style, types, floors, settings, migrations, vendored files, translations
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/djlint --lint --quiet templates
	$(VENV)/bin/mypy .
	$(VENV)/bin/lint-imports
	$(PRODUCTION_SETTINGS) $(MANAGE) check --deploy --fail-level WARNING
	$(MANAGE) makemigrations --check --dry-run
	$(MANAGE) vendor --check
	$(MANAGE) messages --check

format: setup ## put the code into the house's form
	$(VENV)/bin/ruff format .
	$(VENV)/bin/ruff check --fix .

bench: setup ## measure the budgets and print them (DATABASE_URL picks the database)
	$(PYTHON) -m bench $(ARGS)

soak: setup ## run the long races: killed workers, many writers
	$(PYTHON) -m pytest -m soak $(ARGS)

vendor: setup ## refresh static/vendor and static/icons.svg through npm
	$(MANAGE) vendor

messages: setup ## bring locale/*/django.po up to the source and compile it
	$(MANAGE) messages

requirements: ## compile requirements/*.txt from pyproject.toml (needs uv)
	@for kind in production "development --extra dev"; do set -- $$kind; file=requirements/$$1.txt; shift; \
		$(UV) pip compile --quiet --universal --python-version 3.12 --generate-hashes \
			--no-emit-index-url --no-annotate --no-header $$@ pyproject.toml -o $$file.new || exit 1; \
		{ echo "# Compiled from pyproject.toml by make requirements; not written by hand."; \
			grep -v '^#' $$file.new; } > $$file; rm $$file.new; done

env: ## write .env with fresh secrets for production; never overwrites
	@if [ -e .env ]; then echo ".env is there already; it stays as it is."; else \
		secret() { LC_ALL=C tr -dc A-Za-z0-9 < /dev/urandom | head -c "$$1"; }; umask 077; \
		sed -e "s/^SECRET_KEY=$$/SECRET_KEY=$$(secret 64)/" \
			-e "s/^SETUP_TOKEN=$$/SETUP_TOKEN=$$(secret 24)/" \
			-e "s/^POSTGRES_PASSWORD=$$/POSTGRES_PASSWORD=$$(secret 32)/" .env.example > .env; \
		echo "Wrote .env with fresh secrets. Set SITE_URL and ALLOWED_HOSTS in it."; \
		echo "The first administrator is made in the browser with its SETUP_TOKEN."; fi

clean: ## remove what tools and tests left behind; data in var/ stays
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -print | xargs rm -rf
