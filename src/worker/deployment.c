/*-------------------------------------------------------------------------
 *
 * deployment.c
 *	  The subject "deployment": endpoints that cost money while they stand.
 *
 *		pending --> deploying --> ready --(wanted: undeploy)--> undeploying
 *		--> gone;  a walk that is refused ends in failed, one that needs its
 *		owner in needs_attention.
 *
 * The names of what is stood up are ours, made from the token, and every
 * walk looks them up before it makes anything.  So a walk in doubt is not
 * searched for but walked again from its start: what exists is found by its
 * name, and a name cannot be taken twice (R28).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/settings.h"
#include "worker/attempt.h"
#include "worker/bill.h"
#include "worker/ground.h"
#include "worker/job_internal.h"
#include "worker/retry.h"
#include "worker/subject.h"
#include "worker/worker.h"

#define STANDING_POLL_MS 60000	/* hosting is booked at this pace */
#define WALK_POLL_MS 2000

typedef struct Deployment
{
	Oid			owner;
	char	   *server;
	char	   *state;
	char	   *wanted;
	char	   *remote;			/* cursors by operation, JSON */
	int			failures;
	int64		open_attempt;	/* 0: none */
	bool		is_here;		/* asked for in this cluster and database */
	HftDeploymentFacts facts;
} Deployment;

#define task_deployment(task) ((Deployment *) (task)->row)

static Deployment *
read_deployment(uint64 row)
{
	Deployment *deployment = palloc0(sizeof(Deployment));
	HftDeploymentFacts *facts = &deployment->facts;

	deployment->owner = (Oid) hft_row_int64(row, 2, 0);
	deployment->server = hft_row_text(row, 3);
	deployment->state = hft_row_text(row, 4);
	deployment->wanted = hft_row_text(row, 5);
	deployment->remote = hft_row_text(row, 6);
	deployment->failures = (int) hft_row_int64(row, 7, 0);
	deployment->open_attempt = hft_row_int64(row, 8, 0);
	facts->token = hft_row_text(row, 9);
	facts->name = hft_row_text(row, 10);
	facts->model = hft_row_text(row, 11);
	facts->job_remote_id = hft_row_text(row, 12);
	facts->remote_id = hft_row_text(row, 13);
	facts->options = hft_row_text(row, 14);
	deployment->is_here = hft_row_int64(row, 15, 0) != 0;
	return deployment;
}

static int
load_deployments(HftTask **tasks, const int64 *ids, int count)
{
	static HftStatement load = {
		"SELECT d.id, d.owner::oid::bigint, d.server, d.state, d.wanted,"
		" d.remote::text, d.failures, a.id, d.token::text, d.name, d.model,"
		" j.remote_id, d.remote_id, d.options::text,"
		" (d.system_identifier = $2 AND d.database = $3)::int"
		" FROM hft.deployment d LEFT JOIN hft.job j ON j.id = d.job_id"
		" LEFT JOIN hft.attempt a ON a.deployment_id = d.id"
		"  AND a.state IN ('intended', 'in_doubt')"
		" WHERE d.id = ANY ($1) AND d.state NOT IN ('gone', 'failed')",
		3, {INT8ARRAYOID, INT8OID, OIDOID}
	};
	Datum		values[] = {
		PointerGetDatum(hft_id_array(ids, count)),
		Int64GetDatum((int64) GetSystemIdentifier()),
		ObjectIdGetDatum(MyDatabaseId)
	};
	HftScope	scope;
	uint64		rows;

	hft_scope_enter(&scope);
	rows = hft_statement_run(&load, values, NULL, 0);
	for (uint64 row = 0; row < rows; row++)
	{
		MemoryContext context = hft_task_context_create();
		MemoryContext old = MemoryContextSwitchTo(context);

		tasks[row] = hft_task_create(&hft_deployment_subject,
									 hft_row_int64(row, 1, 0), context);
		tasks[row]->row = read_deployment(row);
		MemoryContextSwitchTo(old);
	}
	hft_scope_leave(&scope);
	return (int) rows;
}

static HftStatement live_deployments = {
	"SELECT id, due_at FROM hft.deployment"
	" WHERE state NOT IN ('gone', 'failed') AND due_at IS NOT NULL", 0
};

/* One change of the row; what is NULL or unknown stays, errors do not. */
typedef struct Change
{
	const char *state;
	int64		due_ms;			/* -1: nothing to do by itself */
	const char *cursor_key;
	const char *cursor;			/* NULL: remove it */
	const char *error_class;
	const char *message;
	const char *hint;
} Change;

