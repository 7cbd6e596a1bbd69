/*-------------------------------------------------------------------------
 *
 * snapshot.c
 *	  From a data set's query to a sealed version.
 *
 * Everything happens in the caller's transaction, the query with the rights
 * of the data set's owner: the caller's own, or those of a role the caller
 * is a member of.  A superuser who takes a snapshot of somebody's data set
 * therefore does not lend that somebody his power (R31), and the operation
 * is restricted as that of REFRESH MATERIALIZED VIEW is, so that nothing in
 * the query can change who we are.
 *
 * Rows are stored as they come, inside a subtransaction.  When the content
 * turns out to be that of an earlier version the subtransaction is rolled
 * back, and the earlier version is the answer (R35).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tcop/utility.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

#include "compat.h"
#include "base/sql.h"
#include "dataset/dataset.h"
#include "dataset/findings.h"
#include "dataset/seal.h"
#include "dataset/source.h"
#include "dataset/tokens.h"
#include "example/measure.h"

#define MIN_EXAMPLES 10			/* OpenAI's */
#define RECOMMENDED_EXAMPLES 50
#define MAX_IMAGE_EXAMPLES 50000
#define MAX_FILE_BYTES (INT64CONST(8) * 1024 * 1024 * 1024)

typedef struct Taking
{
	const HftDataset *dataset;
	HftMethod	method;
	HftSourceShape shape;
	Datum		search_path;	/* text */
	Datum		taken;			/* pg_snapshot */
	int64		version;
	Datum		splits[HFT_SPLIT_COUNT];
	int64		token_limit;	/* 0: not known */

	/* what a row passes through; freed by the context */
	HftExample	example;
	HftBuffer	body;			/* begins with room for a varlena header */
	HftSplitter splitter;
	HftCounter	counter;
	MemoryContextCallback cleanup;

	HftSeal    *seal;
	HftRepeats *repeats;
	HftFindings *findings;
	int64		images;			/* examples with any */
	HftTotals	totals;
	int64		errors;
	int64		warnings;
} Taking;

/* For the rules' reports about one row. */
typedef struct RowReport
{
	Taking	   *snapshot;
	HftPlace	place;
	HftFound	found;
} RowReport;

static void
release(void *arg)
{
	Taking	   *snapshot = arg;

	hft_example_free(&snapshot->example);
	hft_buffer_free(&snapshot->body);
	hft_splitter_free(&snapshot->splitter);
	hft_counter_free(&snapshot->counter);
}

pg_noreturn static void
report_no_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory")));
}

static void
begin_rows(Taking *snapshot)
{
	const HftDataset *dataset = snapshot->dataset;
	HftTokenTarget target = hft_token_target(dataset->model,
											 (int) strlen(dataset->model));

	snapshot->cleanup.func = release;
	snapshot->cleanup.arg = snapshot;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &snapshot->cleanup);
	hft_example_init(&snapshot->example);
	snapshot->example.ascii = GetDatabaseEncoding() != PG_UTF8 &&
		GetDatabaseEncoding() != PG_SQL_ASCII;
	hft_buffer_init(&snapshot->body, HFT_JSON_MAX_BYTES);
	if (!hft_splitter_init(&snapshot->splitter, dataset->split_key,
						   dataset->validation, dataset->test) ||
		!hft_counter_init(&snapshot->counter, target.chat, target.images,
						  target.encoding))
		report_no_memory();
	snapshot->token_limit = hft_model_token_limit(dataset->model);
	snapshot->seal = hft_seal_begin(snapshot->version, snapshot->splits);
	snapshot->repeats = hft_repeats_begin();
	snapshot->findings = hft_findings_begin(snapshot->version,
											snapshot->splits);
}

/* ---- one row ---- */

