/*-------------------------------------------------------------------------
 *
 * encodings.c
 *	  Vocabularies: where they lie, opening them, loading more.
 *
 * Those that come with the extension lie beside its script, which a server
 * cannot write; what hft.load_vocabulary() compiles lies in the folder "hft"
 * of the data directory, where a base backup takes it along.  A file appears
 * there whole, by a rename, and is never changed: whoever has it mapped keeps
 * what he has.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>
#include <unistd.h>

#include "catalog/pg_authid.h"
#include "common/file_perm.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "storage/lock.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "base/settings.h"
#include "dataset/tokens.h"
#include "tokenizer/compile.h"

#define MAX_ENCODINGS	64
#define FOLDER			"hft"	/* of the data directory */
#define PREFIX			"hft-"
#define SUFFIX			".vocab"
#define UNICODE_FROM	"qwen3"	/* has all of Unicode's tables */

/* The largest that is known has 33 MB. */
#define MAX_FILE		((off_t) 256 * 1024 * 1024)
#define WRITE_BYTES		(1024 * 1024)

/* Encodings this backend has opened. */
static struct
{
	HftEncoding *open[MAX_ENCODINGS];
	char		name[MAX_ENCODINGS][NAMEDATALEN];
	int			n;
}			encodings;

static void
shipped_path(char *path, const char *name)
{
	char		share[MAXPGPATH];

	get_share_path(my_exec_path, share);
	snprintf(path, MAXPGPATH, "%s/extension/" PREFIX "%s" SUFFIX, share,
			 name);
}

static void
loaded_path(char *path, const char *name)
{
	snprintf(path, MAXPGPATH, "%s/" FOLDER "/" PREFIX "%s" SUFFIX, DataDir,
			 name);
}

/* Open it where it is; "path" is where it was looked for last. */
static HftTokenStatus
open_encoding(const char *name, char *path, HftEncoding **enc)
{
	HftTokenStatus status;

	shipped_path(path, name);
	status = hft_encoding_open(path, enc);
	if (status != HFT_TOKEN_NO_FILE || errno != ENOENT)
		return status;
	loaded_path(path, name);
	return hft_encoding_open(path, enc);
}

bool
hft_encoding_is_loaded(const char *name)
{
	char		path[MAXPGPATH];

	if (!hft_vocab_name_valid(name))
		return false;
	loaded_path(path, name);
	return access(path, F_OK) == 0;
}

static void
report_open_failure(HftTokenStatus status, const char *name,
					const char *path)
{
	switch (status)
	{
		case HFT_TOKEN_NO_FILE:
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("vocabulary of encoding \"%s\" is not installed",
							name),
					 errdetail("Could not open file \"%s\": %m.", path),
					 errhint("Vocabularies with terms of their own (llama3_1, gemma3, gemini) are loaded by hft.load_vocabulary() from the model's tokenizer.json, or for a whole installation by \"make extra-vocabularies\" in the sources of hft.")));
			break;
		case HFT_TOKEN_NO_MEMORY:
			ereport(ERROR,
					(errcode(ERRCODE_OUT_OF_MEMORY),
					 errmsg("out of memory")));
			break;
		default:
			ereport(ERROR,
					(errcode(status == HFT_TOKEN_BAD_VERSION ?
							 ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE :
							 ERRCODE_DATA_CORRUPTED),
					 errmsg("vocabulary file \"%s\" %s", path,
							hft_token_status_text(status)),
					 errhint("Install the extension again, or repeat hft.load_vocabulary() for a vocabulary of the data directory.")));
	}
}

static void
limit_cache(HftEncoding *enc)
{
	hft_encoding_limit_cache(enc, hft_token_cache * (size_t) 1024);
}

/* One this backend has open, or opens now and keeps. */
static HftEncoding *
keep_encoding(const char *name, bool missing_ok)
{
	HftTokenStatus status;
	HftEncoding *enc;
	char		path[MAXPGPATH];
	int			i;

	for (i = 0; i < encodings.n; i++)
	{
		if (strcmp(encodings.name[i], name) != 0)
			continue;
		limit_cache(encodings.open[i]);
		return encodings.open[i];
	}
	if (encodings.n == MAX_ENCODINGS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a session can use at most %d encodings",
						MAX_ENCODINGS)));
	status = open_encoding(name, path, &enc);
	if (status == HFT_TOKEN_NO_FILE && missing_ok)
		return NULL;
	if (status != HFT_TOKEN_OK)
		report_open_failure(status, name, path);
	hft_encoding_stop_on(enc, &InterruptPending);
	limit_cache(enc);
	strlcpy(encodings.name[encodings.n], name, NAMEDATALEN);
	encodings.open[encodings.n++] = enc;
	return enc;
}

