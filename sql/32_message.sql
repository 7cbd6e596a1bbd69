/* hft: examples and messages from rows */

CREATE FUNCTION hft.message(role text, content text,
	name text DEFAULT NULL, tool_calls jsonb DEFAULT NULL,
	tool_call_id text DEFAULT NULL, weight int DEFAULT NULL)
	RETURNS jsonb
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hft_sql_message';
REVOKE ALL ON FUNCTION hft.message(text, text, text, jsonb, text, int)
	FROM PUBLIC;
COMMENT ON FUNCTION hft.message(text, text, text, jsonb, text, int) IS
	'A message of a conversation';

CREATE FUNCTION hft.messages_add(state internal, role text, content text)
	RETURNS internal
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hft_sql_messages_add';
REVOKE ALL ON FUNCTION hft.messages_add(internal, text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.messages_add(internal, text, text) IS
	'Transition of aggregate hft.messages(text, text)';

CREATE FUNCTION hft.messages_add(state internal, role text, content text,
	name text, tool_calls jsonb, tool_call_id text)
	RETURNS internal
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hft_sql_messages_add';
REVOKE ALL ON FUNCTION hft.messages_add(internal, text, text, text, jsonb,
	text) FROM PUBLIC;
COMMENT ON FUNCTION hft.messages_add(internal, text, text, text, jsonb,
	text) IS
	'Transition of aggregate hft.messages(text, text, text, jsonb, text)';

CREATE FUNCTION hft.messages_end(state internal) RETURNS jsonb
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hft_sql_messages_end';
REVOKE ALL ON FUNCTION hft.messages_end(internal) FROM PUBLIC;
COMMENT ON FUNCTION hft.messages_end(internal) IS
	'Result of the aggregates hft.messages';

CREATE AGGREGATE hft.messages(role text, content text) (
	SFUNC = hft.messages_add, STYPE = internal, SSPACE = 2048,
	FINALFUNC = hft.messages_end, PARALLEL = SAFE);
REVOKE ALL ON FUNCTION hft.messages(text, text) FROM PUBLIC;
COMMENT ON AGGREGATE hft.messages(text, text) IS
	'A conversation from rows with one turn each: messages(role, content ORDER BY at)';

CREATE AGGREGATE hft.messages(role text, content text, name text,
	tool_calls jsonb, tool_call_id text) (
	SFUNC = hft.messages_add, STYPE = internal, SSPACE = 2048,
	FINALFUNC = hft.messages_end, PARALLEL = SAFE);
REVOKE ALL ON FUNCTION hft.messages(text, text, text, jsonb, text)
	FROM PUBLIC;
COMMENT ON AGGREGATE hft.messages(text, text, text, jsonb, text) IS
	'A conversation with tools from rows with one turn each';

CREATE FUNCTION hft.convert(example jsonb, format text DEFAULT 'openai')
	RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
	AS 'MODULE_PATHNAME', 'hft_sql_convert';
REVOKE ALL ON FUNCTION hft.convert(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.convert(jsonb, text) IS
	'An example, in our shape or another platform''s, as a line of a platform''s training file';

CREATE FUNCTION hft.check_example(example jsonb, format text DEFAULT NULL,
	OUT rule text, OUT severity text, OUT holds_for text, OUT message text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE ROWS 5
	AS 'MODULE_PATHNAME', 'hft_sql_check_example';
REVOKE ALL ON FUNCTION hft.check_example(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.check_example(jsonb, text) IS
	'What stands against an example in a format (in any), and what writing it there would leave out';

CREATE FUNCTION hft.count_tokens(example jsonb, model text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_count_example_tokens';
REVOKE ALL ON FUNCTION hft.count_tokens(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens(jsonb, text) IS
	'Number of tokens of an example (or its messages) with what the platform''s chat format adds';

CREATE FUNCTION hft.count_tokens_detail(example jsonb, model text,
	OUT tokens integer, OUT trained_tokens integer, OUT overhead integer,
	OUT exact boolean, OUT rule text)
	RETURNS record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_count_tokens_detail';
REVOKE ALL ON FUNCTION hft.count_tokens_detail(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens_detail(jsonb, text) IS
	'What hft.count_tokens() of an example is made of, whether it is exact, and the rule it follows';
