/*-------------------------------------------------------------------------
 *
 * rule.h
 *	  What platforms demand of training data, one rule each.
 *
 * Pure C.  A rule without a check function is about a whole version and is
 * found by who sees all of its rows; it is in the table so that the table
 * names every rule there is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_RULE_H
#define HFT_RULE_H

#include "example/example.h"

typedef enum HftSeverity
{
	HFT_INFO,
	HFT_WARNING,				/* it will be trained, though hardly as meant */
	HFT_ERROR					/* it will be refused */
} HftSeverity;

typedef struct HftCheck HftCheck;

typedef struct HftRule
{
	const char *id;
	HftSeverity severity;
	const char *format;			/* training files it holds for; NULL: all */
	void		(*check) (HftCheck *check);
	const char *meaning;		/* a sentence */
} HftRule;

/* Called once for each finding; "message" is valid during the call. */
typedef void (*HftReport) (void *arg, const HftRule *rule,
						   const char *message);

struct HftCheck
{
	const HftExample *example;
	const HftRule *rule;
	HftReport	report;
	void	   *arg;
	char		quoted[64];
};

extern const HftRule *hft_rules(int *n);
extern const HftRule *hft_rule_lookup(const char *id);
extern const char *hft_severity_name(HftSeverity severity);

/* Hold the example against every rule. */
extern void hft_example_check(const HftExample *example, HftReport report,
							  void *arg);

/* For rules: report a finding. */
extern void hft_check_fail(HftCheck *check, const char *format,...)
			__attribute__((format(printf, 2, 3)));

/* A text from the data, short and plain; the next call overwrites it. */
extern const char *hft_check_quote(HftCheck *check, const HftJsonNode *node);

/*
 * Most tokens of an example that is trained whole, and for which model;
 * 0 when not known.
 */
extern int64_t hft_model_token_limit(const char *model);

#endif							/* HFT_RULE_H */