HftEncoding *
hft_encoding_get(const char *name)
{
	return keep_encoding(name, false);
}

HftEncoding *
hft_encoding_find(const char *name)
{
	return keep_encoding(name, true);
}

/* ---- what is there ---- */

/* One row of hft.encodings(): what is installed under a name. */
static void
put_encoding(ReturnSetInfo *result, const char *name)
{
	Datum		values[5];
	bool		nulls[5] = {false, false, true, true, true};
	HftEncoding *enc;
	char		path[MAXPGPATH];

	values[0] = CStringGetTextDatum(name);
	values[1] = BoolGetDatum(false);
	if (open_encoding(name, path, &enc) == HFT_TOKEN_OK)
	{
		HftEncodingInfo info = hft_encoding_info(enc);

		values[1] = BoolGetDatum(true);
		values[2] = Int32GetDatum(info.tokens);
		values[3] = CStringGetTextDatum(info.licence);
		values[4] = CStringGetTextDatum(info.sha256);
		memset(nulls, false, sizeof(nulls));
		hft_encoding_close(enc);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Is it the encoding of a model that the extension ships a row for? */
static bool
is_listed(const char *name, int before)
{
	int			n;
	const HftTokenModel *models = hft_token_model_list(&n);

	for (int i = 0; i < n && i < before; i++)
		if (strcmp(models[i].encoding, name) == 0)
			return true;
	return false;
}

/* Loaded ones that no shipped row speaks of. */
static void
put_loaded(ReturnSetInfo *result)
{
	DIR		   *dir = AllocateDir(FOLDER);
	struct dirent *entry;
	char		name[NAMEDATALEN];

	if (dir == NULL && errno == ENOENT)
		return;
	while ((entry = ReadDir(dir, FOLDER)) != NULL)
	{
		size_t		len = strlen(entry->d_name);
		size_t		extra = strlen(PREFIX) + strlen(SUFFIX);

		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0 ||
			len <= extra || len - extra >= sizeof(name) ||
			strcmp(entry->d_name + len - strlen(SUFFIX), SUFFIX) != 0)
			continue;
		strlcpy(name, entry->d_name + strlen(PREFIX), len - extra + 1);
		if (hft_vocab_name_valid(name) && !is_listed(name, INT_MAX))
			put_encoding(result, name);
	}
	FreeDir(dir);
}

PG_FUNCTION_INFO_V1(hft_sql_encodings);
Datum
hft_sql_encodings(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const HftTokenModel *models;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	models = hft_token_model_list(&n);
	for (int i = 0; i < n; i++)
		if (!is_listed(models[i].encoding, i))
			put_encoding(result, models[i].encoding);
	put_loaded(result);
	return (Datum) 0;
}

/* ---- loading ---- */

static char *
read_file(const char *path, size_t *size)
{
	FILE	   *file = AllocateFile(path, PG_BINARY_R);
	struct stat st;
	char	   *data;

	if (file == NULL || fstat(fileno(file), &st) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\" for reading: %m", path)));
	if (!S_ISREG(st.st_mode) || st.st_size > MAX_FILE)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not a vocabulary", path),
				 errdetail("It is not a regular file, or has more than %d MB.",
						   (int) (MAX_FILE / (1024 * 1024)))));
	*size = st.st_size;
	data = palloc(*size + 1);
	if (fread(data, 1, *size, file) != *size)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read file \"%s\": %m", path)));
	FreeFile(file);
	return data;
}

/* An interrupt ends the compiler; one that was no cancel starts it again. */
static void
compile_file(const HftVocabInput *input, const char *path,
			 HftVocabImage *image)
{
	while (!hft_vocab_compile(input, image))
	{
		CHECK_FOR_INTERRUPTS();
		if (!image->stopped)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					 errmsg("file \"%s\" cannot become vocabulary \"%s\"",
							path, input->name),
					 errdetail("%s.", image->error)));
	}
}

static void
write_all(int fd, const char *path, const HftVocabImage *image)
{
	uint64		done = 0;

	while (done < image->size)
	{
		ssize_t		n = write(fd, image->data + done,
							  Min(image->size - done, WRITE_BYTES));

		CHECK_FOR_INTERRUPTS();
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
		{
			if (n == 0)
				errno = ENOSPC;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write file \"%s\": %m", path)));
		}
		done += n;
	}
}

