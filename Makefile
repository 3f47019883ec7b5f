# `make help` explains every target. Needs: make, Python 3.11 or newer with venv (or uv), git for `verify`.

VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help venv demo test lint format generate lock verify controlplane bench soak e2e clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-14s%s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

venv: $(STAMP) ## Make .venv with everything that development needs, in the locked versions

# With uv where it is installed; else uv comes into the new environment itself, which works also where pip refuses to
# install into the system's Python (PEP 668). PYTHON=python3.12 chooses another interpreter.
$(STAMP): requirements/dev.txt pyproject.toml
	@set -e; \
	if command -v uv >/dev/null 2>&1; then \
	    uv=uv; \
	    test -x $(BIN)/python || uv venv --quiet --python '$(or $(PYTHON),>=3.11)' $(VENV); \
	else \
	    uv=$(BIN)/uv; \
	    test -x $(BIN)/python || $(or $(PYTHON),python3) -m venv $(VENV); \
	    test -x $$uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv; \
	fi; \
	$(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make clean venv PYTHON=python3.12")'; \
	echo "Installing into $(VENV)"; \
	$$uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt; \
	$$uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

demo: $(STAMP) ## Show the operator at work on a real API server and a fake AWS; KEEP=1 leaves it running
	@$(BIN)/python -m tests.demo $(if $(filter-out 0,$(KEEP)),--keep)

test: $(STAMP) controlplane ## Run the tests; ARGS="tests/planning -k adopt" passes on to pytest
	$(BIN)/pytest -n 3 $(ARGS)

# The program itself ends with 3 where Docker is missing; make says so ("Error 3") and ends with 2, as for any recipe.
e2e: $(STAMP) ## Run the end-to-end tests on a cluster of kind (needs Docker); ARGS as for test, KIND_NODE_IMAGE
	@$(BIN)/python -m tests.on_kind $(ARGS)

lint: $(STAMP) ## Check style, types, layers and samples
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/ecr-operator lint --strict deploy/samples

format: $(STAMP) ## Format the code, and mend what ruff can
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

GENERATED := crds docs/settings.md

generate: $(STAMP) ## Write the CRDs, their reference and docs/settings.md anew, from the code
	@$(BIN)/ecr-operator crds --output-dir crds
	@$(BIN)/python -c 'from ecr_operator.cli.settings_page import settings_page; print(settings_page(), end="")' \
	    >docs/settings.md.new && mv docs/settings.md.new docs/settings.md

verify: generate ## Fail when generated files were not committed as they are generated
	@git --no-pager diff --exit-code -- $(GENERATED)
	@new=$$(git ls-files --others --exclude-standard -- $(GENERATED)); \
	    test -z "$$new" || { echo "Generated, but not in git:" $$new >&2; exit 1; }

COMPILE = uv pip compile --quiet --generate-hashes --no-header --no-annotate --no-emit-index-url \
    --python-version 3.11 --universal pyproject.toml

lock: $(STAMP) ## Resolve the dependencies anew into requirements/ (UPGRADE=1: to their newest versions)
	@PATH="$$PATH:$(abspath $(BIN))" && \
	    $(COMPILE) $(if $(UPGRADE),--upgrade) -o requirements/run.txt && \
	    $(COMPILE) $(if $(UPGRADE),--upgrade) --extra dev -c requirements/run.txt -o requirements/dev.txt && \
	    echo hatchling | $(subst pyproject.toml,-,$(COMPILE)) $(if $(UPGRADE),--upgrade) -o requirements/build.txt

controlplane: $(STAMP) ## Build etcd, Kubernetes and kubectl for tests and demo, unless they are there (minutes)
	@$(BIN)/python -m tests.controlplane build >/dev/null

bench: $(STAMP) controlplane ## Measure calls, CPU, memory and time; see CONTRIBUTING.md for CASES, N, PROFILE, BENCH_FULL, BENCH_OUTPUT
	@$(BIN)/python -m tests.bench $(CASES) $(if $(N),--size $(N)) $(if $(filter-out 0,$(BENCH_FULL)),--full) \
	    $(if $(BENCH_OUTPUT),--output '$(BENCH_OUTPUT)') $(if $(filter-out 0,$(PROFILE)),--profile .bench)

soak: $(STAMP) controlplane ## Run random sequences and faults for MINUTES (10); SEED repeats a run, SEQUENCE one sequence of it
	@$(BIN)/python -m tests.soak $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	    $(if $(SEQUENCE),--sequence $(SEQUENCE))

clean: ## Remove .venv and what tools have left in the tree; the built control plane stays in ~/.cache
	rm -rf $(VENV) dist .bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find operator tests -name __pycache__ -type d -prune -exec rm -rf {} +