static void
record(HftTask *task, const Change *change)
{
	static HftStatement update = {
		"UPDATE hft.deployment SET state = $2,"
		" due_at = CASE WHEN wanted IS DISTINCT FROM $3 THEN $4"
		"  ELSE $4 + $5 * interval '1 millisecond' END,"
		" remote = CASE WHEN $6::text IS NULL THEN remote"
		"  WHEN $7::text IS NULL THEN remote - $6"
		"  ELSE jsonb_set(remote, ARRAY[$6], $7::jsonb) END,"
		" error_class = $8, error_message = $9, error_hint = $10,"
		" failures = $11, remote_id = coalesce($12, remote_id),"
		" remote_state = coalesce($13, remote_state),"
		" endpoint = CASE WHEN $2 <> 'gone' THEN coalesce($14, endpoint) END,"
		" price_per_hour = coalesce($15 / 1e9, price_per_hour),"
		" price_source = CASE WHEN $15 IS NULL THEN price_source"
		"  ELSE 'provider' END,"
		" ready_at = CASE WHEN $2 = 'ready' THEN coalesce(ready_at, $4)"
		"  ELSE ready_at END,"
		" gone_at = CASE WHEN $2 = 'gone' THEN $4 END,"
		" checked_at = $4, epoch = $16, revision = revision + 1"
		" WHERE id = $1 RETURNING remote::text, remote_id, due_at",
		16, {INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, TEXTOID,
			TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, TEXTOID, TEXTOID,
		TEXTOID, INT8OID, INT8OID}
	};
	Deployment *deployment = task_deployment(task);
	const HftOutcome *outcome = &task->outcome;
	bool		read = outcome->progress != HFT_FAILED;
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_int(&params, task->id, false);
	hft_param_text(&params, change->state);
	hft_param_text(&params, deployment->wanted);
	hft_param(&params, TimestampTzGetDatum(hft_now()), false);
	hft_param_int(&params, change->due_ms, change->due_ms < 0);
	hft_param_text(&params, change->cursor_key);
	hft_param_text(&params, change->cursor);
	hft_param_text(&params, change->error_class);
	hft_param_text(&params, hft_redact(change->message, 2048));
	hft_param_text(&params, change->hint);
	hft_param(&params, Int32GetDatum(deployment->failures), false);
	hft_param_text(&params, read ? outcome->remote_id : NULL);
	hft_param_text(&params, read ? outcome->remote_state : NULL);
	hft_param_text(&params, read ? outcome->tuned_model : NULL);
	hft_param_int(&params, outcome->hourly_nano,
				  !read || outcome->hourly_nano < 0);
	hft_param_int(&params, hft_worker_epoch(), false);
	if (hft_statement_run(&update, params.values, params.nulls, 0) > 0)
	{
		deployment->remote = hft_row_text(0, 1);
		deployment->facts.remote_id = hft_row_text(0, 2);
		deployment->state = pstrdup(change->state);
		task->due = hft_row_due(0, 3);
	}
	if (read && outcome->units != HFT_UNKNOWN)
		hft_bill_rate(task->id, task->server->provider->name, outcome->units,
					  outcome->price_options);
	hft_scope_leave(&scope);
	task->lasting = true;
}

static HftTurn
rest(HftTask *task, const char *state, int64 due_ms)
{
	Change		change = {.state = state, .due_ms = due_ms};

	record(task, &change);
	return HFT_TURN_RELEASE;
}

static HftTurn
stop(HftTask *task, const char *state, const char *message, const char *hint)
{
	Change		change = {
		.state = state, .due_ms = -1, .error_class = "refused",
		.message = message, .hint = hint
	};

	record(task, &change);
	return HFT_TURN_RELEASE;
}

static void
settle(HftTask *task, int64 attempt, HftVerdict verdict)
{
	HftScope	scope;

	if (attempt == 0)
		return;
	hft_scope_enter(&scope);
	hft_attempt_settle(attempt, verdict, task->outcome.remote_id, 0, NULL);
	hft_scope_leave(&scope);
	task->lasting = true;
}

static HftTurn
try_again(HftTask *task, const char *error_class, const char *message)
{
	Deployment *deployment = task_deployment(task);
	Change		change = {
		.state = deployment->state, .error_class = error_class,
		.message = message, .hint = task->outcome.hint
	};

	change.due_ms = hft_retry_delay(deployment->failures++,
									task->outcome.retry_after_ms,
									pg_prng_uint32(&pg_global_prng_state));
	if (deployment->failures > hft_retry_limit &&
		deployment->facts.remote_id == NULL)
		return stop(task, "needs_attention", message, change.hint);
	record(task, &change);
	return HFT_TURN_RELEASE;
}

