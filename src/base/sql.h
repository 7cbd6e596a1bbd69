/*-------------------------------------------------------------------------
 *
 * sql.h
 *	  Our own catalog statements: as the extension's owner, pinned, planned
 *	  once.
 *
 * Users hold no rights on our tables beyond reading their rows.  C code that
 * checked what had to be checked enters a scope, runs fixed statements as
 * the owner of schema hft with search_path = pg_catalog, pg_temp, and leaves.
 * An ERROR undoes the scope with its (sub)transaction.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SQL_H
#define HFT_SQL_H

#include "executor/spi.h"

#define HFT_SQL_MAX_ARGS 40

typedef struct HftScope
{
	Oid			user;
	int			security_context;
	int			guc_level;
} HftScope;

/*
 * Connects to SPI, too; hft_scope_leave() finishes it.  The current memory
 * context stays the caller's, so what is allocated inside outlives the scope;
 * rows in SPI_tuptable do not.  Scopes nest.  ERROR when the extension is not
 * installed in this database.
 */
extern void hft_scope_enter(HftScope *scope);
extern void hft_scope_leave(const HftScope *scope);

/*
 * From a process that has pinned these settings for its whole life: a scope
 * need not do so again.
 */
extern void hft_scope_pinned(void);

/*
 * A statement known at compile time.  Names must be qualified; operators are
 * safe because a scope pins search_path.  The plan is kept for the life of
 * the process after the first run.
 */
typedef struct HftStatement
{
	const char *sql;
	int			nargs;
	Oid			types[HFT_SQL_MAX_ARGS];
	SPIPlanPtr	plan;
} HftStatement;

/*
 * Run inside a scope.  "nulls" as for SPI ('n' = null; NULL: none is).
 * Returns the number of rows; they are in SPI_tuptable.  max_rows 0: all.
 */
extern uint64 hft_statement_run(HftStatement *statement, const Datum *values,
								const char *nulls, long max_rows);

/*
 * Column "column" (from 1) of row "row" (from 0) of SPI_tuptable: the datum
 * itself, valid until the next statement or the scope's end; a palloc'd text,
 * NULL if null; a smallint, integer or bigint.
 */
extern Datum hft_row_datum(uint64 row, int column, bool *isnull);
extern char *hft_row_text(uint64 row, int column);
extern int64 hft_row_int64(uint64 row, int column, int64 if_null);

/* Owner of schema hft, or InvalidOid when the extension is not there. */
extern Oid	hft_owner(void);

#endif							/* HFT_SQL_H */
