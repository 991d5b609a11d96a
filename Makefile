# People and CI call only these. Each sets up what it needs, and is quick the second time.
PYTHON ?= python3
export PYTHON
BIN := .venv/bin
WORKERS ?= 2

.PHONY: run test check check-all bench package samples clean

run: ## set up, then transcribe data/samples into out/
	@scripts/setup.sh run
	$(BIN)/speech-pipeline run configs/quickstart.yaml

test: ## set up, then run the tests, with branch coverage
	@scripts/setup.sh test
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup -m "not slow" --cov --cov-report=term

check: ## lint, types, layers
	@scripts/setup.sh test
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest -q tests/test_layers.py

check-all: check ## everything, the slow proofs too
	$(BIN)/python -m pytest -q -n $(WORKERS) --dist loadgroup

bench: ## measure ourselves beside the peers; writes benchmarks/RESULTS.md
	@scripts/setup.sh test
	$(BIN)/python benchmarks/run_all.py

package: ## build the wheel and the source distribution into dist/
	@scripts/setup.sh test
	$(BIN)/python -m pip install -q --disable-pip-version-check build
	$(BIN)/python -m build --outdir dist .

samples: ## make data/samples again (text-to-speech)
	@scripts/setup.sh test
	$(BIN)/python data/make_samples.py

clean: ## remove what the commands above made, but not the model
	rm -rf .venv out dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage*