/* The model's endpoint, for those who chat with it. */
static void
publish_endpoint(HftTask *task, const char *endpoint)
{
	static HftStatement publish = {
		"UPDATE hft.model m SET endpoint = $2 FROM hft.deployment d"
		" WHERE d.id = $1 AND m.server = d.server AND m.model = d.model",
		2, {INT8OID, TEXTOID}
	};
	HftParams	params = {.count = 0};
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_param_int(&params, task->id, false);
	hft_param_text(&params, endpoint);
	(void) hft_statement_run(&publish, params.values, params.nulls, 0);
	hft_scope_leave(&scope);
}

static void
book_hosting(HftTask *task)
{
	HftScope	scope;

	hft_scope_enter(&scope);
	hft_bill_hosting(task->id);
	hft_scope_leave(&scope);
}

/* It stands no more: the last hours are booked, nobody is sent there. */
static HftTurn
end_standing(HftTask *task)
{
	book_hosting(task);
	publish_endpoint(task, NULL);
	return rest(task, "gone", -1);
}

/* It stands no more, and nobody here ended it: say so. */
static HftTurn
end_ended(HftTask *task)
{
	Change		change = {
		.state = "gone", .due_ms = -1, .error_class = "lost",
		.message = "the platform has ended the deployment",
		.hint = task->outcome.hint
	};

	book_hosting(task);
	publish_endpoint(task, NULL);
	record(task, &change);
	return HFT_TURN_RELEASE;
}

static HftTurn
apply_failure(HftTask *task)
{
	const HftOutcome *outcome = &task->outcome;
	Deployment *deployment = task_deployment(task);

	settle(task, task->attempt, outcome->proof_not_done ? HFT_VERDICT_REFUSED
		   : HFT_VERDICT_IN_DOUBT);
	switch (outcome->error)
	{
		case HFT_ERROR_CREDENTIAL:
			hft_task_reject_credential(task, deployment->owner);
			return try_again(task, "credential", outcome->message);
		case HFT_ERROR_LIMIT:
			return stop(task, "needs_attention", outcome->message,
						outcome->hint);
		case HFT_ERROR_REFUSED:
			if (deployment->facts.remote_id == NULL)
				return stop(task, "failed", outcome->message, outcome->hint);
			return try_again(task, "refused", outcome->message);
		case HFT_ERROR_LOST:
			/* F29: looked at twice, because what stands costs money */
			if (deployment->facts.remote_id != NULL &&
				task->op == HFT_OP_UNDEPLOY)
				return end_standing(task);
			if (deployment->facts.remote_id != NULL &&
				deployment->failures > 0)
				return end_ended(task);
			return try_again(task, "lost", outcome->message);
		default:
			return try_again(task, "transient", outcome->message);
	}
}

/* What a walk keeps between its requests; true when it is complete. */
static bool
go_on(HftTask *task, HftTurn *turn)
{
	Change		change = {
		.state = task_deployment(task)->state,
		.cursor_key = hft_op_name(task->op), .cursor = task->outcome.cursor
	};

	if (task->outcome.progress == HFT_DONE)
		return true;
	*turn = HFT_TURN_AGAIN;
	if (task->outcome.progress == HFT_WAIT)
	{
		change.due_ms = Max(task->outcome.wait_ms, WALK_POLL_MS);
		*turn = HFT_TURN_RELEASE;
	}
	if (change.cursor == NULL)
		change.cursor_key = NULL;
	record(task, &change);
	return false;
}

static HftTurn
apply_status(HftTask *task)
{
	switch (task->outcome.state)
	{
		case HFT_REMOTE_RUNNING:
			publish_endpoint(task, task->outcome.tuned_model);
			(void) rest(task, "ready", STANDING_POLL_MS);
			book_hosting(task);
			return HFT_TURN_RELEASE;
		case HFT_REMOTE_FAILED:
			/* not "failed", which is what never stood */
			book_hosting(task);
			return stop(task, "needs_attention", task->outcome.message ?
						task->outcome.message : "the deployment failed",
						"Call hft.undeploy_model() to be sure that nothing of it stands.");
		case HFT_REMOTE_CANCELLED:
			return end_standing(task);
		default:
			return rest(task, task_deployment(task)->state, WALK_POLL_MS);
	}
}

static HftTurn
apply_deployment(HftTask *task, const HftResult *result)
{
	Deployment *deployment = task_deployment(task);
	MemoryContext old = MemoryContextSwitchTo(task->context);
	Change		change = {.state = deployment->state};
	HftTurn		turn = HFT_TURN_AGAIN;

	if (task->outcome.progress == HFT_FAILED)
		turn = apply_failure(task);
	else
	{
		settle(task, task->attempt, HFT_VERDICT_CONFIRMED);
		deployment->failures = 0;
		change.cursor_key = hft_op_name(task->op);
		if (!go_on(task, &turn))
			;
		else if (task->op == HFT_OP_DEPLOY)
			record(task, &change);
		else if (task->op == HFT_OP_DEPLOY_STATUS)
		{
			record(task, &change);
			turn = apply_status(task);
		}
		else
			turn = end_standing(task);
	}
	MemoryContextSwitchTo(old);
	return turn;
}

