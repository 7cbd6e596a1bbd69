/*-------------------------------------------------------------------------
 *
 * test_statistics.c
 *	  Intervals and tests against values that others published or that can
 *	  be counted by hand.
 *
 * A formula copied wrongly would agree with itself: no expected value here
 * comes from the code under test.
 *
 *-------------------------------------------------------------------------
 */
#include "src/model/statistics.c"

#include "tap.h"

/* Wichura (1988) prints these; the first is in every table. */
static void
test_quantile(void)
{
	is_near(hft_normal_quantile(0.975), 1.959963984540054, 1e-15,
			"quantile 0.975");
	is_near(hft_normal_quantile(0.25), -0.6744897501960817, 1e-15,
			"quantile 0.25 (AS 241)");
	is_near(hft_normal_quantile(0.001), -3.090232306167814, 1e-15,
			"quantile 0.001 (AS 241)");
	is_near(hft_normal_quantile(1e-20), -9.262340089798408, 1e-15,
			"quantile 1e-20 (AS 241)");
	is_near(hft_normal_quantile(0.5), 0, 0, "the median is zero");
	is_near(hft_normal_quantile(0.9), -hft_normal_quantile(0.1), 1e-14,
			"symmetric");
}

static void
check_wilson(int64_t successes, int64_t n, double low, double high)
{
	HftInterval got = hft_wilson(successes, n, 0.95);

	ok(fabs(got.low - low) < 0.00005 && fabs(got.high - high) < 0.00005,
	   "Wilson %lld/%lld: %.4f to %.4f", (long long) successes,
	   (long long) n, got.low, got.high);
}

/* Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
static void
test_wilson(void)
{
	HftInterval sure = hft_wilson(3, 3, 0.95);
	HftInterval wide = hft_wilson(50, 100, 0.999);

	check_wilson(81, 263, 0.2553, 0.3662);
	check_wilson(15, 148, 0.0624, 0.1605);
	check_wilson(0, 20, 0.0000, 0.1611);
	check_wilson(1, 29, 0.0061, 0.1718);
	is_near(sure.high, 1.0, 0, "all succeeded: the upper end is one");
	is_near(hft_wilson(0, 7, 0.9).low, 0.0, 0,
			"none succeeded: the lower end is zero");
	ok(wide.low > 0.34 && wide.high < 0.66
	   && fabs(wide.low + wide.high - 1) < 1e-15,
	   "half of the trials: symmetric around one half");
}

/*
 * Agresti, Categorical Data Analysis: 150 and 86 voters changed their mind.
 * 121 and 59 is the worked example of several manuals.  All values were
 * counted exactly, with integers.
 */
static void
test_mcnemar(void)
{
	is_near(hft_mcnemar(150, 86), 3.715936139571442e-05, 1e-13,
			"McNemar 150 and 86");
	is_near(hft_mcnemar(86, 150), 3.715936139571442e-05, 1e-13,
			"McNemar does not care for the order");
	is_near(hft_mcnemar(121, 59), 4.434449263755176e-06, 1e-13,
			"McNemar 121 and 59");
	is_near(hft_mcnemar(1, 9), 0.021484375, 1e-14, "McNemar 1 and 9");
	is_near(hft_mcnemar(0, 5), 0.0625, 1e-15, "McNemar 0 and 5");
	is_near(hft_mcnemar(2, 10), 0.03857421875, 1e-14, "McNemar 2 and 10");
	is_near(hft_mcnemar(4, 16), 0.01181793212890625, 1e-14,
			"McNemar 4 and 16");
	is_near(hft_mcnemar(5000, 5200), 0.04878796312682245, 1e-12,
			"McNemar 5000 and 5200");
	is_near(hft_mcnemar(0, 0), 1, 0, "no pair differs");
	is_near(hft_mcnemar(7, 7), 1, 0, "as many one way as the other");
	is_near(hft_mcnemar(3, 4), 1, 0, "one apart: certain");
	is_near(hft_mcnemar(0, 3000), 0, 1e-300, "hopelessly many underflow");
	/* there the normal approximation is good to six digits */
	is_near(hft_mcnemar(2000000000, 2000124000), 0.0499297, 1e-5,
			"McNemar of four thousand million");
}

/* The generators' authors give these outputs for these states. */
static void
test_random(void)
{
	uint64_t	s[4] = {1, 2, 3, 4};
	uint64_t	seeded[4];
	int			counts[6] = {0};
	bool		fair = true;

	is_int((long long) next_random(s), 11520, "xoshiro256**, first");
	is_int((long long) next_random(s), 0, "xoshiro256**, second");
	is_int((long long) next_random(s), 1509978240, "xoshiro256**, third");
	is_int((long long) next_random(s), 1215971899390074240,
		   "xoshiro256**, fourth");
	seed_random(seeded, 0);
	ok(seeded[0] == UINT64_C(0xe220a8397b1dcdaf), "splitmix64 of zero");
	for (int i = 0; i < 60000; i++)
		counts[random_below(seeded, 6)]++;
	for (int i = 0; i < 6; i++)
		fair = fair && counts[i] > 9600 && counts[i] < 10400;
	ok(fair, "six sides fall equally often");
}

static HftBootstrapResult
run_bootstrap(const double *differences, size_t n, uint64_t seed,
			  size_t draws)
{
	static double means[20000];
	HftBootstrap bootstrap;
	HftBootstrapResult result;

	hft_bootstrap_begin(&bootstrap, differences, n, means, 20000, seed);
	while (!hft_bootstrap_step(&bootstrap, draws))
		;
	hft_bootstrap_end(&bootstrap, 0.95, &result);
	return result;
}

static void
test_bootstrap(void)
{
	double		bell[400];
	double		two[2] = {0, 1};
	double		same[3] = {0.25, 0.25, 0.25};
	HftBootstrapResult a;
	HftBootstrapResult b;
	double		half;

	/* normal scores: mean zero, standard deviation nearly one */
	for (int i = 0; i < 400; i++)
		bell[i] = 0.2 + hft_normal_quantile((i + 0.5) / 400);
	half = 1.959963984540054 * 0.9968 / 20;
	a = run_bootstrap(bell, 400, 42, 1);
	is_near(a.difference, 0.2, 1e-12, "bootstrap: the mean it observed");
	is_near(a.interval.low, 0.2 - half, 0.05, "bootstrap: lower end");
	is_near(a.interval.high, 0.2 + half, 0.02, "bootstrap: upper end");
	ok(a.p_value < 0.001, "bootstrap: four standard errors are significant");

	b = run_bootstrap(bell, 400, 42, 1000000);
	ok(a.interval.low == b.interval.low && a.p_value == b.p_value,
	   "bootstrap: the same seed gives the same, however it is stepped");
	b = run_bootstrap(bell, 400, 43, 1000000);
	ok(a.interval.low != b.interval.low, "bootstrap: another seed does not");

	/* two pairs: of all means 1/4 are 0, 1/2 are 1/2, 1/4 are 1 */
	a = run_bootstrap(two, 2, 7, 1000);
	ok(a.interval.low == 0 && a.interval.high == 1,
	   "bootstrap of two: the interval is all there is");
	is_near(a.p_value, 0.5, 0.03, "bootstrap of two: twice a quarter");

	a = run_bootstrap(same, 3, 7, 1000);
	ok(a.interval.low == 0.25 && a.interval.high == 0.25,
	   "bootstrap without spread: a point");
}

int
main(void)
{
	test_quantile();
	test_wilson();
	test_mcnemar();
	test_random();
	test_bootstrap();
	return tap_done();
}
