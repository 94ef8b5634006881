.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SEEDS ?= 0-199
PORT ?= 8090
CONTRACT_TESTS := $(wildcard tests/fhir_server/test_contract_*.py) tests/conformance tests/us_core tests/synthea tests/clients \
	tests/robustness tests/ehr_sandbox/test_backends.py

.PHONY: help setup demo test check hapi contract validate subset bench format lock clean

help: ## Show this help
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

$(VENV)/.ready: requirements.lock pyproject.toml
	@echo "Setting up $(VENV) (once; needs Python 3.11+ and a package index)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

setup: $(VENV)/.ready ## Make the virtual environment

demo: setup ## Run the scripted agents on every variant, embedded, over real HTTP, and show the table
	@$(BIN)/ehr-sandbox demo

test: setup ## Run the tests (real HAPI too where a JDK and Maven are present)
	@$(BIN)/python -m pytest

check: setup ## Format, lint, types, import arrows
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

hapi: ## Start a real HAPI FHIR server without Docker on PORT (8090), path /fhir
	@HAPI_PORT=$(PORT) docker/hapi/run.sh

contract: setup ## Prove that the embedded server answers as a real HAPI and by US Core, in full (an hour)
	@EHR_SANDBOX_CONTRACT=whole EHR_SANDBOX_RANDOM_REQUESTS=2000 EHR_SANDBOX_STORE_CHECKS=20000 \
		EHR_SANDBOX_FUZZ_REQUESTS=10000 \
		$(BIN)/python -m pytest $(CONTRACT_TESTS)

validate: setup ## Prove worlds, truth, floors, cheats and probes: SEEDS=0-199 (goes on if killed)
	@$(BIN)/ehr-sandbox validate trial_audit --seeds $(SEEDS)

subset: setup ## Prove the first 40 indices of each variant, as CI does (of hard-clean and hard-heavy 6)
	@for variant in tiny easy medium hard extended; do \
		$(BIN)/ehr-sandbox validate trial_audit/$$variant --seeds 0-39 --readers 6 || exit 1; done
	@for variant in hard-clean hard-heavy; do \
		$(BIN)/ehr-sandbox validate trial_audit/$$variant --seeds 0-5 || exit 1; done

bench: setup ## Measure speed; prints ratios against HAPI from the same run
	@$(BIN)/python -m benchmarks

format: setup ## Rewrite files in the house format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## Write requirements.lock anew (hashes, no index host)
	@$(BIN)/python -m pip install --quiet uv
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header -q -o requirements.lock

clean: ## Remove the environment, caches and runs
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis runs docker/hapi/target
