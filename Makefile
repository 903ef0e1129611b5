# demo · check · test · lint · docs · pictures · image · rehearse · bench · audit · lock: each one sets up what it needs.
PYTHON ?= python3
BIN := .venv/bin
# --quiet twice, so that pip doesn't warn about an unreachable package index in this machine's configuration.
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check install --no-deps
# One process per core. A file's tests run in one process, because they share fixtures and container names.
# Not loadgroup, because pytest 9.2 makes xdist 3.8 ignore its marks. Slow files come first, as collected.
PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder
# Tests that start a process each, or need openssl, git and curl.
SLOW := tests/unit/onboarding tests/unit/ci/test_whole_command.py tests/house/test_package.py tests/house/test_reports.py
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("$(PYTHON) is Python %s.%s, and \
	3.11 or later is required. Set another, such as make PYTHON=python3.13." % sys.version_info[:2])'
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: demo check test lint format docs pictures image rehearse bench audit lock clean
# Two pips must not change one .venv at the same time.
.NOTPARALLEL:

demo: .venv/demo ## log in to a Salesforce org on this machine, as the action would
	@$(BIN)/sfjwt demo

check: lint ## lint, and the tests that only need Python: half a minute
	@echo "Running the unit tests..."
	@$(BIN)/pytest $(PARALLEL) -m "not container and not node" tests/unit tests/house $(SLOW:%=--ignore %)

test: lint ## all tests that can run here, and why others are skipped
	@echo "Running all tests..."
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(PARALLEL)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

lint: .venv/dev ## formatter, linters, types, layers, schemas, secrets
	@echo "Linting..."
	@$(BIN)/python tools/lint.py

format: .venv/dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/dev ## regenerate tables in README.md and pages in docs
	$(BIN)/python tools/readme_tables.py
	$(BIN)/python tools/troubleshooting.py
	$(BIN)/python tools/field_cases.py
	$(BIN)/python tools/reports.py
	$(BIN)/python tools/kms_runs.py

pictures: .venv/dev ## regenerate docs/images from real logins, with Chromium
	$(BIN)/python tools/pictures.py
	$(BIN)/python tools/recording.py

image: ## the container image, as GitHub builds it
	docker build --tag sfjwt-action .

rehearse: .venv/dev ## rehearse a release with a registry on this machine, and use it: docs/releasing.md
	$(BIN)/pytest --capture=no --verbose tests/container/test_release.py

bench: .venv/dev ## compare time and memory with other ways to log in: docs/benchmarks.md
	$(BIN)/python bench/run.py

audit: .venv/dev ## look for known vulnerabilities in the locks and the image
	tools/audit

# Programs in .venv contain its path and its Python's. Create it again if either changed, or if it is incomplete.
$(shell $(BIN)/pip --version >/dev/null 2>&1 || rm -f .venv/demo .venv/dev)

# Install only the lock's wheels, by hash. This package is built with the locked backend.
.venv/%: requirements-%.lock pyproject.toml
	@echo "Installing the dependencies into .venv, once (up to a minute)..."
	@$(BIN)/pip --version >/dev/null 2>&1 || { $(CHECK_PYTHON) && $(PYTHON) -m venv --clear .venv; }
	@$(PIP) --require-hashes --requirement $<
	@$(PIP) --no-build-isolation --editable .
	@touch $@

lock: .venv/dev ## update the locks from pyproject.toml
	$(UV_LOCK) --upgrade pyproject.toml --extra local-org --group build --group dev --output-file requirements-dev.lock
	$(UV_LOCK) pyproject.toml --extra local-org --group build --constraint requirements-dev.lock --output-file requirements-demo.lock
	$(UV_LOCK) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	$(UV_LOCK) --upgrade tests/python_clients/requirements.in --output-file tests/python_clients/requirements.lock
	# What the image installs. requests detects encodings with charset-normalizer, which this project doesn't use.
	$(UV_LOCK) pyproject.toml --no-emit-package charset-normalizer \
		--constraint requirements-dev.lock --output-file requirements.lock

clean:
	rm -rf .venv .local
