# hft: hosted fine-tuning run from PostgreSQL
#
# Sources and SQL pieces are found by wildcard, so a new file joins the build
# by being there; the order of the SQL pieces is their number.

EXTENSION = hft
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" hft.control)
MODULE_big = hft
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c)))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql
SQL_PIECES = $(sort $(wildcard sql/[0-9][0-9]_*.sql))

PG_CPPFLAGS = -I$(srcdir)/src
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers
SHLIB_LINK = -lcurl -ljansson -lcrypto
EXTRA_CLEAN = build $(DATA_built)

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

$(EXTENSION)--$(EXTVERSION).sql: $(SQL_PIECES)
	cat $^ > $@
