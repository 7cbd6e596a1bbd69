/*-------------------------------------------------------------------------
 *
 * answer.h
 *	  From an HTTP answer to JSON, or to an error in our own words.
 *
 * An adapter's response function opens the answer, reads it, closes it.
 * Opening checks status, content type and JSON in this order (R25) and turns
 * everything else into an outcome that failed; closing releases the JSON and
 * notices an exhausted arena, so that nothing between needs to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_ANSWER_H
#define HFT_ANSWER_H

#include "provider/facts.h"
#include "provider/message.h"
#include "provider/outcome.h"
#include "provider/pick.h"

/* longest delay we believe a Retry-After (F25) */
#define HFT_RETRY_MAX_MS (INT64_C(3600) * 1000)

/*
 * A platform's special codes, looked at before the status alone decides.
 * First match wins; a rule ends the list with error HFT_ERROR_NONE.
 */
typedef struct HftErrorRule
{
	int			status;			/* 0: any */
	const char *code;			/* equals the code or the type; NULL: any */
	const char *phrase;			/* occurs in the message; NULL: any */
	HftErrorClass error;
	int64_t		retry_ms;		/* when the platform says nothing; 0: unknown */
	const char *hint;
	bool		without_delay;	/* only when the platform names no delay */
} HftErrorRule;

typedef struct HftAnswer
{
	json_t	   *root;			/* an object */
	json_t	   *cursor;			/* the call's cursor, an object */
} HftAnswer;

/*
 * False when the outcome is set to a failure; nothing is to be closed then.
 */
extern bool hft_answer_open(HftAnswer *answer, const HftCall *call,
							const HftResponse *response,
							const HftErrorRule *rules, HftOutcome *outcome);
extern void hft_answer_close(HftAnswer *answer, const HftCall *call,
							 HftOutcome *outcome);

/* Only the status and the error body: for answers that are no JSON. */
extern bool hft_answer_is_success(const HftCall *call,
								  const HftResponse *response,
								  const HftErrorRule *rules,
								  HftOutcome *outcome);

/* The answer to a DELETE: what is gone is deleted, whoever did it (K16). */
extern void hft_answer_deleted(const HftCall *call,
							   const HftResponse *response,
							   const HftErrorRule *rules,
							   HftOutcome *outcome);

/* Retry-After and its relatives in ms, capped; HFT_UNKNOWN (F25). */
extern int64_t hft_answer_retry_ms(const HftResponse *response, int64_t now);

/* "Example 17", "line 17": the number, or HFT_UNKNOWN (F42). */
extern int64_t hft_line_in_text(const char *text);

/* Outcomes; cursors are taken over and released. */
extern void hft_outcome_more(HftOutcome *outcome, const HftCall *call,
							 json_t *cursor);
extern void hft_outcome_wait(HftOutcome *outcome, const HftCall *call,
							 json_t *cursor, int64_t wait_ms);
extern void hft_outcome_save(HftOutcome *outcome, const HftCall *call,
							 json_t *cursor);
extern void hft_outcome_fail(HftOutcome *outcome, HftErrorClass error,
							 const char *message, const char *hint);

/* FIND_FILE found it: the file's id and the platform's word, as found[]. */
extern void hft_outcome_found(HftOutcome *outcome, const HftCall *call,
							  const json_t *file, const char *state);

/* For request functions: the facts do not allow it.  Returns false. */
extern bool hft_outcome_refuse(HftOutcome *outcome, const char *message,
							   const char *hint);

/* Last line of a request function: false when the arena gave out. */
extern bool hft_outcome_ready(HftOutcome *outcome, const HftCall *call);

#endif							/* HFT_ANSWER_H */
