# Everything here runs from a fresh clone with Rust and make; `make` alone lists the targets.
CARGO ?= cargo
EIGENLEX = target/release/eigenlex
DEMO = target/demo

.PHONY: help demo test check bench bench-peers bench-words corpora
help:
	@echo "make demo          build, embed the two sample languages, do word math, align them, score it"
	@echo "make test          run every test"
	@echo "make check         what must pass before a commit: format, lints, tests, documentation"
	@echo "make bench         run the benchmarks"
	@echo "make bench-peers   compare the SVD with those of other libraries (needs Python; CORPUS=FILE for its matrices too)"
	@echo "make bench-words   compare the word vectors with those of other libraries (needs Python, CORPUS=FILE and SETS=FOLDER)"
	@echo "make corpora       write the sample corpora anew from their generator"
	@echo "make corpora/NAME  download a real corpus and prepare it (corpora/recipes.sh --list)"

$(EIGENLEX): Cargo.toml Cargo.lock $(shell find src -name '*.rs')
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

test:
	$(CARGO) test --locked

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --lib --no-default-features -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps
	$(MAKE) test

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
