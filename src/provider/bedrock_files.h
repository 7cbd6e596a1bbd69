/*-------------------------------------------------------------------------
 *
 * bedrock_files.h
 *	  What whole files and files in parts share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_BEDROCK_FILES_H
#define HFT_BEDROCK_FILES_H

#include "provider/bedrock.h"
#include "provider/s3.h"

/* A listing of one object, and whether it has the call's file's size. */
extern bool hft_bedrock_ask_object(const HftCall *call, HftRequest *request,
								   const char *uri, HftOutcome *outcome);
extern bool hft_bedrock_read_object(const HftCall *call,
									const HftResponse *response,
									const char *uri, HftOutcome *outcome);

/* Bytes of a part; a file of not more goes in one request. */
extern int64_t hft_bedrock_part_bytes(const HftCall *call);

/* The upload is done; the object may be there already: look. */
extern void hft_bedrock_stored(const HftCall *call, HftOutcome *outcome);
extern void hft_bedrock_go_verify(const HftCall *call, HftOutcome *outcome);

#endif							/* HFT_BEDROCK_FILES_H */