pg_noreturn static void
refuse_row(const Taking *snapshot, const HftSourceRow *row,
		   HftExampleProblem problem)
{
	static const int codes[] = {
		[HFT_EXAMPLE_NULL] = ERRCODE_NULL_VALUE_NOT_ALLOWED,
		[HFT_EXAMPLE_INVALID] = ERRCODE_INVALID_TEXT_REPRESENTATION,
		[HFT_EXAMPLE_ENCODING] = ERRCODE_CHARACTER_NOT_IN_REPERTOIRE,
		[HFT_EXAMPLE_TOO_LARGE] = ERRCODE_PROGRAM_LIMIT_EXCEEDED,
		[HFT_EXAMPLE_NO_MEMORY] = ERRCODE_OUT_OF_MEMORY
	};
	const char *column = snapshot->shape.name[problem.column];

	ereport(ERROR,
			(errcode(codes[problem.status]),
			 errmsg("row " INT64_FORMAT " cannot become an example",
					row->number),
			 errdetail("Column \"%s\": %s. The row's source key is %s.",
					   column ? column : "messages", problem.text,
					   row->key ? quote_literal_cstr(row->key) : "null"),
			 problem.status == HFT_EXAMPLE_NULL ?
			 errhint("Leave such rows out with a WHERE in the query.") : 0));
}

static void
report_rule(void *arg, const HftRule *rule, const char *message)
{
	RowReport  *report = arg;

	hft_findings_add(report->snapshot->findings, rule, report->found,
					 message);
}

static void
report_repeat(RowReport *report, HftPlace first)
{
	HftPlace	place = report->place;

	if (first.split == place.split)
	{
		report_rule(report, hft_rule_lookup("duplicate_example"),
					psprintf("the example equals number " INT64_FORMAT " of split \"%s\"",
							 first.n, hft_split_name(first.split)));
		return;
	}
	if (first.split != HFT_SPLIT_TRAIN && place.split != HFT_SPLIT_TRAIN)
		return;
	/* the finding is about the one that should not have been trained on */
	if (place.split == HFT_SPLIT_TRAIN)
	{
		report->found.place = &first;
		report->found.source_key = 0;
	}
	report_rule(report, hft_rule_lookup("validation_in_training"),
				psprintf("the example is trained on, too, as number " INT64_FORMAT,
						 place.split == HFT_SPLIT_TRAIN ? place.n : first.n));
	report->found.place = &report->place;
}

static bool
has_image(const HftExample *example)
{
	for (int i = 0; i < example->nmessages; i++)
	{
		const HftJsonNode *content = example->messages[i].key[HFT_KEY_CONTENT];
		const HftJsonNode *part = hft_json_first(content);

		if (!hft_json_is(content, HFT_JSON_ARRAY))
			continue;
		for (uint32 j = 0; j < content->count; j++, part += part->span)
			if (hft_json_member(part, "image_url") != NULL)
				return true;
	}
	return false;
}

static void
check_row(Taking *snapshot, const HftSourceRow *row, HftPlace place,
		  int64 tokens)
{
	RowReport	report = {snapshot, place, {NULL, row->source_key}};
	HftPlace	first;

	report.found.place = &report.place;
	hft_example_check(&snapshot->example, report_rule, &report);
	if (snapshot->token_limit > 0 && tokens > snapshot->token_limit)
		report_rule(&report, hft_rule_lookup("tokens_over_limit"),
					psprintf("the example has " INT64_FORMAT " tokens, and \"%s\" is trained on " INT64_FORMAT,
							 tokens, snapshot->dataset->model,
							 snapshot->token_limit));
	if (hft_repeats_add(snapshot->repeats,
						snapshot->body.data + VARHDRSZ,
						snapshot->body.length - VARHDRSZ, place, &first))
		report_repeat(&report, first);
	snapshot->images += has_image(&snapshot->example);
}

