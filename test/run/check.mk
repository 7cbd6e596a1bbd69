# Everything that checks hft; included by the Makefile.
#
# Nothing here writes outside the checkout, except below a temporary folder
# that the runner removes.  Two private servers are made: build/pgroot has hft
# as it is shipped, build/pgroot-testing has it with -DHFT_TESTING (the hooks
# at the crash positions).

PGROOT = $(CURDIR)/build/pgroot
TESTROOT = $(CURDIR)/build/pgroot-testing
CHECK_MAKE = $(MAKE) --no-print-directory with_llvm=no COPT=-Werror
RUN = python3 test/run/run.py

help:
	@sed -n 's/^#: //p' test/run/check.mk

#: make, make install       build, and install into the server of PG_CONFIG
#: make test                install missing packages (as root), run every suite
#: make demo                the main job on a private server, nothing stays
#: make check-SUITE         one suite: style unit asan emulator regress
#:                          isolation pgtap perl docs fuzz; with FILES="a b"
#:                          only these files of it
#: make check-majors        all that needs a server, with each of PG_CONFIGS
#: make start, psql, stop   a private server and the emulator to try things on
#: make coverage            line coverage of unit and server suites
#: make bench               every benchmark of test/bench
#: make bench-tokens        the tokenizer beside others
#: make indent              lay out the sources as PostgreSQL does
#: make installcheck        the SQL suites against a running server

.PHONY: help test demo packages pgroot pgroot-testing start psql stop \
	check-all check-majors coverage bench indent

# ---- packages, everything

test: packages
	+@$(MAKE) --no-print-directory -j2 build-for-all
	+@$(MAKE) --no-print-directory check-all

packages:
	@test/run/packages.sh

# Who looks at a demonstration wants to see hft, not how it is built.
BUILD_LOG = build/demo-build.log
demo:
	@mkdir -p build; echo "Installing missing packages and building hft" \
		"(at first a minute or two) ..."
	+@{ $(MAKE) --no-print-directory packages \
		&& $(MAKE) --no-print-directory -s -j2 pgroot; } \
		>$(BUILD_LOG) 2>&1 || { tail -n 30 $(BUILD_LOG); exit 1; }
	@python3 test/run/demo.py

CHECKS = style unit asan emulator regress isolation pgtap perl docs fuzz

build-for-all: $(patsubst %,build-for-%,$(CHECKS))
check-all: build-for-all
	$(RUN) all

$(patsubst %,check-%,$(CHECKS)): check-%: build-for-%
	$(RUN) $* $(FILES)

.PHONY: build-for-all $(patsubst %,check-%,$(CHECKS)) \
	$(patsubst %,build-for-%,$(CHECKS))
build-for-style build-for-emulator: ;
build-for-regress build-for-isolation build-for-pgtap build-for-docs: pgroot
build-for-perl: pgroot pgroot-testing

# ---- private servers

# The targets that link hft.so or install it share files, so they must not
# run at the same time.
pgroot: build/pgroot/.copied
	+$(CHECK_MAKE) -s install PG_CONFIG=$(PGROOT)/pg_config
	@test/run/check_symbols.sh hft.so $(bindir)/postgres

pgroot-testing: build/pgroot-testing/.copied pgroot
	+$(CHECK_MAKE) -s install-testing PG_CONFIG=$(TESTROOT)/pg_config

.PHONY: install-testing
install-testing: install build/testing/hft.so
	$(INSTALL_SHLIB) build/testing/hft.so $(pkglibdir)/hft.so

build/pgroot/.copied build/pgroot-testing/.copied: $(bindir)/postgres \
		$(datadir)/extension test/run/pgroot.sh
	test/run/pgroot.sh $(PG_CONFIG) $(@D)
	touch $@

build/testing/%.o: %.c build/flags
	@mkdir -p $(@D)
	$(COMPILE.c) -DHFT_TESTING $(CFLAGS_SL) -o $@ $<

build/testing/hft.so: $(addprefix build/testing/,$(OBJS))
	$(CC) $(CFLAGS) $(CFLAGS_SL) -shared -o $@ $^ $(LDFLAGS) $(SHLIB_LINK)

-include $(patsubst %.o,build/testing/%.d,$(OBJS))

start: pgroot
	test/run/server.sh start
psql stop:
	test/run/server.sh $@

# ---- unit tests and fuzzing: no server, only the sources that are pure C
#
# A source is pure when it does not include postgres.h.  All of them go into
# one archive; a test that includes "module.c" to reach its statics simply
# does not pull that member.

PURE_SRCS := $(if $(wildcard src/*/*.c),\
	$(shell grep -L 'include "postgres.h"' $(wildcard src/*/*.c)))
UNIT_TESTS = $(patsubst test/unit/%.c,%,$(wildcard test/unit/test_*.c))
FUZZERS = $(patsubst test/fuzz/%.c,%,$(wildcard test/fuzz/fuzz_*.c))

PURE_CFLAGS = -std=gnu11 -g -Isrc -I. -Itest/unit -D_GNU_SOURCE -MMD -MP \
	-Wall -Wextra -Werror -Wpointer-arith \
	-Wdeclaration-after-statement -Wvla -Wimplicit-fallthrough \
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
PURE_LIBS = -ljansson -lcrypto -lm -lpthread

