/*-------------------------------------------------------------------------
 *
 * statistics.c
 *	  Is the new model really better?  Intervals and tests for evaluations.
 *
 * The methods are the standard ones:
 *	  quantile	  Wichura, Applied Statistics 37 (1988), algorithm AS 241
 *	  proportion  Wilson, JASA 22 (1927); recommended over the textbook
 *				  interval by Brown, Cai and DasGupta (2001)
 *	  pairs		  McNemar (1947), exact: the binomial tail, summed outwards
 *				  from a probability computed by Loader's method (2000), so
 *				  that no large logarithms cancel
 *	  bootstrap	  Efron's percentiles over resampled pairs, drawn by
 *				  xoshiro256** (Blackman and Vigna) seeded with splitmix64
 *
 *-------------------------------------------------------------------------
 */
#include "model/statistics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ---------------------------------------------------------------- normal */

/* Coefficients of AS 241 (PPND16), highest power first. */
static const double central_top[8] = {
	2509.0809287301226727, 33430.575583588128105, 67265.770927008700853,
	45921.953931549871457, 13731.693765509461125, 1971.5909503065514427,
	133.14166789178437745, 3.387132872796366608
};
static const double central_bottom[8] = {
	5226.495278852854561, 28729.085735721942674, 39307.89580009271061,
	21213.794301586595867, 5394.1960214247511077, 687.1870074920579083,
	42.313330701600911252, 1.0
};
static const double middle_top[8] = {
	7.7454501427834140764e-4, 0.0227238449892691845833,
	0.24178072517745061177, 1.27045825245236838258, 3.64784832476320460504,
	5.7694972214606914055, 4.6303378461565452959, 1.42343711074968357734
};
static const double middle_bottom[8] = {
	1.05075007164441684324e-9, 5.475938084995344946e-4,
	0.0151986665636164571966, 0.14810397642748007459, 0.68976733498510000455,
	1.6763848301838038494, 2.05319162663775882187, 1.0
};
static const double tail_top[8] = {
	2.01033439929228813265e-7, 2.71155556874348757815e-5,
	0.0012426609473880784386, 0.026532189526576123093,
	0.29656057182850489123, 1.7848265399172913358, 5.4637849111641143699,
	6.6579046435011037772
};
static const double tail_bottom[8] = {
	2.04426310338993978564e-15, 1.4215117583164458887e-7,
	1.8463183175100546818e-5, 7.868691311456132591e-4,
	0.0148753612908506148525, 0.13692988092273580531, 0.59983220655588793769,
	1.0
};

static double
evaluate_ratio(const double *top, const double *bottom, double x)
{
	double		numerator = top[0];
	double		denominator = bottom[0];

	for (int i = 1; i < 8; i++)
	{
		numerator = numerator * x + top[i];
		denominator = denominator * x + bottom[i];
	}
	return numerator / denominator;
}

double
hft_normal_quantile(double p)
{
	double		q = p - 0.5;
	double		r;
	double		z;

	if (fabs(q) <= 0.425)
		return q * evaluate_ratio(central_top, central_bottom,
								  0.180625 - q * q);
	r = sqrt(-log(q < 0 ? p : 1.0 - p));
	if (r <= 5.0)
		z = evaluate_ratio(middle_top, middle_bottom, r - 1.6);
	else
		z = evaluate_ratio(tail_top, tail_bottom, r - 5.0);
	return q < 0 ? -z : z;
}

HftInterval
hft_wilson(int64_t successes, int64_t n, double confidence)
{
	/* the lower tail keeps its digits where confidence is close to one */
	double		z = -hft_normal_quantile((1.0 - confidence) / 2.0);
	double		trials = (double) n;
	double		p = (double) successes / trials;
	double		shrink = 1.0 + z * z / trials;
	double		center = (p + z * z / (2.0 * trials)) / shrink;
	double		half = z / shrink *
		sqrt(p * (1.0 - p) / trials + z * z / (4.0 * trials * trials));
	HftInterval interval = {center - half, center + half};

	/* rounding must not leave a certain end uncertain, or pass it */
	if (successes == 0 || interval.low < 0.0)
		interval.low = 0.0;
	if (successes == n || interval.high > 1.0)
		interval.high = 1.0;
	return interval;
}

/* -------------------------------------------------------------- binomial */

/* log(n!) minus Stirling's approximation of it. */
static double
stirling_error(double n)
{
	double		square = n * n;

	if (n < 16.0)
		return lgamma(n + 1.0) - (n + 0.5) * log(n) + n
			- 0.918938533204672741780;	/* log(sqrt(2 pi)) */
	return (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / 1680 / square)
						/ square) / square) / n;
}

/* x log(x / m) + m - x, without cancellation where x is close to m. */
static double
deviance(double x, double m)
{
	double		v = (x - m) / (x + m);
	double		sum = (x - m) * v;
	double		term = 2.0 * x * v;

	if (fabs(x - m) >= 0.1 * (x + m))
		return x * log(x / m) + m - x;
	for (int j = 1; j < 1000; j++)
	{
		double		before = sum;

		term *= v * v;
		sum += term / (2 * j + 1);
		if (sum == before)
			break;
	}
	return sum;
}

