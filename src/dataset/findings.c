/*-------------------------------------------------------------------------
 *
 * findings.c
 *	  What checking finds in a version, on its way into hft.finding.
 *
 * All findings are counted; of each rule the first MAX_KEPT are kept, so that
 * a data set in which every row is wrong does not become another one (P8).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "dataset/bulk.h"
#include "dataset/findings.h"

#define MAX_KEPT 10000

/* columns of hft.finding */
enum
{
	FINDING_VERSION,
	FINDING_SPLIT,
	FINDING_N,
	FINDING_SOURCE_KEY,
	FINDING_RULE,
	FINDING_SEVERITY,
	FINDING_FORMAT,
	FINDING_MESSAGE,
	FINDING_COLUMNS
};

struct HftFindings
{
	HftBulk    *bulk;
	int64		version;
	Datum		splits[HFT_SPLIT_COUNT];
	const HftRule *rules;
	int			nrules;
	int64	   *counts;			/* of each rule */
};

HftFindings *
hft_findings_begin(int64 version, const Datum *splits)
{
	HftFindings *findings = palloc0(sizeof(HftFindings));

	findings->bulk = hft_bulk_begin("finding");
	findings->version = version;
	memcpy(findings->splits, splits, sizeof(findings->splits));
	findings->rules = hft_rules(&findings->nrules);
	findings->counts = palloc0(findings->nrules * sizeof(int64));
	return findings;
}

static void
keep_finding(HftFindings *findings, const HftRule *rule, HftFound found,
			 const char *message)
{
	Datum		values[FINDING_COLUMNS];
	bool		nulls[FINDING_COLUMNS] = {false};

	values[FINDING_VERSION] = Int64GetDatum(findings->version);
	nulls[FINDING_SPLIT] = found.place == NULL;
	nulls[FINDING_N] = found.place == NULL;
	if (found.place != NULL)
	{
		values[FINDING_SPLIT] = findings->splits[found.place->split];
		values[FINDING_N] = Int64GetDatum(found.place->n);
	}
	nulls[FINDING_SOURCE_KEY] = found.source_key == 0;
	values[FINDING_SOURCE_KEY] = found.source_key;
	values[FINDING_RULE] = CStringGetTextDatum(rule->id);
	values[FINDING_SEVERITY] =
		CStringGetTextDatum(hft_severity_name(rule->severity));
	nulls[FINDING_FORMAT] = rule->format == NULL;
	if (rule->format != NULL)
		values[FINDING_FORMAT] = CStringGetTextDatum(rule->format);
	values[FINDING_MESSAGE] = CStringGetTextDatum(message);
	hft_bulk_add(findings->bulk, values, nulls);
}

void
hft_findings_add(HftFindings *findings, const HftRule *rule, HftFound found,
				 const char *message)
{
	if (findings->counts[rule - findings->rules]++ < MAX_KEPT)
		keep_finding(findings, rule, found, message);
}

static void
tell_of_cut(HftFindings *findings, int i)
{
	HftFound	nowhere = {NULL, 0};
	HftRule		cut = *hft_rule_lookup("findings_cut");

	cut.format = findings->rules[i].format;
	keep_finding(findings, &cut, nowhere,
				 psprintf("rule \"%s\" has " INT64_FORMAT " findings, of which %d are kept",
						  findings->rules[i].id, findings->counts[i],
						  MAX_KEPT));
}

void
hft_findings_end(HftFindings *findings, int64 *errors, int64 *warnings)
{
	*errors = *warnings = 0;
	for (int i = 0; i < findings->nrules; i++)
	{
		const HftRule *rule = &findings->rules[i];

		if (findings->counts[i] > MAX_KEPT)
			tell_of_cut(findings, i);
		if (rule->format != NULL)
			continue;			/* other platforms may not mind */
		if (rule->severity == HFT_ERROR)
			*errors += findings->counts[i];
		if (rule->severity == HFT_WARNING)
			*warnings += findings->counts[i];
	}
	hft_bulk_end(findings->bulk);
	pfree(findings->counts);
	pfree(findings);
}
