/*-------------------------------------------------------------------------
 *
 * chat.c
 *	  One conversation with a model, in the caller's backend.
 *
 * An answer costs money, so a request is repeated only with proof that the
 * one before did nothing: it never left us, or the platform documents that
 * refusal as one without effect (P3, P4).  What may have been answered and
 * was not read is booked as an unknown amount.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>
#include <time.h>

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "base/errors.h"
#include "base/settings.h"
#include "base/sql.h"
#include "compat.h"
#include "http/http.h"
#include "model/chat.h"
#include "model/receipt.h"
#include "model/target.h"
#include "provider/signer.h"
#include "worker/error_class.h"
#include "worker/retry.h"
#include "worker/token.h"

#define ARENA_LIMIT (16 * 1024 * 1024)
#define MAX_TRIES 4
#define MAX_PROVIDER_TEXT 1000	/* bytes of a stranger's words in an error */

typedef struct Chat
{
	const HftChatRequest *request;
	Oid			role;
	HftTarget  *target;
	HftChatFacts facts;
	HftCall		call;
	HftOutcome	outcome;		/* of the last try */
	HftNet		net;
	bool		sent;
	int			status;			/* HTTP */
	char	   *net_detail;
	double		seconds;
	TimestampTz deadline;
	HftTokenUse token;
} Chat;

/* curl and its descriptors, for the life of the session. */
static HftHttp *
session_http(void)
{
	static HftHttp *http = NULL;
	MemoryContext context;
	MemoryContext caller;

	if (http != NULL)
		return http;
	context = AllocSetContextCreate(TopMemoryContext, "hft chat",
									ALLOCSET_DEFAULT_SIZES);
	caller = MemoryContextSwitchTo(context);
	http = hft_http_create();
	MemoryContextSwitchTo(caller);
	return http;
}

static void
destroy_arena(void *arena)
{
	hft_arena_destroy(arena);
}

static HftArena *
make_arena(void)
{
	MemoryContextCallback *callback = palloc(sizeof(*callback));
	HftArena   *arena = hft_arena_create(ARENA_LIMIT);

	if (arena == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	callback->func = destroy_arena;
	callback->arg = arena;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	return arena;
}

static const HftOperation *
operation_of(const Chat *chat)
{
	const HftProvider *provider = chat->target->server->provider;
	const HftOperation *operation = &provider->operations[HFT_OP_CHAT];

	if (operation->request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("%s cannot chat", provider->title),
				 operation->instead ? errhint("%s", operation->instead) : 0));
	return operation;
}

static void
prepare(Chat *chat, const HftChatRequest *request)
{
	memset(chat, 0, sizeof(*chat));
	chat->request = request;
	chat->role = GetUserId();
	chat->target = hft_target_resolve(request->name, request->server,
									  chat->role);
	chat->facts.model = chat->target->called;
	chat->facts.messages = request->messages;
	chat->facts.options = request->options;
	chat->call.server = &chat->target->server->facts;
	chat->call.chat = &chat->facts;
	chat->call.arena = make_arena();
	chat->deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 hft_chat_timeout);
}

static long
remaining_ms(const Chat *chat)
{
	return TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
										   chat->deadline);
}

/* --------------------------------------------------------------- one try */

static void
compose(Chat *chat, HftRequest *http_request)
{
	hft_outcome_init(&chat->outcome);
	chat->call.now = (int64) time(NULL);
	if (!operation_of(chat)->request(&chat->call, http_request,
									 &chat->outcome))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid chat with model \"%s\"",
						chat->target->model->model),
				 errdetail("%s", chat->outcome.message),
				 chat->outcome.hint ? errhint("%s", chat->outcome.hint) : 0));
	http_request->timeout_ms = Max(remaining_ms(chat), 1);
}

/* Keep what a request came to; the outcome is read by who knows how. */
static void
keep_result(Chat *chat, const HftResult *result)
{
	chat->net = result->net;
	chat->sent = result->sent;
	chat->seconds = result->seconds;
	chat->status = result->response.status;
	if (result->net != HFT_NET_OK)
		chat->net_detail = hft_redact(result->detail, MAX_PROVIDER_TEXT);
}

/* Buy the token that the request is signed with; false: the try failed. */
static bool
exchange_token(Chat *chat)
{
	HftTransfer *transfer;
	const HftResult *result;
	bool		bought;

	PG_TRY();
	{
		chat->token.exchange.timeout_ms = Max(remaining_ms(chat), 1);
		transfer = hft_http_perform(session_http(), &chat->token.exchange);
	}
	PG_CATCH();
	{
		hft_token_release(&chat->token);
		PG_RE_THROW();
	}
	PG_END_TRY();
	result = hft_transfer_result(transfer);
	keep_result(chat, result);
	chat->sent = false;			/* the chat itself was not */
	bought = hft_token_answer(&chat->token, chat->target->server, &chat->call,
							  result->net == HFT_NET_OK ?
							  &result->response : NULL, &chat->outcome);
	hft_transfer_free(transfer);
	return bought;
}

