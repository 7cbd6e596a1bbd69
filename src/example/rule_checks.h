/*-------------------------------------------------------------------------
 *
 * rule_checks.h
 *	  The checks that the table of rules points to.
 *
 * Pure C.  Private to the rules.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HFT_RULE_CHECKS_H
#define HFT_RULE_CHECKS_H

#include "example/rule.h"

/* rules_message.c */
extern void hft_check_messages_missing(HftCheck *check);
extern void hft_check_messages_empty(HftCheck *check);
extern void hft_check_message_not_object(HftCheck *check);
extern void hft_check_role_missing(HftCheck *check);
extern void hft_check_role_unknown(HftCheck *check);
extern void hft_check_content_missing(HftCheck *check);
extern void hft_check_content_type(HftCheck *check);
extern void hft_check_content_empty(HftCheck *check);
extern void hft_check_key_unrecognized(HftCheck *check);
extern void hft_check_key_dropped(HftCheck *check);
extern void hft_check_top_key_unrecognized(HftCheck *check);
extern void hft_check_top_key_dropped(HftCheck *check);
extern void hft_check_duplicate_key(HftCheck *check);
extern void hft_check_assistant_missing(HftCheck *check);
extern void hft_check_assistant_not_last(HftCheck *check);
extern void hft_check_nothing_trained(HftCheck *check);
extern void hft_check_weight_invalid(HftCheck *check);
extern void hft_check_weight_misplaced(HftCheck *check);
extern void hft_check_name_invalid(HftCheck *check);
extern void hft_check_special_token(HftCheck *check);
extern void hft_check_first_role(HftCheck *check);
extern void hft_check_alternation(HftCheck *check);
extern void hft_check_sample_weight(HftCheck *check);
extern void hft_check_sample_weight_invalid(HftCheck *check);
extern void hft_check_text_unsupported(HftCheck *check);
extern void hft_check_text_empty(HftCheck *check);

/* rules_tool.c */
extern void hft_check_tool_calls_invalid(HftCheck *check);
extern void hft_check_tool_calls_misplaced(HftCheck *check);
extern void hft_check_tool_arguments_invalid(HftCheck *check);
extern void hft_check_tool_call_id_missing(HftCheck *check);
extern void hft_check_tool_call_id_unknown(HftCheck *check);
extern void hft_check_tool_call_unanswered(HftCheck *check);
extern void hft_check_tool_unknown(HftCheck *check);
extern void hft_check_tools_invalid(HftCheck *check);
extern void hft_check_tool_name_invalid(HftCheck *check);
extern void hft_check_parallel_type(HftCheck *check);
extern void hft_check_functions_invalid(HftCheck *check);
extern void hft_check_functions_unsupported(HftCheck *check);

/* rules_gemini.c */
extern void hft_check_gemini_unsupported(HftCheck *check);
extern void hft_check_gemini_dropped(HftCheck *check);

/* rules_part.c */
extern void hft_check_content_part(HftCheck *check);
extern void hft_check_image_misplaced(HftCheck *check);
extern void hft_check_image_count(HftCheck *check);
extern void hft_check_image_url(HftCheck *check);
extern void hft_check_image_remote(HftCheck *check);
extern void hft_check_image_size(HftCheck *check);
extern void hft_check_image_detail(HftCheck *check);
extern void hft_check_content_style(HftCheck *check);

/* rules_bedrock.c */
extern void hft_check_bedrock_unfit(HftCheck *check);
extern void hft_check_bedrock_prompt_unfit(HftCheck *check);
extern void hft_check_bedrock_reserved(HftCheck *check);
extern void hft_check_bedrock_weight(HftCheck *check);

/* For every message of the example that is an object. */
#define each_message(check, message, i) \
	(int i = 0; i < (check)->example->nmessages; i++) \
		for (const HftMessage *message = &(check)->example->messages[i]; \
			 message != NULL && (message->node == NULL || \
				 message->node->type == HFT_JSON_OBJECT); \
			 message = NULL)

#endif							/* HFT_RULE_CHECKS_H */
