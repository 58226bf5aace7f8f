# Everything runs in .venv, which is made from whatever Python >= 3.11 there is, and made anew only when pyproject.toml
# changed. Once it is there, nothing needs the network.

SHELL := /bin/sh
BIN   := .venv/bin
DEMO  := demo
JOBS  ?= 3

.DEFAULT_GOAL := help
.PHONY: help demo test test-engine test-sdks bench bench-peers soak check format chunk generate-qa combine clean venv venv-dev

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

demo: venv ## Turn the example documents into demo/training_data.json, without a model
	@rm -rf $(DEMO)
	$(BIN)/qagen chunk examples --chunks-dir $(DEMO)/chunks --chunk-size 1500
	$(BIN)/qagen generate-qa --provider rules --chunks-dir $(DEMO)/chunks --qa-dir $(DEMO)/qa
	$(BIN)/qagen combine --chunks-dir $(DEMO)/chunks --qa-dir $(DEMO)/qa --output-file $(DEMO)/training_data.json

test: venv-dev ## Run the tests, JOBS at a time (default: 3)
	$(BIN)/pytest -n $(JOBS) --dist worksteal

test-engine: venv ## Run the tests with a real model server, llama.cpp's, in .venv-engine
	@$(call make-group,engine)
	.venv-engine/bin/python -m pytest -rs tests/engine

test-sdks: venv ## Run the tests with the vendors' own SDKs, in .venv-sdks
	@$(call make-group,sdks)
	.venv-sdks/bin/python -m pytest -rs tests/sdks

bench: venv ## Measure the program against its goals, in .venv-bench: 10 minutes
	@$(call make-bench)
	@$(call make-peer,openai,openai)
	@$(call make-peer,aiohttp,aiohttp)
	.venv-bench/bin/python -m benchmarks $(ROWS)

bench-peers: venv ## Install what the program is compared with, each into an environment of its own
	@$(call make-peer,openai,openai)
	@$(call make-peer,aiohttp,aiohttp)
	@$(call make-peer,sdk,synthetic-data-kit)

soak: venv-dev ## Kill, stop and starve hundreds of real runs: 45 minutes
	$(BIN)/python -m tests.soak

check: venv-dev ## Check format, style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: venv-dev ## Put the code into its format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

chunk: venv ## Cut all documents, with the settings of config.env
	$(BIN)/qagen chunk --config-file config.env

generate-qa: venv ## Ask about all chunks, with the settings of config.env
	$(BIN)/qagen generate-qa --config-file config.env

combine: venv ## Merge all finished documents, with the settings of config.env
	$(BIN)/qagen combine --config-file config.env

clean: ## Remove what was made: .venv, demo/, caches
	rm -rf .venv .venv-engine .venv-sdks .venv-bench .venv-peer-* $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The environment. Its recipe compares pyproject.toml with the one it was made from, because a fresh checkout changes
# dates and not contents.

venv:
	@{ cmp -s pyproject.toml .venv/made-from || cmp -s pyproject.toml .venv/made-from-dev; } && $(works) || { $(find-python) && $(call make-venv,.,made-from); }

venv-dev:
	@cmp -s pyproject.toml .venv/made-from-dev && $(works) || { $(find-python) && $(call make-venv,'.[dev]',made-from-dev); }

define find-python
for name in python3.14 python3.13 python3.12 python3.11 python3; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then \
		found=$${found:-$$name}; \
		if $$name -c 'import ensurepip, venv' >/dev/null 2>&1; then python=$$name; break; fi; \
	fi; \
done; \
if [ -z "$$python" ] && [ -n "$$found" ]; then \
	echo "$$found cannot make virtual environments. Install its venv module, then run make again:" >&2; \
	echo "  Debian, Ubuntu: sudo apt install python3-venv" >&2; exit 1; \
fi; \
if [ -z "$$python" ]; then \
	echo "qagen needs Python 3.11 or newer, and none was found (looked for python3.14 ... python3.11, python3)." >&2; \
	echo "Install one, from python.org or your system's packages, then run make again." >&2; exit 1; \
fi
endef

# A checkout that was moved has an environment that points to the old place.
works = $(BIN)/qagen --version >/dev/null 2>&1

define make-venv
{ [ ! -e .venv/made-from -a ! -e .venv/made-from-dev ] || $(works) || rm -rf .venv; } && \
rm -f .venv/made-from .venv/made-from-dev && \
{ [ -x $(BIN)/python ] && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	|| { rm -rf .venv && echo "making .venv with $$python" && $$python -m venv .venv; }; } && \
echo "installing qagen into .venv" && \
$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable $(1) && \
cp pyproject.toml .venv/$(2)
endef

# An environment of its own for an optional group of tests, made with the Python of .venv. Nothing is compiled: where a
# wheel is missing, qagen and pytest are there all the same, and the tests are skipped and say why.
define make-group
group=.venv-$(1); \
works() { $$group/bin/qagen --version >/dev/null 2>&1; }; \
cmp -s pyproject.toml $$group/made-from && works || { \
	{ works || { rm -rf $$group && $(BIN)/python -m venv $$group; }; } && \
	echo "installing qagen and the packages of test-$(1) into $$group" && \
	pip="$$group/bin/python -m pip install --quiet --disable-pip-version-check --only-binary xllamacpp,numpy" && \
	if $$pip --editable '.[test-$(1)]'; then cp pyproject.toml $$group/made-from; \
	else $$pip --editable . 'pytest>=8.3'; fi; \
}
endef

# The program with its fast transport and its fast search, and nothing that only tests need.
define make-bench
group=.venv-bench; \
works() { $$group/bin/qagen --version >/dev/null 2>&1; }; \
cmp -s pyproject.toml $$group/made-from && works || { \
	{ works || { rm -rf $$group && $(BIN)/python -m venv $$group; }; } && \
	echo "installing qagen[fast,negatives] into $$group" && \
	$$group/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[fast,negatives]' && \
	cp pyproject.toml $$group/made-from; \
}
endef

# A peer that cannot be installed stops nothing: its rows say so.
define make-peer
peer=.venv-peer-$(1); \
[ -e $$peer/ready ] || { \
	rm -rf $$peer && $(BIN)/python -m venv $$peer && echo "installing $(2) into $$peer" && \
	$$peer/bin/python -m pip install --quiet --disable-pip-version-check --prefer-binary '$(2)' && touch $$peer/ready; \
} || echo "$(2) could not be installed into $$peer; its rows are not run" >&2
endef
