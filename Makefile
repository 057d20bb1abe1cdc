.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
KERNELS := Multi_Page_WebApp/python_tools/climpy/_kernels
PACKAGES := Multi_Page_WebApp/python_tools Multi_Page_WebApp/flask_app

.PHONY: help setup run demo test check bench pictures lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.compiled ## build .venv: locked dependencies, both distributions, compiled kernels

.venv/.ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another one: make PYTHON=python3.12 setup" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	@touch $@

# numba does not notice changes in kernels that a kernel calls: a newer source empties the cache
.venv/.compiled: .venv/.ready $(wildcard $(KERNELS)/*.py)
	rm -f $(KERNELS)/__pycache__/*.nb?
	$(BIN)/python -m climpy.compile
	@touch $@

run: setup ## the platform in the browser, until Ctrl-C
	@$(BIN)/climate-sim serve

demo: setup ## a made-up Earth through the whole workflow, into demo/
	$(BIN)/climate-sim demo-topography demo/topography.nc --force
	$(BIN)/climate-sim run demo/topography.nc --out demo/boundary_conditions --force
	@echo "Look at demo/boundary_conditions/overview.png"

test: check ## all checks and all tests
	$(BIN)/pytest -n 2

check: setup ## ruff, mypy --strict, the layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/.ready-bench: requirements-bench.lock .venv/.compiled
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: .venv/.ready-bench ## measure, and rewrite the table in docs/performance.md
	$(BIN)/python -m benchmarks

pictures: setup ## take the pictures of all pages for docs/img (needs chromium)
	$(BIN)/python -m tests.e2e.pictures

lock: ## resolve the lock files anew (needs uv)
	$(LOCK) --group test --group check --no-emit-package climpy --no-emit-package climate-simulation-platform \
	  requirements.in -o requirements.lock
	$(LOCK) --group bench -c requirements.lock -o requirements-bench.lock

clean: ## remove .venv and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