UNIT_FLAGS = -O2
ASAN_FLAGS = -O1 -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
# clang knows other warnings; gcc decides what is an error
FUZZ_FLAGS = $(ASAN_FLAGS) -fsanitize=fuzzer-no-link -Wno-error

# "make V=1" shows whole command lines.
QUIET = $(if $(V),,@echo "  $(1)" && )

# pure_rules(variant, compiler, flags, prefix, folder and link flags):
# build/VARIANT/libhftpure.a, and the programs PREFIX_* of test/FOLDER
define pure_rules
build/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(call QUIET,$(2) $(1) $$<)$(2) $$(PURE_CFLAGS) $(3) -c -o $$@ $$<

build/$(1)/libhftpure.a: $$(patsubst %.c,build/$(1)/%.o,$$(PURE_SRCS))
	@rm -f $$@
	@ar rcs $$@ $$^

build/$(1)/$(4)_%: test/$(firstword $(5))/$(4)_%.c build/$(1)/libhftpure.a
	$$(call QUIET,$(2) $(1) $$<)$(2) $$(PURE_CFLAGS) $(3) \
		$(wordlist 2,9,$(5)) -MF $$@.d -o $$@ $$< \
		build/$(1)/libhftpure.a $$(PURE_LIBS)

-include $$(patsubst %.c,build/$(1)/%.d,$$(PURE_SRCS))
-include $$(wildcard build/$(1)/*.d)
endef
$(eval $(call pure_rules,unit,gcc,$(UNIT_FLAGS),test,unit))
$(eval $(call pure_rules,unit-asan,gcc,$(ASAN_FLAGS),test,unit))
$(eval $(call pure_rules,fuzz,clang,$(FUZZ_FLAGS),fuzz,fuzz -fsanitize=fuzzer))

build-for-unit: $(addprefix build/unit/,$(UNIT_TESTS))
build-for-asan: $(addprefix build/unit-asan/,$(UNIT_TESTS))
build-for-fuzz: $(addprefix build/fuzz/,$(FUZZERS))

# ---- other majors, coverage, benchmarks, layout
#
# A build with other flags gets a copy of the tree, so that it cannot mix
# with this one.

SERVER_CHECKS = regress,isolation,pgtap,perl

check-majors:
	@test -n "$(PG_CONFIGS)" || { echo 'say PG_CONFIGS="/path/to/pg_config"'; \
		echo 'test/run/build_major.sh 17 makes one'; exit 1; }
	+@set -e; for config in $(PG_CONFIGS); do \
		copy=build/majors/$$($$config --version | tr -dc 0-9); \
		echo "== $$($$config --version)"; \
		test/run/copy_tree.sh $$copy; \
		$(MAKE) --no-print-directory -C $$copy check-server \
			PG_CONFIG=$$config; \
	done

.PHONY: check-server
check-server: pgroot pgroot-testing
	$(RUN) $(SERVER_CHECKS)

coverage:
	test/run/copy_tree.sh build/coverage
	+-HFT_COVERAGE=on $(MAKE) --no-print-directory -C build/coverage \
		check-coverage PROFILE=--coverage UNIT_FLAGS="-O0 --coverage"
	python3 test/run/coverage.py build/coverage

.PHONY: check-coverage
check-coverage: build-for-unit pgroot pgroot-testing
	$(RUN) unit,$(SERVER_CHECKS)

# test/bench/bench_*.c are pure C programs, test/bench/*.sh may use a server
# (HFT_PGROOT is where it is installed).
BENCHES = $(patsubst test/bench/%.c,build/bench/%,\
	$(wildcard test/bench/bench_*.c))
$(eval $(call pure_rules,bench,gcc,-O3,bench,bench))

# The tokenizer beside another one, where its sources lie beside the checkout
# or its work tree (it needs AVX-512), and beside npm's (build/peers).
PROTOTYPES = $(firstword $(wildcard ../shared/tokenizer/prototype \
	../../shared/tokenizer/prototype))
YARDSTICKS = $(if $(PROTOTYPES),$(patsubst %,build/bench/yardstick_%.o,\
	$(if $(shell grep -m1 -o avx512_vbmi2 /proc/cpuinfo),cl100k o200k)))

build/bench/yardstick_%.o: test/bench/yardstick.c
	@mkdir -p $(@D)
	gcc -O3 -march=native -w '-DSOURCE="$(CURDIR)/$(PROTOTYPES)/proto_$*.c"' \
		'-DNAME(part)=$*_base##part' -c -o $@ $<

build/bench/bench_tokens: $(YARDSTICKS)
build/bench/bench_tokens: PURE_LIBS += $(YARDSTICKS)

bench-tokens: build/bench/bench_tokens $(VOCABULARIES)
	build/bench/bench_tokens
	test/bench/npm_tokens.sh

.PHONY: bench-tokens

bench: $(BENCHES) pgroot
	@set -e; for program in $(BENCHES) $(wildcard test/bench/*.sh); do \
		echo "== $$program"; HFT_PGROOT=$(PGROOT) $$program; done

indent:
	PG_CONFIG=$(PG_CONFIG) test/run/indent.sh $(FILES)
