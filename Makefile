# One environment for people and CI alike: .venv, made from the pinned requirements-dev.txt.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: help setup demo test lint format eval speed bench-writing bench-judged bench-batch words lock clean

help: ## Show what can be made.
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "drafter needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Next: make PYTHON=python3.12 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(STAMP) ## Make .venv with everything pinned.

demo: $(STAMP) ## Draft the examples: no key, no model server.
	@$(BIN)/drafter draft examples/candidates.yaml examples/candidates.csv --model offline --no-store

test: $(STAMP) ## Run all tests.
	$(BIN)/pytest

lint: $(STAMP) ## Style, types, library.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/drafter library lint

format: $(STAMP) ## Put the code into its form.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

eval: $(STAMP) ## Print the figures on the labelled cases in bench/.
	$(BIN)/python -m bench

speed: $(STAMP) ## Print how long mapping, selecting and checking take.
	$(BIN)/python -m bench.speed

bench-writing: $(STAMP) ## Draft the people of the bench with the configured model, beside one plain call each.
	$(BIN)/python -m bench.writing

bench-judged: $(STAMP) ## Ask the configured model about mails that nobody here wrote.
	$(BIN)/python -m bench.judged --wrong

bench-batch: $(STAMP) ## Measure whole batches against a model server on this machine: load, limits, kills, faults (half an hour or more).
	$(BIN)/python -m bench.batch

words: $(STAMP) ## Learn the word table anew from the vocabulary and the invented profiles.
	$(BIN)/python -m bench.learn

lock: $(STAMP) ## Pin the dependencies anew, with hashes and without addresses (needs uv).
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --group dev pyproject.toml -o requirements-dev.txt

clean: ## Remove what make has made.
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
