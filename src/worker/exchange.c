/*-------------------------------------------------------------------------
 *
 * exchange.c
 *	  What goes out before a task's request, and what came back for it.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "worker/exchange.h"

HftTokenStep
hft_exchange_begin(HftTask *task, HftHttp *http)
{
	HftTokenStep step;

	task->token.entry = NULL;
	if (task->request.auth != HFT_AUTH_SERVER)
		return HFT_TOKEN_READY;
	step = hft_token_acquire(&task->token, task->server, &task->call,
							 task->secret ? task->secret : "",
							 &task->request, &task->outcome);
	if (step == HFT_TOKEN_ASK)
		task->transfer = hft_http_start(http, &task->token.exchange, task);
	return step;
}

/* What curl could not do, in the words of an outcome. */
static void
describe_net(HftTask *task, const HftResult *result)
{
	HftOutcome *outcome = &task->outcome;

	outcome->progress = HFT_FAILED;
	outcome->error = HFT_ERROR_TRANSIENT;
	outcome->proof_not_done = !result->sent;
	outcome->message = hft_arena_printf(task->arena, "%s%s%s",
										hft_net_text(result->net),
										result->detail[0] ? ": " : "",
										result->detail);
	if (result->net == HFT_NET_TLS)
		outcome->hint = "Check the server's certificate and hft.ca_file.";
	if (result->net == HFT_NET_FORBIDDEN)
		outcome->hint = "Check base_url and hft.allowed_networks.";
}

/* Let the adapter read the answer; pure, so no transaction is open. */
void
hft_task_interpret(HftTask *task, const HftResult *result)
{
	const HftOperation *operation =
	&task->server->provider->operations[task->op];

	hft_outcome_init(&task->outcome);
	if (result->net != HFT_NET_OK)
		describe_net(task, result);
	else
	{
		operation->response(&task->call, &result->response, &task->outcome);
		hft_token_judge(&task->token, result->response.status,
						&task->outcome);
	}
	if (hft_arena_failed(task->arena))
	{
		hft_outcome_init(&task->outcome);
		task->outcome.progress = HFT_FAILED;
		task->outcome.error = HFT_ERROR_MEMORY;
		task->outcome.message = "the answer needs more memory than allowed";
	}
}

bool
hft_exchange_finish(HftTask *task, const HftResult *result)
{
	const HftResponse *response = &result->response;

	if (result->net != HFT_NET_OK)
	{
		hft_outcome_init(&task->outcome);
		describe_net(task, result);
		response = NULL;
	}
	return hft_token_answer(&task->token, task->server, &task->call,
							response, &task->outcome);
}
