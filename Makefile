# Everything here runs from a fresh clone with Rust and make; `make` alone lists the targets.
CARGO ?= cargo
EIGENLEX = target/release/eigenlex
DEMO = target/demo

.PHONY: help demo test page-test same-bytes same-bytes-quick test-features check format lint docs metadata msrv fuzz-check fuzz-build \
	deny package package-test dist checksums release-notes tag-check lint-python wheel python-wheel \
	python-fresh python-test bench bench-peers bench-words corpora gallery
help:
	@echo "make demo          build the program and try it on the two sample languages"
	@echo "make test          run every test"
	@echo "make python-test   build the Python package and run its tests (needs Python and network)"
	@echo "make check         run everything that must pass before a commit (.ci/run)"
	@echo "make bench         run the benchmarks"
	@echo "make bench-peers   compare the SVD with those of other libraries (needs Python; CORPUS=FILE for its matrices too)"
	@echo "make bench-words   compare the word vectors with those of other libraries (needs Python, CORPUS=FILE and SETS=FOLDER)"
	@echo "make gallery       draw the pictures of docs/gallery.md anew"
	@echo "make corpora       write the sample corpora anew from their generator"
	@echo "make corpora/NAME  download a real corpus and prepare it (corpora/recipes.sh --list)"
	@echo "CONTRIBUTING.md describes the checks one by one."

$(EIGENLEX): Cargo.toml Cargo.lock $(shell find src -type f)
	$(CARGO) build --release --locked

demo: $(EIGENLEX)
	@mkdir -p $(DEMO)
	@printf '\n== English: texts become vectors (a line is a scene: windows go on to its end; half the words of this small world are names: they may weigh)\n'
	$(EIGENLEX) embed corpora/english.txt --dim 100 --window-boundary document --dispersion 0.2 --force -o $(DEMO)/english
	@printf '\n== Spanish\n'
	$(EIGENLEX) embed corpora/spanish.txt --dim 100 --window-boundary document --dispersion 0.2 --force -o $(DEMO)/spanish
	@printf '\n== Word math\n'
	$(EIGENLEX) math $(DEMO)/english 'king - man + woman' 'paris - france + italy' --top 3 --format text
	$(EIGENLEX) math $(DEMO)/spanish 'rey - hombre + mujer' 'parís - francia + italia' --top 3 --format text
	@printf '\n== Neighbours and similarity\n'
	$(EIGENLEX) neighbors $(DEMO)/english queen --top 5 --format text
	$(EIGENLEX) similarity $(DEMO)/english queen king queen oven --format text
	@printf '\n== How good are they? Analogies of the sample (it is artificial: expect far less of real texts)\n'
	$(EIGENLEX) evaluate $(DEMO)/english --analogies corpora/english.analogies.txt --similarity corpora/english.similarity.tsv --format text
	$(EIGENLEX) evaluate $(DEMO)/spanish --analogies corpora/spanish.analogies.txt --similarity corpora/spanish.similarity.tsv --format text
	@printf '\n== One language over the other, learned from every other line of the gold dictionary, scored on the lines between\n'
	@awk 'NR % 2 { print > "$(DEMO)/learn.txt"; next } { print > "$(DEMO)/score.txt" }' corpora/english-spanish.dictionary.txt
	$(EIGENLEX) align $(DEMO)/english $(DEMO)/spanish --dictionary $(DEMO)/learn.txt --force -o $(DEMO)/english-spanish.map --format text
	$(EIGENLEX) evaluate $(DEMO)/english-spanish.map --translation $(DEMO)/score.txt --format text
	$(EIGENLEX) translate $(DEMO)/english-spanish.map queen baker bridge --top 3 --format text
	@printf '\n== The same without any dictionary, scored on the whole gold dictionary\n'
	$(EIGENLEX) align $(DEMO)/english $(DEMO)/spanish --unsupervised --force -o $(DEMO)/found.map --format text
	$(EIGENLEX) evaluate $(DEMO)/found.map --translation corpora/english-spanish.dictionary.txt --format text
	@printf '\nThe models are in $(DEMO). Next: $(EIGENLEX) embed YOUR_TEXTS -o MODEL\n'

# --- Checks. Each is a step of .ci/run or a job of .github/workflows/ci.yml. ---

# In the profile of the program, so that both share the compiled dependencies.
test:
	$(CARGO) test --release --locked

# The same bytes with fewer instructions, other threads, little memory and, under qemu, as other processors; says
# so where qemu is missing.
same-bytes: $(EIGENLEX)
	tests/same_bytes.sh $(EIGENLEX) $(WAYS)

# The page of `explore` in headless Chromium; needs Node and Chromium.
page-test: web/tests/node_modules
	cd web/tests && node --test

