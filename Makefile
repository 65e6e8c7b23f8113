# Needs Python 3.11 (or newer, below 3.14) and make; everything else is installed here, hash checked, into .venv.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(if $(shell command -v $(name)),$(name))))
BIN := .venv/bin
INSTALL := $(BIN)/python worker/installing.py

# What Python compiles is kept, whatever the machine's habit: a start without it takes twice as long, and tests start
# dozens of processes.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run test setup slow lint messages

run: .venv/ready
	@$(BIN)/feedback-loop serve

# Three at a time on two processors: a fourth of the time nobody computes.
test: .venv/ready-dev lint
	$(BIN)/pytest -q -n 3 --dist worksteal

# The slow part: PostgreSQL and Redis; then a real browser and kills, two running systems at a time, each of one process.
slow: .venv/ready-dev
	$(BIN)/pytest -q -m slow -n 3 --dist loadfile tests/collector tests/worker
	$(BIN)/pytest -q -m slow -n 2 --dist worksteal --ignore tests/collector --ignore tests/worker

lint: .venv/ready-dev
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --quiet --check .
	$(BIN)/lint-imports --no-cache > .venv/imports.log || (cat .venv/imports.log && false)

# After words of a respondents' page were changed: brings each catalogue up to date. What is new stands there blank, and
# what may be stale is marked "fuzzy", until somebody has translated it and has taken the mark away.
messages: .venv/ready
	$(BIN)/pybabel --quiet extract -F forms/locale/babel.cfg -k message --add-location=file -o .venv/messages.pot forms collector
	$(BIN)/pybabel --quiet update -l gd -i .venv/messages.pot -o forms/locale/gd.po --ignore-obsolete --ignore-pot-creation-date --width=118

setup: .venv/ready .venv/ready-dev

.venv/made:
	@test -n "$(PYTHON)" || (echo "Feedback Loop needs Python 3.11 to 3.13, and there is none on the PATH" && false)
	@echo "Making a virtual environment with $(PYTHON)"
	@$(PYTHON) -c 'import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit("Feedback Loop needs Python 3.11 to 3.13")'
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/installed: requirements.lock pyproject.toml | .venv/made
	@echo "Installing packages, each checked by its hash (about a minute the first time)"
	@$(INSTALL) requirements.lock
	@$(BIN)/pip --disable-pip-version-check install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.venv/node: requirements-node.lock | .venv/installed
	@command -v npm > /dev/null || (echo "Installing npm as a Python package" && $(INSTALL) $<)
	@touch $@

.venv/ready: .venv/installed .venv/node package-lock.json collector/web/frontend.py analysis/encoder.py analysis/encoder_building.py analysis/models/reader/card.json
	@$(BIN)/python -m collector.web.frontend
	@$(BIN)/python -m analysis.encoder build
	@touch $@

.venv/ready-dev: requirements-dev.lock | .venv/ready
	@echo "Installing what the tests need"
	@$(INSTALL) requirements-dev.lock
	@touch $@