/* P(K = k) for K ~ Binomial(n, 1/2), to nearly full precision. */
static double
fair_binomial(int64_t k, int64_t n)
{
	double		x = (double) k;
	double		y = (double) (n - k);
	double		total = (double) n;

	if (k == 0 || k == n)
		return exp(-total * M_LN2);
	return exp(stirling_error(total) - stirling_error(x) - stirling_error(y)
			   - deviance(x, total / 2) - deviance(y, total / 2))
		* sqrt(total / (2 * M_PI * x * y));
}

double
hft_mcnemar(int64_t b, int64_t c)
{
	int64_t		n = b + c;
	int64_t		k = b < c ? b : c;
	double		term;
	double		sum;

	if (b - c <= 1 && c - b <= 1)
		return 1.0;				/* both tails together are everything */
	term = fair_binomial(k, n);
	sum = term;
	/* outwards the terms fall: stop when they no longer count */
	while (k > 0 && term > sum * (DBL_EPSILON / 16))
	{
		term *= (double) k / (double) (n - k + 1);
		sum += term;
		k--;
	}
	return fmin(1.0, 2.0 * sum);
}

/* ------------------------------------------------------------- bootstrap */

static uint64_t
rotate_left(uint64_t x, int bits)
{
	return (x << bits) | (x >> (64 - bits));
}

static uint64_t
next_random(uint64_t *s)
{
	uint64_t	result = rotate_left(s[1] * 5, 7) * 9;
	uint64_t	t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate_left(s[3], 45);
	return result;
}

static void
seed_random(uint64_t *s, uint64_t seed)
{
	for (int i = 0; i < 4; i++)
	{
		uint64_t	z = (seed += UINT64_C(0x9e3779b97f4a7c15));

		z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
		s[i] = z ^ (z >> 31);
	}
}

/* Uniform below n, unbiased (Lemire's multiplication with rejection). */
static size_t
random_below(uint64_t *s, uint64_t n)
{
	unsigned __int128 product = (unsigned __int128) next_random(s) * n;

	if ((uint64_t) product < n)
	{
		uint64_t	threshold = -n % n;

		while ((uint64_t) product < threshold)
			product = (unsigned __int128) next_random(s) * n;
	}
	return (size_t) (product >> 64);
}

void
hft_bootstrap_begin(HftBootstrap *bootstrap, const double *differences,
					size_t n, double *means, size_t resamples, uint64_t seed)
{
	bootstrap->differences = differences;
	bootstrap->n = n;
	bootstrap->means = means;
	bootstrap->resamples = resamples;
	bootstrap->done = 0;
	seed_random(bootstrap->random, seed);
}

static double
draw_mean(HftBootstrap *bootstrap)
{
	double		sum = 0;

	for (size_t i = 0; i < bootstrap->n; i++)
		sum += bootstrap->differences[random_below(bootstrap->random,
												   bootstrap->n)];
	return sum / (double) bootstrap->n;
}

bool
hft_bootstrap_step(HftBootstrap *bootstrap, size_t draws)
{
	size_t		resamples = draws / bootstrap->n + 1;

	while (bootstrap->done < bootstrap->resamples && resamples-- > 0)
		bootstrap->means[bootstrap->done++] = draw_mean(bootstrap);
	return bootstrap->done == bootstrap->resamples;
}

static int
compare_doubles(const void *left, const void *right)
{
	double		a = *(const double *) left;
	double		b = *(const double *) right;

	return (a > b) - (a < b);
}

/* Quantile of sorted numbers, interpolated between neighbours. */
static double
sorted_quantile(const double *sorted, size_t n, double p)
{
	double		place = p * (double) (n - 1);
	size_t		below = (size_t) place;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below]
		+ (place - (double) below) * (sorted[below + 1] - sorted[below]);
}

void
hft_bootstrap_end(HftBootstrap *bootstrap, double confidence,
				  HftBootstrapResult *result)
{
	double	   *means = bootstrap->means;
	size_t		n = bootstrap->resamples;
	size_t		not_above = 0;
	size_t		not_below = 0;
	double		sum = 0;

	for (size_t i = 0; i < bootstrap->n; i++)
		sum += bootstrap->differences[i];
	result->difference = sum / (double) bootstrap->n;

	qsort(means, n, sizeof(double), compare_doubles);
	result->interval.low = sorted_quantile(means, n, (1 - confidence) / 2);
	result->interval.high = sorted_quantile(means, n, (1 + confidence) / 2);

	for (size_t i = 0; i < n; i++)
	{
		not_above += means[i] <= 0;
		not_below += means[i] >= 0;
	}
	/* counting the observed sample itself keeps p above zero */
	result->p_value = fmin(1.0, 2.0 *
						   (double) ((not_above < not_below ? not_above
									  : not_below) + 1) / (double) (n + 1));
}