/* Sign with the secret, or with what it buys; false: the try failed. */
static bool
sign_with(Chat *chat, HftRequest *http_request, const char *secret,
		  const char **problem)
{
	const HftServer *server = chat->target->server;
	HftCredentials credentials = {.secret = secret};
	HftTokenStep step;

	do
		step = hft_token_acquire(&chat->token, server, &chat->call, secret,
								 http_request, &chat->outcome);
	while (step == HFT_TOKEN_ASK && exchange_token(chat));
	*problem = NULL;
	if (step == HFT_TOKEN_FAILED)
		*problem = chat->outcome.message;
	else if (step == HFT_TOKEN_READY)
	{
		credentials.token = chat->token.token;
		*problem = hft_sign_request(&server->facts, http_request,
									&credentials, chat->call.now,
									chat->call.arena);
	}
	return step == HFT_TOKEN_READY;
}

/* As above, also when the exchange is cancelled. */
static bool
sign_and_wipe(Chat *chat, HftRequest *http_request, char *secret,
			  const char **problem)
{
	volatile bool is_signed;

	PG_TRY();
	{
		is_signed = sign_with(chat, http_request, secret, problem);
	}
	PG_CATCH();
	{
		hft_secret_free(secret);
		PG_RE_THROW();
	}
	PG_END_TRY();
	hft_secret_free(secret);
	return is_signed;
}

/* The secret is in our hands no longer than signing takes. */
static bool
sign(Chat *chat, HftRequest *http_request)
{
	const HftServer *server = chat->target->server;
	const char *problem = NULL;
	bool		is_signed = false;
	char	   *secret = hft_server_secret(server, chat->role, &problem);

	if (secret != NULL)
		is_signed = sign_and_wipe(chat, http_request, secret, &problem);
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("no usable credential for server \"%s\"",
						server->facts.name),
				 errdetail("%s", problem),
				 errhint("CREATE USER MAPPING ... OPTIONS (key_file '...') names the file of a key.")));
	return is_signed;
}

/* Wipe what the signer put into the arena (R37). */
static void
wipe_headers(HftRequest *http_request)
{
	for (int i = 0; i < http_request->nheaders; i++)
	{
		char	   *value = unconstify(char *, http_request->headers[i].value);

		if (pg_strcasecmp(http_request->headers[i].name,
						  "authorization") == 0)
			explicit_bzero(value, strlen(value));
	}
}

/* What the usage of this try is, as far as it is known. */
static HftUsage
usage_of(const Chat *chat)
{
	const HftModel *model = chat->target->model;

	return (HftUsage) {
		.server = model->server,
		.provider = chat->target->server->provider->name,
		.model = model->model,
		.base_model = model->base_model,
		.kind = chat->request->kind,
		.owner = chat->role,
		.input_tokens = chat->outcome.input_tokens,
		.cached_tokens = chat->outcome.cached_tokens,
		.output_tokens = chat->outcome.output_tokens,
	};
}

/* Send, wait, read the answer into chat->outcome. */
static void
perform(Chat *chat, const HftRequest *http_request)
{
	HftTransfer *transfer = hft_http_perform(session_http(), http_request);
	const HftResult *result = hft_transfer_result(transfer);

	keep_result(chat, result);
	if (result->net == HFT_NET_OK)
	{
		operation_of(chat)->response(&chat->call, &result->response,
									 &chat->outcome);
		hft_token_judge(&chat->token, chat->status, &chat->outcome);
	}
	hft_transfer_free(transfer);
}

static void
try_once(Chat *chat)
{
	HftRequest	http_request;

	compose(chat, &http_request);
	if (!sign(chat, &http_request))
		return;
	PG_TRY();
	{
		perform(chat, &http_request);
	}
	PG_CATCH();
	{
		HftUsage	usage = usage_of(chat);

		/* cancelled on the way: nobody knows what it cost */
		hft_receipt_keep(&usage);
		PG_RE_THROW();
	}
	PG_END_TRY();
	wipe_headers(&http_request);
}

static bool
is_answered(const Chat *chat)
{
	return chat->net == HFT_NET_OK && chat->outcome.progress == HFT_DONE;
}

/* Is it proved that the last try cost nothing? */
static bool
is_free(const Chat *chat)
{
	return chat->net == HFT_NET_OK ? chat->outcome.proof_not_done
		: !chat->sent;
}

/* May the next try go better?  Only what passes by itself. */
static bool
is_passing(const Chat *chat)
{
	switch (chat->net)
	{
		case HFT_NET_OK:
			return chat->outcome.error == HFT_ERROR_TRANSIENT
				|| chat->outcome.error == HFT_ERROR_RATE_LIMITED;
		case HFT_NET_CONNECT:
		case HFT_NET_RESET:
			return true;
		default:
			return false;
	}
}

/* -------------------------------------------------------------- failures */

