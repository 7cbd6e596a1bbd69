/*-------------------------------------------------------------------------
 *
 * openai_dialect.h
 *	  What platforms that speak OpenAI's protocol say in another way.
 *
 * The OpenAI adapter asks here for whatever is not the same everywhere, so
 * that another platform shares its functions instead of copying them.  What
 * has a shape of its own is a function of that platform.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_OPENAI_DIALECT_H
#define HFT_OPENAI_DIALECT_H

#include "provider/answer.h"

/* Named by the platform's HftProvider.  NULL and 0: as OpenAI does. */
typedef struct HftOpenaiDialect
{
	const char *(*base) (const HftCall *call);
	bool		(*finish) (const HftCall *call, HftRequest *request,
						   HftOutcome *outcome);
	const HftErrorRule *rules;
	int			file_wait_s;	/* a file may take so long to be processed */

	/* how long a file shall live, in s; 0: until it is deleted */
	int64_t		(*file_life_s) (const HftCall *call);
} HftOpenaiDialect;

/* Of the call's server; never NULL. */
extern const HftOpenaiDialect *hft_openai_dialect(const HftCall *call);

/* Base URL of the call's server, and what its errors mean. */
extern const char *hft_openai_base(const HftCall *call);
extern const HftErrorRule *hft_openai_rules(const HftCall *call);

/* As file_life_s says; 0 where a dialect does not know it. */
extern int64_t hft_openai_file_life(const HftCall *call);

/* hft_answer_open() with these rules. */
extern bool hft_openai_open(HftAnswer *answer, const HftCall *call,
							const HftResponse *response,
							HftOutcome *outcome);

/*
 * Last line of every request: organisation and project headers (they belong
 * to the server's options), and whether memory sufficed.
 */
extern bool hft_openai_finish(const HftCall *call, HftRequest *request,
							  HftOutcome *outcome);

#endif							/* HFT_OPENAI_DIALECT_H */