web/tests/node_modules: web/tests/package-lock.json
	cd web/tests && npm ci --no-audit --no-fund --silent
	touch $@

same-bytes-quick: WAYS ?= avx2 plain threads-1 threads-3 threads-8 memory qemu-Haswell qemu-Nehalem
same-bytes-quick: $(EIGENLEX)
	QUICK=1 tests/same_bytes.sh $(EIGENLEX) $(WAYS)

check:
	.ci/run

format:
	$(CARGO) fmt --all --check

# Every feature of Cargo.toml except `default`, and `none`: the library without any.
FEATURES ?= none $(filter-out default,$(shell sed -n '/^\[features\]/,/^\[[^f]/s/^\([a-z0-9-]*\) = .*/\1/p' Cargo.toml))
FEATURE_FLAGS = --no-default-features $(if $(filter none,$*),,--features $*)

lint: lint-targets $(FEATURES:%=lint-feature-%)

lint-targets:
	$(CARGO) clippy --locked --all-targets -- -D warnings

lint-feature-%:
	$(CARGO) clippy --locked --lib $(FEATURE_FLAGS) -- -D warnings

# The library's tests with each feature alone, and with the checks that a release leaves out: overflow
# of whole numbers and `debug_assert!`.
CHECKED = profile.release.package.eigenlex
test-features: $(FEATURES:%=test-feature-%)

test-feature-%:
	$(CARGO) test --release --locked --lib $(FEATURE_FLAGS) \
		--config $(CHECKED).overflow-checks=true --config $(CHECKED).debug-assertions=true

docs:
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps

# The manifest's minimum Rust version: the code compiles with it, and no dependency asks for more.
MSRV = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
msrv: msrv-dependencies
	rustup toolchain install $(MSRV) --profile minimal --no-self-update
	$(CARGO) +$(MSRV) check --locked --all-targets

msrv-dependencies:
	$(CARGO) metadata --locked --format-version 1 | python3 .ci/msrv.py $(MSRV)

# `fuzz-check` compiles the fuzz targets with any Rust; `fuzz-build` builds them as they are run, which
# needs a nightly Rust and cargo-fuzz.
fuzz-check:
	$(CARGO) check --locked --package eigenlex-fuzz

fuzz-build:
	$(CARGO) +nightly fuzz build

# Needs cargo-deny. The advisories come from the network: DENY="bans licenses sources" leaves them out.
deny:
	$(CARGO) deny --locked check $(DENY)

# The syntax of the workflows and of CITATION.cff, with tools from PyPI.
CHECKERS = target/checkers
metadata: $(CHECKERS)/installed
	$(CHECKERS)/bin/yamllint --strict -c .github/yamllint.yml .github CITATION.cff
	$(CHECKERS)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(CHECKERS)/bin/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

$(CHECKERS)/installed:
	python3 -m venv $(CHECKERS)
	$(CHECKERS)/bin/pip install --quiet yamllint==1.38.0 check-jsonschema==0.39.0
	touch $@

# --- The package for crates.io, and archives with the program. ---

VERSION = $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)
PACKAGE = target/package/eigenlex-$(VERSION)

package:
	$(CARGO) package --locked --allow-dirty --no-verify

# All tests from the unpacked package, outside the repository: what a user of crates.io has.
package-test: package
	rm -rf $(PACKAGE)
	tar -xzf $(PACKAGE).crate -C target/package
	cd $(PACKAGE) && $(CARGO) test --release --locked --target-dir $(CURDIR)/target

# One archive for TARGET (by default this machine's), and its checksum.
HOST = $(shell rustc -vV | sed -n 's/^host: //p')
TARGET ?= $(HOST)
ARCHIVE = eigenlex-$(VERSION)-$(TARGET)
PROGRAM = target/$(TARGET)/dist/eigenlex$(if $(findstring windows,$(TARGET)),.exe)
SHA256SUM = $(if $(shell command -v sha256sum),sha256sum,shasum -a 256)
dist:
	rustup target list --installed | grep -qx $(TARGET) || rustup target add $(TARGET)
	$(if $(findstring windows,$(TARGET)),RUSTFLAGS="-C target-feature=+crt-static") $(CARGO) build --profile dist --locked --target $(TARGET)
	@$(if $(findstring musl,$(TARGET)),! readelf --dynamic $(PROGRAM) | grep NEEDED,true) || { echo "$(PROGRAM) is not static"; exit 1; }
	$(PROGRAM) embed corpora/english.txt --dim 50 --force -o target/dist-model
	$(PROGRAM) neighbors target/dist-model queen
	rm -rf target/archives/$(ARCHIVE)* && mkdir -p target/archives/$(ARCHIVE)
	cp $(PROGRAM) README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT target/archives/$(ARCHIVE)
	cd target/archives && tar -czf $(ARCHIVE).tar.gz $(ARCHIVE) && rm -r $(ARCHIVE)
	cd target/archives && $(SHA256SUM) $(ARCHIVE).tar.gz > $(ARCHIVE).tar.gz.sha256 && cat $(ARCHIVE).tar.gz.sha256

