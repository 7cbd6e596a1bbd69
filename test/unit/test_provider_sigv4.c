/*-------------------------------------------------------------------------
 *
 * test_provider_sigv4.c
 *	  Our signatures against published and self-made vectors.
 *
 * A signature is right or wrong as a whole, so it alone is compared.  Our
 * own vectors were computed by another implementation (the emulator's, in
 * Python); the published ones lie beside the checkout, and without them the
 * test says so.
 *
 *-------------------------------------------------------------------------
 */
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>

#include "provider/sigv4.h"
#include "provider/times.h"
#include "tap.h"

#define MAX_FILE 65536
#define SUITE "aws-signing-test-suite-v4"

static const HftSigv4Scope bedrock_scope = {
	"eu-central-1", "bedrock", true, true, false
};
static const HftSigv4Scope s3_scope = {
	"eu-central-1", "s3", false, false, true
};

/* The value of a header, or "". */
static const char *
header_of(const HftRequest *request, const char *name)
{
	for (int i = 0; i < request->nheaders; i++)
	{
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	}
	return "";
}

/* What follows a label in the Authorization header. */
static const char *
part_of(const HftRequest *request, const char *label)
{
	static char part[500];
	const char *found = strstr(header_of(request, "Authorization"), label);

	part[0] = '\0';
	if (found != NULL)
		snprintf(part, sizeof(part), "%.*s",
				 (int) strcspn(found + strlen(label), ","),
				 found + strlen(label));
	return part;
}

/* ---- our own ---- */

static const struct
{
	const char *name;
	const HftSigv4Scope *scope;
	const char *method;
	const char *url;
	const char *headers[6];		/* name, value ... NULL */
	const char *body;
	const char *body_sha256;
	const char *token;
	const char *signature;
}			own[] =
{
	{
		"an ARN in the path is encoded twice", &bedrock_scope, "GET",
		"https://bedrock.eu-central-1.amazonaws.com/model-customization-jobs/"
		"arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3A"
		"model-customization-job%2Famazon.nova-micro-v1%3A0%3A128k%2F"
		"abcdefghijkl", {NULL}, NULL, NULL, NULL,
		"9e2bebaec6647e14a1dfcf7e42607116879c74ccf20a24987538ac0270a38f84"
	},
	{
		"a query unsorted, with small escapes and an empty name",
		&bedrock_scope, "GET",
		"https://bedrock.eu-central-1.amazonaws.com/model-customization-jobs"
		"?sortOrder=Descending&maxResults=100&nextToken=a%2Fb%3d&empty",
		{NULL}, NULL, NULL, NULL,
		"9d4c41343e7302405ea270c6610db682aff387d383395b5ecfc32b604a850aaa"
	},
	{
		"a body, a port, a session token", &bedrock_scope, "POST",
		"http://127.0.0.1:8080/model-customization-jobs",
		{"Content-Type", "application/json"}, "{\"jobName\":\"hft-1\"}",
		NULL, "token/with+signs==",
		"67489fec17e6bb6d49a7569f2d5085438fa7548dc7a997d23026d718f3498600"
	},
	{
		"a streamed body of known hash", &s3_scope, "PUT",
		"https://hft-bucket.s3.eu-central-1.amazonaws.com:443/hft/a%20b/"
		"train.jsonl",
		{"If-None-Match", "*", "Content-Type", "application/jsonl"}, NULL,
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		NULL,
		"fd2e6de8b3cf0c8d62b1b7c00686327b7f8b14d91ad357accfd1d2cbb49317b9"
	},
	{
		"a part whose hash nobody knows", &s3_scope, "PUT",
		"https://s3.eu-central-1.amazonaws.com/hft.bucket/hft/train.jsonl"
		"?uploadId=VXBs%2Fy%3D%3D&partNumber=7", {NULL}, NULL,
		HFT_SIGV4_UNSIGNED, NULL,
		"d47b8d58352049f0b4cc72d598ccd4340b0d49b893a247ab7e4190979842685c"
	},
	{
		"no path, blanks in a header", &s3_scope, "GET",
		"https://s3.eu-central-1.amazonaws.com",
		{"X-Note", "  two   words "}, NULL, NULL, NULL,
		"7cbd0c483f9459d0ccc312c3a26431d2a8879d708189f56fea42e4cfbcdd3d86"
	}
};

