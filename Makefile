# One runner for people, hooks and CI. Needs git, make and Python 3.11 or newer; uses uv when it is there.

# The first Python on the PATH that is new enough; `make PYTHON=/path/to/python3.12 …` chooses another.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)

VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo test lint check fix wheel lock clean

help: ## list what can be made
	@sed -n 's/^\([a-z]*\):.*## /  make \1 — /p' Makefile

install: $(INSTALLED) ## make .venv with everything in it (the other targets do it by themselves)

demo: $(INSTALLED) ## investigate a simulated incident; more with ARGS="…"
	@$(BIN)/sre demo $(ARGS)

test: $(INSTALLED) ## run all tests; some with ARGS="tests/policy -k freeze"
	@$(BIN)/pytest $(ARGS)

lint: $(INSTALLED) ## style, types and the rooms' imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

check: lint test ## what must be green before a commit

fix: $(INSTALLED) ## mend what the linter can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

wheel: $(INSTALLED) ## build the wheel into dist/
	@rm -rf dist
	@$(BIN)/python -m build --wheel --no-isolation

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
			Collecting) n=$$((n + 1)); [ $$((n % 20)) -ne 0 ] || echo "  $$n fetched";; \
			Installing) echo "  unpacking";; \
			Failed) exit 1;; \
		esac; done; \
	$(pip) --quiet --no-deps --no-build-isolation -e .
endef

pip = $(BIN)/python -m pip install --disable-pip-version-check
locked = $$(grep -c '==' constraints.txt)