/* Prepare an operation; a paid request gets its outbox entry (R27). */
static HftTurn
prepare(HftTask *task, HftOp op)
{
	Deployment *deployment = task_deployment(task);
	HftAttempt	attempt = {
		.deployment_id = task->id, .kind = "deploy",
		.token = deployment->facts.token
	};
	HftScope	scope;

	task->call.deployment = &deployment->facts;
	switch (hft_task_prepare(task, op,
							 hft_cursor_get(deployment->remote,
											hft_op_name(op))))
	{
		case HFT_PREPARED:
			break;
		case HFT_PREPARED_KNOWN:
			return apply_deployment(task, NULL);
		case HFT_PREPARED_MISSING:
			return stop(task, "failed", task->outcome.message,
						task->outcome.hint);
	}
	if (task->request.effect == HFT_EFFECT_PAID)
	{
		hft_scope_enter(&scope);
		task->attempt = hft_attempt_intend(&attempt, &task->request);
		hft_scope_leave(&scope);
	}
	return HFT_TURN_SEND;
}

/*
 * A walk that was cut off around a paid request starts again: it looks for
 * our names first.  Its cursor is empty and not gone, because an undeploy
 * that came meanwhile must find what may stand.
 */
static HftTurn
walk_again(HftTask *task)
{
	Deployment *deployment = task_deployment(task);
	Change		change = {
		.state = deployment->state,
		.cursor_key = hft_op_name(HFT_OP_DEPLOY), .cursor = "{}"
	};

	hft_outcome_init(&task->outcome);
	settle(task, deployment->open_attempt, HFT_VERDICT_NOT_DONE);
	deployment->open_attempt = 0;
	change.due_ms = hft_task_settle_ms(task);
	record(task, &change);
	return HFT_TURN_RELEASE;
}

/* A copy of the database must not pay for a second endpoint (R42). */
static HftTurn
leave_to_original(HftTask *task)
{
	if (task_deployment(task)->wanted != NULL)
		return rest(task, "gone", -1);
	return stop(task, "needs_attention",
				"the deployment was asked for in another cluster or database",
				"Call hft.undeploy_model() here, and deploy the model anew if this database is to serve it.");
}

static HftTurn
next_operation(HftTask *task)
{
	Deployment *deployment = task_deployment(task);

	if (!deployment->is_here && deployment->facts.remote_id == NULL)
		return leave_to_original(task);
	if (deployment->open_attempt != 0)
		return walk_again(task);
	if (deployment->wanted != NULL && deployment->facts.remote_id != NULL)
	{
		deployment->state = "undeploying";
		return prepare(task, HFT_OP_UNDEPLOY);
	}
	if (deployment->wanted != NULL &&
		hft_cursor_get(deployment->remote, "deploy") == NULL)
		return rest(task, "gone", -1);
	if (deployment->facts.remote_id != NULL)
		return prepare(task, HFT_OP_DEPLOY_STATUS);
	deployment->state = "deploying";
	return prepare(task, HFT_OP_DEPLOY);
}

static HftTurn
next_turn(HftTask *task)
{
	Deployment *deployment = task_deployment(task);
	MemoryContext old = MemoryContextSwitchTo(task->context);
	bool		spends = deployment->facts.remote_id == NULL;
	HftGround	ground;
	HftTurn		turn;

	hft_outcome_init(&task->outcome);
	if (hft_task_ground(task, deployment->server, deployment->owner, spends,
						&ground))
		turn = next_operation(task);
	else if (ground.credential || !spends)
		turn = try_again(task, "credential", ground.message);
	else
		turn = stop(task, "needs_attention", ground.message, ground.hint);
	MemoryContextSwitchTo(old);
	return turn;
}

static void
blame_deployment(HftTask *task, const char *sqlstate, const char *problem)
{
	hft_outcome_init(&task->outcome);

	/* what cannot be signed now cannot be signed in a minute */
	if (strcmp(sqlstate, "22023") == 0 &&
		task_deployment(task)->facts.remote_id == NULL)
		(void) stop(task, "needs_attention", problem,
					"Set the key right, end this deployment with hft.undeploy_model(), and deploy again.");
	else
		(void) try_again(task, "internal", problem);
}

/* Standing up and taking down are never given up half way. */
static void
mark_none(HftTask **tasks, int ntasks)
{
}

const HftSubject hft_deployment_subject = {
	.name = "deployment",
	.live = &live_deployments,
	.load = load_deployments,
	.next = next_turn,
	.apply = apply_deployment,
	.blame = blame_deployment,
	.cancelled = mark_none,
};
