/*-------------------------------------------------------------------------
 *
 * provider.h
 *	  The table a platform fills in.
 *
 * An adapter does no I/O: per operation it writes a request and reads the
 * answer (see message.h, facts.h, outcome.h).  An operation may take several
 * requests: it answers HFT_MORE with a cursor, the engine saves the cursor
 * and asks for the next request with it, also after a crash.
 *
 * Cursors belong to one operation each.  A listing or history hands over the
 * rows of one page per answer; they are stored together with its cursor.
 * HFT_DONE with a cursor: keep it for the next run of this operation
 * (history); without one: drop it.
 *
 * A job that failed at the platform is no failed call: HFT_OP_STATUS is done,
 * state is HFT_REMOTE_FAILED; code, message, hint, bad_line say why.  Another
 * remote_id than the job's own: the platform restarted it under that id.
 *
 * What a platform cannot do is NULL in its table.  Whoever calls a missing
 * operation says so with the platform's title and "instead".
 *
 * Canonical metric names, whatever the provider calls them: train_loss,
 * train_accuracy, valid_loss, valid_accuracy, full_valid_loss,
 * full_valid_accuracy, learning_rate, grad_norm, epoch; other names are kept
 * as the provider spells them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_PROVIDER_H
#define HFT_PROVIDER_H

#include "provider/billing.h"
#include "provider/facts.h"
#include "provider/landscape.h"
#include "provider/message.h"
#include "provider/options.h"
#include "provider/outcome.h"
#include "provider/token.h"

typedef enum HftOp
{
	HFT_OP_FIND_FILE,			/* by name and size, before (re)sending: found[] */
	HFT_OP_UPLOAD,				/* ends with remote_id of the file */
	HFT_OP_FILE_STATUS,			/* HFT_WAIT until it can be trained on */
	HFT_OP_ESTIMATE,			/* amount_nano quoted by the platform */
	HFT_OP_CREATE,				/* the paid one; ends with remote_id */
	HFT_OP_FIND,				/* jobs carrying our token: found[] */
	HFT_OP_STATUS,
	HFT_OP_HISTORY,				/* metrics, events, checkpoints since cursor */
	HFT_OP_CANCEL,
	HFT_OP_PAUSE,
	HFT_OP_RESUME,
	HFT_OP_LIST,				/* every job of the account: found[] */
	HFT_OP_DEPLOY,				/* paid by the hour; ends with remote_id */
	HFT_OP_FIND_DEPLOYMENT,		/* by our name: found[] */
	HFT_OP_DEPLOY_STATUS,
	HFT_OP_UNDEPLOY,
	HFT_OP_DELETE_FILE,
	HFT_OP_DELETE_MODEL,
	HFT_OP_CHAT,
	HFT_OP_MODEL_INFO,			/* state and retires_on of one model */
	HFT_OP_COUNT
} HftOp;

typedef struct HftOperation
{
	/* false: the facts do not allow it; outcome says why (22023) */
	bool		(*request) (const HftCall *call, HftRequest *request,
							HftOutcome *outcome);
	void		(*response) (const HftCall *call, const HftResponse *response,
							 HftOutcome *outcome);
	const char *instead;		/* missing operation: what works, a sentence */
} HftOperation;

typedef struct HftProvider
{
	const char *name;			/* value of the server option "provider" */
	const char *title;			/* "OpenAI", for people */
	const char *default_base_url;	/* NULL: base_url is required */
	const char *format;			/* example writer for its training files */

	/* the writer of one base model, where models differ; may be NULL */
	const char *(*format_of) (const char *model);
	const HftOptionSpec *server_options;
	const HftOptionSpec *hyperparameters;
	const HftOptionSpec *job_options;
	const char *methods;		/* "sft|dpo" */
	int			min_examples;
	int64_t		max_file_bytes;
	int			settle_s;		/* a new job shows up in listings within */
	int			patience_s;		/* a live job moves within; 0: unknown */
	bool		create_is_idempotent;	/* the token deduplicates (Bedrock) */
	bool		file_per_job;	/* a job carries no mark of ours but its
								 * training file, which no other may share */
	bool		serves_at_once; /* though there is something to undeploy */
	const char *closing_notice; /* a sentence, or NULL */
	HftLandscape landscape;
	const struct HftOpenaiDialect *openai;	/* how it differs from OpenAI, when
											 * it shares that adapter */
	const HftTokenSource *tokens;	/* NULL: keys are used as they are */
	HftBillableRule billable;	/* NULL: the bill cannot be foretold */
	HftOperation operations[HFT_OP_COUNT];
} HftProvider;

/* NULL when unknown; the list ends with NULL. */
extern const HftProvider *hft_provider_lookup(const char *name);
extern const HftProvider *const *hft_provider_list(void);

/* The example writer for the training files of a job on this base model. */
extern const char *hft_provider_format(const HftProvider *provider,
									   const char *model);

/* Do tuned models answer without being deployed? */
extern bool hft_provider_serves(const HftProvider *provider);

/* "upload", "create", ...: for messages, events and attempts */
extern const char *hft_op_name(HftOp op);

#endif							/* HFT_PROVIDER_H */
