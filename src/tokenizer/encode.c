/*-------------------------------------------------------------------------
 *
 * encode.c
 *	  Text to token ids and back.
 *
 *-------------------------------------------------------------------------
 */
#include "tokenizer/internal.h"
#include "tokenizer/window.h"

/* Where tokens go: those with a number below "room" are stored. */
typedef struct TokenSink
{
	uint32_t   *ids;			/* or NULL */
	uint32_t   *ends;			/* or NULL: offsets behind the tokens */
	size_t		room;
	size_t		at;				/* offset behind the last token */
} TokenSink;

static inline void
put_token(HftTokenScan *scan, TokenSink *sink, uint32_t id, size_t len)
{
	sink->at += len;
	if (scan->tokens < sink->room)
	{
		if (sink->ids != NULL)
			sink->ids[scan->tokens] = id;
		if (sink->ends != NULL)
			sink->ends[scan->tokens] = sink->at;
	}
	scan->tokens++;
}

static inline void
put_index(HftTokenScan *scan, TokenSink *sink, uint32_t index)
{
	const HftVocab *vocab = &scan->enc->vocab;

	put_token(scan, sink, index + vocab->header->first_id,
			  vocab->offsets[index + 1] - vocab->offsets[index]);
}

/* Tokens of a part of a piece, and where they started. */
typedef struct PartSink
{
	HftTokenScan *scan;
	TokenSink  *sink;
	int64_t		tokens;
	size_t		at;
} PartSink;

static void
take_symbols(void *context, const uint32_t *symbol, int64_t n)
{
	PartSink   *part = context;
	int64_t		i;

	for (i = 0; i < n; i++)
		put_index(part->scan, part->sink, symbol[i]);
}

static void
drop_symbols(void *context)
{
	PartSink   *part = context;

	part->scan->tokens = part->tokens;
	part->sink->at = part->at;
}

/* A piece, or a part of one that no token crosses the ends of. */
static int64_t
encode_part(HftTokenScan *scan, const uint8_t *part, size_t len,
			TokenSink *sink)
{
	HftEncoding *enc = scan->enc;
	PartSink	start = {scan, sink, scan->tokens, sink->at};
	HftSymbolSink symbols = {take_symbols, drop_symbols, &start};

	return hft_merge_piece(&enc->vocab, &enc->space, part, len, &symbols);
}

/* Tokens that are remembered. */
static inline void
put_known(HftTokenScan *scan, TokenSink *sink, const uint32_t *symbol, int n,
		  size_t len)
{
	uint32_t	first_id = scan->enc->vocab.header->first_id;
	int			i;

	if (sink->ends != NULL || sink->ids == NULL ||
		scan->tokens + n > (int64_t) sink->room)
	{
		for (i = 0; i < n; i++)
			put_index(scan, sink, symbol[i]);
		return;
	}
	for (i = 0; i < n; i++)
		sink->ids[scan->tokens + i] = symbol[i] + first_id;
	scan->tokens += n;
	sink->at += len;
}

/*
 * The tokens of a piece that is not remembered: their number, or what
 * hft_merge() failed with.  They lie in *one or in the space of merging.
 */
static int64_t
find_symbols(HftEncoding *enc, const uint8_t *piece, size_t len,
			 uint32_t *one, const uint32_t **symbol)
{
	int64_t		n;

	*symbol = one;
	*one = hft_word_find(&enc->vocab, piece, len);
	if (*one != HFT_NO_TOKEN)
		return 1;
	n = hft_merge(&enc->vocab, &enc->space, piece, len);
	*symbol = enc->space.symbol;
	return n;
}

/* Look where the tokens of a short piece are when not in their line. */
static int
look_further(const HftTokenCache *cache, HftCacheEntry key,
			 const uint32_t **symbol)
{
	HftWideEntry wide = widen_key(key);
	int			n = find_tokens(neighbour_line(cache, tokens_line(cache, key)),
								key, symbol);

	return n > 0 ? n : hft_wide_tokens_find(cache, &wide, symbol);
}

/* A piece of at most 15 bytes; these return 0, or what hft_merge() did. */
static inline int64_t
encode_short(HftTokenScan *scan, HftCacheEntry key, const uint8_t *piece,
			 size_t len, TokenSink *sink)
{
	HftTokenCache *cache = &scan->enc->token_cache;
	const uint32_t *symbol;
	uint32_t	one;
	int64_t		n = 0;

	if (cache->short_entry != NULL)
	{
		n = find_tokens(tokens_line(cache, key), key, &symbol);
		if (n == 0)
			n = look_further(cache, key, &symbol);
	}
	if (n == 0)
	{
		n = find_symbols(scan->enc, piece, len, &one, &symbol);
		if (n < 0)
			return n;
		hft_tokens_store(cache, key, symbol, n);
	}
	put_known(scan, sink, symbol, n, len);
	return 0;
}

/* A piece of 16 to HFT_WIDE_BYTES bytes. */
static int64_t
encode_wide(HftTokenScan *scan, const uint8_t *piece, size_t len,
			TokenSink *sink)
{
	HftTokenCache *cache = &scan->enc->token_cache;
	HftWideEntry key = make_wide_key(piece, len, scan->enc->batch.limit);
	const uint32_t *symbol;
	uint32_t	one;
	int64_t		n = hft_wide_tokens_find(cache, &key, &symbol);

	if (n == 0)
	{
		n = find_symbols(scan->enc, piece, len, &one, &symbol);
		if (n < 0)
			return n;
		hft_wide_tokens_store(cache, &key, symbol, n);
	}
	put_known(scan, sink, symbol, n, len);
	return 0;
}

