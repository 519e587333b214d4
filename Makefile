# One runner for people, hooks and CI. Needs git, make and Python 3.11 or newer; uses uv when it is there.

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

# Many tests wait for a program, so there are more workers than cores.
JOBS ?= 4

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
COMPILED := $(VENV)/.compiled

.DEFAULT_GOAL := help
.PHONY: help install demo test live lint check fix docs bench wheel smoke lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' Makefile

install: $(INSTALLED) ## make .venv with everything in it (the other targets do it by themselves)

demo: $(INSTALLED) ## investigate a simulated incident; more with ARGS="…"
	@$(BIN)/sre demo $(ARGS)

test: $(COMPILED) ## run all tests; some with ARGS="tests/policy -k freeze"
	@$(BIN)/pytest -n $(JOBS) --dist loadgroup --no-loadscope-reorder $(ARGS)

live: $(INSTALLED) ## ask a real model: SRE_LIVE_MODEL=PROVIDER/MODEL and its key; costs money
	@$(BIN)/pytest tests/live -rs $(ARGS)

lint: $(INSTALLED) ## style, types and the rooms' imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test ## what must be green before a commit

fix: $(INSTALLED) ## mend what the linter can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: $(INSTALLED) ## write the reference pages again, from the code
	@$(BIN)/python -m docs.generate

bench: $(INSTALLED) ## print what the program costs (figures, not tests)
	@$(BIN)/python -m tests.benchmarks.command_line $(ARGS)
	@$(BIN)/python -m tests.benchmarks.redaction
	@$(BIN)/python -m tests.benchmarks.gate
	@$(BIN)/python -m tests.benchmarks.journal
	@$(BIN)/python -m tests.benchmarks.safety
	@$(BIN)/python -m tests.benchmarks.metrics
	@$(BIN)/python -m tests.benchmarks.logs
	@$(BIN)/python -m tests.benchmarks.model
	@$(BIN)/python -m tests.benchmarks.drift

wheel: $(INSTALLED) ## build the wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation

smoke: wheel ## install the wheel in a new place and run it there
	@set -e; place=$$(mktemp -d); trap 'rm -rf "$$place"' EXIT; mkdir "$$place/home"; \
	echo "Installing $$(ls dist) into an empty folder"; \
	grep == constraints.txt | sed 's/ *\\$$//' > "$$place/versions.txt"; \
	if command -v uv >/dev/null; then \
		uv venv --quiet --python $(BIN)/python "$$place/venv"; \
		uv pip install --quiet --python "$$place/venv/bin/python" -c "$$place/versions.txt" dist/*.whl; \
	else \
		$(BIN)/python -m venv "$$place/venv"; \
		"$$place/venv/bin/python" -m pip install --quiet -c "$$place/versions.txt" dist/*.whl; fi; \
	cd "$$place/home"; export HOME="$$place/home"; \
	unset XDG_STATE_HOME XDG_CONFIG_HOME KUBECONFIG; \
	../venv/bin/sre --version; \
	../venv/bin/sre --help > ../help.txt; \
	../venv/bin/sre demo --json < /dev/null > ../demo.json; \
	../venv/bin/python -c "$$CAUSE_IS_FOUND" < ../demo.json

# Without a terminal the demo says yes by itself, so the whole job is done.
define CAUSE_IS_FOUND
import json, sys
shown = json.load(sys.stdin)
print(shown["outcome"], "-", shown["diagnosis"]["root_cause"])
sys.exit(shown["outcome"] != "fixed")
endef
export CAUSE_IS_FOUND

lock: ## choose the locked versions again; newer ones with ARGS=--upgrade
	@command -v uv >/dev/null || { echo "make lock needs uv: https://docs.astral.sh/uv/" >&2; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-emit-index-url --no-annotate --custom-compile-command "make lock" \
		--output-file constraints.txt $(ARGS) pyproject.toml

clean: ## remove everything that was made
	@rm -rf $(VENV) dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache

$(INSTALLED): constraints.txt pyproject.toml
	@if [ -z "$(PYTHON)" ] || ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then \
		echo "sre needs Python 3.11 or newer; found: $$($(or $(PYTHON),python3) --version 2>&1)." >&2; \
		echo "Install one, or name it: make PYTHON=/path/to/python3.12" >&2; exit 1; fi
	@if command -v uv >/dev/null; then $(install-with-uv); else $(install-with-pip); fi
	@touch $@

# uv leaves it to the first import: programs under test would all do it at once, and run out of
# time. Some packages have templates that are no Python: those are left as they are.
$(COMPILED): $(INSTALLED)
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true
	@touch $@

define install-with-uv
	set -e; \
	echo "Installing $(locked) locked packages into $(VENV) with uv (some seconds)"; \
	uv venv --quiet --allow-existing --python "$$(command -v $(PYTHON))" $(VENV); \
	uv pip install --quiet --python $(BIN)/python --require-hashes -r constraints.txt; \
	uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
endef

# pip is silent for a minute when it is quiet, so its steps are counted.
define install-with-pip
	set -e; \
	echo "Installing $(locked) locked packages into $(VENV) with pip (about a minute)"; \
	$(PYTHON) -m venv $(VENV) || { echo "On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }; \
	{ $(pip) --require-hashes -r constraints.txt || echo Failed; } | while read -r step rest; do \
		case "$$step" in \
			Collecting | Processing) n=$$((n + 1)); [ $$((n % 20)) -ne 0 ] || echo "  $$n fetched";; \
			Installing) echo "  unpacking";; \
			Failed) exit 1;; \
		esac; done; \
	$(pip) --quiet --no-deps --no-build-isolation -e .
endef

pip = $(BIN)/python -m pip install --disable-pip-version-check
locked = $$(grep -c '==' constraints.txt)
