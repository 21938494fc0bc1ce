# make demo   see the program at work        make test   run everything that must hold
# make soak   the long runs                  make bench  the speed figures
.PHONY: demo test lint soak bench samples clean
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin

demo: $(VENV)/.ready-demo
	@$(BIN)/fncells demo --output demo-output

test: $(VENV)/.ready-test lint
	@tools/run_tests.sh

lint: $(VENV)/.ready-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/npe2 validate napari-fncells --imports

soak: $(VENV)/.ready-test
	@tools/run_tests.sh -m soak

bench: $(VENV)/.ready-test
	@tools/with_display.sh $(BIN)/pytest benchmarks --benchmark-only

samples: $(VENV)/.ready-test
	$(BIN)/python tools/make_sample_data.py

clean:
	rm -rf $(VENV) demo-output

# The system packages are looked at every time: the environment may outlive the machine
$(VENV)/.ready-%: pyproject.toml constraints.txt tools/set_up.sh
	@tools/set_up.sh $*