/* A part of a longer piece that no token crosses the ends of. */
static int64_t
encode_cut(HftTokenScan *scan, const uint8_t *part, size_t len,
		   TokenSink *sink)
{
	const HftEncoding *enc = scan->enc;
	int64_t		result;

	/* a token that only whole pieces give must not be found in a part */
	if (enc->vocab.header->unreachable != 0 || len > HFT_WIDE_BYTES)
	{
		result = encode_part(scan, part, len, sink);
		return result < 0 ? result : 0;
	}
	if (len > HFT_CACHED_BYTES)
		return encode_wide(scan, part, len, sink);
	return encode_short(scan, make_key(part, len, enc->batch.limit), part,
						len, sink);
}

/* A piece of more than HFT_WIDE_BYTES. */
static int64_t
encode_giant(HftTokenScan *scan, const uint8_t *piece, size_t len,
			 TokenSink *sink)
{
	const HftVocab *vocab = &scan->enc->vocab;
	const uint8_t *end = piece + len;
	uint32_t	index = hft_word_find(vocab, piece, len);
	int64_t		result = 0;
	HftCutter	cutter;

	if (index != HFT_NO_TOKEN)
	{
		put_index(scan, sink, index);
		return 0;
	}
	hft_cut_start(&cutter, vocab, &scan->enc->cuts, piece, len);
	while (piece < end && result >= 0)
	{
		const uint8_t *cut = hft_cut_next(&cutter);

		result = encode_cut(scan, piece, cut - piece, sink);
		piece = cut;
	}
	return result;
}

/* Keys of the short pieces of a batch; their lines are being fetched. */
static void
fetch_keys(const HftEncoding *enc, HftCacheEntry *key)
{
	const HftBatch *batch = &enc->batch;
	int			i;

	for (i = 0; i < batch->n; i++)
	{
		uint32_t	len = batch->start[i + 1] - batch->start[i];

		if (len > HFT_CACHED_BYTES)
			continue;
		key[i] = make_key(batch->base + batch->start[i], len, batch->limit);
		if (enc->token_cache.short_entry != NULL)
			__builtin_prefetch(tokens_line(&enc->token_cache, key[i]));
	}
}

static int64_t
encode_batch(HftTokenScan *scan, const uint8_t *end, void *sink)
{
	HftCacheEntry key[HFT_BATCH_PIECES];
	HftBatch   *batch = &scan->enc->batch;
	int64_t		result = 0;
	int			i;

	hft_scan_split(scan, end);
	fetch_keys(scan->enc, key);
	for (i = 0; i < batch->n && result >= 0; i++)
	{
		const uint8_t *piece = batch->base + batch->start[i];
		uint32_t	len = batch->start[i + 1] - batch->start[i];

		if (len <= HFT_CACHED_BYTES)
			result = encode_short(scan, key[i], piece, len, sink);
		else if (len <= HFT_WIDE_BYTES)
			result = encode_wide(scan, piece, len, sink);
		else
			result = encode_giant(scan, piece, len, sink);
	}
	return result;
}

static void
encode_added(HftTokenScan *scan, const HftVocabExtra *added, void *sink)
{
	put_token(scan, sink, added->id, added->len);
}

HftTokenStatus
hft_scan_encode(HftTokenScan *scan, size_t bytes, uint32_t *ids,
				uint32_t *ends, size_t room)
{
	TokenSink	sink = {ids, ends, room, scan->done};

	return hft_scan_advance(scan, bytes, encode_batch, encode_added, &sink);
}

int64_t
hft_encoding_encode(HftEncoding *enc, const char *text, size_t len,
					uint32_t *ids, size_t room)
{
	const volatile sig_atomic_t *stop = enc->space.stop;
	HftTokenScan scan;
	HftTokenStatus status = hft_scan_begin(&scan, enc, text, len);

	enc->space.stop = NULL;
	if (status == HFT_TOKEN_OK)
		status = hft_scan_encode(&scan, scan.len, ids, NULL, room);
	enc->space.stop = stop;
	return status == HFT_TOKEN_OK ? scan.tokens : -1;
}

/* The bytes of a token, NULL for an id that is none. */
static const uint8_t *
find_bytes(const HftVocab *vocab, uint32_t id, size_t *len)
{
	const HftVocabHeader *header = vocab->header;
	uint32_t	index = id - header->first_id;
	uint32_t	i;

	if (id >= header->first_id && index < header->tokens)
	{
		*len = vocab->offsets[index + 1] - vocab->offsets[index];
		return vocab->bytes + vocab->offsets[index];
	}
	for (i = 0; i < header->extras; i++)
		if (vocab->extras[i].id == id)
		{
			*len = vocab->extras[i].len;
			return (const uint8_t *) vocab->extras + vocab->extras[i].offset;
		}
	return NULL;
}

HftTokenStatus
hft_encoding_decode(const HftEncoding *enc, const uint32_t *ids, size_t n,
					char *text, size_t room, size_t *len)
{
	size_t		i;

	*len = 0;
	for (i = 0; i < n; i++)
	{
		size_t		part;
		const uint8_t *bytes = find_bytes(&enc->vocab, ids[i], &part);

		if (bytes == NULL)
			return HFT_TOKEN_BAD_ID;
		if (*len < room)
			memcpy(text + *len, bytes,
				   part < room - *len ? part : room - *len);
		*len += part;
	}
	return HFT_TOKEN_OK;
}
