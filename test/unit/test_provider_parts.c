/*-------------------------------------------------------------------------
 *
 * test_provider_parts.c
 *	  What all adapters stand on: reading hostile JSON, judging statuses,
 *	  checking options, writing headers, signing.
 *
 *-------------------------------------------------------------------------
 */
#include <float.h>

#include "provider/answer.h"
#include "provider/compose.h"
#include "provider/signer.h"
#include "provider/times.h"
#include "provider_rig.h"

static HftArena *arena;

/* ---- JSON ---- */

static bool
parses(const char *text, size_t length)
{
	const char *problem = "unset";
	json_t	   *root = hft_json_parse(text, length, &problem);
	bool		parsed = root != NULL;

	if (!parsed && problem == NULL)
		ok(false, "a refusal has its reason");
	json_decref(root);
	return parsed;
}

/* "depth" arrays in each other */
static bool
parses_nested(int depth)
{
	char	   *text = malloc((size_t) depth * 2);
	bool		parsed;

	memset(text, '[', (size_t) depth);
	memset(text + depth, ']', (size_t) depth);
	parsed = parses(text, (size_t) depth * 2);
	free(text);
	return parsed;
}

static bool
parses_wide(int values)
{
	char	   *text = malloc((size_t) values * 2 + 2);
	char	   *at = text;
	bool		parsed;

	*at++ = '[';
	for (int i = 0; i < values; i++)
	{
		*at++ = '1';
		*at++ = i < values - 1 ? ',' : ']';
	}
	parsed = parses(text, (size_t) (at - text));
	free(text);
	return parsed;
}

static void
test_hostile_json(void)
{
	static const struct
	{
		const char *text;
		size_t		length;
		bool		good;
		const char *name;
	}			cases[] =
	{
		{"{\"a\":1}", 7, true, "plain"},
		{"{\"a\":1,\"a\":2}", 13, false, "F30: duplicate key"},
		{"{\"a\":\"x\0y\"}", 11, false, "F30: NUL"},
		{"{\"a\":\"\\u0000\"}", 14, false, "F30: escaped NUL"},
		{"{\"a\":\"\\ud800\"}", 14, false, "F30: lone surrogate"},
		{"{\"a\":\"\xff\"}", 9, false, "F30: invalid UTF-8"},
		{"\xef\xbb\xbf{}", 5, false, "F30: BOM"},
		{"{\"a\":", 5, false, "F30: truncated"},
		{"", 0, false, "F30: empty"},
		{"{\"a\":1e400}", 11, false, "F32: 1e400"},
		{"{\"a\":99999999999999999999}", 26, false, "F32: over 64 bits"},
		{"{\"a\":\"\\\"[[[[\"}", 14, true, "brackets in a string"},
		{"{\"a\":NaN,\"NaN\":\"NaN\",\"b\":-Infinity}", 35, true, "NaN"},
		{"{\"a\":Nan}", 9, false, "only NaN is NaN"},
		{NULL}
	};

	for (int i = 0; cases[i].text != NULL; i++)
		ok(parses(cases[i].text, cases[i].length) == cases[i].good, "%s",
		   cases[i].name);
	ok(parses_nested(32) && !parses_nested(33), "R22: 32 levels");
	ok(!parses_nested(100000), "F32: 100,000 levels");
	ok(!parses_wide(1000000), "F32: a million values");
	ok(parses_wide(100000), "a long history is fine");
}

