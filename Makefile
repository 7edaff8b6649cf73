# Everything sets itself up: a local .venv from the hash-pinned lock file, made again when the lock changes.
# uv does so in a fourth of pip's time, and knows nothing of pip's own index: where one is named, or uv fails, pip does it.
# The project itself is not installed: .venv sees this checkout through a .pth file, so set-up needs no build.

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
SCENARIO ?= calm
SPEED ?= 1
WORKERS ?= 4
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile
# Bytecode is written even where the environment forbids it: each worker would rewrite every test anew.
PYTEST := PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder
SOAKED := $(addprefix tests/,$(addsuffix .py,runs_survive_kill runs_at_every_seam runs_turn_at_every_seam runs_return_at_every_seam \
  runs_taken_over runs_taken_over_at_seams layers_are_named setups_over_the_wire setup_failures_over_the_wire \
  setups_at_every_seam contract_setting_up provisioner_policies keys_write_nothing_without_leave hub_decodes \
  cloud_reads_alb cloud_reads_clusters rates_by_prometheus ground_gone_wrong plans_in_steps))

.PHONY: help demo test soak check bench compiled lock clean

help:
	@echo "make demo     set up, then the console on a simulated Fleet (SCENARIO=zone-lost for a dead zone)"
	@echo "make test     set up, then lint, types, import contracts and all tests"
	@echo "make soak     kill runners at every seam, 200 faults; longer than a test may take"
	@echo "make check    lint, types and import contracts only"
	@echo "make bench    measure first paint, idle traffic, one changed cell, and what size costs"
	@echo "make lock     write requirements.lock anew from pyproject.toml"
	@echo "make clean    remove .venv and caches"

demo: compiled
	@$(BIN)/fleet-console demo --scenario $(SCENARIO) --speed $(SPEED)

# The checks take one core, so they go beside the tests; what they say is said at the end.
test: compiled
	@checked=$$(mktemp); $(MAKE) --no-print-directory check > $$checked 2>&1 & checks=$$!; \
	$(PYTEST); tests=$$?; \
	wait $$checks; found=$$?; cat $$checked; rm -f $$checked; [ $$tests = 0 ] && [ $$found = 0 ]

soak: $(READY)
	CONSOLE_EVERY_SEAM=1 CONSOLE_EVERY_FAULT=1 CONSOLE_EXAMPLES=300 $(PYTEST) $(SOAKED)

check: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: compiled
	$(BIN)/python tests/bench.py

# As an installer would leave it: a start must not compile, even where the environment forbids writing bytecode.
compiled: $(READY)
	@$(BIN)/python -m compileall -q console widgets screens assets

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-header --no-annotate --quiet --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis build dist

$(READY): requirements.lock
	@python=$$(for name in python3.13 python3.12 python3.11 python3; do \
	  command -v $$name >/dev/null 2>&1 && $$name -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' \
	    2>/dev/null && echo $$name && break; done); \
	if [ -z "$$python" ]; then echo "Python 3.11 or newer (with venv) is needed; none was found on PATH." >&2; exit 1; fi; \
	rm -f $(READY); \
	[ -x $(BIN)/python ] && $(BIN)/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { rm -rf $(VENV) && $$python -m venv $(VENV); }
	@{ ! $(BIN)/python -m pip config list | grep -q index \
	  && $(PIP) --no-deps --require-hashes --requirement \
	    <(awk '/^uv==/ {on = 1} on {print; if (!/\\$$/) exit}' requirements.lock) \
	  && UV_HTTP_TIMEOUT=20 $(BIN)/uv pip install --quiet --native-tls --python $(BIN)/python \
	    --require-hashes --requirement requirements.lock; } 2>/dev/null \
	  || $(PIP) --require-hashes --requirement requirements.lock
	@$(BIN)/python -m compileall -q -j 0 $(VENV)/lib >/dev/null || true  # on all cores; packages ship templates that are no Python
	@$(BIN)/python -c 'import pathlib, sysconfig; \
	  pathlib.Path(sysconfig.get_path("purelib"), "fleet-console.pth").write_text(str(pathlib.Path.cwd()) + "\n"); \
	  script = pathlib.Path(sysconfig.get_path("scripts"), "fleet-console"); \
	  script.write_text("#!" + str(pathlib.Path.cwd() / "$(BIN)" / "python") + "\nfrom console.__main__ import run\n\nrun()\n"); \
	  script.chmod(0o755)'
	@touch $(READY)
