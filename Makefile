# Two commands for a fresh machine with Python 3.11 and make:  make demo  and  make test
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/ready
TESTING := .venv/ready-test

.PHONY: demo test check bench golden clean

demo: $(READY)
	$(BIN)/corpusprep run seeds -o corpus --script simplified --overwrite

test: $(TESTING)
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(TESTING)
	$(BIN)/ruff check --output-format concise .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/corpusprep rules check corpusprep/rules
	$(BIN)/python benchmarks/floors.py

bench: $(TESTING)
	$(BIN)/python benchmarks/job.py

# What the seeds come to is part of the interface: a change of it is shown, looked at and committed.
golden: $(TESTING)
	$(BIN)/python scripts/golden.py
	git --no-pager diff --stat -- tests/golden

$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(TESTING): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf .venv corpus .pytest_cache .mypy_cache .ruff_cache .hypothesis
