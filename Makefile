# Every target makes what it needs, from nothing: the environments, the wheel, the packages in them.
# `make` alone lists the targets.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.SECONDARY:

# The Python that gets everything; `make test` also finds the others (see .ci/pythons).
PYTHON ?= python3
DEFAULT := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
PYTHONS ?= $(shell .ci/pythons)
# A newer Python than any that PyO3 knows: the stable ABI holds there too.
export PYO3_USE_ABI3_FORWARD_COMPATIBILITY := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# What is tested is the wheel in an environment of ours, whatever is switched on outside.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX

CONSTRAINTS := requirements/constraints.txt
# Folders too: they change when a file is removed from them.
SOURCES := $(shell find crates python -name __pycache__ -prune -o -print 2>/dev/null)
WHEEL := build/wheel/built

.PHONY: help
help: ## say what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 16

# -- What there is to do ---------------------------------------------------------------------------

.PHONY: demo
demo: .venv/demo .venv/nilearn .venv/remade ## the example on a brain image, twice; then what runs after which change
	@for run in 1 2; do echo "== run $$run of examples/brain.py"; .venv/bin/python examples/brain.py; echo; done
	@.venv/bin/python examples/brain.py --tour

.PHONY: test
test: test-rust test-python ## all tests: cargo, and pytest under every Python from 3.10 on

# A fifth of `make torture`, once; under the other Pythons a hundredth.
test-rust test-$(DEFAULT): export REMADE_TORTURE ?= 0.2

.PHONY: test-rust
test-rust: ## the tests of the engine
	cargo test --locked --workspace --quiet

.PHONY: test-python
test-python: $(WHEEL) ## the tests of the package, under every Python
	@rm -rf build/pytest; failed=; \
	for suite in $(DEFAULT) without-numpy $(filter-out $(DEFAULT),$(PYTHONS)); do \
	    $(MAKE) --no-print-directory test-$$suite || failed+=" $$suite"; \
	done; \
	$(MAKE) --no-print-directory summary; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

# The suite, by `pytest`, in the environment $(1), kept for the summary as $(2).
pytest = @echo "== pytest, $(2)"; mkdir -p build/pytest; $(1)/bin/pytest -q $(3) 2>&1 | tee "build/pytest/$(2)"

# The default Python has every package that the tests know how to use, and runs the doctests.
# It also builds a wheel from the source distribution, which takes a minute.
test-$(DEFAULT): export REMADE_TEST_BUILD := 1
test-$(DEFAULT): .venv-$(DEFAULT)/test-all .venv-$(DEFAULT)/remade
	$(call pytest,.venv-$(DEFAULT),$(DEFAULT) with all extras,-n 2 --doctest-modules --pyargs remade ./tests --ignore=tests/without_numpy --ignore=tests/typing)

test-without-numpy: .venv-without-numpy/test-bare .venv-without-numpy/remade
	$(call pytest,.venv-without-numpy,$(DEFAULT) without numpy,tests/without_numpy)

test-%: .venv-%/test .venv-%/remade
	$(call pytest,.venv-$*,$*,-n 2 tests --ignore=tests/without_numpy)

# Every test of tests/torture, and those of the engine that ask how much they are to do, at full size.
TORTURE := every_operation_may_fail a_machine_may_lose_power locks_are_taken_in_any_order \
    no_mutation_of_a_record_gives_a_wrong_result the_newest_result_never_goes_back \
    the_registry_takes_no_object_for_another

# The two share the cores: much of either is waiting for a turn, and one test waits a minute for patience to end.
.PHONY: torture
torture: export REMADE_TORTURE := 1
torture: .venv-$(DEFAULT)/test-all .venv-$(DEFAULT)/remade ## kills, faults, power failures, crowds and histories, as docs/reliability.md counts them
	@mkdir -p build; cargo test --locked --quiet -p remade --no-run $(TORTURE:%=--test %)
	@cargo test --locked --quiet -p remade $(TORTURE:%=--test %) -- --nocapture >build/torture 2>&1 & engine=$$!; \
	failed=; .venv-$(DEFAULT)/bin/pytest -q -n 2 --dist worksteal tests/torture || failed+=" pytest"; \
	wait $$engine || failed+=" cargo"; cat build/torture; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

.PHONY: summary
summary: # the last line of each suite that ran
	@for suite in build/pytest/*; do [ -f "$$suite" ] || continue; \
	    printf '%-22s %s\n' "$${suite##*/}:" "$$(tail -n 1 "$$suite")"; done