static void
test_own(HftArena *arena)
{
	const int64_t now = hft_time_rfc3339("2026-11-22T20:15:00Z") / 1000;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
	{
		HftSigv4Keys keys = {
			"AKIDEXAMPLE", "hft/unit+test=Secret/Key0123456789abcdef",
			own[i].token
		};
		HftRequest	request;

		hft_request_init(&request, own[i].method, own[i].url);
		for (int h = 0; own[i].headers[h] != NULL; h += 2)
			hft_request_header(&request, own[i].headers[h],
							   own[i].headers[h + 1]);
		if (own[i].body != NULL)
			hft_request_body(&request, NULL, own[i].body,
							 strlen(own[i].body));
		request.body_sha256 = own[i].body_sha256;
		is_text(hft_sigv4_sign(&request, &keys, own[i].scope, now, arena),
				NULL, "signed");
		is_text(part_of(&request, "Signature="), own[i].signature,
				own[i].name);
	}
}

static void
test_refusals(HftArena *arena)
{
	HftSigv4Keys keys = {"AKID", "secret", NULL};
	HftRequest	request;

	hft_request_init(&request, "PUT", "https://h/x");
	request.dataset_length = 10;
	ok(hft_sigv4_sign(&request, &keys, &s3_scope, 0, arena) != NULL,
	   "a data set without its hash is not signed");
	hft_request_init(&request, "GET", "no address");
	ok(hft_sigv4_sign(&request, &keys, &s3_scope, 0, arena) != NULL,
	   "nor is what is no URL");
	keys.session_token = "a\r\nX-Evil: 1";
	hft_request_init(&request, "GET", "https://h/x");
	ok(hft_sigv4_sign(&request, &keys, &s3_scope, 0, arena) != NULL,
	   "R26: a token with a line break is refused");
	is_text(header_of(&request, "Authorization"), "", "nothing was signed");
}

/* ---- the published suite ---- */

static char *
read_file(const char *directory, const char *name)
{
	static char text[MAX_FILE];
	char		path[600];
	FILE	   *file;
	size_t		length;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	file = fopen(path, "r");
	if (file == NULL)
		return NULL;
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	return text;
}

/* Headers up to the blank line; the body is what follows. */
static const char *
read_headers(HftRequest *request, const char *text, HftArena *arena,
			 const char **host)
{
	while (*text != '\0' && *text != '\n')
	{
		size_t		name = strcspn(text, ":");
		size_t		length = strcspn(text, "\n");
		const char *value = hft_arena_strndup(arena, text + name + 1,
											  length - name - 1);
		const char *key = hft_arena_strndup(arena, text, name);

		text += length + (text[length] == '\n');
		while (*text == ' ')	/* a folded line */
		{
			length = strcspn(text, "\n");
			value = hft_arena_printf(arena, "%s%.*s", value, (int) length,
									 text);
			text += length + (text[length] == '\n');
		}
		if (strcasecmp(key, "host") == 0)
			*host = value;
		else
			hft_request_header(request, key, value);
	}
	return *text == '\n' ? text + 1 : text;
}

/* The request of a case; false when it is not there. */
static bool
read_case(HftRequest *request, const char *directory, HftArena *arena)
{
	const char *text = read_file(directory, "request.txt");
	const char *host = "";
	const char *body;
	char	   *line;
	char	   *path;
	size_t		length;

	if (text == NULL)
		return false;
	text = hft_arena_strdup(arena, text);
	length = strcspn(text, "\n");
	line = hft_arena_strndup(arena, text, length);
	line[strlen(line) - strlen(" HTTP/1.1")] = '\0';
	path = strchr(line, ' ');
	*path++ = '\0';
	hft_request_init(request, line, NULL);
	body = read_headers(request, text + length + 1, arena, &host);
	if (*body != '\0')
		hft_request_body(request, NULL, body, strlen(body));
	request->url = hft_arena_printf(arena, "https://%s%s", host, path);
	return true;
}

static void
check_case(const char *directory, const char *name, HftArena *arena)
{
	json_t	   *context = json_loads(read_file(directory, "context.json"), 0,
									 NULL);
	json_t	   *given = json_object_get(context, "credentials");
	bool		after = json_is_true(json_object_get(context,
													 "omit_session_token"));
	HftSigv4Keys keys = {
		json_string_value(json_object_get(given, "access_key_id")),
		json_string_value(json_object_get(given, "secret_access_key")),
		after ? NULL : json_string_value(json_object_get(given, "token"))
	};
	HftSigv4Scope scope = {
		json_string_value(json_object_get(context, "region")),
		json_string_value(json_object_get(context, "service")),
		json_is_true(json_object_get(context, "normalize")), true,
		json_is_true(json_object_get(context, "sign_body"))
	};
	const char *at = json_string_value(json_object_get(context, "timestamp"));
	HftRequest	request;

	if (ok(read_case(&request, directory, arena), "%s is read", name) &&
		ok(hft_sigv4_sign(&request, &keys, &scope,
						  hft_time_rfc3339(at) / 1000, arena) == NULL,
		   "%s is signed", name))
		is_text(part_of(&request, "Signature="),
				read_file(directory, "header-signature.txt"), name);
	json_decref(context);
}

