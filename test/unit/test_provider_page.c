/*-------------------------------------------------------------------------
 *
 * test_provider_page.c
 *	  The tables of docs/providers.md say what the adapters declare.
 *
 * The tables are written from the adapters' own: between the two marks the
 * page must have exactly that text.  "test_provider_page --write" puts it
 * there.  A platform without its page, or one that leaves an operation out
 * without a word about what works instead, fails as well.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "provider/provider.h"

#define PAGE "docs/providers.md"
#define BEGIN "<!-- from the adapters: test_provider_page --write -->\n"
#define END "<!-- end -->\n"
#define PAGE_ROOM (256 * 1024)

/* How people call the operations; those of one line belong together. */
static const struct
{
	const char *title;
	HftOp		ops[3];
	int			nops;
}			rows[] = {
	{"upload", {HFT_OP_UPLOAD, HFT_OP_FILE_STATUS}, 2},
	{"find a file before sending it again", {HFT_OP_FIND_FILE}, 1},
	{"the platform's own price", {HFT_OP_ESTIMATE}, 1},
	{"create a job", {HFT_OP_CREATE}, 1},
	{"find a job after a crash", {HFT_OP_FIND}, 1},
	{"state", {HFT_OP_STATUS}, 1},
	{"loss history, events, checkpoints", {HFT_OP_HISTORY}, 1},
	{"cancel", {HFT_OP_CANCEL}, 1},
	{"pause and resume", {HFT_OP_PAUSE, HFT_OP_RESUME}, 2},
	{"import what is there", {HFT_OP_LIST}, 1},
	{"deploy and undeploy", {HFT_OP_DEPLOY, HFT_OP_DEPLOY_STATUS,
	HFT_OP_UNDEPLOY}, 3},
	{"chat", {HFT_OP_CHAT}, 1},
	{"what it tells of a model", {HFT_OP_MODEL_INFO}, 1},
	{"delete a file", {HFT_OP_DELETE_FILE}, 1},
	{"delete a model", {HFT_OP_DELETE_MODEL}, 1}
};

#define NROWS ((int) (sizeof(rows) / sizeof(rows[0])))

static char text[PAGE_ROOM];
static size_t text_length;

__attribute__((format(printf, 1, 2)))
static void
put(const char *format, ...)
{
	va_list		args;

	va_start(args, format);
	text_length += vsnprintf(text + text_length, sizeof(text) - text_length,
							 format, args);
	va_end(args);
}

static const char *
known(const char *phrase)
{
	return phrase ? phrase : "unknown";
}

/* "sft|dpo" as "sft, dpo" */
static void
put_list(const char *list)
{
	for (; *list != '\0'; list++)
		put(*list == '|' ? ", " : "%c", *list);
}

static void
put_size(int64_t bytes)
{
	if (bytes <= 0)
		put("unknown");
	else if (bytes % 1000000 == 0)
		put("%g GB", bytes / 1e9);
	else
		put("%g GiB", bytes / 1073741824.0);
}

static void
put_figures(void)
{
	put("| platform | `provider` | methods | training file | fewest examples "
		"| largest file | status |\n|---|---|---|---|---|---|---|\n");
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
	{
		put("| %s | `%s` | ", (*p)->title, (*p)->name);
		put_list((*p)->methods);
		put(" | `%s` | %d | ", (*p)->format, (*p)->min_examples);
		put_size((*p)->max_file_bytes);
		put(" | %s |\n", known((*p)->landscape.status));
	}
}

static void
put_landscape(void)
{
	put("\n| platform | loss comes from | a job is found after a crash | "
		"a tuned model answers | and costs | weights | data |\n"
		"|---|---|---|---|---|---|---|\n");
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
	{
		const HftLandscape *is = &(*p)->landscape;

		put("| %s | %s | %s%s | %s | %s | %s | %s |\n", (*p)->title,
			known(is->loss_source), known(is->recovery),
			(*p)->create_is_idempotent ? "; sent twice it is made once" : "",
			known(is->serving), known(is->serving_billing),
			known(is->weights), known(is->data_location));
	}
}

static bool
can(const HftProvider *provider, int row)
{
	for (int i = 0; i < rows[row].nops; i++)
		if (provider->operations[rows[row].ops[i]].request == NULL)
			return false;
	return true;
}

static void
put_operations(void)
{
	put("\n| |");
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
		put(" `%s` |", (*p)->name);
	put("\n|---|");
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
		put("---|");
	for (int row = 0; row < NROWS; row++)
	{
		put("\n| %s |", rows[row].title);
		for (const HftProvider *const *p = hft_provider_list(); *p; p++)
			put(can(*p, row) ? " yes |" : " no |");
	}
	put("\n");
}

/* The first missing operation of a line speaks for all of them. */
static const char *
instead(const HftProvider *provider, int row)
{
	for (int i = 0; i < rows[row].nops; i++)
	{
		const HftOperation *op = &provider->operations[rows[row].ops[i]];

		if (op->request == NULL)
			return op->instead;
	}
	return NULL;
}

static void
put_instead(void)
{
	put("\nWhat works instead:\n\n");
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
		for (int row = 0; row < NROWS; row++)
			if (instead(*p, row) != NULL)
				put("* %s, %s: %s\n", (*p)->title, rows[row].title,
					instead(*p, row));
}

static void
make_tables(void)
{
	put("\n");
	put_figures();
	put_landscape();
	put_operations();
	put_instead();
	put("\n");
}

static char *
read_page(void)
{
	static char page[PAGE_ROOM];
	FILE	   *file = fopen(PAGE, "r");
	size_t		length;

	if (file == NULL)
		return NULL;
	length = fread(page, 1, sizeof(page) - 1, file);
	page[length] = '\0';
	fclose(file);
	return page;
}

static int
write_page(const char *page, const char *begin, const char *end)
{
	FILE	   *file = fopen(PAGE, "w");

	if (file == NULL)
		return 1;
	fprintf(file, "%.*s%s%s", (int) (begin - page), page, text, end);
	return fclose(file) != 0;
}

static void
check_words(void)
{
	for (const HftProvider *const *p = hft_provider_list(); *p != NULL; p++)
	{
		char		path[100];

		for (HftOp op = 0; op < HFT_OP_COUNT; op++)
			if ((*p)->operations[op].request == NULL)
				ok((*p)->operations[op].instead != NULL,
				   "%s says what works instead of %s", (*p)->name,
				   hft_op_name(op));
		ok((*p)->landscape.status != NULL && (*p)->landscape.serving != NULL,
		   "%s has its landscape", (*p)->name);
		snprintf(path, sizeof(path), "docs/providers/%s.md", (*p)->name);
		ok(strcmp((*p)->name, "openai_compatible") == 0 ||
		   access(path, R_OK) == 0, "%s is there", path);
	}
}

int
main(int argc, char **argv)
{
	char	   *page = read_page();
	char	   *begin = page ? strstr(page, BEGIN) : NULL;
	char	   *end = begin ? strstr(begin, END) : NULL;

	if (!ok(end != NULL, PAGE " has its marks"))
		return tap_done();
	begin += strlen(BEGIN);
	make_tables();
	if (argc > 1 && strcmp(argv[1], "--write") == 0)
		return write_page(page, begin, end);
	ok(strlen(text) > 2000 && strlen(text) == text_length,
	   "the tables are made");
	if (!ok(strlen(text) == (size_t) (end - begin) &&
			memcmp(text, begin, end - begin) == 0,
			PAGE " says what the adapters declare"))
		printf("# run build/unit/test_provider_page --write\n");
	check_words();
	return tap_done();
}
