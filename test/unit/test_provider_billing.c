/*-------------------------------------------------------------------------
 *
 * test_provider_billing.c
 *	  How many tokens a platform will bill: its published rule, as figures.
 *
 *-------------------------------------------------------------------------
 */
#include "provider_rig.h"

static HftBillable
bill(const char *provider, const char *asked, int64_t rows, int64_t tokens,
	 int64_t validation)
{
	HftBillableFacts facts = {
		.method = "sft", .hyperparameters = asked, .options = "{}",
		.rows = rows, .tokens = tokens, .validation_tokens = validation
	};
	HftBillable billable;

	hft_provider_lookup(provider)->billable(&facts, &billable);
	return billable;
}

static void
test_openai(void)
{
	is_int(bill("openai", "{}", 10, 1000, 0).epochs, 10, "10 rows: 10 epochs");
	is_int(bill("openai", "{}", 2, 1000, 0).epochs, 25, "2 rows: 25 at most");
	is_int(bill("openai", "{}", 500, 1000, 0).epochs, 3, "500 rows: 3");
	is_int(bill("openai", "{}", 12000, 1000, 0).epochs, 2, "12,000 rows: 2");
	is_int(bill("openai", "{}", 90000, 1000, 0).epochs, 1, "90,000 rows: 1");
	is_int(bill("openai", "{}", 0, 0, 0).epochs, HFT_UNKNOWN,
		   "P10: no rows, no epochs");
	is_int(bill("openai", "{\"n_epochs\":4}", 500, 10000, 900).high_tokens,
		   40000, "validation is free");
	is_int(bill("openai", "{\"n_epochs\":4}", 500, 10000, 0).low_tokens,
		   34000, "three tokens an example may be missing");
	ok(!bill("openai", "{\"n_epochs\":\"auto\"}", 500, 1, 0).epochs_chosen,
	   "auto is no choice");
}

static void
test_together(void)
{
	is_int(bill("together", "{}", 100, 1000, 0).high_tokens, 1000,
		   "one epoch");
	is_int(bill("together", "{\"n_epochs\":3}", 100, 1000, 200).high_tokens,
		   3600, "an evaluation after every epoch is billed");
	is_int(bill("together", "{\"n_epochs\":3,\"n_evals\":1}", 100, 1000,
				200).high_tokens, 3200, "as many as asked for");
	is_int(bill("together", "{\"packing\":false,\"max_seq_length\":4096}",
				100, 1000, 0).high_tokens, 409600,
		   "without packing every row is a whole sequence");
	is_int(bill("together", "{\"packing\":false}", 100, 1000, 0).high_tokens,
		   HFT_UNKNOWN, "P10: of a length that is not known");
}

static void
test_absurd(void)
{
	is_int(bill("together", "{\"n_epochs\":1000}", 1, INT64_MAX, 0)
		   .high_tokens, HFT_UNKNOWN, "a product beyond 64 bits is unknown");
	is_int(bill("together", "{broken", 100, 1000, 0).epochs, 1,
		   "broken JSON asks for nothing");
}

int
main(void)
{
	test_openai();
	test_together();
	test_absurd();
	return tap_done();
}
