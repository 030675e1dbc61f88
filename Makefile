# Everything here works on a machine with Python 3.11, pip and the package registries; the rest is set up by `setup`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .tools/bin/uv
UV_VERSION := 0.13.8
RUN := .venv/bin
export UV_PYTHON_DOWNLOADS = never

.PHONY: help setup run test lint bench screenshots docs format kafka demo-enrich

help: ## Shows the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: .venv/.ready ## Creates the environment in .venv

.venv/.ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked --quiet --python $(PYTHON)
	touch $@

$(UV):
	$(PYTHON) -m pip install --quiet --upgrade --target .tools uv==$(UV_VERSION)

run: setup ## Starts a portal with the demo organisation at http://localhost:8080
	$(RUN)/fairway serve --demo

test: setup ## Runs the tests (arguments: make test ARGS="tests/portal -k health")
	$(RUN)/pytest -n 2 $(ARGS)

lint: setup ## Style, types, import rules, house rules, generated documentation
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python scripts/house_rules.py
	$(RUN)/python scripts/reference_docs.py --check

format: setup ## Formats the code
	$(RUN)/ruff check --fix
	$(RUN)/ruff format

docs: setup ## Writes the generated part of docs/
	$(RUN)/python scripts/reference_docs.py

bench: setup ## Measures the budgets of docs/performance.md
	$(RUN)/python -m bench.ingestion
	$(RUN)/python -m bench.search

kafka: setup ## Starts a real Apache Kafka at localhost:9092 (needs Java and Maven)
	$(RUN)/python scripts/kafka.py

demo-enrich: setup ## Shows self-service end to end: portal, agent, backend and a git repository
	$(RUN)/python examples/enrich-service/demo.py

screenshots: setup ## Pictures of the web interface
	@echo "The web interface comes with a later release: there is nothing to picture yet."
