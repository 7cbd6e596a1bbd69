/*-------------------------------------------------------------------------
 *
 * source.h
 *	  The query of a data set: what it may be, what its columns mean, and its
 *	  rows as they come.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SOURCE_H
#define HFT_SOURCE_H

#include "access/tupdesc.h"
#include "executor/spi.h"

#include "example/draw.h"

/* Columns beside those of HftRow. */
typedef enum HftSourceColumn
{
	HFT_SOURCE_ID = HFT_COLUMN_COUNT,
	HFT_SOURCE_SPLIT,
	HFT_SOURCE_COLUMNS
} HftSourceColumn;

typedef struct HftSourceShape
{
	HftMethod	method;
	int			attribute[HFT_SOURCE_COLUMNS];	/* from 1; 0: no such column */
	const char *name[HFT_SOURCE_COLUMNS];	/* as the query spells it */
} HftSourceShape;

/* A row in UTF-8, valid until the next one. */
typedef struct HftSourceRow
{
	int64		number;			/* from 1 */
	HftRow		row;
	Datum		source_key;		/* text; 0: none */
	const char *key;			/* the same for messages, or NULL */
	HftSplitKind split;			/* HFT_SPLIT_COUNT: to be drawn */
} HftSourceRow;

typedef void (*HftSourceReceive) (void *arg, const HftSourceRow *row);

/*
 * Parse and analyse the query as the current user; ERROR unless it is one
 * SELECT that locks nothing.  Needs SPI; the plan is SPI's.
 */
extern SPIPlanPtr hft_source_prepare(const char *query);
extern TupleDesc hft_source_columns(SPIPlanPtr plan);

/* ERROR 0A000 or 22023 for a method that cannot be, by its name. */
extern HftMethod hft_method_lookup(const char *name);

/* Find columns by name; ERROR when they make no example. */
extern HftSourceShape hft_source_shape(TupleDesc columns, HftMethod method);

/* Run it read-only; "receive" is called for each row. */
extern void hft_source_run(SPIPlanPtr plan, const HftSourceShape *shape,
						   HftSourceReceive receive, void *arg);

#endif							/* HFT_SOURCE_H */
