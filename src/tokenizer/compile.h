/*-------------------------------------------------------------------------
 *
 * compile.h
 *	  Compiling a vocabulary as its publisher hands it out into the file
 *	  that hft_encoding_open() maps.
 *
 * Read are a tokenizer.json of Hugging Face's tokenizers (BPE over bytes, or
 * over characters with byte fallback), a rank file (".tiktoken"), and what
 * vocab/regenerate.mjs writes.  The input is not trusted: everything that is
 * wrong with it comes back as a message that names the line or the key.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_COMPILE_H
#define HFT_TOKENIZER_COMPILE_H

#include "tokenizer/tokenizer.h"
#include "tokenizer/vocab_file.h"

typedef struct HftSection
{
	const void *data;
	uint64_t	size;
} HftSection;

typedef struct HftVocabInput
{
	const char *name;			/* of the encoding; NULL: the data say it */
	const char *pattern;		/* "cl100k"; NULL: the data or the name do */
	const char *data;
	size_t		size;
	const HftSection *unicode;	/* by HftVocabSection: CLASS_*, NORM_* */
	const volatile sig_atomic_t *stop;	/* gives up when set; or NULL */
} HftVocabInput;

typedef struct HftVocabImage
{
	char	   *data;			/* by malloc(); NULL: see error */
	uint64_t	size;
	bool		stopped;		/* the flag was set, nothing is wrong */
	char		error[512];
} HftVocabImage;

/* Frees all it took but image->data, also when it fails. */
extern bool hft_vocab_compile(const HftVocabInput *input,
							  HftVocabImage *image);

/* The sections of a vocabulary that is open. */
extern void hft_encoding_sections(const HftEncoding *enc,
								  HftSection section[HFT_NSECTIONS]);

/* Names are lower case letters, digits and "_"; at most 31 of them. */
extern bool hft_vocab_name_valid(const char *name);

/* Names that are known to the code have one meaning, on every machine. */
extern bool hft_vocab_name_known(const char *name);

/* The names of the patterns, for messages: "cl100k, o200k, ...". */
extern const char *hft_split_names(void);

#endif							/* HFT_TOKENIZER_COMPILE_H */