static void
take_row(void *arg, const HftSourceRow *row)
{
	Taking	   *snapshot = arg;
	HftExampleProblem problem;
	HftTokens	tokens;
	HftLine		line;
	HftPlace	place;

	hft_buffer_reset(&snapshot->body);
	hft_buffer_append(&snapshot->body, "\0\0\0", VARHDRSZ);
	problem = hft_example_build(&snapshot->example, snapshot->method,
								&row->row, &snapshot->body);
	if (problem.status != HFT_EXAMPLE_OK)
		refuse_row(snapshot, row, problem);
	if (!hft_counter_count(&snapshot->counter, &snapshot->example, &tokens))
		report_no_memory();
	line.split = row->split != HFT_SPLIT_COUNT ? row->split :
		hft_splitter_draw(&snapshot->splitter, &snapshot->example,
						  row->row.column[HFT_COLUMN_GROUP_KEY]);
	place.split = line.split;
	place.n = hft_seal_next(snapshot->seal, line.split);
	check_row(snapshot, row, place, tokens.all);
	line.tokens = (int32) tokens.all;
	line.trained_tokens = (int32) tokens.trained;
	line.source_key = row->source_key;
	line.body = (struct varlena *) snapshot->body.data;
	SET_VARSIZE(line.body, snapshot->body.length);
	hft_seal_add(snapshot->seal, &line);
}

/* ---- all rows ---- */

static void
add_finding(Taking *snapshot, const char *rule, const char *message)
{
	HftFound	nowhere = {NULL, 0};

	hft_findings_add(snapshot->findings, hft_rule_lookup(rule), nowhere,
					 message);
}

static void
check_version(Taking *snapshot)
{
	const HftSplitTotal *train = &snapshot->totals.split[HFT_SPLIT_TRAIN];

	if (train->rows < MIN_EXAMPLES)
		add_finding(snapshot, "examples_too_few",
					psprintf("examples to train on: " INT64_FORMAT "; at least %d are needed",
							 train->rows, MIN_EXAMPLES));
	else if (train->rows < RECOMMENDED_EXAMPLES)
		add_finding(snapshot, "examples_recommended",
					psprintf("examples to train on: " INT64_FORMAT "; %d or more are recommended",
							 train->rows, RECOMMENDED_EXAMPLES));
	if (snapshot->images > MAX_IMAGE_EXAMPLES)
		add_finding(snapshot, "images_too_many",
					psprintf(INT64_FORMAT " examples have images",
							 snapshot->images));
	if (train->bytes > MAX_FILE_BYTES)
		add_finding(snapshot, "file_too_large",
					psprintf("the training file has " INT64_FORMAT " bytes",
							 train->bytes));
	if (hft_repeats_full(snapshot->repeats))
		add_finding(snapshot, "duplicates_partial",
					"equal examples were not looked for among all");
}

/* The query, as the owner and restricted; SPI is connected. */
static void
run_query(Taking *snapshot)
{
	Oid			user;
	int			security;
	SPIPlanPtr	plan;

	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(snapshot->dataset->owner,
						   security | SECURITY_RESTRICTED_OPERATION |
						   (user != snapshot->dataset->owner ?
							SECURITY_LOCAL_USERID_CHANGE : 0));
	plan = hft_source_prepare(snapshot->dataset->query);
	snapshot->shape = hft_source_shape(hft_source_columns(plan),
									   snapshot->method);
	begin_rows(snapshot);
	hft_source_run(plan, &snapshot->shape, take_row, snapshot);
	SetUserIdAndSecContext(user, security);
}

static void
take_rows(Taking *snapshot)
{
	MemoryContext caller = CurrentMemoryContext;
	int64		rows = 0;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	MemoryContextSwitchTo(caller);
	run_query(snapshot);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	hft_seal_end(snapshot->seal, &snapshot->totals);
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
		rows += snapshot->totals.split[i].rows;
	if (rows == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("the query of data set \"%s\" returned no rows",
						snapshot->dataset->name)));
	check_version(snapshot);
	hft_repeats_end(snapshot->repeats);
	hft_findings_end(snapshot->findings, &snapshot->errors,
					 &snapshot->warnings);
}

