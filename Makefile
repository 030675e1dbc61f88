# Everything here works on a machine with Python 3.11, pip and the package registries; the rest is set up by `setup`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
UV := .tools/bin/uv
UV_VERSION := 0.13.8
RUN := .venv/bin
export UV_PYTHON_DOWNLOADS = never
# Node and npm are those that the environment got from the package index.
NPM := PATH="$(CURDIR)/$(RUN):$$PATH" npm --prefix web --silent
WEB_BUILT := src/fairway/portal/ui/web/index.html
WEB_SOURCES := $(shell find web/src web/public -type f -not -path 'web/src/api/generated/*') \
	web/index.html web/vite.config.ts web/tsconfig.json
PORTAL_SOURCES := $(shell find src/fairway/portal -name '*.py')

.PHONY: help setup run test lint bench screenshots docs format kafka ocean demo-enrich demo-gitops

help: ## Shows the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

setup: .venv/.ready $(WEB_BUILT) ## Creates the environment in .venv and builds the web interface

.venv/.ready: pyproject.toml uv.lock | $(UV)
	$(UV) sync --locked --quiet --python $(PYTHON)
	touch $@

$(UV):
	$(PYTHON) -m pip install --quiet --upgrade --target .tools uv==$(UV_VERSION)

web/node_modules/.ready: web/package-lock.json .venv/.ready
	$(NPM) ci
	touch $@

# The description is written anew when the portal changes; what follows is built again only when it says something new.
web/openapi.checked: .venv/.ready $(PORTAL_SOURCES)
	$(RUN)/python scripts/api_description.py web/openapi.json
	touch $@

web/openapi.json: web/openapi.checked ;

web/src/api/generated/index.ts: web/openapi.json web/node_modules/.ready web/openapi-ts.config.ts
	$(NPM) run client > /dev/null
	touch $@

$(WEB_BUILT): web/src/api/generated/index.ts $(WEB_SOURCES)
	$(NPM) run build -- --logLevel warn
	touch $@

run: setup ## Starts a portal with the demo organisation at http://localhost:8080
	$(RUN)/fairway serve --demo

test: setup ## Runs the tests (arguments: make test ARGS="tests/portal -k health")
	$(NPM) test
	$(RUN)/pytest -n 4 --dist worksteal $(ARGS)

lint: setup ## Style, types, import rules, house rules, generated documentation
	$(RUN)/ruff check
	$(RUN)/ruff format --check
	$(RUN)/mypy
	$(RUN)/lint-imports
	$(RUN)/python scripts/house_rules.py
	$(RUN)/python scripts/reference_docs.py --check
	$(NPM) run check

format: setup ## Formats the code
	$(RUN)/ruff check --fix
	$(RUN)/ruff format
	$(NPM) run format

docs: setup ## Writes the generated part of docs/
	$(RUN)/python scripts/reference_docs.py

bench: setup ## Measures the budgets of docs/performance.md
	$(RUN)/python -m bench.ingestion
	$(RUN)/python -m bench.search
	$(RUN)/python -m bench.claims
	$(RUN)/python -m bench.agent
	$(RUN)/python -m bench.delivery
	$(RUN)/python -m bench.gitops
	$(RUN)/python -m bench.browser
	$(RUN)/python -m bench.integration
	$(RUN)/python -m bench.live_events

kafka: setup ## Starts a real Apache Kafka at localhost:9092 (needs Java and Maven)
	$(RUN)/python scripts/kafka.py

ocean: setup ## Installs the published port-ocean to compare with (needs Python 3.12)
	$(RUN)/python scripts/ocean.py

demo-enrich: setup ## Shows self-service end to end: portal, agent, backend and a git repository
	$(RUN)/python examples/enrich-service/demo.py

demo-gitops: setup ## Shows spec files in git and the catalog that follows them: portal, git server and repositories
	$(RUN)/python examples/gitops/demo.py

screenshots: setup ## Pictures of the web interface
	$(RUN)/python scripts/screenshots.py build/screenshots
