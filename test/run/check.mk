# Everything that checks hft; included by the Makefile.
#
# Nothing here writes outside the checkout, except below a temporary folder
# that the runner removes.  Two private servers are made: build/pgroot has hft
# as it is shipped, build/pgroot-testing has it with -DHFT_TESTING (the hooks
# at the crash positions).

PGROOT = $(CURDIR)/build/pgroot
TESTROOT = $(CURDIR)/build/pgroot-testing
CHECK_MAKE = $(MAKE) --no-print-directory with_llvm=no COPT=-Werror

.PHONY: pgroot
pgroot: build/pgroot/.copied
	+$(CHECK_MAKE) install PG_CONFIG=$(PGROOT)/pg_config

build/pgroot/.copied: $(bindir)/postgres $(datadir)/extension test/run/pgroot.sh
	test/run/pgroot.sh $(PG_CONFIG) $(PGROOT)
	touch $@

# A server to try things on: "make start", "make psql", "make stop".
.PHONY: start psql stop
start: pgroot
	test/run/server.sh start
psql stop:
	test/run/server.sh $@