/* ---- the version ---- */

static void
begin_version(Taking *snapshot)
{
	static HftStatement next = {
		"SELECT pg_catalog.nextval('hft.dataset_version_id_seq'), "
		"'train'::hft.split, 'validation'::hft.split, 'test'::hft.split",
		0, {0}
	};
	HftScope	scope;
	bool		isnull;

	snapshot->search_path = CStringGetTextDatum(namespace_search_path);
	snapshot->taken = DirectFunctionCall1(pg_current_snapshot, (Datum) 0);
	hft_scope_enter(&scope);
	hft_statement_run(&next, NULL, NULL, 0);
	snapshot->version = hft_row_int64(0, 1, 0);
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
		snapshot->splits[i] = hft_row_datum(0, 2 + i, &isnull);
	hft_scope_leave(&scope);
}

static Datum
digest_datum(const uint8 *sha256)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(result), sha256, PG_SHA256_DIGEST_LENGTH);
	return PointerGetDatum(result);
}

/* Number of an earlier version with this content, or 0. */
static int
find_equal(const Taking *snapshot)
{
	static HftStatement find = {
		"SELECT number FROM hft.dataset_version "
		"WHERE dataset_id = $1 AND sha256 = $2 AND model = $3",
		3, {INT8OID, BYTEAOID, TEXTOID}
	};
	Datum		values[3];
	HftScope	scope;
	int			number = 0;

	values[0] = Int64GetDatum(snapshot->dataset->id);
	values[1] = digest_datum(snapshot->totals.sha256);
	values[2] = CStringGetTextDatum(snapshot->dataset->model);
	hft_scope_enter(&scope);
	if (hft_statement_run(&find, values, NULL, 0) > 0)
		number = (int) hft_row_int64(0, 1, 0);
	hft_scope_leave(&scope);
	return number;
}

/* Inside a scope. */
static void
insert_version(const Taking *snapshot, const HftSplitTotal *sum)
{
	static HftStatement insert = {
		"INSERT INTO hft.dataset_version (id, dataset_id, number, parent_id, "
		"  owner, method, model, query, search_path, snapshot, lsn, rows, "
		"  tokens, trained_tokens, bytes, sha256, errors, warnings, "
		"  hft_version, server_version) "
		"OVERRIDING SYSTEM VALUE "
		"SELECT $1, d.id, coalesce(p.number, 0) + 1, p.id, d.owner, d.method, "
		"  d.model, d.query, $3, $4, "
		"  CASE WHEN NOT pg_is_in_recovery() "
		"  THEN pg_current_wal_insert_lsn() END, "
		"  $5, $6, $7, $8, $9, $10, $11, e.extversion, "
		"  current_setting('server_version') "
		"FROM hft.dataset d LEFT JOIN LATERAL (SELECT v.id, v.number "
		"    FROM hft.dataset_version v WHERE v.dataset_id = d.id "
		"    ORDER BY v.number DESC LIMIT 1) p ON true, pg_extension e "
		"WHERE d.id = $2 AND e.extname = 'hft'",
		11, {INT8OID, INT8OID, TEXTOID, PG_SNAPSHOTOID, INT8OID, INT8OID,
		INT8OID, INT8OID, BYTEAOID, INT8OID, INT8OID}
	};
	Datum		values[11];

	values[0] = Int64GetDatum(snapshot->version);
	values[1] = Int64GetDatum(snapshot->dataset->id);
	values[2] = snapshot->search_path;
	values[3] = snapshot->taken;
	values[4] = Int64GetDatum(sum->rows);
	values[5] = Int64GetDatum(sum->tokens);
	values[6] = Int64GetDatum(sum->trained_tokens);
	values[7] = Int64GetDatum(sum->bytes);
	values[8] = digest_datum(snapshot->totals.sha256);
	values[9] = Int64GetDatum(snapshot->errors);
	values[10] = Int64GetDatum(snapshot->warnings);
	hft_statement_run(&insert, values, NULL, 0);
}

