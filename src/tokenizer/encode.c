/*-------------------------------------------------------------------------
 *
 * encode.c
 *	  Text to token ids and back.
 *
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "tokenizer/internal.h"

/* Where the ids go; "n" counts on when there is no more room. */
typedef struct IdSink
{
	uint32_t   *ids;
	size_t		room;
	size_t		n;
	uint32_t	first_id;
} IdSink;

static inline void
put_id(IdSink *sink, uint32_t id)
{
	if (sink->n < sink->room)
		sink->ids[sink->n] = id;
	sink->n++;
}

static inline void
put_index(IdSink *sink, uint32_t index)
{
	put_id(sink, index + sink->first_id);
}

static bool
encode_whole(HftEncoding *enc, const uint8_t *piece, size_t len,
			 IdSink *sink)
{
	uint32_t	index = hft_word_find(&enc->vocab, piece, len);
	int64_t		n;
	int64_t		i;

	if (index != HFT_NO_TOKEN)
	{
		put_index(sink, index);
		return true;
	}
	n = hft_merge(&enc->vocab, &enc->space, piece, len);
	for (i = 0; i < n; i++)
		put_index(sink, enc->space.symbol[i]);
	return n >= 0;
}

static bool
encode_piece(HftEncoding *enc, const uint8_t *piece, size_t len,
			 IdSink *sink)
{
	if (hft_word_find(&enc->vocab, piece, len) != HFT_NO_TOKEN)
		return encode_whole(enc, piece, len, sink);
	while (len > 0)
	{
		size_t		part = hft_cut_next(&enc->vocab, piece, len);

		if (!encode_whole(enc, piece, part, sink))
			return false;
		piece += part;
		len -= part;
	}
	return true;
}

/* A stretch of text without added tokens. */
static bool
encode_stretch(HftEncoding *enc, const uint8_t *p, const uint8_t *end,
			   IdSink *sink)
{
	HftBatch   *batch = &enc->batch;
	HftSplitBatch split = enc->kernel->split[enc->vocab.header->split];
	int			i;

	batch->limit = end;
	while (p < end)
	{
		p = split(&enc->vocab, p, end, batch);
		for (i = 0; i < batch->n; i++)
			if (!encode_piece(enc, batch->base + batch->start[i],
							  batch->start[i + 1] - batch->start[i], sink))
				return false;
	}
	return true;
}

int64_t
hft_encoding_encode(HftEncoding *enc, const char *text, size_t len,
					uint32_t *ids, size_t room)
{
	IdSink		sink = {ids, room, 0, enc->vocab.header->first_id};
	const uint8_t *p;
	const uint8_t *end;

	if (len > HFT_TOKEN_MAX_TEXT ||
		hft_rewrite(&enc->vocab, &enc->rewrite, &text, &len) != HFT_TOKEN_OK)
		return -1;
	p = (const uint8_t *) text;
	end = p + len;
	while (p < end)
	{
		const HftVocabExtra *added;
		const uint8_t *stop = hft_added_find(&enc->vocab, p, end, &added);

		if (!encode_stretch(enc, p, stop, &sink))
			return -1;
		p = stop;
		if (added != NULL)
		{
			put_id(&sink, added->id);
			p += added->len;
		}
	}
	return sink.n;
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
