.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header
OURS := --no-emit-package climpy --no-emit-package climate-simulation-platform
KERNELS := Multi_Page_WebApp/python_tools/climpy/_kernels
PACKAGES := Multi_Page_WebApp/python_tools Multi_Page_WebApp/flask_app
SERVICES := Multi_Page_WebApp Single_Page_WebApp

.PHONY: help setup run single-page dev secrets demo test test-integration test-compose servers fortran check lint audit bench chaos pictures lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: .venv/.compiled .venv/.mosaic ## build .venv: locked dependencies, both distributions, compiled kernels, the program mosaic

.venv/.ready: requirements.lock $(addsuffix /pyproject.toml,$(PACKAGES))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) -V). Name another one: make PYTHON=python3.12 setup" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation $(addprefix -e ,$(PACKAGES))
	printf '%s\n' $(addprefix $(CURDIR)/,$(SERVICES)) > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/services.pth"
	@touch $@

# numba does not notice changes in kernels that a kernel calls: a newer source empties the cache
.venv/.compiled: .venv/.ready $(wildcard $(KERNELS)/*.py)
	rm -f $(KERNELS)/__pycache__/*.nb?
	$(BIN)/python -m climpy.compile
	@touch $@

# coupling weights of the engine mosaic; without a Fortran compiler that engine says what to install
.venv/.mosaic: .venv/.ready $(wildcard mosaic_worker/fortran/*/*.f90) mosaic_worker/fortran/CMakeLists.txt
	@if command -v cmake >/dev/null && command -v gfortran >/dev/null; then \
	  cmake -S mosaic_worker/fortran -B .venv/mosaic --log-level=WARNING && cmake --build .venv/mosaic >/dev/null \
	  && cp .venv/mosaic/mosaic $(BIN)/mosaic && touch $@; \
	else echo "Without gfortran and cmake the coupling weights of the engine mosaic are not available." >&2; fi

run: setup ## the platform in the browser, until Ctrl-C
	@$(BIN)/climate-sim serve

single-page: setup ## one file in an editor in the browser, without an account, until Ctrl-C
	@$(BIN)/python -m single_page_webapp

dev: secrets ## the containers, built from here and restarted when the source changes, on http://127.0.0.1:8080
	PORT=$${PORT:-127.0.0.1:8080} docker compose -f docker-compose.yaml -f docker-compose.dev.yaml up --build

secrets: ## keys and passwords of an installation in containers, into secrets/
	@deploy/make-secrets.sh

demo: setup ## a made-up Earth through the whole workflow, into demo/
	$(BIN)/climate-sim demo-topography demo/topography.nc --force
	$(BIN)/climate-sim run demo/topography.nc --out demo/boundary_conditions --force
	@echo "Look at demo/boundary_conditions/overview.png"

test: check servers fortran ## all checks and all tests
	$(BIN)/pytest -n 2 --ignore tests/broker --ignore tests/chaos --ignore tests/compose
	$(BIN)/pytest -n 2 --dist loadfile tests/broker tests/chaos

test-integration: setup servers ## those with a real broker, PostgreSQL, nginx, files, processes
	$(BIN)/pytest -n 2 tests/integration tests/unit/platform
	$(BIN)/pytest -n 2 --dist loadfile tests/broker tests/chaos

servers: ## install what the tests start themselves (as root on Debian; elsewhere told, and skipped)
	@tests/servers.sh

# Debug with bounds checked and traps on what is no number; warnings are errors in both
fortran: ## build and test the program mosaic in Debug and in Release (where gfortran and cmake are)
	@if command -v cmake >/dev/null && command -v gfortran >/dev/null; then set -e; \
	  for kind in Debug Release; do \
	    cmake -S mosaic_worker/fortran -B .venv/mosaic-$$kind -D CMAKE_BUILD_TYPE=$$kind -D STRICT=ON --log-level=WARNING; \
	    cmake --build .venv/mosaic-$$kind --parallel 2 >/dev/null; \
	    ctest --test-dir .venv/mosaic-$$kind --output-on-failure; done; \
	elif [ -n "$$CI" ]; then echo "gfortran and cmake are not installed." >&2; exit 1; \
	else echo "Without gfortran and cmake the tests of the program mosaic are left out." >&2; fi

test-compose: setup ## the containers, from upload to download (needs docker); rewrites docs/containers.md
	CONTAINERS_PAGE=docs/containers.md $(BIN)/pytest tests/compose

check: setup lint ## ruff, mypy --strict, the layers, the linters
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

DOCKERFILES := $(wildcard */Dockerfile */*/Dockerfile)
SCRIPTS := .ci/run nginx/docker-entrypoint.d/19-platform.envsh $(wildcard *.sh */*.sh */*/*.sh)

.venv/.ready-lint: requirements/lint.lock .venv/.ready
	@if $(BIN)/pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r $<; then touch $@; \
	  elif [ -n "$$CI" ]; then exit 1; \
	  else echo "The linters of workflows, Dockerfiles and scripts do not install here; they are left out." >&2; fi

lint: .venv/.ready-lint ## workflows, Dockerfiles, scripts
	@[ ! -e $< ] || { set -x; \
	  $(BIN)/actionlint -shellcheck $(BIN)/shellcheck && \
	  $(BIN)/zizmor --offline --quiet --no-progress .github && \
	  $(BIN)/hadolint $(DOCKERFILES) && \
	  $(BIN)/shellcheck $(SCRIPTS); }

.venv/.ready-audit: requirements/audit.lock .venv/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

audit: .venv/.ready-audit ## known weaknesses of the locked packages (asks the network)
	$(BIN)/pip-audit --strict --disable-pip --require-hashes $(addprefix -r ,requirements.lock $(wildcard requirements/*.lock))

.venv/.ready-bench: requirements-bench.lock .venv/.compiled
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bench.lock
	@touch $@

bench: .venv/.ready-bench ## measure, and rewrite the table in docs/performance.md
	$(BIN)/python -m benchmarks

chaos: setup ## kill services 200 times while people work, and rewrite docs/chaos.md (needs RabbitMQ)
	$(BIN)/python -m tests.chaos

pictures: setup ## take the pictures of all pages for docs/img (needs chromium)
	$(BIN)/python -m tests.e2e.pictures

lock: ## resolve the lock files anew (needs uv)
	$(LOCK) --group test --group check $(OURS) requirements.in -o requirements.lock
	$(LOCK) --group bench -c requirements.lock -o requirements-bench.lock
	for group in build web worker mosaix panel single_page dispatcher lint audit; do \
	  $(LOCK) $(OURS) -c requirements.lock requirements/$$group.in -o requirements/$$group.lock || exit 1; done

clean: ## remove .venv and every cache
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