static void
make_folder(void)
{
	if (MakePGDirectory(FOLDER) == 0)
		fsync_fname(".", true);
	else if (errno != EEXIST)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create directory \"%s\": %m", FOLDER)));
}

/* The caller holds the lock, so the temporary file is ours alone. */
static void
install_image(const char *name, const HftVocabImage *image)
{
	char		path[MAXPGPATH];
	char		temporary[MAXPGPATH + 4];
	int			fd;

	make_folder();
	loaded_path(path, name);
	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	PG_TRY();
	{
		fd = OpenTransientFile(temporary, O_WRONLY | O_CREAT | O_TRUNC |
							   PG_BINARY);
		if (fd < 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not create file \"%s\": %m", temporary)));
		write_all(fd, temporary, image);
		if (CloseTransientFile(fd) != 0)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not close file \"%s\": %m", temporary)));
		(void) durable_rename(temporary, path, ERROR);
	}
	PG_CATCH();
	{
		(void) unlink(temporary);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/*
 * One load at a time in the whole server, also on a standby: an advisory
 * lock of no database, which no session can take from SQL.
 */
static void
lock_folder(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, InvalidOid, 0x68667400, 1, 2);
	(void) LockAcquire(&tag, ExclusiveLock, false, false);
}

/* Is an intact vocabulary there?  Another one must not take its name. */
static bool
check_installed(const char *name, const HftVocabImage *image)
{
	const HftVocabHeader *header = (const HftVocabHeader *) image->data;
	HftEncoding *enc;
	char		path[MAXPGPATH];
	bool		intact;
	bool		same;

	if (open_encoding(name, path, &enc) != HFT_TOKEN_OK)
		return false;
	intact = hft_encoding_verify(enc) == HFT_TOKEN_OK;
	same = hft_vocab_name_known(name) ||
		strcmp(hft_encoding_info(enc).sha256, header->sha256) == 0;
	hft_encoding_close(enc);
	if (intact && !same)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("vocabulary \"%s\" is loaded already, from another file",
						name),
				 errdetail("Indexes and generated columns may hold counts made with it."),
				 errhint("Use another name; or remove file \"%s\", load again, and rebuild them.",
						 path)));
	return intact;
}

static void
check_request(const char *name)
{
	if (!has_privs_of_role(GetUserId(), ROLE_PG_READ_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to load a vocabulary"),
				 errdetail("Only superusers and members of pg_read_server_files may choose a file of the database server.")));
	if (!hft_vocab_name_valid(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("invalid name of an encoding: \"%s\"", name),
				 errdetail("A name is made of lower case letters, digits and \"_\", at most 31 of them.")));
	if (!hft_vocab_name_known(name) &&
		hft_token_model_find(name, strlen(name)) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_OBJECT),
				 errmsg("\"%s\" is a name that the extension gives a meaning",
						name),
				 errhint("Use another name.")));
}

static Datum
describe(FunctionCallInfo fcinfo, const char *name)
{
	HftEncodingInfo info = hft_encoding_info(hft_encoding_get(name));
	TupleDesc	desc;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	values[0] = CStringGetTextDatum(info.name);
	values[1] = Int32GetDatum(info.tokens);
	values[2] = CStringGetTextDatum(info.licence);
	values[3] = CStringGetTextDatum(info.sha256);
	return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values,
											 nulls));
}

PG_FUNCTION_INFO_V1(hft_sql_load_vocabulary);
Datum
hft_sql_load_vocabulary(PG_FUNCTION_ARGS)
{
	HftSection	unicode[HFT_NSECTIONS];
	HftVocabInput input = {0};
	HftVocabImage image;
	char	   *path;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("name and path must not be null")));
	input.name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	path = text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (!PG_ARGISNULL(2))
		input.pattern = text_to_cstring(PG_GETARG_TEXT_PP(2));
	check_request(input.name);
	input.data = read_file(path, &input.size);
	hft_encoding_sections(hft_encoding_get(UNICODE_FROM), unicode);
	input.unicode = unicode;
	input.stop = &InterruptPending;
	compile_file(&input, path, &image);
	PG_TRY();
	{
		lock_folder();
		if (!check_installed(input.name, &image))
			install_image(input.name, &image);
	}
	PG_FINALLY();
	{
		free(image.data);
	}
	PG_END_TRY();
	PG_RETURN_DATUM(describe(fcinfo, input.name));
}