# One file with the checksums of all archives, in the format of `sha256sum --check`.
checksums:
	cd target/archives && cat *.sha256 > SHA256SUMS && rm *.sha256 && cat SHA256SUMS

# What CHANGELOG.md says about this version.
release-notes:
	@awk '/^## /{found = index($$0, "$(VERSION)")} found' CHANGELOG.md

# TAG=v0.1.0: the tag of a release names the manifest's version.
tag-check:
	test "$(TAG)" = "v$(VERSION)"

# --- The Python package. ---

# Another library than the root's, so clippy is asked for it.
lint-python:
	$(CARGO) clippy --locked --package eigenlex-python -- -D warnings

PYTHON ?= python3
PYTHON_TOOLS = target/python
# `test`, or `build` for what building alone needs.
REQUIREMENTS ?= test
PYTHON_BIN = $(PYTHON_TOOLS)/$(if $(findstring windows,$(HOST)),Scripts,bin)
WHEELS = target/wheels

# The environment in which wheels are built and tested, with the libraries that they are compared with.
$(PYTHON_TOOLS)/installed: python/requirements-$(REQUIREMENTS).txt
	$(PYTHON) -m venv $(PYTHON_TOOLS)
	$(PYTHON_BIN)/pip install --quiet --requirement $<
	touch $@

# A wheel for tests, which shares the compiled dependencies of `make test`; and one to be published.
python-wheel: $(PYTHON_TOOLS)/installed
	rm -rf $(WHEELS)
	cd python && $(CURDIR)/$(PYTHON_BIN)/maturin build --release --locked --out $(CURDIR)/$(WHEELS)

wheel: $(PYTHON_TOOLS)/installed
	rm -rf $(WHEELS)
	cd python && $(CURDIR)/$(PYTHON_BIN)/maturin build --profile dist --features formats --locked --out $(CURDIR)/$(WHEELS)
	$(MAKE) --no-print-directory python-fresh
	cd $(WHEELS) && for wheel in *.whl; do $(SHA256SUM) "$$wheel" > "$$wheel.sha256"; done

# What a user does: the wheel in an environment with nothing else, and no Rust on the path.
FRESH = target/python-fresh
FRESH_BIN = $(FRESH)/$(if $(findstring windows,$(HOST)),Scripts,bin)
python-fresh:
	$(PYTHON) -m venv --clear $(FRESH)
	$(FRESH_BIN)/pip install --quiet $(WHEELS)/*.whl
	PATH=$(CURDIR)/$(FRESH_BIN):/usr/bin:/bin eigenlex --version
	PATH=$(CURDIR)/$(FRESH_BIN):/usr/bin:/bin python -c 'import eigenlex; \
		model = eigenlex.embed("corpora/english.txt", dim=100); \
		assert model.math("king - man + woman")[0].word == "queen"; print(model)'

python-test: python-wheel python-fresh
	$(PYTHON_BIN)/pip install --quiet --force-reinstall --no-deps $(WHEELS)/*.whl
	$(PYTHON_BIN)/ruff format --check python
	$(PYTHON_BIN)/ruff check python
	$(PYTHON_BIN)/pytest -q -rs -c python/pyproject.toml --rootdir python python/tests

# --- Benchmarks, corpora and pictures. ---

bench:
	$(CARGO) bench --locked

# Python packages: pip install -r benches/peers/requirements.txt. PEERS=--quick takes the smallest matrix alone.
bench-peers:
	@mkdir -p target
	CARGO=$(CARGO) python3 benches/peers/svd.py $(if $(CORPUS),--corpus $(CORPUS)) --output target/peers.md $(PEERS)

# Python packages: pip install -r benches/peers/requirements-words.txt. WORDS=--small takes two minutes.
bench-words: $(EIGENLEX)
	python3 benches/peers/words.py $(CORPUS) $(SETS) --executable $(EIGENLEX) --output target/words.md $(WORDS)

corpora:
	$(CARGO) run --release --locked --example generate-corpora -- corpora

corpora/%:
	corpora/recipes.sh $* $@

# The commands of docs/gallery.md, in the profile of `make test`.
gallery:
	UPDATE=1 $(CARGO) test --release --locked --test all the_gallery_is_what_its_commands_draw
