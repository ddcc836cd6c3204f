# One script per chore. `make help` lists them; everything happens inside .venv.

VENV := .venv
PY := $(VENV)/bin/python
SOURCES := src tests benchmarks examples docs training
TRAINING := .venv-training
DATA ?= $(or $(SIGHTLINE_TEST_DATA),../shared/data)
MODEL ?= hazard
OUT ?= sightline-out
PYTEST_ARGS ?=

NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null

# The first Python of 3.11 or newer on this machine; `make PYTHON=... setup` overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	if $$p $(NEW_ENOUGH); then echo $$p; break; fi; done)

# Ends in one line where the Python of the environment $(1), or the one that would make it, is missing or too old.
define new_enough
	@p=$(PYTHON); test ! -x $(1)/bin/python || p=$(1)/bin/python; $${p:-false} $(NEW_ENOUGH) || \
		{ echo "Sightline needs Python 3.11 or newer; $${p:-none was found}$${p:+ is $$($$p -V 2>&1)}" >&2; exit 1; }
endef

# `--no-deps`: the locked file is the whole closure, so nothing can pull a second OpenCV in.
PIP_FLAGS := --no-deps --only-binary :all: --require-hashes
LOCK := uv pip compile pyproject.toml --universal --fork-strategy fewest --python-version 3.11 \
	--no-header --no-annotate --no-emit-index-url --generate-hashes --quiet

.PHONY: help setup demo serve test test-unit test-rest check lint types imports docs docs-check servers test-servers coverage bench peers train weights test-training build lock format clean
.DEFAULT_GOAL := help

help: ## List what there is to make
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(VENV)/.installed ## Make .venv with the pinned dependencies and this package

$(VENV)/.locked: requirements/dev.txt
	$(call new_enough,$(VENV))
	@test -x $(PY) || $(PYTHON) -m venv $(VENV) || uv venv --quiet --seed --python $(PYTHON) $(VENV) || \
		{ echo "no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "installing the pinned dependencies into $(VENV)"
	@if command -v uv >/dev/null 2>&1 && uv pip install --quiet --python $(PY) $(PIP_FLAGS) -r $<; then :; \
		else $(PY) -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r $<; fi
	@touch $@

$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	@$(PY) -m pip --version >/dev/null 2>&1 || $(PY) -m ensurepip --default-pip >/dev/null
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

demo: setup ## Render a clip with known truth, analyse it, print what was found and how well
	@$(VENV)/bin/sightline demo --out $(OUT)/demo

serve: setup ## Run the HTTP API on 127.0.0.1:8000
	@$(VENV)/bin/sightline serve

test: setup ## Run every test that needs no server (PYTEST_ARGS="-k words" chooses some)
	@$(PY) -m pytest -m "not server" $(PYTEST_ARGS)

SERVERS := tests/servers/.venv
$(SERVERS)/.installed: tests/servers/requirements.txt
	$(call new_enough,$(SERVERS))
	@test -x $(SERVERS)/bin/python || $(PYTHON) -m venv $(SERVERS)
	@$(SERVERS)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r $<
	@touch $@

servers: $(SERVERS)/.installed ## Make the S3 server that tests use; the others come with the system's packages

test-servers: setup servers ## Run the tests that need PostgreSQL, Redis, RabbitMQ, S3 or TURN, on servers that it starts and stops
	@$(PY) tests/servers/start.py $(PY) -m pytest -m server $(PYTEST_ARGS)

test-unit: setup
	@$(PY) -m pytest -m "not server" tests/unit $(PYTEST_ARGS)

test-rest: setup
	@$(PY) -m pytest -m "not server" tests --ignore=tests/unit $(PYTEST_ARGS)

# The tests are two targets, so that `make -j2 check` keeps two cores busy.
check: lint types imports docs-check test-unit test-rest ## All that CI asks: style, types, import contracts, docs, tests

lint: setup ## Style
	@$(VENV)/bin/ruff check $(SOURCES)
	@$(VENV)/bin/ruff format --check $(SOURCES)

types: setup ## Types, strictly
	@$(VENV)/bin/mypy

imports: setup ## Who may import whom
	@$(VENV)/bin/lint-imports --no-cache

docs: setup ## Write the pages that are made from the code
	@$(PY) docs/generate.py

docs-check: setup
	@$(PY) docs/generate.py --check

coverage: setup ## Run the tests with branch coverage
	@$(PY) -m pytest -m "not server" --cov --cov-report=term:skip-covered --cov-fail-under=90 $(PYTEST_ARGS)

bench: setup ## Measure speed, memory and start-up; writes docs/performance.md
	@$(PY) benchmarks/all.py

peers: setup ## Install the peers that `make bench` measures beside, each in an environment of its own
	@$(PY) benchmarks/peers/install.py

$(TRAINING)/.installed: requirements/dev.txt training/requirements.txt
	$(call new_enough,$(TRAINING))
	@test -x $(TRAINING)/bin/python || $(PYTHON) -m venv $(TRAINING)
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check $(PIP_FLAGS) -r requirements/dev.txt
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check -r training/requirements.txt
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

train: $(TRAINING)/.installed ## Train a model of our own, on from where it stopped: make train MODEL=hazard
	@nice $(TRAINING)/bin/python -m training.train $(MODEL) --data $(DATA)

weights: $(TRAINING)/.installed ## Export a trained model to ONNX and score it: make weights MODEL=hazard
	@$(TRAINING)/bin/python -m training.export $(MODEL)
	@$(TRAINING)/bin/python -m training.evaluate --name $(MODEL) --data $(DATA)

test-training: $(TRAINING)/.installed ## Test what trains the models; needs PyTorch, which it installs
	@$(TRAINING)/bin/python -m pytest tests/training

build: setup ## Build the wheel and the source archive into dist/
	@$(PY) -m hatchling build --directory dist

lock: ## Choose the newest allowed dependencies and pin them (needs uv)
	@$(LOCK) --upgrade --extra all --group dev --output-file requirements/dev.txt
	@$(LOCK) --constraints requirements/dev.txt --output-file requirements/base.txt

format: setup ## Apply the formatter and the safe fixes
	@$(VENV)/bin/ruff check --fix-only --quiet $(SOURCES)
	@$(VENV)/bin/ruff format --quiet $(SOURCES)

clean: ## Remove everything that was made, .venv too
	rm -rf $(VENV) dist build $(OUT) benchmarks/out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
