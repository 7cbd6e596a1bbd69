/*-------------------------------------------------------------------------
 *
 * findings.h
 *	  What checking finds in a version, on its way into hft.finding.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FINDINGS_H
#define HFT_FINDINGS_H

#include "dataset/repeats.h"
#include "example/rule.h"

typedef struct HftFindings HftFindings;

/* Where a finding was made. */
typedef struct HftFound
{
	const HftPlace *place;		/* NULL: about the whole version */
	Datum		source_key;		/* text; 0: none */
} HftFound;

/* "splits": the Datums of the enum hft.split, in order */
extern HftFindings *hft_findings_begin(int64 version, const Datum *splits);
extern void hft_findings_add(HftFindings *findings, const HftRule *rule,
							 HftFound found, const char *message);
extern void hft_findings_end(HftFindings *findings, int64 *errors,
							 int64 *warnings);

#endif							/* HFT_FINDINGS_H */