/* How many cases the folder has. */
static int
check_suite(const char *place, HftArena *arena)
{
	char		path[300];
	struct dirent *entry;
	DIR		   *directory;
	int			cases = 0;

	snprintf(path, sizeof(path), "%s/providers/sigv4/" SUITE, place);
	directory = opendir(path);
	while (directory != NULL && (entry = readdir(directory)) != NULL)
	{
		char		folder[600];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(folder, sizeof(folder), "%s/%s", path, entry->d_name);
		check_case(folder, entry->d_name, arena);
		cases++;
	}
	if (directory != NULL)
		closedir(directory);
	return cases;
}

/* ---- the calls we make, by another implementation ---- */

static void
check_extra(const json_t *item, const json_t *file, HftArena *arena)
{
	json_t	   *given = json_object_get(file, "credentials");
	const char *service = json_string_value(json_object_get(item, "service"));
	bool		is_s3 = strcmp(service, "s3") == 0;
	HftSigv4Keys keys = {
		json_string_value(json_object_get(given, "access_key_id")),
		json_string_value(json_object_get(given, "secret_access_key")),
		json_is_true(json_object_get(item, "session_token")) ?
		json_string_value(json_object_get(given, "session_token")) : NULL
	};
	HftSigv4Scope scope = {
		json_string_value(json_object_get(file, "region")), service,
		!is_s3, !is_s3, is_s3
	};
	const char *body = json_string_value(json_object_get(item, "body"));
	HftRequest	request;
	const char *name;
	json_t	   *value;

	hft_request_init(&request,
					 json_string_value(json_object_get(item, "method")),
					 hft_arena_printf(arena, "https://%s%s",
									  json_string_value(json_object_get(item,
																		"host")),
									  json_string_value(json_object_get(item,
																		"wire_path_and_query"))));
	json_object_foreach(json_object_get(item, "headers"), name, value)
	{
		/* those are the signer's to add */
		if (strncasecmp(name, "x-amz-date", 10) != 0 &&
			strncasecmp(name, "x-amz-sec", 9) != 0 &&
			strncasecmp(name, "x-amz-content", 13) != 0 &&
			strcasecmp(name, "host") != 0)
			hft_request_header(&request, name, json_string_value(value));
	}
	hft_request_body(&request, NULL, body ? body : "",
					 body ? strlen(body) : 0);
	request.body_sha256 =
		json_string_value(json_object_get(item, "payload_sha256"));
	name = json_string_value(json_object_get(item, "name"));
	ok(hft_sigv4_sign(&request, &keys, &scope,
					  hft_time_rfc3339("2026-09-01T12:00:00Z") / 1000,
					  arena) == NULL, "%s is signed", name);
	is_text(header_of(&request, "Authorization"),
			json_string_value(json_object_get(item, "authorization")), name);
}

static int
check_extras(const char *place, HftArena *arena)
{
	char		path[300];
	json_t	   *file;
	size_t		i;
	json_t	   *item;

	snprintf(path, sizeof(path),
			 "%s/providers/sigv4/extra-vectors-bedrock-s3.json", place);
	file = json_load_file(path, 0, NULL);
	json_array_foreach(json_object_get(file, "cases"), i, item)
		check_extra(item, file, arena);
	i = json_array_size(json_object_get(file, "cases"));
	json_decref(file);
	return (int) i;
}

int
main(void)
{
	static const char *const places[] = {"../shared", "../../shared"};
	HftArena   *arena = hft_arena_create(16 * 1024 * 1024);
	int			cases = 0;

	test_own(arena);
	test_refusals(arena);
	for (int i = 0; i < 2 && cases == 0; i++)
		cases = check_suite(places[i], arena) +
			check_extras(places[i], arena);
	if (cases == 0)
		printf("ok %d - published vectors # SKIP not beside the checkout\n",
			   ++tap_run);
	else
		is_int(cases, 52, "all of them");
	hft_arena_destroy(arena);
	return tap_done();
}
