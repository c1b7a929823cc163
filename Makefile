# inkdream: `make draw` and `make test` are the whole set-up. `make help` lists the rest.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt

.PHONY: help draw extras test check lint bench sheets gallery clean
help:
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/'

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "inkdream needs Python 3.11 or newer; none was found" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "making .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@echo "installing inkdream and what it needs (a few minutes the first time)"
	@$(PIP) --editable .
	@touch $@

.venv/tested: .venv/installed
	@echo "installing what the tests need"
	@$(PIP) --editable '.[test]'
	@touch $@

draw: .venv/installed  ## one picture with the built-in network
	@$(BIN)/inkdream draw

extras: .venv/installed  ## torchvision's networks, and CLIP
	@$(PIP) --editable '.[zoo,text]'

test: .venv/tested  ## all tests
	@OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n auto --dist loadfile

lint: .venv/tested  ## ruff and the type checker
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

check: lint test  ## what continuous integration runs

.venv/measured: .venv/tested
	@$(PIP) --editable '.[test,bench]'
	@touch $@

bench: .venv/measured  ## the three main tables of docs/benchmarks.md (half an hour)
	$(BIN)/python benchmarks/step.py
	$(BIN)/python benchmarks/retention.py
	$(BIN)/python benchmarks/raster.py

sheets: .venv/installed  ## the pictures in docs/images
	$(BIN)/inkdream networks loom --sheet conv4_1 --out docs/images/loom-conv4_1.png --force
	$(BIN)/python docs/make_pictures.py

gallery: .venv/installed  ## what every recipe gives, in docs/gallery.md (half an hour)
	$(BIN)/python docs/make_gallery.py

clean:  ## forget the environment (runs are kept)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
