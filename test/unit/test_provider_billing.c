/*-------------------------------------------------------------------------
 *
 * test_provider_billing.c
 *	  The platforms' rules for what they bill, against their own figures.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "provider/billing.h"
#include "provider/found.h"

static HftBillable billable;

static void
ask(HftBillableRule rule, const char *method, const char *hyperparameters,
	int64_t rows, int64_t tokens, int64_t validation_tokens)
{
	HftBillableFacts facts = {
		method, hyperparameters, "{}", rows, tokens, validation_tokens
	};

	memset(&billable, 0, sizeof(billable));
	rule(&facts, &billable);
}

static void
openai_epochs(int64_t rows, int64_t epochs)
{
	char		name[80];

	snprintf(name, sizeof(name), "OpenAI: %lld rows", (long long) rows);
	ask(hft_billable_openai, "sft", "{}", rows, 1000, 0);
	is_int(billable.epochs, epochs, name);
	ok(!billable.epochs_chosen, "and that is the platform's choice");
}

static void
test_openai(void)
{
	/* aim at 100 examples seen, at most 25 epochs; at most 25,000 */
	openai_epochs(1, 25);
	openai_epochs(4, 25);
	openai_epochs(10, 10);
	openai_epochs(33, 3);
	openai_epochs(34, 3);
	openai_epochs(8333, 3);
	openai_epochs(8334, 2);
	openai_epochs(20000, 1);
	openai_epochs(1000000, 1);

	ask(hft_billable_openai, "sft", "{\"n_epochs\":2}", 800, 100000, 5000);
	ok(billable.epochs_chosen, "epochs as asked");
	is_int(billable.high_tokens, 200000, "validation tokens are free");
	is_int(billable.low_tokens, 195200, "three tokens less for an example");

	ask(hft_billable_openai, "sft", "{\"n_epochs\":\"auto\"}", 800, 10, 0);
	is_int(billable.epochs, 3, "auto is the platform's choice");
	is_int(billable.low_tokens, 0, "never below nothing");

	ask(hft_billable_openai, "rft", "{}", 800, 100000, 5000);
	is_int(billable.high_tokens, HFT_UNKNOWN, "rft is billed by the hour");

	ask(hft_billable_openai, "sft", "{}", 0, 0, 0);
	is_int(billable.epochs, HFT_UNKNOWN, "no rows, no epochs");
	is_int(billable.high_tokens, HFT_UNKNOWN, "and no tokens");

	ask(hft_billable_openai, "sft", "{\"n_epochs\":50}", 3, INT64_MAX / 2, 0);
	is_int(billable.high_tokens, HFT_UNKNOWN, "an overflow is unknown");

	ask(hft_billable_openai, "sft", "[nonsense", 33, 1000, 0);
	is_int(billable.epochs, 3, "broken JSON asks for nothing");
}

static void
test_together(void)
{
	/* observed: 1,491,033 tokens, 3 epochs, $6.71 at $1.50 per million */
	ask(hft_billable_together, "sft", "{\"n_epochs\":3}", 5000, 1491033, 0);
	is_int(billable.low_tokens, 4473099, "Together: the observed bill");
	is_int(billable.high_tokens, 4473099, "without a range");

	ask(hft_billable_together, "sft", "{}", 100, 1000, 50);
	is_int(billable.epochs, 1, "one epoch by default");
	ok(!billable.epochs_chosen, "and that is the platform's choice");
	is_int(billable.high_tokens, 1050, "and one evaluation, billed");

	ask(hft_billable_together, "sft", "{\"n_epochs\":2,\"n_evals\":5}",
		100, 1000, 50);
	is_int(billable.high_tokens, 2250, "epochs and evaluations as asked");
	ask(hft_billable_together, "sft", "{\"n_evals\":0}", 100, 1000, 50);
	is_int(billable.high_tokens, 1000, "no evaluations as asked");

	ask(hft_billable_together, "sft",
		"{\"packing\":false,\"max_seq_length\":4096}", 100, 1000, 0);
	is_int(billable.low_tokens, 1000, "unpacked: at least the tokens");
	is_int(billable.high_tokens, 409600, "at most whole sequences");
	ask(hft_billable_together, "sft", "{\"packing\":false}", 100, 1000, 0);
	is_int(billable.high_tokens, HFT_UNKNOWN,
		   "whole sequences of unknown length are unknown");
	ok(billable.note != NULL, "and it says why");
}

int
main(void)
{
	test_openai();
	test_together();
	return tap_done();
}
