# make demo   a synthetic season from events to published file
# make test   lint, types, import contracts, tests
# make lint   the first three alone
# make bench  the measured claims of docs/performance.md
# make peers  Winnow and others on the same synthetic seasons: docs/peers.md (installs the others)
# make dictionary  docs/data-dictionary.md anew from the comments of the published views
# make lock   resolve the locked versions anew (needs uv)

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench peers dictionary lock clean

$(VENV)/ready: requirements.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "winnow needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

.venv: $(VENV)/ready

demo: $(VENV)/ready
	$(BIN)/winnow demo

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/pytest -n 2

bench: $(VENV)/ready
	$(BIN)/python -m benchmarks
	$(BIN)/python -m benchmarks.settling
	$(BIN)/python -m benchmarks.simulating
	$(BIN)/python -m benchmarks.detecting
	$(BIN)/python -m benchmarks.communities

.venv-peers/ready: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv-peers
	.venv-peers/bin/pip install --quiet --disable-pip-version-check 'pip>=25.1'
	.venv-peers/bin/pip install --quiet --require-hashes -r requirements.txt
	.venv-peers/bin/pip install --quiet --no-deps --no-build-isolation --editable .
	.venv-peers/bin/pip install --quiet --group peers
	touch $@

peers: .venv-peers/ready
	.venv-peers/bin/python -m benchmarks.peers

dictionary: $(VENV)/ready
	$(BIN)/python -m warehouse.dictionary docs/data-dictionary.md

lock:
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --group dev pyproject.toml -o requirements.txt

clean:
	rm -rf $(VENV) .venv-peers demo bench-data
