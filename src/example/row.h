/*-------------------------------------------------------------------------
 *
 * row.h
 *	  A row of the user's query, as the columns that an example is made of.
 *
 * Pure C.  All texts are UTF-8, or else the row is refused.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ROW_H
#define HFT_ROW_H

#include <stddef.h>

typedef enum HftMethod
{
	HFT_METHOD_SFT,
	HFT_METHOD_TEXT
} HftMethod;

typedef struct HftText
{
	const char *data;			/* NULL: SQL's NULL, or no such column */
	size_t		length;
} HftText;

typedef enum HftColumn
{
	HFT_COLUMN_MESSAGES,		/* JSON: an array, or a whole example */
	HFT_COLUMN_SYSTEM,
	HFT_COLUMN_USER,
	HFT_COLUMN_ASSISTANT,
	HFT_COLUMN_TEXT,
	HFT_COLUMN_TOOLS,			/* JSON */
	HFT_COLUMN_WEIGHT,			/* a number in decimal */
	HFT_COLUMN_GROUP_KEY,		/* not part of the example */
	HFT_COLUMN_COUNT
} HftColumn;

typedef struct HftRow
{
	HftText		column[HFT_COLUMN_COUNT];
} HftRow;

#endif							/* HFT_ROW_H */
