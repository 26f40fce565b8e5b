# `make help` lists the targets. Each installs what it needs first (deploy/bootstrap.sh), once.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help run test lint compile bench soak docs client lock clean
MAKEFLAGS += --no-print-directory
export PATH := $(or $(PATH),/usr/local/bin:/usr/bin:/bin):/usr/sbin:/sbin

# stay: play the demonstration and stay up; once: play it and stop; none: only start
DEMO ?= stay
# further arguments for pytest: make test ARGS="tests/telephony -x"
ARGS ?=

help:
	@echo 'make run             install what is missing, start everything, play a call, stay up until Ctrl-C'
	@echo 'make run DEMO=once   play the call and stop: exits 0, or says what failed (DEMO=none: only start)'
	@echo 'make test            every test; ARGS="tests/telephony -x" goes to pytest'
	@echo 'make lint            ruff, mypy and the import rules'
	@echo 'make compile         SIP stack and engine ahead of time: the gateway uses them until a line changes'
	@echo 'make bench           CPU per call beside two other servers, 112, registrations, memory, delay, overload, reads of the API, changes, pulls'
	@echo 'make soak            calls for an hour (MINUTES=60), watching memory and leftovers'
	@echo 'make docs            draw docs/state-diagrams.md and write docs/services/settings.md from the code'
	@echo 'make client          write the typed Python client anew from the description of the API'
	@echo 'make lock            renew the hash-locked lists of Python packages (needs uv)'
	@echo 'make clean           remove var/ (database included), the environments and caches'

run:
	@bash deploy/bootstrap.sh run
	@exec .venv/bin/hipper up --settings deploy/hipper.toml --demo $(DEMO)

test:
	@bash deploy/bootstrap.sh test
	@# 5 is pytest's "nothing selected": one of the two may select nothing, not both
	@.venv/bin/python -m pytest -n 2 --dist loadgroup -m "not alone" $(ARGS); most=$$?; \
	[ $$most = 0 ] || [ $$most = 5 ] || exit $$most; \
	.venv/bin/python -m pytest -m alone $(ARGS); alone=$$?; \
	[ $$alone = 5 ] && exit $$most || exit $$alone

lint:
	@bash deploy/bootstrap.sh lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

compile:
	@bash deploy/bootstrap.sh compile

bench:
	@bash deploy/bootstrap.sh bench
	@status=0; for one in emergency emergency_imrn call_cost registrations memory delay overload api_reads listeners changes interruption; do \
		.venv/bin/python -m tests.bench.$$one || status=1; done; exit $$status

docs:
	@bash deploy/bootstrap.sh lint
	@PYTHONPATH=. .venv/bin/python docs/draw_state_diagrams.py
	@PYTHONPATH=. .venv/bin/python docs/write_services.py

client:
	@bash deploy/bootstrap.sh lint
	@.venv/bin/python -m app --describe | PYTHONPATH=flutter_client .venv/bin/python -m hipper_api_generator -

lock:
	@bash deploy/lock.sh

MINUTES ?= 60
soak:
	@bash deploy/bootstrap.sh bench
	@exec .venv/bin/python -m tests.bench.soak --minutes $(MINUTES)

clean:
	@if [ -e var/hipper.lock ] && ! flock --nonblock var/hipper.lock true; then echo 'hipper is running: stop it first' >&2; exit 1; fi
	@if [ -L var/data ]; then rm -rf "$$(readlink var/data)"; fi
	rm -rf var .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