/* Inside a scope. */
static void
insert_split(const Taking *snapshot, HftSplitKind split)
{
	static HftStatement insert = {
		"INSERT INTO hft.dataset_split (version_id, split, rows, tokens, "
		"  trained_tokens, longest, bytes, sha256) "
		"VALUES ($1, $2::hft.split, $3, $4, $5, $6, $7, $8)",
		8, {INT8OID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, INT8OID,
		BYTEAOID}
	};
	const HftSplitTotal *total = &snapshot->totals.split[split];
	Datum		values[8];

	values[0] = Int64GetDatum(snapshot->version);
	values[1] = CStringGetTextDatum(hft_split_name(split));
	values[2] = Int64GetDatum(total->rows);
	values[3] = Int64GetDatum(total->tokens);
	values[4] = Int64GetDatum(total->trained_tokens);
	values[5] = Int64GetDatum(total->longest);
	values[6] = Int64GetDatum(total->bytes);
	values[7] = digest_datum(total->sha256);
	hft_statement_run(&insert, values, NULL, 0);
}

static void
finish_version(const Taking *snapshot)
{
	HftSplitTotal sum = {0};
	HftScope	scope;

	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
	{
		sum.rows += snapshot->totals.split[i].rows;
		sum.tokens += snapshot->totals.split[i].tokens;
		sum.trained_tokens += snapshot->totals.split[i].trained_tokens;
		sum.bytes += snapshot->totals.split[i].bytes;
	}
	hft_scope_enter(&scope);
	insert_version(snapshot, &sum);
	for (int i = 0; i < HFT_SPLIT_COUNT; i++)
		if (snapshot->totals.split[i].rows > 0)
			insert_split(snapshot, i);
	hft_scope_leave(&scope);
}

/* ---- the subtransaction ---- */

/* Number of the version, 0 when it is the new one; in a subtransaction. */
static int
take_snapshot(Taking *snapshot)
{
	int			equal;

	begin_version(snapshot);
	take_rows(snapshot);
	equal = find_equal(snapshot);
	if (equal == 0)
		finish_version(snapshot);
	return equal;
}

/* Back out of the subtransaction, to where the caller was. */
static void
leave_subtransaction(bool commit, MemoryContext context, ResourceOwner owner)
{
	if (commit)
		ReleaseCurrentSubTransaction();
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

static int
take_in_subtransaction(Taking *snapshot, MemoryContext work)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int equal = 0;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(work);
	PG_TRY();
	{
		equal = take_snapshot(snapshot);
		leave_subtransaction(equal == 0, caller, owner);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		FlushErrorState();
		leave_subtransaction(false, caller, owner);
		ReThrowError(error);
	}
	PG_END_TRY();
	return equal;
}

HftVersion
hft_dataset_snapshot(const char *name)
{
	HftDataset	dataset;
	HftVersion	version;
	MemoryContext work;
	Taking	   *snapshot;
	int			equal;

	PreventCommandIfReadOnly("hft.snapshot_dataset()");
	PreventCommandIfParallelMode("hft.snapshot_dataset()");
	/* one snapshot of a data set at a time: they number their versions */
	dataset = hft_dataset_get(name, true);
	work = AllocSetContextCreate(CurrentMemoryContext, "hft snapshot",
								 ALLOCSET_DEFAULT_SIZES);
	snapshot = MemoryContextAllocZero(work, sizeof(Taking));
	snapshot->dataset = &dataset;
	snapshot->method = hft_method_lookup(dataset.method);
	equal = take_in_subtransaction(snapshot, work);
	MemoryContextDelete(work);
	version = hft_version_get(name, equal ? equal : HFT_LATEST_VERSION);
	version.known = equal != 0;
	return version;
}
