# Every target does its own set-up and is quick the second time.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Processes that share the tests; most tests wait, so that twice as many as cores are the quickest.
WORKERS ?= $(shell $(BIN)/python -c 'import os; print(2 * len(os.sched_getaffinity(0)))')

.PHONY: venv demo demo-real test check format bench apiserver clean

venv: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { \
	  echo "python3 -m venv does not work here. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; say which: make PYTHON=python3.12 ..." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: venv
	$(BIN)/mtc-bot demo

demo-real: venv apiserver
	$(BIN)/python -m tests.apiserver.demo

# Many short processes are started: modules and signatures are compiled once, whatever the shell
# asks for.
test: export PYTHONDONTWRITEBYTECODE :=
test: venv
	@$(BIN)/python -c 'from tests.knowledge.builtin import builtin_engine; builtin_engine()'
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup

check: venv
	$(BIN)/ruff format --check bot handlers knowledge sandbox tests bench
	$(BIN)/ruff check bot handlers knowledge sandbox tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/mtc-bot kb lint

format: venv
	$(BIN)/ruff format bot handlers knowledge sandbox tests bench
	$(BIN)/ruff check --fix bot handlers knowledge sandbox tests bench

apiserver:
	@sh tests/apiserver/build.sh

bench: venv
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) .build .mypy_cache .ruff_cache .import_linter_cache
