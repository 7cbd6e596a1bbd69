/*-------------------------------------------------------------------------
 *
 * job_news.c
 *	  Is what the platform says new?
 *
 * Most polls say what the one before said.  They need no change of the row
 * but for its times, which many jobs can share.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "worker/job_internal.h"

static bool
is_same_text(const char *known, const char *said)
{
	return said == NULL || (known != NULL && strcmp(known, said) == 0);
}

static bool
is_same_number(int64 known, int64 said)
{
	return said < 0 || said == known;
}

bool
hft_job_same_json(const char *known, const char *said)
{
	Datum		left;
	Datum		right;

	if (said == NULL || known == NULL)
		return said == NULL;
	left = DirectFunctionCall1(jsonb_in, CStringGetDatum(known));
	right = DirectFunctionCall1(jsonb_in, CStringGetDatum(said));
	return DatumGetBool(DirectFunctionCall2(jsonb_eq, left, right));
}

bool
hft_job_knows(const HftJob *job, const HftOutcome *outcome)
{
	return is_same_text(job->facts.remote_id, outcome->remote_id) &&
		is_same_text(job->facts.remote_state, outcome->remote_state) &&
		is_same_text(job->facts.tuned_model, outcome->tuned_model) &&
		hft_job_same_json(job->effective, outcome->effective) &&
		is_same_number(job->steps_done, outcome->steps_done) &&
		is_same_number(job->steps_total, outcome->steps_total) &&
		is_same_number(job->finish_ms, outcome->finish_ms);
}
