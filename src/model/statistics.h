/*-------------------------------------------------------------------------
 *
 * statistics.h
 *	  Is the new model really better?  Intervals and tests for evaluations.
 *
 * Pure C and deterministic: even the bootstrap draws from its seed alone,
 * which is what lets the SQL functions be immutable.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_STATISTICS_H
#define HFT_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct HftInterval
{
	double		low;
	double		high;
} HftInterval;

/* The z with P(Z <= z) = p for a standard normal Z; 0 < p < 1. */
extern double hft_normal_quantile(double p);

/*
 * Wilson's score interval of a proportion.  Needs 0 <= successes <= n, n > 0
 * and 0 < confidence < 1.
 */
extern HftInterval hft_wilson(int64_t successes, int64_t n,
							  double confidence);

/*
 * McNemar's exact test: two-sided p-value for "b pairs went one way and c the
 * other" under a fair coin.  Needs b >= 0 and c >= 0; their sum may not
 * exceed 2^32.
 */
extern double hft_mcnemar(int64_t b, int64_t c);

/*
 * Percentile bootstrap of the mean of paired differences, in steps, so that
 * the caller can answer interrupts between them:
 *
 *		hft_bootstrap_begin(&bootstrap, differences, n, means, resamples,
 *							seed);
 *		while (!hft_bootstrap_step(&bootstrap, draws)) ...
 *		hft_bootstrap_end(&bootstrap, confidence, &result);
 *
 * "means" has room for "resamples" numbers; both arrays stay the caller's.
 */
typedef struct HftBootstrap
{
	const double *differences;
	size_t		n;
	double	   *means;			/* of the resamples drawn so far */
	size_t		resamples;
	size_t		done;
	uint64_t	random[4];
} HftBootstrap;

typedef struct HftBootstrapResult
{
	double		difference;		/* the mean that was observed */
	HftInterval interval;
	double		p_value;		/* two-sided, for "the mean is zero" */
} HftBootstrapResult;

extern void hft_bootstrap_begin(HftBootstrap *bootstrap,
								const double *differences, size_t n,
								double *means, size_t resamples,
								uint64_t seed);

/* Draw about "draws" more differences; true when all resamples are done. */
extern bool hft_bootstrap_step(HftBootstrap *bootstrap, size_t draws);

extern void hft_bootstrap_end(HftBootstrap *bootstrap, double confidence,
							  HftBootstrapResult *result);

#endif							/* HFT_STATISTICS_H */
