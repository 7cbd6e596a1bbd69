/*-------------------------------------------------------------------------
 *
 * facts.h
 *	  What an adapter is told: server, job, file, chat, deployment.
 *
 * Everything is borrowed, read-only, and lives as long as the call.  Texts
 * that may be absent are NULL; JSON travels as text and is parsed by who
 * needs it.  Credentials are not here: signers get them, adapters never.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_FACTS_H
#define HFT_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"

typedef struct HftServerFacts
{
	const char *name;			/* foreign server */
	const char *provider;		/* option "provider" */
	const char *base_url;		/* without a trailing slash */
	const char *options;		/* JSON object: all other server options */
} HftServerFacts;

typedef struct HftFileFacts
{
	const char *filename;		/* "hft-<dataset>-<sha prefix>.jsonl" */
	const char *split;			/* "train" or "validation" */
	const char *format;			/* writer's name */
	const char *sha256;			/* of the formatted bytes, lower-case hex */
	int64_t		bytes;			/* of the formatted file */
	int64_t		rows;
	const char *remote_id;		/* NULL before it is there */
} HftFileFacts;

typedef struct HftJobFacts
{
	const char *token;			/* uuid: the mark we find the job by */
	const char *name;			/* NULL: unnamed */
	const char *suffix;			/* wanted in the model's name; may be NULL */
	const char *base_model;
	const char *method;			/* "sft", "dpo", "rft", "text" */
	const char *hyperparameters;	/* JSON object, requested */
	const char *options;		/* JSON object, validated */
	const char *training_file;	/* remote ids */
	const char *validation_file;	/* NULL: none */
	const char *remote_id;		/* NULL before creation */
	const char *remote_state;	/* as the provider last said */
	const char *tuned_model;	/* NULL before success */
	int64_t		train_rows;
	int64_t		validation_rows;
} HftJobFacts;

typedef struct HftChatFacts
{
	const char *model;			/* model or endpoint name at the provider */
	const char *messages;		/* JSON array */
	const char *options;		/* JSON object: temperature, max_tokens... */
} HftChatFacts;

typedef struct HftDeploymentFacts
{
	const char *token;			/* uuid: part of the names we choose */
	const char *name;			/* endpoint name we choose */
	const char *model;			/* model to serve */
	const char *job_remote_id;	/* job that made it; may be NULL */
	const char *remote_id;		/* NULL before it is there */
	const char *options;		/* JSON object */
} HftDeploymentFacts;

/* One call of an adapter: which facts are set depends on the operation. */
typedef struct HftCall
{
	const HftServerFacts *server;
	const HftJobFacts *job;
	const HftFileFacts *file;
	const HftChatFacts *chat;
	const HftDeploymentFacts *deployment;
	const char *model;			/* MODEL_INFO, DELETE_MODEL */
	const char *cursor;			/* JSON object saved before, or NULL */
	int64_t		now;			/* Unix seconds */
	HftArena   *arena;			/* for everything the adapter returns */
} HftCall;

#endif							/* HFT_FACTS_H */
