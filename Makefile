# demo · test · lint · docs · image · bench · audit · lock: each does all of its own set-up.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check install --no-deps
CHECK_PYTHON = $(PYTHON) -c 'import sys; sys.version_info < (3, 11) and sys.exit("$(PYTHON) is Python %s.%s, and \
	3.11 is the least: name another, as in make PYTHON=python3.13." % sys.version_info[:2])'
UV_LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header

.PHONY: demo test lint format docs image bench audit lock clean
# Two pips at once in one .venv would spoil it.
.NOTPARALLEL:

demo: .venv/demo ## log in to a Salesforce org on this machine, as the action would
	@$(BIN)/sfjwt demo

test: lint ## everything that can be tested here; what cannot says why
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

lint: .venv/dev ## ruff, mypy, hadolint, zizmor, shellcheck, schemas, secrets
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	@# A cache for each platform, since one for all would be of no use to the next.
	$(BIN)/mypy
	$(BIN)/mypy --cache-dir .mypy_cache/darwin --platform darwin sfjwt_action entrypoint.py
	$(BIN)/mypy --cache-dir .mypy_cache/win32 --platform win32 sfjwt_action entrypoint.py
	$(BIN)/hadolint Dockerfile
	$(BIN)/zizmor --offline --quiet --pedantic . examples/github/*.yml
	$(BIN)/shellcheck .ci/* bench/*.sh examples/*/*.sh image/* tools/audit
	$(BIN)/check-jsonschema --builtin-schema vendor.github-actions action.yml composite/action.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml examples/github/*.yml
	$(BIN)/act --quiet --list >/dev/null # its parser takes none, if one is beyond it
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci examples/gitlab/.gitlab-ci.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.circle-ci examples/circleci/config.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.azure-pipelines --data-transform azure-pipelines \
		--regex-variant nonunicode examples/azure/azure-pipelines.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.bitbucket-pipelines examples/bitbucket/bitbucket-pipelines.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.buildkite examples/buildkite/pipeline.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.woodpecker-ci examples/woodpecker/.woodpecker.yaml
	$(BIN)/check-jsonschema --builtin-schema vendor.drone-ci examples/drone/.drone.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.cloudbuild examples/cloudbuild/cloudbuild.yaml
	@# What tests call a password or a key is none; tests/house looks for keys.
	@git rev-parse --git-dir >/dev/null 2>&1 || echo "make lint: not a git checkout, so no file is searched for secrets"
	git ls-files -z | xargs -0 $(BIN)/detect-secrets-hook --disable-plugin KeywordDetector \
		--disable-plugin BasicAuthDetector --disable-plugin PrivateKeyDetector

format: .venv/dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

docs: .venv/dev ## renew what is generated: tables in README.md, docs/troubleshooting.md
	$(BIN)/python tools/readme_tables.py
	$(BIN)/python tools/troubleshooting.py

image: ## the container image, as GitHub builds it
	docker build --tag sfjwt-action .

bench: .venv/dev ## a login's time and memory against other ways to log in: docs/benchmarks.md
	$(BIN)/python bench/run.py

audit: .venv/dev ## known vulnerabilities: of every lock, by PyPI; of the image's Debian packages, by Debian
	tools/audit

# Its programs name its place and its Python: once either has changed, or where it was left half made, it is made anew.
$(shell $(BIN)/pip --version >/dev/null 2>&1 || rm -f .venv/demo .venv/dev)

# Wheels only from the lock and only with their hashes; our own package is built with the locked backend.
.venv/%: requirements-%.lock pyproject.toml
	@$(BIN)/pip --version >/dev/null 2>&1 || { $(CHECK_PYTHON) && $(PYTHON) -m venv --clear .venv; }
	$(PIP) --require-hashes --requirement $<
	$(PIP) --no-build-isolation --editable .
	@touch $@

lock: .venv/dev ## renew the locks from pyproject.toml
	$(UV_LOCK) --upgrade pyproject.toml --extra local-org --group build --group dev --output-file requirements-dev.lock
	$(UV_LOCK) pyproject.toml --extra local-org --group build --constraint requirements-dev.lock --output-file requirements-demo.lock
	$(UV_LOCK) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	# What the image installs: requests guesses encodings with charset-normalizer, and nobody asks it to here.
	$(UV_LOCK) pyproject.toml --no-emit-package charset-normalizer \
		--constraint requirements-dev.lock --output-file requirements.lock

clean:
	rm -rf .venv .local
