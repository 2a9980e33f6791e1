# The words of this project. Each does its own set-up; see README.md.
PORT ?= 8000
DATA ?= data
SCALE ?= village
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready
APP := field_client/app
APP_SETUP := $(APP)/node_modules/.ready
APP_BUILD := $(APP)/dist/index.html
APP_SOURCES := $(shell find $(APP)/src $(APP)/public -type f 2>/dev/null) \
	$(APP)/index.html $(APP)/package.json $(APP)/vite.config.ts
NPM := npm --prefix $(APP)
DESK := server/desk
DESK_VENDOR := $(DESK)/static/vendor/.ready
CHROMIUM := $(shell command -v chromium || command -v chromium-browser || command -v google-chrome)

.DEFAULT_GOAL := help
.PHONY: help run app test drills demo bench screens setup lint app-lint app-test browser lock

help: ## 本列表 / this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: $(SETUP) $(APP_BUILD) $(DESK_VENDOR) ## 演示城市和服务器 / demonstration city and server: make run PORT=8000 DATA=data SCALE=village|town|city
	@$(BIN)/allpost-server run --data "$(DATA)" --port $(PORT) --demo $(SCALE)

app: $(APP_BUILD) ## 构建手机应用 / build the phone app, which the server serves at /app/

test: $(SETUP) lint app-lint app-test $(APP_BUILD) $(DESK_VENDOR) browser ## 全部检查 / every check: formatting, types, arrows, tests
	@$(BIN)/python -m pytest -n 3 --dist loadfile

drills: $(SETUP) $(APP_BUILD) $(DESK_VENDOR) browser ## 长时间演练（断网、断电、恢复备份）/ the long drills: bad networks, kills, restored backups
	@$(BIN)/python -m pytest -m drill tests/browser

demo: $(SETUP) ## 演示一个网格日 / one scripted grid day, three devices, no browser
	@$(BIN)/python -m bench.demo.day

bench: $(SETUP) $(APP_BUILD) $(DESK_VENDOR) browser ## 主要性能指标 / the measures of docs/performance.md, as ratios of one run
	@$(BIN)/python -m bench

screens: $(SETUP) $(APP_BUILD) browser ## 手机应用的截图 / the pictures of the phone app in docs/screens
	@$(BIN)/python -m bench.screens

lint: $(SETUP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

app-lint: $(APP_SETUP)
	@$(NPM) run --silent lint
	@$(NPM) run --silent types
	@cd $(APP) && node_modules/.bin/tsc --noEmit -p tsconfig.tests.json

app-test: $(APP_SETUP)
	@$(NPM) run --silent test

# tests in a browser need Chromium and Chinese letters; where they may not be installed by us, they are asked for
browser:
ifeq ($(CHROMIUM),)
	@if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing Chromium and Chinese fonts (once) ..."; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends \
			chromium fonts-noto-cjk >/dev/null; \
	else \
		echo "请先安装 Chromium 和中文字体 / please install Chromium and a Chinese font (chromium, fonts-noto-cjk)"; exit 1; \
	fi
endif

setup: $(SETUP)

$(APP_SETUP): $(APP)/package-lock.json
	@command -v npm >/dev/null || { echo "请先安装 Node.js 20 以上版本 / please install Node.js 20 or newer"; exit 1; }
	@echo "Setting up the phone app (once; needs the package registry) ..."
	@$(NPM) ci --silent
	@touch $@

$(APP_BUILD): $(APP_SETUP) $(APP_SOURCES)
	@echo "Building the phone app ..."
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

# the libraries of the pages of window and town, as npm brings them; served by the server itself
$(DESK_VENDOR): $(DESK)/npm/package-lock.json
	@command -v npm >/dev/null || { echo "请先安装 Node.js 20 以上版本 / please install Node.js 20 or newer"; exit 1; }
	@echo "Setting up the desk's libraries (once; needs the package registry) ..."
	@npm --prefix $(DESK)/npm ci --silent
	@mkdir -p $(DESK)/static/vendor/images
	@cd $(DESK)/npm/node_modules && cp htmx.org/dist/htmx.min.js echarts/dist/echarts.min.js \
		leaflet/dist/leaflet.js leaflet/dist/leaflet.css $(CURDIR)/$(DESK)/static/vendor/
	@cp $(DESK)/npm/node_modules/htmx-ext-sse/dist/sse.min.js $(DESK)/static/vendor/sse.min.js
	@touch $@

$(SETUP): pyproject.toml requirements.lock
	@echo "Setting up .venv (once; needs the package index) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: ## 更新依赖锁定 / refresh requirements.lock and package-lock.json
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --extra dev --extra build --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml
	@$(NPM) install --package-lock-only
	@npm --prefix $(DESK)/npm install --package-lock-only
	@sed -i '/^ *"resolved": /d' $(APP)/package-lock.json $(DESK)/npm/package-lock.json
