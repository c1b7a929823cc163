# inkdream: `make draw` and `make test` are the whole set-up. `make help` lists the rest.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3.14 python3; do \
  command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && { echo $$p; break; }; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# On Linux, plain torch brings 2.5 GB and more of CUDA. PyTorch's own index has it without, which is taken
# first unless an NVIDIA GPU answers; TORCH=cuda or TORCH=cpu says it, whatever answers.
TORCH ?=
CPU_INDEX := https://download.pytorch.org/whl/cpu
TORCH_PIN := $(shell sed -n 's/^torch==\([0-9.]*\).*/\1/p' constraints.txt)
IS_THERE := import sys, importlib.metadata as m; sys.exit(m.version("torch").split("+")[0] != sys.argv[1])
ANSWERS := import sys, urllib.request as u; u.urlopen(sys.argv[1], timeout=5)
# A worker for each processor takes the next file; those with few tests, which may be long, come not last.
SHARED := -n auto --dist loadfile --no-loadscope-reorder
# Tests that go through all that Numba compiles, and little else; one backend of the rasteriser is
# enough, and how much memory is used is another question.
KERNELS := tests/raster/test_bounds.py tests/raster/test_backends.py tests/raster/test_lanes.py \
  tests/plot/test_cover.py tests/plot/test_toolpath.py tests/plot/test_tour.py \
  tests/plot/test_motion.py tests/plot/test_motion_lines.py tests/formats/test_verify.py \
  tests/plot/test_motion_previews.py::test_seconds_are_those_of_nextdraws_preview \
  tests/plot/test_preview.py::test_a_small_px_has_ink_if_its_middle_is_under_a_line \
  tests/plot/test_preview.py::test_lines_that_touch_are_one_dark_area_without_stripes \
  tests/inking/test_quantise.py tests/inking/test_occlusion.py tests/test_regions.py \
  tests/test_relations.py tests/svg/test_clips.py::test_what_is_left_looks_as_resvg_draws_it \
  tests/hatch/test_flow.py tests/hatch/test_tones.py::test_points_lie_where_the_weight_is_and_apart \
  tests/test_large.py::test_a_picture_made_in_one_pass_is_the_same_with_the_same_gradient \
  tests/test_limits.py::test_distances_are_those_to_the_nearest_px \
  -k 'not triton and not sparse_torch and not memory'

# Whatever the environment says, what is compiled is kept: the suite starts a few hundred processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help draw extras test bounds constraints pins pythons dist check lint bench sheets gallery docs docs-serve clean
help:
	@grep -E '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/'

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "inkdream needs Python 3.11 or newer; none was found" >&2; exit 2; }
	@test -x $(BIN)/python || { echo "making .venv with $(PYTHON)"; $(PYTHON) -m venv .venv; }
	@echo "installing inkdream and what it needs (a few minutes the first time)"
	@if [ "$$(uname -s)" != Linux ] || [ "$(TORCH)" = cuda ]; then exit; fi; \
	if [ "$(TORCH)" != cpu ] && nvidia-smi >/dev/null 2>&1; then exit; fi; \
	if $(BIN)/python -c '$(IS_THERE)' $(TORCH_PIN) 2>/dev/null; then exit; fi; \
	{ timeout 10 $(BIN)/python -c '$(ANSWERS)' $(CPU_INDEX)/torch/ 2>/dev/null \
	  && $(PIP) --no-deps --index-url $(CPU_INDEX) torch==$(TORCH_PIN); } \
	  || echo "no torch from $(CPU_INDEX): taking the one that pip finds elsewhere"
	@$(PIP) --editable '.[studio]'
	@touch $@

.venv/tested: .venv/installed
	@echo "installing what the tests need"
	@$(PIP) --editable '.[test]'
	@touch $@

draw: .venv/installed  ## a hummingbird, by a network trained on photographs
	@$(BIN)/inkdream draw --class hummingbird --inks 6 --width 320 --height 320

extras: .venv/installed  ## torchvision's networks, CLIP, Ray, t-SNE
	@$(PIP) --editable '.[studio,zoo,text,fleet,map]'

test: .venv/tested  ## all tests
	@OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest $(SHARED)

lint: .venv/tested  ## ruff and the type checker
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

bounds: .venv/tested  ## the compiled kernels' tests, with every index checked
	@NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=$(CURDIR)/.cache/bounds OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE \
	  $(BIN)/python -m pytest $(SHARED) $(KERNELS)

constraints: .venv/tested  ## constraints.txt anew: pins what is new, drops what nothing needs
	@$(BIN)/python .ci/constraints.py

pins: .venv/tested  ## does constraints.txt fit what PyPI has?
	@$(BIN)/python .ci/constraints.py --check
	@$(BIN)/python .ci/pythons.py Linux

pythons: .venv/tested  ## are there wheels for every Python on Linux, macOS and Windows? needs PyPI
	@$(BIN)/python .ci/pythons.py

dist: .venv/tested  ## the source archive and the wheel, built twice, checked and tried
	@.ci/dist

check: lint pins bounds test  ## what continuous integration runs

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
	$(BIN)/python docs/make_atlas_pictures.py

gallery: .venv/documented  ## every picture that a page shows a command for, anew, and which changed (an hour)
	$(BIN)/python docs/make_gallery.py
	$(BIN)/python docs/make_book.py
	$(BIN)/python docs/make_figures.py

.venv/documented: .venv/installed
	@echo "installing what the handbook needs"
	@$(PIP) --editable '.[docs]'
	@touch $@

docs: .venv/documented  ## the handbook as a site, in site/index.html
	@$(BIN)/python -m sphinx -q -W --keep-going -d .cache/docs docs site
	@echo "site/index.html"

docs-serve: docs  ## the same at http://127.0.0.1:8000, for a telephone's width and the like
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory site 8000

clean:  ## forget the environment (runs are kept)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache
