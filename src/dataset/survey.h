/*-------------------------------------------------------------------------
 *
 * survey.h
 *	  A version as different platforms and models would see it.
 *
 * One pass over the examples serves all of them: rules are checked once a
 * row, and a row is counted once for each kind of tokenizer, not for each
 * model.
 *
 * Include postgres.h first.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SURVEY_H
#define HFT_SURVEY_H

#include "example/draw.h"
#include "example/rule.h"
#include "example/writer.h"
#include "tokenizer/model.h"

typedef struct HftSurveySplit
{
	int64		rows;
	int64		rejected;		/* the platform would refuse them */
	int64		truncated;		/* accepted, but longer than the model takes */
	int64		tokens;			/* of all rows */
	int64		kept_tokens;	/* of accepted rows, as far as they are taken */
} HftSurveySplit;

typedef struct HftSurvey
{
	/* asked */
	const char *format;			/* a writer's */
	const char *model;

	/* found */
	const char *encoding;		/* that the tokens are of */
	bool		exact;			/* counted as the platform counts */
	HftSurveySplit split[HFT_SPLIT_COUNT];	/* test stays empty */
	int64	   *findings;		/* rows of each rule, in hft_rules() order */
	int64		unwritable;		/* rows that the format cannot express, though
								 * no rule says so */
} HftSurvey;

/*
 * Survey the version's training and validation examples, whose stored counts
 * are those of the model "counted_for".  A model whose tokenizer is unknown
 * or not installed gets these counts, and is not exact.  Runs inside a scope.
 */
extern void hft_survey_run(int64 version, const char *counted_for,
						   HftSurvey *surveys, int n);

#endif							/* HFT_SURVEY_H */
