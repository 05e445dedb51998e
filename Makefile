# Everything here needs make, git and Python 3.11 or later with its module venv, and nothing else:
# the first command makes `.venv` from the hashed lock.  Another Python: PYTHON=python3.13 make test

PYTHON ?= python3
ARGS ?=
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
BIN := .venv/bin
export VIRTUAL_ENV := $(CURDIR)/.venv
# Named after the Python, so that another one makes the environment anew.
READY := .venv/made-with-$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help run test check format conformance conformance-reference conformance-control conformance-packages conformance-wire bench lock clean

help: ## Lists these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*##/ { printf "  make %-22s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(READY) ## Serves the example, a blog, on http://127.0.0.1:8000 (PORT=9000 make run: elsewhere).
	@cd examples/blog/app && exec $(CURDIR)/$(BIN)/python serve.py

test: $(READY) ## Runs all tests, the example's too, in two processes (ARGS=tests/rooms: some of them).
ifeq ($(ARGS),)
	cd examples/blog/app && $(CURDIR)/$(BIN)/python -m pytest -n 2
endif
	$(BIN)/python -m pytest -n 2 $(ARGS)

check: $(READY) ## Checks format, lint, types, floors and the freshness of the locks.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	cd examples/blog/app && $(CURDIR)/$(BIN)/mypy .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python tools/check_floors.py
	$(BIN)/python tools/write_signatures.py --check
	$(BIN)/python tools/lock.py --check

format: $(READY) ## Formats the code, and mends what ruff can mend.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

conformance: $(READY) ## Runs FastAPI's own tests on Pronghorn (ARGS=tests/test_query.py: some of them).
	$(BIN)/python conformance/run.py $(ARGS)

conformance-reference: $(READY) ## Runs them on FastAPI itself, and writes what passes to conformance/reference.txt.
	$(BIN)/python conformance/run.py --reference $(ARGS)

conformance-control: $(READY) ## Runs them on FastAPI's sources behind our alias: the harness's own faults.
	$(BIN)/python conformance/run.py --control $(ARGS)

conformance-packages: $(READY) ## Runs packages made for FastAPI on Pronghorn (ARGS="gradio nicegui": these).
	$(BIN)/python conformance/packages/run_packages.py $(ARGS)

conformance-wire: $(READY) ## Asks the same applications on FastAPI and on Pronghorn over sockets (ARGS="--seed 7").
	cd conformance && $(CURDIR)/$(BIN)/python -m wire $(ARGS)

bench: $(READY) ## Measures everything and writes docs/benchmarks.md (ARGS="in_process --quick": a part, a trial).
	$(BIN)/python -m bench $(ARGS)

lock: $(READY) ## Writes the locks again after a change of dependencies (ARGS=--upgrade: to newer ones).
	$(BIN)/python tools/lock.py $(ARGS)

clean: ## Removes the environments, the caches and what was built.
	rm -rf .venv .conformance .bench build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(READY): requirements/dev.txt hatch_build.py
	@test -n "$(VERSION)" || { echo "$(PYTHON) is missing, or does not run. Install Python 3.11 or later (Debian: apt-get install python3 python3-venv), or name one: PYTHON=python3.13 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is Python $(VERSION); 3.11 or later is needed. Name one: PYTHON=python3.13 make ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "The module venv of $(PYTHON) is missing. Debian: apt-get install python3-venv" >&2; exit 1; }
	@command -v git >/dev/null || { echo "git is missing. Debian: apt-get install git" >&2; exit 1; }
	@echo "making .venv with Python $(VERSION)"
	@$(PYTHON) -m venv --clear .venv
	@sed -n '/^uv==/,/# via/p' requirements/dev.txt > .venv/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt
	@$(BIN)/uv pip install --quiet --require-hashes -r requirements/dev.txt
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@
