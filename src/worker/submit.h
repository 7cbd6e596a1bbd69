/*-------------------------------------------------------------------------
 *
 * submit.h
 *	  A job that somebody wants: what was asked, what was found about it,
 *	  and what stands against it.
 *
 * submit_job, explain_job and retry_job take the same three steps: load the
 * facts, check them, and only then either insert or describe.  Checking
 * collects every problem, so that explain_job can show all of them.
 *
 * Include postgres.h first.  Everything is palloc'd in the current context.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_SUBMIT_H
#define HFT_SUBMIT_H

#include "fmgr.h"
#include "nodes/pg_list.h"

#include "worker/price.h"
#include "worker/server.h"

/* One reason not to submit; detail and hint may be NULL. */
typedef struct HftProblem
{
	int			sqlstate;
	const char *message;
	const char *detail;
	const char *hint;
} HftProblem;

/* A split of the version; all zero when it has none of that name. */
typedef struct HftSplitFacts
{
	int64		rows;
	int64		tokens;
	int64		longest;		/* tokens of the longest example */
	int64		bytes;			/* in canonical form */
	char	   *sha256;			/* hex */
} HftSplitFacts;

typedef struct HftSubmission
{
	/* asked */
	char	   *dataset;
	char	   *server_name;
	char	   *model;
	char	   *name;			/* NULL: none */
	int			version;		/* 0: what the query gives now */
	char	   *suffix;			/* NULL: none */
	char	   *hyperparameters;	/* JSON object */
	char	   *options;		/* JSON object */
	bool		force;
	Oid			owner;

	/* found */
	HftServer  *server;
	int64		version_id;
	int64		version_number;
	char	   *method;
	const char *format;			/* of the training files */
	char	   *counted_for;	/* model whose tokenizer counted */
	char	   *sealed_at;
	int64		errors;			/* findings */
	int64		warnings;
	HftSplitFacts train;
	HftSplitFacts validation;
	char	   *retires_on;		/* of the base model; NULL: not known */
	char	   *replacement;
	int64		days_left;

	/* judged */
	List	   *problems;		/* of HftProblem */
	HftEstimate estimate;
} HftSubmission;

/* An argument that is a JSON object, as text; null is an empty one. */
extern char *hft_object_argument(FunctionCallInfo fcinfo, int n,
								 const char *name);

/* Read the arguments that submit_job and explain_job share. */
extern HftSubmission *hft_submission_read(FunctionCallInfo fcinfo);

/*
 * Find server, data set and version; ERROR when one does not exist or is not
 * the caller's.  Seals a fresh version, as the caller, when none was named.
 */
extern void hft_submission_load(HftSubmission *submission);

/*
 * The two halves of loading: the version's id, which may be a fresh one; and
 * what is to be known of it, once submission->server is there.
 */
extern int64 hft_submission_version(const char *dataset, int number);
extern void hft_submission_describe(HftSubmission *submission, int64 version);

/*
 * Fill in problems and estimate.  A platform without a server (its oid is
 * InvalidOid) is asked no right and no request.
 */
extern void hft_submission_check(HftSubmission *submission);

/* The estimate alone, of the splits' figures as they are; in a scope. */
extern void hft_submission_estimate(HftSubmission *submission);

/* ERROR with the first problem, if there is one. */
extern void hft_submission_require(const HftSubmission *submission);

/* Write files and job; the id of the job.  Wakes the worker at commit. */
extern int64 hft_submission_insert(const HftSubmission *submission);

/* Warn, once in a transaction, when nothing would run the work. */
extern void hft_background_warn(void);

#endif							/* HFT_SUBMIT_H */
