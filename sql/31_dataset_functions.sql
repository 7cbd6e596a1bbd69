/* hft: data sets (functions) */

-- None is SECURITY DEFINER: the C code checks the caller, then works on our
-- tables as their owner.

CREATE FUNCTION hft.create_dataset(name text, query text,
	method text DEFAULT 'sft', model text DEFAULT 'gpt-4o-mini',
	validation float8 DEFAULT 0.1, test float8 DEFAULT 0,
	split_key text DEFAULT NULL, comment text DEFAULT NULL)
	RETURNS bigint
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_create_dataset';
REVOKE ALL ON FUNCTION hft.create_dataset(text, text, text, text, float8,
	float8, text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.create_dataset(text, text, text, text, float8,
	float8, text, text) IS
	'Define a data set: a query whose rows become training examples';

CREATE FUNCTION hft.alter_dataset(name text, query text DEFAULT NULL,
	method text DEFAULT NULL, model text DEFAULT NULL,
	validation float8 DEFAULT NULL, test float8 DEFAULT NULL,
	split_key text DEFAULT NULL, comment text DEFAULT NULL,
	new_name text DEFAULT NULL, owner text DEFAULT NULL)
	RETURNS void
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_alter_dataset';
REVOKE ALL ON FUNCTION hft.alter_dataset(text, text, text, text, float8,
	float8, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.alter_dataset(text, text, text, text, float8,
	float8, text, text, text, text) IS
	'Change what is given of a data set; versions taken before stay as they are';

CREATE FUNCTION hft.drop_dataset(name text) RETURNS void
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_drop_dataset';
REVOKE ALL ON FUNCTION hft.drop_dataset(text) FROM PUBLIC;
COMMENT ON FUNCTION hft.drop_dataset(text) IS
	'Drop a data set and its versions, unless jobs trained on them';

CREATE FUNCTION hft.snapshot_dataset(name text) RETURNS hft.dataset_version
	LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_snapshot_dataset';
REVOKE ALL ON FUNCTION hft.snapshot_dataset(text) FROM PUBLIC;
COMMENT ON FUNCTION hft.snapshot_dataset(text) IS
	'Run the query of a data set now and seal its rows as a version; the same content gives the version that has it';

CREATE FUNCTION hft.check_dataset(dataset text, version int DEFAULT NULL,
	format text DEFAULT 'openai')
	RETURNS SETOF hft.finding
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_check_dataset';
REVOKE ALL ON FUNCTION hft.check_dataset(text, int, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.check_dataset(text, int, text) IS
	'Findings of a version (the latest one), the gravest first: those that hold everywhere and those of one format; NULL: of every format';

CREATE FUNCTION hft.profile_dataset(dataset text, version int DEFAULT NULL,
	OUT split hft.split, OUT rows bigint, OUT tokens bigint,
	OUT trained_tokens bigint, OUT bytes bigint, OUT mean numeric,
	OUT shortest int, OUT median int, OUT p90 int, OUT p99 int,
	OUT longest int, OUT longest_key text, OUT histogram jsonb)
	RETURNS SETOF record
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_profile_dataset';
REVOKE ALL ON FUNCTION hft.profile_dataset(text, int) FROM PUBLIC;
COMMENT ON FUNCTION hft.profile_dataset(text, int) IS
	'How long the examples of each split are, in tokens; histogram: examples by the power of two they stay below';

CREATE FUNCTION hft.verify_dataset(dataset text, version int DEFAULT NULL)
	RETURNS boolean
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_verify_dataset';
REVOKE ALL ON FUNCTION hft.verify_dataset(text, int) FROM PUBLIC;
COMMENT ON FUNCTION hft.verify_dataset(text, int) IS
	'Whether the stored lines of a version still have the hashes it was sealed with';

CREATE FUNCTION hft.diff_dataset(dataset text, old_version int,
	new_version int DEFAULT NULL,
	OUT change text, OUT old_split hft.split, OUT new_split hft.split,
	OUT source_key text, OUT body text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_diff_dataset';
REVOKE ALL ON FUNCTION hft.diff_dataset(text, int, int) FROM PUBLIC;
COMMENT ON FUNCTION hft.diff_dataset(text, int, int) IS
	'Examples that were added, removed, or moved to another split between two versions';

CREATE FUNCTION hft.export_jsonl(dataset text, split text DEFAULT 'train',
	version int DEFAULT NULL, format text DEFAULT 'openai')
	RETURNS SETOF text
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 10000
	AS 'MODULE_PATHNAME', 'hft_sql_export_jsonl';
REVOKE ALL ON FUNCTION hft.export_jsonl(text, text, int, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.export_jsonl(text, text, int, text) IS
	'Lines of a split as a training file; in a SELECT list they stream';

CREATE FUNCTION hft.rules(OUT rule text, OUT severity text, OUT format text,
	OUT meaning text)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 60
	AS 'MODULE_PATHNAME', 'hft_sql_rules';
REVOKE ALL ON FUNCTION hft.rules() FROM PUBLIC;
COMMENT ON FUNCTION hft.rules() IS
	'Rules that training examples are held against';
