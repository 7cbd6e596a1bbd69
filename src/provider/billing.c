/*-------------------------------------------------------------------------
 *
 * billing.c
 *	  How many tokens a platform will bill for a job: its published rule.
 *
 * Pure C.  The figures are those of the platforms' documentation; what the
 * platform chose in the end is read from the job once it runs.
 *
 *-------------------------------------------------------------------------
 */
#include "provider/billing.h"

#include <string.h>

#include "provider/found.h"
#include "provider/pick.h"

/* Published token counts of OpenAI differ by this much for an example. */
#define OPENAI_SLACK_PER_EXAMPLE 3

/* The integer member of a JSON text, or if_absent ("auto" is absent, too). */
static int64_t
member_int(const char *json, const char *name, int64_t if_absent)
{
	json_t	   *object = hft_json_object(json);
	int64_t		value = hft_pick_count(object, name);

	json_decref(object);
	return value == HFT_UNKNOWN ? if_absent : value;
}

/* Is the member there, and false?  Absent is not false. */
static bool
member_is_false(const char *json, const char *name)
{
	json_t	   *object = hft_json_object(json);
	bool		is_false = !hft_pick_bool(object, name, true);

	json_decref(object);
	return is_false;
}

/*
 * n * m, or HFT_UNKNOWN when either is unknown or the product is absurd.
 */
static int64_t
times(int64_t n, int64_t m)
{
	int64_t		product;

	if (n < 0 || m < 0 || __builtin_mul_overflow(n, m, &product))
		return HFT_UNKNOWN;
	return product;
}

/* OpenAI's "auto": aim at 100 to 25,000 examples seen in all. */
static int64_t
openai_epochs(int64_t rows)
{
	int64_t		epochs = 3;

	if (rows <= 0)
		return HFT_UNKNOWN;
	if (epochs * rows < 100)
		epochs = 100 / rows < 25 ? 100 / rows : 25;
	else if (epochs * rows > 25000)
		epochs = 25000 / rows > 1 ? 25000 / rows : 1;
	return epochs;
}

/* OpenAI bills tokens of the training file x epochs; validation is free. */
void
hft_billable_openai(const HftBillableFacts *facts, HftBillable *billable)
{
	int64_t		least = facts->tokens -
		OPENAI_SLACK_PER_EXAMPLE * facts->rows;
	int64_t		asked = member_int(facts->hyperparameters, "n_epochs",
								   HFT_UNKNOWN);

	billable->epochs_chosen = asked != HFT_UNKNOWN;
	billable->epochs = billable->epochs_chosen ? asked :
		openai_epochs(facts->rows);
	if (strcmp(facts->method, "rft") == 0)
	{
		billable->low_tokens = HFT_UNKNOWN;
		billable->high_tokens = HFT_UNKNOWN;
		billable->note = "Reinforcement fine-tuning is billed by the hour.";
		return;
	}
	billable->low_tokens = times(least > 0 ? least : 0, billable->epochs);
	billable->high_tokens = times(facts->tokens, billable->epochs);
	billable->note = "Published rules for the tokens around a message differ "
		"by 3 for an example.";
}

/*
 * Together bills n_epochs x training + n_evals x validation tokens; without
 * packing every row counts as a whole sequence.  A job with a validation
 * file evaluates after every epoch unless asked otherwise (together_create.c).
 */
void
hft_billable_together(const HftBillableFacts *facts, HftBillable *billable)
{
	const char *asked = facts->hyperparameters;
	int64_t		length = member_int(asked, "max_seq_length", HFT_UNKNOWN);
	int64_t		validation;
	int64_t		training;

	billable->epochs = member_int(asked, "n_epochs", HFT_UNKNOWN);
	billable->epochs_chosen = billable->epochs != HFT_UNKNOWN;
	if (!billable->epochs_chosen)
		billable->epochs = 1;
	billable->note = NULL;
	validation = times(member_int(asked, "n_evals", billable->epochs),
					   facts->validation_tokens);
	training = times(facts->tokens, billable->epochs);
	billable->low_tokens = training < 0 || validation < 0 ? HFT_UNKNOWN :
		training + validation;
	billable->high_tokens = billable->low_tokens;
	if (!member_is_false(asked, "packing"))
		return;
	training = times(times(facts->rows, length), billable->epochs);
	billable->high_tokens = training < 0 || validation < 0 ? HFT_UNKNOWN :
		training + validation;
	billable->note = "Without packing every row is billed as max_seq_length "
		"tokens.";
}
