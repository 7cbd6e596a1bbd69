# hft: hosted fine-tuning run from PostgreSQL
#
# Sources, SQL pieces and tests are found by wildcard, so a new file joins by
# being there; the order of the SQL pieces is their number.  docs/CONTRIBUTING.md
# explains the targets, "make help" lists them.

EXTENSION = hft
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" hft.control)
MODULE_big = hft
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA = $(wildcard sql/hft--*--*.sql)
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
SQL_PIECES = $(sort $(wildcard sql/[0-9][0-9]_*.sql))
.DEFAULT_GOAL = all
include src/tokenizer/tokenizer.mk

# A compiler newer than ours may know new warnings; only the targets that
# check the code (pgroot, test, check-*) make them errors, through COPT.
PG_CPPFLAGS = -I$(srcdir)/src
PG_CFLAGS = -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers -MMD -MP
SHLIB_LINK = -lcurl -ljansson -lcrypto
EXTRA_CLEAN = build results output_iso regression.diffs regression.out \
	$(OBJS:.o=.d)

# For "make installcheck" against a server that is already running.
REGRESS = $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
REGRESS_OPTS = --inputdir=test
ISOLATION = $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=.

PG_CONFIG ?= pg_config

# Targets that must work before the server's build files are installed.
BARE_TARGETS = help packages test demo check-style check-majors
ifneq ($(or $(filter-out $(BARE_TARGETS),$(MAKECMDGOALS)),\
	$(if $(MAKECMDGOALS),,all)),)
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error the build files of PostgreSQL are missing: run "make packages" as root)
endif
include $(PGXS)
endif

include test/run/check.mk

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PIECES)
	cat $^ > $@

# PGXS tracks no headers, and knows nothing of a changed flag or major.
BUILD_FLAGS = $(VERSION) $(CC) $(PG_CFLAGS) $(COPT) $(PROFILE)
build/flags: FORCE
	@mkdir -p build
	@echo '$(BUILD_FLAGS)' | cmp -s - $@ || echo '$(BUILD_FLAGS)' > $@
.PHONY: FORCE
FORCE:

$(OBJS): build/flags
-include $(OBJS:.o=.d)
