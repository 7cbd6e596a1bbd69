/*-------------------------------------------------------------------------
 *
 * vocab.h
 *	  The tables of a vocabulary and what is done with them.
 *
 * hft-vocab shares this part: what builds the tables is what reads them.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_TOKENIZER_VOCAB_H
#define HFT_TOKENIZER_VOCAB_H

#include "tokenizer/tokenizer.h"
#include "tokenizer/vocab_file.h"

/* The tables of one vocabulary, wherever they lie. */
typedef struct HftVocab
{
	const HftVocabHeader *header;
	const uint32_t *offsets;
	const uint8_t *bytes;
	const uint32_t *words;
	const uint64_t *pairs;
	const uint32_t *byte_token;
	const uint32_t *byte_pair;
	const uint64_t *cuts;
	const uint16_t *class_index;
	const uint8_t *class_block;
	const uint32_t *merged;		/* NULL: a rank is the index */
	const HftVocabExtra *extras;
	const uint32_t *added_first;
	const uint16_t *norm_index;
	const uint16_t *norm_block;
	const HftNormChar *norm_chars;
	const uint32_t *norm_text;
	const HftNormPair *norm_pairs;
	uint32_t	norm_npairs;
	int			word_shift;		/* 64 - log2 of the number of slots */
	int			pair_shift;
	int			cut_shift;
} HftVocab;

/* Arrays a merge works in; those of a giant do not outlive its scan. */
#define HFT_KEPT_ROOM	(1u << 18)
typedef struct HftMergeSpace
{
	uint32_t   *symbol;			/* token index, HFT_NO_TOKEN once merged */
	uint32_t   *next;
	uint32_t   *prev;
	uint64_t   *heap;			/* rank and position of candidate pairs */
	size_t		room;			/* symbols the arrays hold */
	uint64_t	steps;			/* taken so far, for tests */
	const volatile sig_atomic_t *stop;	/* ends a merge when set; or NULL */
} HftMergeSpace;

/* A text in another form, and the segment of it that is in work. */
typedef struct HftRewrite
{
	uint8_t    *text;
	size_t		len;
	size_t		text_room;
	uint32_t   *code;
	uint8_t    *order;			/* combining classes of "code" */
	size_t		n;
	size_t		code_room;
} HftRewrite;

/* checksum.c */
extern uint64_t hft_checksum(const void *data, size_t len);

/* word.c */
extern uint64_t hft_word_hash(const uint8_t *word, size_t len);
extern void hft_word_prefetch(const HftVocab *vocab, uint64_t hash);
extern uint32_t hft_word_lookup(const HftVocab *vocab, uint64_t hash,
								const uint8_t *word, size_t len);
extern uint32_t hft_word_find(const HftVocab *vocab, const uint8_t *word,
							  size_t len);

/* merge.c */
extern uint32_t hft_pair_find(const HftVocab *vocab, uint32_t left,
							  uint32_t right);
extern uint64_t hft_pair_hash(uint32_t left, uint32_t right);
#define HFT_MERGE_NO_MEMORY	(-1)
#define HFT_MERGE_STOPPED	(-2)
extern int64_t hft_merge(const HftVocab *vocab, HftMergeSpace *space,
						 const uint8_t *piece, size_t len);
extern void hft_merge_free(HftMergeSpace *space);

/* added.c */
extern const uint8_t *hft_added_find(const HftVocab *vocab, const uint8_t *p,
									 const uint8_t *end,
									 const HftVocabExtra **added);

/* nfc.c: may say that a text is not in form C when it is */
extern bool hft_nfc_is(const HftVocab *vocab, const uint8_t *p,
					   const uint8_t *end);
extern bool hft_nfc_append(const HftVocab *vocab, HftRewrite *rewrite,
						   const uint8_t *p, const uint8_t *end);

/* rewrite.c */
extern bool hft_rewrite_reserve(HftRewrite *rewrite, size_t more);
extern HftTokenStatus hft_rewrite(const HftVocab *vocab, HftRewrite *rewrite,
								  const char **text, size_t *len);
extern void hft_rewrite_free(HftRewrite *rewrite);

#endif							/* HFT_TOKENIZER_VOCAB_H */
