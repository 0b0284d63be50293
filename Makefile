# Two commands do everything on a machine with only Python 3.11+ and make:
#   make demo    the bundled mesh, with load and a live picture (ARGS='--for 20s' ends by itself)
#   make test    lint, unit, golden and end-to-end tests
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
WORKERS ?= 4
PARTS   ?= lint unit e2e

# make wheel builds dist/gossamer-VERSION.whl of what is tracked; twice the same, twice the same bytes
.PHONY: setup feature wheel demo test lint unit coverage raise-coverage e2e clean
setup: $(VENV)/.ready

$(VENV)/.ready: requirements.lock pyproject.toml tools/envoy_stubs.py
	$(PYTHON) -m venv $(VENV)
	@echo "installing the packages of requirements.lock into $(VENV)"
	@$(BIN)/python -m pip install $$([ -t 1 ] || echo --quiet) --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	$(BIN)/python tools/envoy_stubs.py $(VENV)/stubs
	touch $@

# make feature WORD=cors lays the skeleton of a policy; docs/development/add-a-feature.md
feature: setup
	$(BIN)/python -m tools.feature "$(WORD)"

wheel: setup
	$(BIN)/python -m tools.wheel dist

demo: setup
	$(BIN)/gossamer demo $(ARGS)

test: setup
	@set -e; for part in $(PARTS); do \
	  start=$$(date +%s); $(MAKE) --no-print-directory $$part; \
	  echo "make $$part: $$(( $$(date +%s) - start )) s"; \
	done

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest -n $(WORKERS) -m "not e2e" tests $(ARGS)

# The unit tests again, with the lines counted that they run: each room has a floor.
coverage: setup
	$(BIN)/pytest -n $(WORKERS) -m "not e2e" --cov --cov-report=json:build/coverage.json tests $(ARGS)
	$(BIN)/python tests/coverage_floors/floors.py build/coverage.json

raise-coverage: coverage
	$(BIN)/python tests/coverage_floors/floors.py build/coverage.json --raise

e2e: setup
	$(BIN)/pytest -n 2 --dist loadfile -m e2e tests $(ARGS)

clean:
	rm -rf $(VENV) build