static void
test_picking(void)
{
	const char *problem;
	const char *text = "{\"i\":7,\"r\":8.0,\"h\":8.5,\"big\":1e300,\"n\":null,"
		"\"neg\":-1,\"s\":\"x\",\"bad id\":\"a b\",\"nan\":NaN,\"t\":"
		"\"2026-01-02T03:04:05+01:00\",\"u\":1790000000,\"o\":{\"a\":[1]}}";
	json_t	   *o = hft_json_parse(text, strlen(text), &problem);
	char		id[600];

	is_int(hft_pick_count(o, "i"), 7, "integer");
	is_int(hft_pick_count(o, "r"), 8, "a whole real");
	is_int(hft_pick_count(o, "h"), HFT_UNKNOWN, "R25: no half counts");
	is_int(hft_pick_count(o, "big"), HFT_UNKNOWN, "R25: out of range");
	is_int(hft_pick_count(o, "neg"), HFT_UNKNOWN, "R25: negative");
	is_int(hft_pick_count(o, "s"), HFT_UNKNOWN, "R25: another type");
	ok(isnan(hft_pick_number(o, "nan")), "NaN is absent");
	is_text(hft_pick_id(arena, o, "bad id"), NULL, "an id has no blanks");
	is_int(hft_pick_time(o, "t"), INT64_C(1767319445000), "RFC 3339");
	is_int(hft_pick_time(o, "u"), INT64_C(1790000000000), "Unix seconds");
	is_int(hft_pick_time(o, "big"), HFT_UNKNOWN, "no time at all");
	is_text(hft_pick_json(arena, o, "o"), "{\"a\":[1]}", "JSON text");
	is_text(hft_pick_json(arena, o, "n"), NULL, "null is absent");
	is_int(hft_pick_count(NULL, "i"), HFT_UNKNOWN, "no object, no member");
	json_decref(o);
	memset(id, 'a', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	o = json_pack("{s:s}", "id", id);
	is_text(hft_pick_id(arena, o, "id"), NULL, "F32: an id of 600 bytes");
	json_decref(o);
}

static void
test_times(void)
{
	is_int(hft_time_http("Sun, 22 Nov 2026 17:08:06 GMT"), 1795367286,
		   "HTTP date");
	is_int(hft_time_http("Sun, 22 Foo 2026 17:08:06 GMT"), HFT_UNKNOWN,
		   "no such month");
	is_int(hft_time_http("yesterday"), HFT_UNKNOWN, "no date");
	is_int(hft_time_rfc3339("2026-02-28T23:59:59.250Z"),
		   INT64_C(1772323199250), "fraction");
	is_int(hft_time_rfc3339("2024-02-29T00:00:00Z"),
		   INT64_C(1709164800000), "leap day");
	is_int(hft_time_rfc3339("2026-02-28"), HFT_UNKNOWN, "a date alone");
	is_int(hft_time_rfc3339(NULL), HFT_UNKNOWN, "nothing");
}

/* ---- answers ---- */

static int64_t
retry_of(const char *name, const char *value)
{
	HftHeader	header = {name, value};
	HftResponse response = {.headers = &header, .nheaders = 1};

	return hft_answer_retry_ms(&response, 1795367286);
}

static void
test_retry_after(void)
{
	is_int(retry_of("Retry-After", "17"), 17000, "F25: seconds");
	is_int(retry_of("retry-after", "0.5"), 500, "F25: half a second");
	is_int(retry_of("Retry-After-Ms", "250"), 250, "F25: milliseconds");
	is_int(retry_of("Retry-After", "Sun, 22 Nov 2026 17:09:06 GMT"), 60000,
		   "F25: a date");
	is_int(retry_of("Retry-After", "Sat, 21 Nov 2026 17:09:06 GMT"),
		   HFT_UNKNOWN, "F25: a date in the past");
	is_int(retry_of("Retry-After", "soon"), HFT_UNKNOWN, "F25: garbage");
	is_int(retry_of("Retry-After", "-5"), HFT_UNKNOWN, "F25: negative");
	is_int(retry_of("Retry-After", "nan"), HFT_UNKNOWN, "F25: not a number");
	is_int(retry_of("Retry-After", "315360000"), 3600000,
		   "F25: ten years are an hour");
	is_int(retry_of("Retry-After", "99999999999999999999999999"), 3600000,
		   "F25: and so is for ever");
	is_int(retry_of("X", "1"), HFT_UNKNOWN, "F25: nothing said");
}

/* Ask for a job's status and get this. */
static HftOutcome *
status_answer(Rig *rig, int status, const char *type, const char *body)
{
	HftResponse response = {.status = status, .content_type = type,
	.body = body, .body_length = strlen(body)};

	return rig_answer_with(rig, HFT_OP_STATUS, &response);
}

static void
test_classes(void)
{
	static const struct
	{
		int			status;
		const char *type;
		const char *body;
		HftErrorClass error;
		bool		proof;
	}			cases[] =
	{
		{200, "text/html", "<html>", HFT_ERROR_NOT_PROVIDER, false},
		{200, "text/plain", "{}", HFT_ERROR_NOT_PROVIDER, false},
		{200, "", "<html>", HFT_ERROR_NOT_PROVIDER, false},
		{200, "application/json", "[]", HFT_ERROR_BAD_ANSWER, false},
		{200, "application/json; charset=utf-8", "{", HFT_ERROR_BAD_ANSWER,
		false},
		{200, "application/problem+json", "{}", HFT_ERROR_BAD_ANSWER, false},
		{302, "", "", HFT_ERROR_NOT_PROVIDER, false},
		{400, "application/json", "{\"error\":{\"message\":\"m\"}}",
		HFT_ERROR_REFUSED, true},
		{400, "application/json", "{\"message\":\"m\"}",
		HFT_ERROR_REFUSED, true},
		{400, "text/html", "<html>", HFT_ERROR_NOT_PROVIDER, false},
		{400, "text/plain", "bad", HFT_ERROR_REFUSED, false},
		{400, "application/json", "{}", HFT_ERROR_REFUSED, false},
		{401, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_CREDENTIAL, true},
		{402, "application/json", "{\"error\":\"m\"}", HFT_ERROR_LIMIT, true},
		{408, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_TRANSIENT, false},
		{409, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_TRANSIENT, true},
		{413, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_REFUSED, true},
		{418, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_REFUSED, false},
		{429, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_RATE_LIMITED, true},
		{502, "text/html", "<html>", HFT_ERROR_TRANSIENT, false},
		{503, "application/json", "{\"error\":\"m\"}",
		HFT_ERROR_TRANSIENT, false},
		{0, "", "", HFT_ERROR_NOT_PROVIDER, false}
	};
	Rig			rig;

	rig_init(&rig, "openai");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		HftOutcome *o = status_answer(&rig, cases[i].status, cases[i].type,
									  cases[i].body);

		ok(o->progress == HFT_FAILED && o->error == cases[i].error &&
		   o->proof_not_done == cases[i].proof && o->message != NULL,
		   "R29, F33: %d %s %s", cases[i].status, cases[i].type,
		   cases[i].body);
	}
	rig_done(&rig);
}

