# make run    a first look: install, load the sample dossiers, serve http://127.0.0.1:8000
# make test   install and run everything that CI checks, on real PostgreSQL, MinIO and Elasticsearch (.ci/services) too
# make check  the five-minute part of it, without servers; make acceptance: everything there is, with the measurements

SHELL := /bin/bash
PY := .venv/bin/python
export OMP_THREAD_LIMIT := 1

.PHONY: run setup setup-dev test check lint acceptance bench-ocr format lock clean

run: setup
	.venv/bin/archive demo || [ $$? = 1 ] # 1: a finding, already told
	exec .venv/bin/archive serve

setup:
	scripts/setup

setup-dev:
	scripts/setup dev

test: setup-dev lint
	.ci/test

check: setup-dev lint
	$(PY) -m pytest -m "not acceptance and not slow and not browser"

lint:
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

acceptance: setup-dev
	trap '.ci/services stop' EXIT; .ci/services start && eval "$$(.ci/services env)" && $(PY) -m acceptance

bench-ocr: setup-dev
	$(PY) -m benchmarks.ocr_accuracy

format:
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

lock:
	scripts/lock
