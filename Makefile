# Two commands: `make demo` shows the product on a call, `make test` proves it. Everything else serves them.

PYTHON ?= python3
BIN := .venv/bin
PAGES := $(shell find dashboard -type f -not -path '*/node_modules/*' -not -path '*/dist/*' \
	-not -path '*/generated*' -not -name '*.png')

.PHONY: demo test lint types unit browser dashboard screenshots calls bench lock clean help

demo: .venv/.installed dashboard/dist/index.html  ## install everything and play a call
	@$(BIN)/tingyin models fetch base
	@$(BIN)/tingyin demo $(ARGS)

test: .venv/.installed-dev dashboard/dist/index.html  ## install what the tests need and run them all
	@.ci/setup system
	@$(BIN)/tingyin models fetch base
	@$(MAKE) --no-print-directory lint types unit browser
	@echo "make test: everything passed"

lint: .venv/.installed-dev dashboard/node_modules/.installed
	@echo "== format and lint"
	@$(BIN)/ruff format --check --quiet . && $(BIN)/ruff check --quiet .
	@cd dashboard && npm run --silent lint

types: .venv/.installed-dev dashboard/node_modules/.installed
	@echo "== types"
	@$(BIN)/mypy
	@cd dashboard && npm run --silent typecheck

unit: .venv/.installed-dev dashboard/dist/index.html
	@echo "== tests of the dashboard's state"
	@cd dashboard && npm run --silent test
	@echo "== tests"
	@$(BIN)/pytest -n 2 --dist loadfile

browser: .venv/.installed-dev dashboard/dist/index.html
	@echo "== tests in the browser"
	@.ci/setup browser

dashboard: dashboard/dist/index.html  ## build the pages

screenshots: dashboard/dist/index.html  ## pictures of every page, wide and narrow, in both themes and languages
	@cd dashboard && npm run --silent screenshots -- ../screenshots $(ARGS)

bench: .venv/.installed-dev dashboard/dist/index.html  ## print every figure of the README and of FIGURES
	@$(BIN)/python -m bench

lock: ## pin the dependencies anew (needs uv)
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-annotate --no-header --quiet -o requirements.lock
	uv pip compile pyproject.toml --group dev -c requirements.lock --universal --python-version 3.11 \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements-dev.lock

.venv/.installed: requirements.lock pyproject.toml
	@.ci/setup python requirements.lock $@

.venv/.installed-dev: requirements-dev.lock pyproject.toml
	@.ci/setup python requirements-dev.lock $@

dashboard/node_modules/.installed: dashboard/package-lock.json
	@.ci/setup node $@

dashboard/dist/index.html: dashboard/node_modules/.installed $(PAGES)
	@echo "== building the pages"
	@cd dashboard && npm run --silent build
	@touch $@

clean:  ## remove what was installed and built here
	rm -rf .venv dashboard/node_modules dashboard/dist .mypy_cache .ruff_cache .pytest_cache

help:
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'
