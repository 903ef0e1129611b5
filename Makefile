# demo · check · test · lint · docs · pictures · image · bench · audit · lock: each does all of its own set-up.
PYTHON ?= python3
BIN := .venv/bin
# Twice quiet, so that pip warns of no package index that this machine's configuration names in vain.
PIP := $(BIN)/python -m pip --quiet --quiet --disable-pip-version-check install --no-deps
# One process for each core, and a file's tests in one, because they share fixtures and container names.
# Not loadgroup, because pytest 9.2 makes xdist 3.8 ignore its marks. Slow files come first, as collected.
PARALLEL := --numprocesses auto --dist loadfile --no-loadscope-reorder
# What starts a process for each of its tests, or needs openssl, git and curl.
SLOW := tests/unit/onboarding tests/unit/ci/test_whole_command.py tests/house/test_package.py tests/house/test_reports.py
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("$(PYTHON) is Python %s.%s, and \
	3.11 is the least: name another, as in make PYTHON=python3.13." % sys.version_info[:2])'
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: demo check test lint format docs pictures image bench audit lock clean
# Two pips at once in one .venv would spoil it.
.NOTPARALLEL:

demo: .venv/demo ## log in to a Salesforce org on this machine, as the action would
	@$(BIN)/sfjwt demo

check: lint ## lint, and the tests that need nothing but Python: half a minute
	@echo "Running the unit tests..."
	@$(BIN)/pytest $(PARALLEL) -m "not container and not node" tests/unit tests/house $(SLOW:%=--ignore %)

test: lint ## everything that can be tested here; what is skipped says why
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

docs: .venv/dev ## renew generated text: tables in README.md, pages in docs
	$(BIN)/python tools/readme_tables.py
	$(BIN)/python tools/troubleshooting.py
	$(BIN)/python tools/field_cases.py
	$(BIN)/python tools/reports.py

pictures: .venv/dev ## renew docs/images from real logins, with Chromium
	$(BIN)/python tools/pictures.py

image: ## the container image, as GitHub builds it
	docker build --tag sfjwt-action .

bench: .venv/dev ## a login's time and memory against other ways to log in: docs/benchmarks.md
	$(BIN)/python bench/run.py

audit: .venv/dev ## known vulnerabilities: of every lock, by PyPI; of the image's Debian packages, by Debian
	tools/audit

# Its programs name its place and its Python: once either has changed, or where it was left half made, it is made anew.
$(shell $(BIN)/pip --version >/dev/null 2>&1 || rm -f .venv/demo .venv/dev)

# Wheels only from the lock and only with their hashes. Our own package is built with the locked backend.
.venv/%: requirements-%.lock pyproject.toml
	@echo "Installing what this needs into .venv, once (up to a minute)..."
	@$(BIN)/pip --version >/dev/null 2>&1 || { $(CHECK_PYTHON) && $(PYTHON) -m venv --clear .venv; }
	@$(PIP) --require-hashes --requirement $<
	@$(PIP) --no-build-isolation --editable .
	@touch $@

lock: .venv/dev ## renew the locks from pyproject.toml
	$(UV_LOCK) --upgrade pyproject.toml --extra local-org --group build --group dev --output-file requirements-dev.lock
	$(UV_LOCK) pyproject.toml --extra local-org --group build --constraint requirements-dev.lock --output-file requirements-demo.lock
	$(UV_LOCK) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	$(UV_LOCK) --upgrade tests/python_clients/requirements.in --output-file tests/python_clients/requirements.lock
	# What the image installs: requests guesses encodings with charset-normalizer, and nobody asks it to here.
	$(UV_LOCK) pyproject.toml --no-emit-package charset-normalizer \
		--constraint requirements-dev.lock --output-file requirements.lock

clean:
	rm -rf .venv .local