static void
test_should_retry(void)
{
	HftHeader	header = {"X-Should-Retry", "true"};
	HftResponse response = {.status = 400, .body = "{\"error\":\"m\"}",
		.body_length = 13, .content_type = "application/json",
	.headers = &header, .nheaders = 1};
	Rig			rig;

	rig_init(&rig, "openai");
	is_int(rig_answer_with(&rig, HFT_OP_STATUS, &response)->error,
		   HFT_ERROR_TRANSIENT, "the platform asks us back");
	header.value = "false";
	response.status = 429;
	is_int(rig_answer_with(&rig, HFT_OP_STATUS, &response)->error,
		   HFT_ERROR_LIMIT, "or not");
	response.status = 503;
	is_int(rig_answer_with(&rig, HFT_OP_STATUS, &response)->error,
		   HFT_ERROR_TRANSIENT, "but a 503 is no verdict on the job");
	rig_done(&rig);
}

static void
test_lines(void)
{
	is_int(hft_line_in_text("Invalid file format. Example 17, message 2"), 17,
		   "F42: Example 17");
	is_int(hft_line_in_text("on line 4: missing role"), 4, "F42: line 4");
	is_int(hft_line_in_text("ROW #12"), 12, "F42: row #12");
	is_int(hft_line_in_text("has 5 examples, baseline 3"), HFT_UNKNOWN,
		   "F42: numbers of other things");
	is_int(hft_line_in_text("line 99999999999999999999"), HFT_UNKNOWN,
		   "F42: no such line");
	is_int(hft_line_in_text(NULL), HFT_UNKNOWN, "F42: no text");
}

/* An arena that is too small ends in an error, never in half an answer. */
static void
test_memory(void)
{
	Rig			rig;

	rig_init(&rig, "openai");
	hft_arena_destroy(rig.call.arena);
	rig.call.arena = hft_arena_create(64);
	ok(!rig_ask(&rig, HFT_OP_CREATE), "F10: no request");
	is_int(rig.outcome.error, HFT_ERROR_MEMORY, "F10: memory");
	ok(rig.outcome.proof_not_done, "F10: and nothing was sent");
	rig_answer(&rig, HFT_OP_STATUS, 200,
			   "{\"id\":\"ftjob-abc\",\"status\":\"running\"}");
	is_int(rig.outcome.error, HFT_ERROR_MEMORY, "F10: no outcome");
	rig_done(&rig);
}

/* ---- options ---- */

static void
test_options(void)
{
	const HftProvider *openai = hft_provider_lookup("openai");
	const HftProvider *together = hft_provider_lookup("together");
	const HftOptionSpec *hyper = openai->hyperparameters;
	const HftOptionSpec *url = hft_option_lookup(openai->server_options,
												 "base_url");
	const char *unknown;

#define CHECK(json) hft_options_check(arena, hyper, json, &unknown)
	is_text(CHECK("{\"n_epochs\":3,\"batch_size\":\"auto\"}"), NULL, "fits");
	is_text(CHECK("{\"n_epochs\":51}"), "The option \"n_epochs\" must be at "
			"least 1 and at most 50.", "range");
	is_text(CHECK("{\"n_epochs\":2.5}"),
			"The option \"n_epochs\" must be an integer.", "type");
	is_text(CHECK("{\"n_epochs\":\"max\"}"),
			"The option \"n_epochs\" must be an integer.", "another word");
	is_text(CHECK("{\"learning_rate_multiplier\":0}"), "The option "
			"\"learning_rate_multiplier\" must be greater than 0.", "open");
	is_text(CHECK("{\"n_epoch\":3}"), "There is no option \"n_epoch\".",
			"unknown");
	is_text(unknown, "n_epoch", "its name, for the closest match");
	is_text(CHECK("[1]"), "The options must be a JSON object.", "an array");
	is_text(CHECK("{"), "The text is not valid JSON.", "no JSON");
	hyper = together->hyperparameters;
	is_text(CHECK("{\"batch_size\":\"max\",\"train_on_inputs\":true,"
				  "\"training_type\":\"full\"}"), NULL, "words and booleans");
	is_text(CHECK("{\"training_type\":\"half\"}"),
			"The option \"training_type\" must be one of lora|full.",
			"no such choice");
	is_text(hft_option_check_text(arena, url, "https://host/v1"), NULL,
			"a URL");
	ok(hft_option_check_text(arena, url, "https://u:p@host/v1") != NULL,
	   "F73: no credentials in a URL");
	ok(hft_option_check_text(arena, url, "file:///etc/passwd") != NULL,
	   "F34: only http(s)");
	ok(hft_option_check_text(arena, url, "https://h/\r\nX: y") != NULL,
	   "F76: no line break");
	ok(url->superuser_only, "R38: only a superuser chooses a destination");
	ok(hft_option_check(arena, hft_option_lookup(hyper, "n_epochs"), "3")
	   == NULL, "one value");
#undef CHECK
}

