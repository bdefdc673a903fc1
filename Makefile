# The commands of this house; `make help` lists them. Everything they need is installed into .venv and node_modules.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

export PYTHONUNBUFFERED := 1
export PACE

# The distribution's Python first: it is built with profile-guided optimisation, and where `python3` on the path is one
# compiled without it, everything takes a quarter longer. `make PYTHON=/path/to/python run` names another (a PYTHON of the
# environment is meant for other tools).
OTHER_PYTHON := $(if $(findstring command,$(origin PYTHON)),$(PYTHON))
PYTHONS := $(or $(OTHER_PYTHON),/usr/bin/python3 python3 python3.13 python3.12 python3.11)
SYSTEM_PYTHON := $(shell for name in $(PYTHONS); do \
	if command -v $$name >/dev/null 2>&1 && $$name -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; \
	then command -v $$name; break; fi; done)
PY := .venv/bin/python

.PHONY: help run reset test test-full check requirements bench loadtest lock python-found setup setup-dev

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

python-found:
	@test -n "$(SYSTEM_PYTHON)" || { \
		echo "需要 Python 3.11 或更新版本：请执行 apt-get install python3（Debian 12 / Ubuntu 24.04 起）。" >&2; \
		echo "Python 3.11 or newer is needed: run apt-get install python3 (Debian 12, Ubuntu 24.04 or later)." >&2; \
		exit 1; }

setup: python-found
	@$(SYSTEM_PYTHON) -m hub.embedded.bootstrap run $(PYTHONS)

setup-dev: python-found
	@$(SYSTEM_PYTHON) -m hub.embedded.bootstrap dev $(PYTHONS)

run: setup ## the whole district on this machine; PACE=10 makes its residents ten times as busy, PACE=0 sends them home
	@exec $(PY) -m hub.embedded run

reset: setup ## forget all demo data
	@$(PY) -m hub.embedded reset

test: setup-dev ## all tests on real PostgreSQL, Valkey, S3, HTTP, MLLP and Chromium
	@tools/test

test-full: setup-dev ## also the slow ones
	@tools/test --slow

check: setup-dev ## everything that needs no running service
	@$(PY) -m tools.check

requirements: setup-dev ## rows of the requirement catalogue proven by tests
	@$(PY) -m tools.requirements

bench: setup-dev ## the measures of docs/bench, on a district of their own
	@$(PY) -m hub.embedded with-services bench $(PY) -m loadtest.bench

loadtest: setup-dev ## Locust scenarios against a running `make run`
	@$(PY) -m loadtest

lock: setup-dev ## write the lock files anew from the .in files and package.json
	@tools/lock