/* "OpenAI answered 404 (model_not_found): ...", redacted */
static char *
describe_refusal(const Chat *chat)
{
	const HftOutcome *outcome = &chat->outcome;
	char	   *code = hft_redact(outcome->code, 100);
	char	   *words = hft_redact(outcome->message, MAX_PROVIDER_TEXT);

	return psprintf("%s answered %d%s%s%s%s%s",
					chat->target->server->provider->title, chat->status,
					code ? " (" : "", code ? code : "", code ? ")" : "",
					words ? ": " : ".", words ? words : "");
}

/* "Could not connect to the host: ..." */
static char *
describe_net(const Chat *chat)
{
	char	   *text = psprintf("%s%s%s", hft_net_text(chat->net),
								chat->net_detail[0] ? ": " : ".",
								chat->net_detail);

	text[0] = toupper((unsigned char) text[0]);
	return text;
}

static const char *
give_hint(const Chat *chat)
{
	if (chat->net == HFT_NET_TIMEOUT)
		return "hft.chat_timeout bounds the wait.";
	if (chat->net != HFT_NET_OK)
		return NULL;
	if (chat->outcome.hint != NULL)
		return chat->outcome.hint;
	if (chat->outcome.error == HFT_ERROR_RATE_LIMITED
		&& chat->outcome.retry_after_ms != HFT_UNKNOWN)
		return psprintf("The platform asks to try again in %lld s.",
						(long long) (chat->outcome.retry_after_ms + 999)
						/ 1000);
	return NULL;
}

pg_noreturn static void
fail(Chat *chat)
{
	bool		answered = chat->net == HFT_NET_OK;
	const char *hint = give_hint(chat);

	if (!is_free(chat))
	{
		HftUsage	usage = usage_of(chat);

		hft_receipt_keep(&usage);
	}
	ereport(ERROR,
			(errcode(answered ? hft_error_sqlstate(chat->outcome.error)
					 : hft_net_sqlstate(chat->net)),
			 errmsg("chat with model \"%s\" on server \"%s\" failed",
					chat->target->model->model, chat->target->model->server),
			 errdetail("%s", answered ? describe_refusal(chat)
					   : describe_net(chat)),
			 hint ? errhint("%s", hint) : 0));
}

/* -------------------------------------------------------------- all tries */

static void
wait_ms(long ms)
{
	static uint32 wait_event = 0;
	TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);

	if (wait_event == 0)
		wait_event = hft_wait_event_new("HftChatRetry");
	while ((ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												 end)) > 0)
	{
		(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT |
						 WL_EXIT_ON_PM_DEATH, ms, wait_event);
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
}

/* What the platform told to come back to is bounded by time alone. */
static bool
is_exhausted(const Chat *chat, int tries)
{
	return tries >= MAX_TRIES && (chat->net != HFT_NET_OK ||
								  chat->outcome.retry_after_ms == HFT_UNKNOWN);
}

/* Try until there is an answer, or no further try is safe, or time is up. */
static void
try_all(Chat *chat)
{
	for (int tries = 1;; tries++)
	{
		int64		delay;

		try_once(chat);
		if (is_answered(chat))
			return;
		delay = hft_retry_delay(tries, chat->net == HFT_NET_OK
								? chat->outcome.retry_after_ms : HFT_UNKNOWN,
								pg_prng_uint32(&pg_global_prng_state));
		if (is_exhausted(chat, tries) || !is_free(chat) || !is_passing(chat)
			|| delay >= remaining_ms(chat))
			fail(chat);
		wait_ms(delay);
	}
}

/* What the row that was just booked says. */
static char *
booked_amount(void)
{
	static HftStatement find = {
		"SELECT amount::text FROM hft.cost"
		" WHERE id = currval('hft.cost_id_seq')", 0, {0}
	};
	HftScope	scope;
	char	   *amount = NULL;

	hft_scope_enter(&scope);
	if (hft_statement_run(&find, NULL, NULL, 1) > 0)
		amount = hft_row_text(0, 1);
	hft_scope_leave(&scope);
	return amount;
}

void
hft_chat(const HftChatRequest *request, HftChatAnswer *answer)
{
	Chat		chat;
	HftUsage	usage;

	/* the ledger must be writable before money is spent */
	PreventCommandIfReadOnly("hft.chat()");
	PreventCommandDuringRecovery("hft.chat()");
	PreventCommandIfParallelMode("hft.chat()");
	prepare(&chat, request);
	hft_receipt_settle();
	try_all(&chat);
	usage = usage_of(&chat);
	hft_receipt_book(&usage);

	/* the arena lives as long as the current memory context */
	answer->text = chat.outcome.text;
	answer->info = chat.outcome.info;
	answer->model = chat.target->model->model;
	answer->input_tokens = chat.outcome.input_tokens;
	answer->output_tokens = chat.outcome.output_tokens;
	answer->amount = booked_amount();
	answer->seconds = chat.seconds;
}