# mypy sees what the examples and benchmarks import only where it is installed.
.PHONY: lint
lint: .venv/lint .venv/demo .venv/bench .venv/remade ## format, clippy, ruff, mypy, and the stubs against the module
	cargo fmt --all --check
	cargo fmt --all --check --manifest-path benches/rust/Cargo.toml
	cargo clippy --locked --workspace --all-targets --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet
	.venv/bin/ruff check --quiet
	.venv/bin/ruff format --check --quiet
	.venv/bin/mypy --no-error-summary
	.venv/bin/python -m mypy.stubtest --mypy-config-file pyproject.toml remade

.PHONY: format
format: .venv/lint ## what make lint asks for and a machine can do
	cargo fmt --all
	cargo fmt --all --manifest-path benches/rust/Cargo.toml
	.venv/bin/ruff check --quiet --fix-only
	.venv/bin/ruff format --quiet

.PHONY: bench
bench: .venv/bench .venv/nilearn .venv/remade ## times and ratios against joblib, diskcache, cachier, numpy and nibabel (BENCH=--small)
	@.venv/bin/python benches/bench.py $(BENCH)

.PHONY: bench-rust
bench-rust: ## times of the parts of the engine, and of the Rust face beside the crate cached
	@cargo bench --locked --quiet -p remade --bench engine
	@cargo run --locked --release --quiet --manifest-path benches/rust/Cargo.toml

.PHONY: docs
docs: .venv/docs ## the manual, in site/
	.venv/bin/mkdocs build --strict --quiet

.PHONY: build
build: $(WHEEL) .venv/build ## wheel and source distribution, in dist/
	@mkdir -p dist && rm -f dist/*
	@cp build/wheel/*.whl dist
	@.venv/bin/maturin sdist --out dist
	@ls dist/*

.PHONY: clean
clean: ## remove all that was made
	rm -rf .venv .venv-* build dist site examples/brain .pytest_cache .mypy_cache .ruff_cache .hypothesis
	cargo clean --quiet

# -- How it is made: one wheel for every Python, and a file for each thing that an environment has ---

$(WHEEL): $(SOURCES) Cargo.toml Cargo.lock pyproject.toml README.md LICENSE | .venv/build
	@mkdir -p build/wheel && rm -f build/wheel/*
	@.venv/bin/maturin build --locked --release --quiet --interpreter .venv/bin/python --out build/wheel
	@touch $@

# $(1) an environment, $(2) the Python that it is made with.
define environment
$(1)/pyvenv.cfg:
	@$(2) -c 'import sys; sys.version_info >= (3, 10) or sys.exit("needs Python 3.10 or later: make PYTHON=python3.11")'
	@$(2) -m venv --clear $(1)

$(1)/remade: $(WHEEL) | $(1)/pyvenv.cfg
	@$(1)/bin/pip install --quiet --no-deps --force-reinstall build/wheel/*.whl
	@touch $$@
endef
$(eval $(call environment,.venv,$(PYTHON)))
$(eval $(call environment,.venv-$(DEFAULT),$(PYTHON)))
$(eval $(call environment,.venv-without-numpy,$(PYTHON)))
OTHERS := $(filter-out $(DEFAULT),3.10 3.11 3.12 3.13 3.14)
$(foreach version,$(OTHERS),$(eval $(call environment,.venv-$(version),"$$$$(.ci/pythons $(version))")))

.venv/nilearn: requirements/nilearn.txt $(CONSTRAINTS) | .venv/pyvenv.cfg
	@.venv/bin/pip install --quiet --no-deps -r $<
	@touch $@

.venv/%: requirements/%.txt $(CONSTRAINTS) | .venv/pyvenv.cfg
	@.venv/bin/pip install --quiet -r $<
	@touch $@

.venv-%/test: requirements/test.txt $(CONSTRAINTS) | .venv-%/pyvenv.cfg
	@.venv-$*/bin/pip install --quiet -r $<
	@touch $@

.venv-%/test-bare: requirements/test-bare.txt $(CONSTRAINTS) | .venv-%/pyvenv.cfg
	@.venv-$*/bin/pip install --quiet -r $<
	@touch $@

.venv-%/test-all: requirements/test-all.txt requirements/test.txt requirements/test-numba.txt $(CONSTRAINTS) | .venv-%/pyvenv.cfg
	@.venv-$*/bin/pip install --quiet -r $<
	@.venv-$*/bin/pip install --quiet --only-binary :all: -r requirements/test-numba.txt \
	    || echo "numba does not install under Python $*: its tests are skipped"
	@touch $@