/* ---- headers, signing, registry ---- */

static void
test_headers(void)
{
	HftRequest	request;
	int			added = 0;

	hft_request_init(&request, "GET", "u");
	ok(hft_request_header(&request, "X-A", "b"), "a header");
	ok(!hft_request_header(&request, "X-A", "b\r\nX-B: c"), "F76: CR LF");
	ok(!hft_request_header(&request, "X-A: x", "b"), "R26: no name");
	ok(!hft_request_header(&request, "X-A", NULL), "no value");
	is_int(request.nheaders, 1, "what is refused is not there");
	while (added < 100 && hft_request_header(&request, "X", "y"))
		added++;
	is_int(request.nheaders, HFT_MAX_HEADERS, "as many as fit");
	is_text(hft_url_encode(arena, "a b/\xc3\xa4?"), "a%20b%2F%C3%A4%3F",
			"R26: encoded");
	is_text(hft_url_encode(arena, NULL), NULL, "nothing to encode");
}

/* Facts of a server of which only the platform matters; the last one asked. */
static const HftServerFacts *
server_of(const char *provider)
{
	static HftServerFacts facts;

	facts.provider = provider;
	return &facts;
}

static void
test_signing(void)
{
	HftRequest	request;
	HftCredentials key = {"sk-test"};

	hft_request_init(&request, "GET", "u");
	is_text(hft_sign_request(server_of("openai"), &request, &key, 0, arena), NULL,
			"signed");
	is_text(request.headers[0].value, "Bearer sk-test", "bearer");
	hft_request_init(&request, "PUT", "u");
	request.auth = HFT_AUTH_NONE;
	is_text(hft_sign_request(server_of("together"), &request, &key, 0, arena), NULL,
			"P5: a signed URL needs no key");
	is_int(request.nheaders, 0, "P5: and gets none");
	request.auth = HFT_AUTH_SERVER;
	key.secret = "sk\r\nX: y";
	ok(hft_sign_request(server_of("openai"), &request, &key, 0, arena) != NULL,
	   "R26: a key is one word");
	key.secret = "";
	ok(hft_sign_request(server_of("openai"), &request, &key, 0, arena) != NULL,
	   "an empty key");
	ok(hft_sign_request(server_of("nobody"), &request, &key, 0, arena) != NULL,
	   "an unknown platform");
}

static void
test_registry(void)
{
	const HftProvider *const *list = hft_provider_list();

	for (; *list != NULL; list++)
	{
		const HftProvider *p = *list;
		int			incomplete = 0;

		for (int op = 0; op < HFT_OP_COUNT; op++)
		{
			const HftOperation *o = &p->operations[op];
			bool		there = o->request != NULL && o->response != NULL;
			bool		absent = o->request == NULL && o->response == NULL
				&& o->instead != NULL;

			incomplete += !there && !absent;
		}
		is_int(incomplete, 0, p->name);
		ok(hft_provider_lookup(p->name) == p, "%s is found", p->name);
		ok(p->billable != NULL && p->format != NULL && p->title != NULL,
		   "%s is described", p->name);
	}
	ok(hft_provider_lookup("nobody") == NULL, "nobody is not found");
	for (int op = 0; op < HFT_OP_COUNT; op++)
		ok(strcmp(hft_op_name(op), "unknown") != 0, "%s", hft_op_name(op));
}

int
main(void)
{
	arena = hft_arena_create(RIG_ARENA);
	test_hostile_json();
	test_picking();
	test_times();
	test_retry_after();
	test_classes();
	test_should_retry();
	test_lines();
	test_memory();
	test_options();
	test_headers();
	test_signing();
	test_registry();
	hft_arena_destroy(arena);
	return tap_done();
}
