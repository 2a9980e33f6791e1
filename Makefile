# The five words of this project. Each does its own set-up; see README.md.
PORT ?= 8000
DATA ?= data
SCALE ?= village
PYTHON ?= python3
BIN := .venv/bin
SETUP := .venv/.ready

.DEFAULT_GOAL := help
.PHONY: help run test demo bench setup lint lock

help: ## 本列表 / this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: $(SETUP) ## 演示城市和服务器 / demonstration city and server: make run PORT=8000 DATA=data SCALE=village|town|city
	@$(BIN)/allpost-server run --data "$(DATA)" --port $(PORT) --demo $(SCALE)

test: $(SETUP) lint ## 全部检查 / every check: formatting, types, arrows, tests
	@$(BIN)/python -m pytest -n 2 --dist loadfile

demo: $(SETUP) ## 演示一个网格日 / one scripted grid day, three devices, no browser
	@$(BIN)/python -m bench.demo.day

bench: $(SETUP) ## 主要性能指标 / the measures of docs/performance.md, as ratios of one run
	@$(BIN)/python -m bench

lint: $(SETUP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

setup: $(SETUP)

$(SETUP): pyproject.toml requirements.lock
	@echo "Setting up .venv (once; needs the package index) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

lock: ## 更新依赖锁定 / refresh requirements.lock from pyproject.toml
	@$(BIN)/python -m pip install --quiet pip-tools
	@$(BIN)/pip-compile --quiet --extra dev --extra build --generate-hashes --allow-unsafe --strip-extras \
		--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file requirements.lock pyproject.toml
