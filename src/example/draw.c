/*-------------------------------------------------------------------------
 *
 * draw.c
 *	  Which split an example belongs to.
 *
 *-------------------------------------------------------------------------
 */
#include "example/draw.h"

#include <string.h>

#include <openssl/evp.h>

static const char *const split_names[HFT_SPLIT_COUNT] = {
	[HFT_SPLIT_TRAIN] = "train",
	[HFT_SPLIT_VALIDATION] = "validation",
	[HFT_SPLIT_TEST] = "test"
};

const char *
hft_split_name(HftSplitKind split)
{
	return split_names[split];
}

HftSplitKind
hft_split_lookup(const char *name, size_t length)
{
	HftSplitKind	split = HFT_SPLIT_TRAIN;

	while (split < HFT_SPLIT_COUNT &&
		   (strlen(split_names[split]) != length ||
			memcmp(split_names[split], name, length) != 0))
		split++;
	return split;
}

bool
hft_splitter_init(HftSplitter *splitter, const char *key, double validation,
				  double test)
{
	splitter->validation = validation;
	splitter->test = test;
	splitter->key = key;
	/* fetched once: looking it up costs more than a short digest */
	splitter->method = EVP_MD_fetch(NULL, "SHA256", NULL);
	splitter->context = EVP_MD_CTX_new();
	return splitter->method != NULL && splitter->context != NULL;
}

void
hft_splitter_free(HftSplitter *splitter)
{
	EVP_MD_CTX_free(splitter->context);
	EVP_MD_free(splitter->method);
	splitter->context = NULL;
	splitter->method = NULL;
}

/* Texts of the user's messages, or of all but the assistant's. */
static bool
digest_messages(EVP_MD_CTX *context, const HftExample *example,
				bool only_user)
{
	bool		any = false;

	for (int i = 0; i < example->nmessages; i++)
	{
		const HftMessage *message = &example->messages[i];
		HftTexts	texts = hft_texts(message->key[HFT_KEY_CONTENT]);
		const HftJsonNode *text;

		if (only_user ? message->role != HFT_ROLE_USER :
			message->role == HFT_ROLE_ASSISTANT)
			continue;
		while ((text = hft_texts_next(&texts)) != NULL)
		{
			if (any)
				EVP_DigestUpdate(context, "", 1);
			EVP_DigestUpdate(context, text->text, text->length);
			any = true;
		}
	}
	return any;
}

static void
digest_value(EVP_MD_CTX *context, const HftExample *example, HftText group)
{
	const HftJsonNode *text = example->top[HFT_TOP_TEXT];

	if (group.data != NULL)
		EVP_DigestUpdate(context, group.data, group.length);
	else if (!digest_messages(context, example, true) &&
			 !digest_messages(context, example, false) && text != NULL)
		EVP_DigestUpdate(context, text->text, text->length);
}

HftSplitKind
hft_splitter_draw(HftSplitter *splitter, const HftExample *example,
				  HftText group)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	double		u = 0;

	if (splitter->validation == 0 && splitter->test == 0)
		return HFT_SPLIT_TRAIN;
	EVP_DigestInit_ex2(splitter->context, splitter->method, NULL);
	EVP_DigestUpdate(splitter->context, splitter->key,
					 strlen(splitter->key) + 1);
	digest_value(splitter->context, example, group);
	EVP_DigestFinal_ex(splitter->context, digest, NULL);
	for (int i = 7; i >= 0; i--)
		u = (u + digest[i]) / 256;
	if (u < splitter->validation)
		return HFT_SPLIT_VALIDATION;
	if (splitter->test > 0 && u >= 1 - splitter->test)
		return HFT_SPLIT_TEST;
	return HFT_SPLIT_TRAIN;
}
