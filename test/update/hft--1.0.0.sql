/* hft: schema and conventions shared by every later piece */

-- complain if script is sourced in psql, rather than via CREATE EXTENSION
\echo Use "CREATE EXTENSION hft" to load this file. \quit

CREATE SCHEMA hft;
COMMENT ON SCHEMA hft IS
	'Hosted fine-tuning: data sets, jobs, loss histories, costs and models';
/* hft: connections as SQL/MED objects */

CREATE FUNCTION hft.fdw_validator(options text[], catalog oid)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_fdw_validator'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.fdw_validator(text[], oid) IS
	'Checks the options of servers and user mappings of the wrapper hft';
REVOKE ALL ON FUNCTION hft.fdw_validator(text[], oid) FROM PUBLIC;

CREATE FOREIGN DATA WRAPPER hft
	NO HANDLER
	VALIDATOR hft.fdw_validator;
COMMENT ON FOREIGN DATA WRAPPER hft IS
	'Platforms that fine-tune models; a server names one, a user mapping holds the credential, USAGE is the right to spend there';
/* hft: tokens */

CREATE FUNCTION hft.count_tokens("text" text, model text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_count_tokens';
REVOKE ALL ON FUNCTION hft.count_tokens(text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens(text, text) IS
	'Number of tokens of a text in the encoding of a model';

CREATE FUNCTION hft.encode("text" text, model text) RETURNS integer[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100
	AS 'MODULE_PATHNAME', 'hft_sql_encode';
REVOKE ALL ON FUNCTION hft.encode(text, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.encode(text, text) IS
	'Token ids of a text in the encoding of a model';

CREATE FUNCTION hft.decode(ids integer[], model text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_decode';
REVOKE ALL ON FUNCTION hft.decode(integer[], text) FROM PUBLIC;
COMMENT ON FUNCTION hft.decode(integer[], text) IS
	'Text of token ids in the encoding of a model';

CREATE FUNCTION hft.encodings(
	OUT encoding text, OUT installed boolean, OUT tokens integer,
	OUT licence text, OUT sha256 text)
	RETURNS SETOF record
	LANGUAGE C VOLATILE STRICT PARALLEL SAFE COST 1000 ROWS 10
	AS 'MODULE_PATHNAME', 'hft_sql_encodings';
REVOKE ALL ON FUNCTION hft.encodings() FROM PUBLIC;
COMMENT ON FUNCTION hft.encodings() IS
	'Encodings, whether their vocabulary is installed, and what it is';

CREATE FUNCTION hft.fits("text" text, model text, max_tokens integer)
	RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20
	AS 'MODULE_PATHNAME', 'hft_sql_fits';
REVOKE ALL ON FUNCTION hft.fits(text, text, integer) FROM PUBLIC;
COMMENT ON FUNCTION hft.fits(text, text, integer) IS
	'Whether a text has at most so many tokens; stops counting at the limit';

CREATE FUNCTION hft.truncate_tokens("text" text, max_tokens integer,
	model text)
	RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_truncate_tokens';
REVOKE ALL ON FUNCTION hft.truncate_tokens(text, integer, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.truncate_tokens(text, integer, text) IS
	'Start of a text that has at most so many tokens, in whole characters';

CREATE FUNCTION hft.chunk_tokens("text" text, size integer, overlap integer,
	model text)
	RETURNS SETOF text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000
	AS 'MODULE_PATHNAME', 'hft_sql_chunk_tokens';
REVOKE ALL ON FUNCTION hft.chunk_tokens(text, integer, integer, text)
	FROM PUBLIC;
COMMENT ON FUNCTION hft.chunk_tokens(text, integer, integer, text) IS
	'Parts of a text of at most "size" tokens, each beginning with about "overlap" tokens of the one before';
/* hft: data sets, their versions and their examples (tables) */

CREATE TYPE hft.split AS ENUM ('train', 'validation', 'test');
COMMENT ON TYPE hft.split IS 'Part of a data set an example belongs to';

CREATE TABLE hft.dataset (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name		text NOT NULL UNIQUE CHECK (name <> ''),
	owner		regrole NOT NULL,
	query		text NOT NULL,
	method		text NOT NULL DEFAULT 'sft'
				CHECK (method IN ('sft', 'dpo', 'rft', 'text')),
	model		text NOT NULL,		-- whose tokenizer counts the tokens
	validation	float8 NOT NULL DEFAULT 0
				CHECK (validation >= 0 AND validation < 1),
	test		float8 NOT NULL DEFAULT 0 CHECK (test >= 0 AND test < 1),
	split_key	text NOT NULL,		-- key of the hash that draws the split
	comment		text,
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	CHECK (validation + test < 1)
);
COMMENT ON TABLE hft.dataset IS
	'Definitions of data sets: a query whose rows become training examples';

CREATE TABLE hft.dataset_version (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	dataset_id	bigint NOT NULL REFERENCES hft.dataset ON DELETE CASCADE,
	number		int NOT NULL,
	parent_id	bigint REFERENCES hft.dataset_version ON DELETE SET NULL,
	owner		regrole NOT NULL,
	method		text NOT NULL,
	model		text NOT NULL,
	query		text NOT NULL,
	search_path	text NOT NULL,
	snapshot	pg_snapshot NOT NULL,
	lsn			pg_lsn,				-- NULL on a standby's restore
	rows		bigint NOT NULL,
	tokens		bigint NOT NULL,
	trained_tokens bigint NOT NULL,
	bytes		bigint NOT NULL,	-- of all lines with their newlines
	sha256		bytea NOT NULL CHECK (pg_catalog.length(sha256) = 32),
	errors		bigint NOT NULL DEFAULT 0,	-- that hold for every format
	warnings	bigint NOT NULL DEFAULT 0,
	hft_version	text NOT NULL,
	server_version text NOT NULL,
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	UNIQUE (dataset_id, number),
	UNIQUE (dataset_id, sha256, model)
);
COMMENT ON TABLE hft.dataset_version IS
	'Sealed, immutable contents of a data set; sha256 is over the SHA-256 of each split''s file in order (train, validation, test; that of no bytes where a split is empty)';

CREATE TABLE hft.dataset_split (
	version_id	bigint NOT NULL REFERENCES hft.dataset_version ON DELETE CASCADE,
	split		hft.split NOT NULL,
	rows		bigint NOT NULL,
	tokens		bigint NOT NULL,
	trained_tokens bigint NOT NULL,
	longest		bigint NOT NULL,	-- tokens of the longest example
	bytes		bigint NOT NULL,
	sha256		bytea NOT NULL,
	PRIMARY KEY (version_id, split)
);
COMMENT ON TABLE hft.dataset_split IS
	'One row per non-empty split of a version: counts, bytes and SHA-256 of its file in canonical form';

CREATE TABLE hft.example (
	version_id	bigint NOT NULL REFERENCES hft.dataset_version ON DELETE CASCADE,
	n			bigint NOT NULL,	-- 1.. within the split
	split		hft.split NOT NULL,
	tokens		int NOT NULL,
	trained_tokens int NOT NULL,
	bytes		int NOT NULL,		-- of body, without newline
	source_key	text,
	body		text NOT NULL,		-- canonical JSON, one line
	PRIMARY KEY (version_id, split, n)
);
COMMENT ON TABLE hft.example IS
	'The training examples of a sealed version, as canonical JSON lines';

CREATE TABLE hft.finding (
	version_id	bigint NOT NULL REFERENCES hft.dataset_version ON DELETE CASCADE,
	split		hft.split,			-- NULL: about the whole version
	n			bigint,
	source_key	text,
	rule		text NOT NULL,
	severity	text NOT NULL CHECK (severity IN ('error', 'warning', 'info')),
	format		text,				-- of training files; NULL: every one
	message		text NOT NULL
);
CREATE INDEX ON hft.finding (version_id);
COMMENT ON TABLE hft.finding IS
	'What checking found in a version: rule, severity, the row it is about, and the training-file format it stands against (NULL: all)';
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

CREATE FUNCTION hft.check_dataset(dataset text, version int DEFAULT NULL)
	RETURNS SETOF hft.finding
	LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
	AS 'MODULE_PATHNAME', 'hft_sql_check_dataset';
REVOKE ALL ON FUNCTION hft.check_dataset(text, int) FROM PUBLIC;
COMMENT ON FUNCTION hft.check_dataset(text, int) IS
	'Findings of a version (the latest one), the gravest first';

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
	'An example (or its messages) as a line of a platform''s training file';

CREATE FUNCTION hft.count_tokens(example jsonb, model text) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50
	AS 'MODULE_PATHNAME', 'hft_sql_count_example_tokens';
REVOKE ALL ON FUNCTION hft.count_tokens(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION hft.count_tokens(jsonb, text) IS
	'Number of tokens of an example (or its messages) with what the platform''s chat format adds';
/* hft: files at providers, jobs, attempts, and what comes back (tables) */

CREATE TABLE hft.file (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token		uuid NOT NULL UNIQUE DEFAULT pg_catalog.gen_random_uuid(),
	owner		regrole NOT NULL,
	server		text NOT NULL,
	version_id	bigint REFERENCES hft.dataset_version ON DELETE SET NULL,
	split		hft.split NOT NULL,
	format		text NOT NULL,
	filename	text NOT NULL,
	rows		bigint NOT NULL,
	bytes		bigint,				-- of the formatted file; NULL: not measured
	sha256		text,				-- hex, of the formatted file
	state		text NOT NULL DEFAULT 'new' CHECK (state IN
				('new', 'uploading', 'processing', 'ready', 'failed', 'deleted')),
	job_id		bigint,				-- the job that drives the upload
	remote_id	text,
	remote_state text,
	remote		jsonb,				-- the adapter's cursor
	sent_bytes	bigint NOT NULL DEFAULT 0,
	error_message text,
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	uploaded_at	timestamptz,
	ready_at	timestamptz,
	expires_at	timestamptz,
	deleted_at	timestamptz
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX file_live ON hft.file (server, owner, version_id, split, format)
	WHERE state NOT IN ('failed', 'deleted');
COMMENT ON TABLE hft.file IS
	'Copies of a version''s split at a provider; a live copy is used again instead of uploaded twice';

CREATE TABLE hft.job (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token		uuid NOT NULL UNIQUE DEFAULT pg_catalog.gen_random_uuid(),
	name		text UNIQUE,
	owner		regrole NOT NULL,
	server		text NOT NULL,
	dataset		text,				-- name at the time; NULL: imported
	version_id	bigint REFERENCES hft.dataset_version ON DELETE RESTRICT,
	base_model	text NOT NULL,
	method		text NOT NULL,
	suffix		text,
	hyperparameters jsonb NOT NULL DEFAULT '{}',	-- requested
	effective	jsonb,				-- what the provider chose
	options		jsonb NOT NULL DEFAULT '{}',
	forced		boolean NOT NULL DEFAULT false,	-- submitted despite errors
	imported	boolean NOT NULL DEFAULT false,

	state		text NOT NULL DEFAULT 'pending' CHECK (state IN
				('pending', 'uploading', 'preparing', 'creating', 'queued',
				 'running', 'paused', 'succeeded', 'failed', 'cancelled',
				 'needs_attention')),
	reason		text CHECK (reason IN
				('in_doubt', 'credential', 'refused', 'limit', 'lost', 'moved',
				 'permission', 'error')),
	resume_state text,				-- where retry_job goes on from
	wanted		text CHECK (wanted IN ('cancel', 'pause', 'resume')),
	successor_id bigint REFERENCES hft.job ON DELETE SET NULL,	-- by retry_job

	training_file_id bigint REFERENCES hft.file,
	validation_file_id bigint REFERENCES hft.file,
	remote_id	text,
	remote_state text,				-- the provider's own word
	remote		jsonb NOT NULL DEFAULT '{}',	-- cursors per operation
	tuned_model	text,

	estimated_tokens bigint,		-- trained tokens incl. epochs; NULL: unknown
	estimated_low	numeric,		-- USD
	estimated_high	numeric,
	quoted_amount	numeric,		-- the platform's own quote
	trained_tokens	bigint,			-- as billed
	billed_amount	numeric,		-- USD
	steps_done	bigint,
	steps_total	bigint,

	error_class	text,
	error_code	text,				-- the provider's
	sqlstate	text,
	error_message text,
	error_hint	text,
	failures	int NOT NULL DEFAULT 0,	-- in a row; 0 after any success

	submitted_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
	uploading_at timestamptz,
	preparing_at timestamptz,
	creating_at	timestamptz,
	queued_at	timestamptz,
	running_at	timestamptz,
	finished_at	timestamptz,
	finish_estimate timestamptz,
	checked_at	timestamptz,		-- last answer of the provider about it

	due_at		timestamptz,		-- next step; NULL: nothing to do by itself
	epoch		bigint NOT NULL DEFAULT 0,	-- worker that claimed it (fence)
	revision	bigint NOT NULL DEFAULT 0,	-- of every change (fence)
	system_identifier bigint NOT NULL,	-- R42: where it was submitted
	database	oid NOT NULL,
	UNIQUE (server, remote_id)
) WITH (fillfactor = 70);
-- due_at is in no index on purpose: polls must stay HOT updates (F69)
CREATE INDEX job_live ON hft.job (id)
	WHERE state NOT IN ('succeeded', 'failed', 'cancelled');
CREATE INDEX job_version ON hft.job (version_id);
COMMENT ON TABLE hft.job IS
	'Fine-tuning jobs: what was asked, where it stands as the provider last said, what it cost and made';

CREATE TABLE hft.attempt (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	job_id		bigint REFERENCES hft.job ON DELETE RESTRICT,
	file_id		bigint REFERENCES hft.file ON DELETE SET NULL,
	deployment_id bigint,
	kind		text NOT NULL,		-- upload, create, deploy, ...
	token		uuid NOT NULL,		-- travels to the provider (R28)
	request_digest bytea NOT NULL,	-- SHA-256 of method, URL and body
	epoch		bigint NOT NULL,	-- of the worker that intended it
	state		text NOT NULL DEFAULT 'intended' CHECK (state IN
				('intended', 'confirmed', 'refused', 'not_done', 'in_doubt')),
	remote_id	text,
	http_status	int,
	error_message text,
	sent		boolean NOT NULL DEFAULT false,	-- seen leaving, then in doubt
	looks		int NOT NULL DEFAULT 0,	-- searches made while in doubt
	intended_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	settled_at	timestamptz
);
CREATE INDEX attempt_job ON hft.attempt (job_id);
CREATE INDEX attempt_open ON hft.attempt (id)
	WHERE state IN ('intended', 'in_doubt');
-- at most one open attempt of a kind for a job: a second one could pay twice
CREATE UNIQUE INDEX attempt_one_open ON hft.attempt (job_id, kind)
	WHERE state IN ('intended', 'in_doubt') AND kind = 'create';
COMMENT ON TABLE hft.attempt IS
	'Outbox of calls that cost money or leave traces: committed before the call, settled after it';

CREATE TABLE hft.event (
	job_id		bigint NOT NULL REFERENCES hft.job ON DELETE CASCADE,
	event_id	text NOT NULL,
	at			timestamptz,
	level		text NOT NULL DEFAULT 'info',
	type		text,
	message		text NOT NULL,
	data		jsonb,
	PRIMARY KEY (job_id, event_id)
);
COMMENT ON TABLE hft.event IS 'Messages of the provider, and ours, about a job';

CREATE TABLE hft.metric (
	job_id		bigint NOT NULL REFERENCES hft.job ON DELETE CASCADE,
	step		bigint NOT NULL,
	name		text NOT NULL,
	value		float8 NOT NULL,
	at			timestamptz,
	PRIMARY KEY (job_id, name, step)
);
COMMENT ON TABLE hft.metric IS
	'Training measurements as reported, one row per (job, name, step)';

CREATE TABLE hft.checkpoint (
	job_id		bigint NOT NULL REFERENCES hft.job ON DELETE CASCADE,
	checkpoint_id text NOT NULL,
	step		bigint NOT NULL,
	model		text,
	metrics		jsonb,
	created_at	timestamptz,
	PRIMARY KEY (job_id, checkpoint_id)
);
COMMENT ON TABLE hft.checkpoint IS 'Models saved during a job';

CREATE TABLE hft.model (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	server		text NOT NULL,
	model		text NOT NULL,		-- the provider's id
	kind		text NOT NULL CHECK (kind IN ('base', 'tuned', 'checkpoint')),
	owner		regrole,			-- NULL: base models, visible to all
	job_id		bigint REFERENCES hft.job ON DELETE SET NULL,
	base_model	text,
	endpoint	text,				-- what chat must name, where it differs
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	retires_on	date,
	checked_at	timestamptz,
	UNIQUE (server, model)
);
COMMENT ON TABLE hft.model IS
	'Every model known: tuned ones, their checkpoints, and base models; with the day the provider retires it';

CREATE TABLE hft.cost (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at			timestamptz NOT NULL DEFAULT pg_catalog.now(),
	owner		regrole NOT NULL,
	server		text NOT NULL,
	job_id		bigint REFERENCES hft.job ON DELETE SET NULL,
	deployment_id bigint,
	kind		text NOT NULL CHECK (kind IN
				('training', 'inference', 'hosting', 'evaluation')),
	model		text,
	quantity	numeric,			-- NULL: unknown
	unit		text NOT NULL,		-- tokens, hours
	input_tokens bigint,
	cached_tokens bigint,
	output_tokens bigint,
	amount		numeric,			-- USD; NULL: price unknown, never free
	source		text NOT NULL		-- provider, price:<id>, quote
);
CREATE INDEX cost_job ON hft.cost (job_id);
-- the bill of a training is booked once (a second booking would pay twice)
CREATE UNIQUE INDEX cost_training ON hft.cost (job_id) WHERE kind = 'training';
COMMENT ON TABLE hft.cost IS
	'Ledger of money: what trainings, answers and deployments cost';

CREATE TABLE hft.price (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	provider	text NOT NULL,
	model		text NOT NULL,		-- LIKE pattern over base model names
	method		text,				-- NULL: any
	unit		text NOT NULL CHECK (unit IN
				('train_1m_tokens', 'train_hour', 'train_minimum',
				 'input_1m_tokens', 'cached_1m_tokens', 'output_1m_tokens',
				 'host_hour')),
	amount		numeric,			-- USD; NULL: known to be unknown
	valid_from	date NOT NULL DEFAULT '-infinity',
	valid_until	date NOT NULL DEFAULT 'infinity',	-- exclusive
	options		jsonb NOT NULL DEFAULT '{}',	-- job options it applies to
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL,
	CHECK (valid_from < valid_until)
);
CREATE INDEX price_provider ON hft.price (provider, unit);
COMMENT ON TABLE hft.price IS
	'Prices in USD with validity and source; the most specific pattern valid at the time applies, rows of yours before shipped ones';

CREATE TABLE hft.deployment (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token		uuid NOT NULL UNIQUE DEFAULT pg_catalog.gen_random_uuid(),
	name		text NOT NULL,
	owner		regrole NOT NULL,
	server		text NOT NULL,
	model		text NOT NULL,
	job_id		bigint REFERENCES hft.job ON DELETE SET NULL,
	options		jsonb NOT NULL DEFAULT '{}',
	state		text NOT NULL DEFAULT 'pending' CHECK (state IN
				('pending', 'deploying', 'ready', 'undeploying', 'gone',
				 'failed', 'needs_attention')),
	wanted		text CHECK (wanted = 'undeploy'),
	remote_id	text,
	remote_state text,
	remote		jsonb NOT NULL DEFAULT '{}',
	endpoint	text,				-- what chat must name
	price_per_hour numeric,			-- USD; NULL: unknown
	error_class	text,
	error_message text,
	error_hint	text,
	failures	int NOT NULL DEFAULT 0,
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	ready_at	timestamptz,
	gone_at		timestamptz,
	booked_until timestamptz,		-- hosting is in hft.cost up to here
	checked_at	timestamptz,
	due_at		timestamptz,
	epoch		bigint NOT NULL DEFAULT 0,
	revision	bigint NOT NULL DEFAULT 0,
	system_identifier bigint,		-- R42: where it was asked for
	database	oid
) WITH (fillfactor = 70);
-- a name is free again when its endpoint is gone
CREATE UNIQUE INDEX deployment_name ON hft.deployment (name)
	WHERE state NOT IN ('gone', 'failed');
COMMENT ON TABLE hft.deployment IS
	'Endpoints that serve a tuned model and cost money while they stand';

CREATE TABLE hft.alias (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name		text NOT NULL CHECK (name <> ''),
	owner		regrole NOT NULL,
	model_id	bigint NOT NULL REFERENCES hft.model,
	valid_from	timestamptz NOT NULL,
	valid_until	timestamptz,		-- NULL: now
	promoted_by	regrole NOT NULL,
	restores	bigint REFERENCES hft.alias,	-- range a rollback went back to
	comment		text,
	CHECK (valid_until IS NULL OR valid_from < valid_until)
);
CREATE UNIQUE INDEX alias_current ON hft.alias (name) WHERE valid_until IS NULL;
CREATE INDEX alias_history ON hft.alias (name, valid_from);
COMMENT ON TABLE hft.alias IS
	'Names for models over time: for each name non-overlapping ranges [valid_from, valid_until)';

CREATE TABLE hft.import (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner		regrole NOT NULL,
	server		text NOT NULL,
	state		text NOT NULL DEFAULT 'pending' CHECK (state IN
				('pending', 'running', 'succeeded', 'failed')),
	jobs_seen	int NOT NULL DEFAULT 0,
	jobs_new	int NOT NULL DEFAULT 0,
	remote		jsonb NOT NULL DEFAULT '{}',
	error_message text,
	error_hint	text,
	failures	int NOT NULL DEFAULT 0,
	created_at	timestamptz NOT NULL DEFAULT pg_catalog.now(),
	finished_at	timestamptz,
	due_at		timestamptz,
	epoch		bigint NOT NULL DEFAULT 0,
	revision	bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE hft.import IS
	'Runs of import_jobs: adopting what an account already holds';

-- each start of a worker takes the next number: the fence of its writes
CREATE SEQUENCE hft.worker_epoch;
COMMENT ON SEQUENCE hft.worker_epoch IS
	'Numbers of background workers in this database; a later one doubts what earlier ones left open';
/* hft: submitting jobs, and what they would cost */

CREATE FUNCTION hft.submit_job(
	dataset text, server text, model text, name text DEFAULT NULL,
	version int DEFAULT NULL, suffix text DEFAULT NULL,
	hyperparameters jsonb DEFAULT '{}', options jsonb DEFAULT '{}',
	force boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_submit_job'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.submit_job(text, text, text, text, int, text, jsonb, jsonb, boolean) IS
	'Submits a fine-tuning job on COMMIT: version NULL seals what the query gives now; force submits despite findings of severity error';
REVOKE ALL ON FUNCTION hft.submit_job(text, text, text, text, int, text, jsonb, jsonb, boolean)
	FROM PUBLIC;

CREATE FUNCTION hft.explain_job(
	dataset text, server text, model text, name text DEFAULT NULL,
	version int DEFAULT NULL, suffix text DEFAULT NULL,
	hyperparameters jsonb DEFAULT '{}', options jsonb DEFAULT '{}',
	force boolean DEFAULT false)
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'hft_sql_explain_job'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION hft.explain_job(text, text, text, text, int, text, jsonb, jsonb, boolean) IS
	'What submit_job with the same arguments would do, what it would cost, and what stands against it';
REVOKE ALL ON FUNCTION hft.explain_job(text, text, text, text, int, text, jsonb, jsonb, boolean)
	FROM PUBLIC;
/* hft: jobs under the hands of their owners */

CREATE FUNCTION hft.job_id(job text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_job_id'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.job_id(text) IS
	'Id of the job of that name; an error when the caller sees none';
REVOKE ALL ON FUNCTION hft.job_id(text) FROM PUBLIC;

-- each of these takes a job's id or its name

CREATE FUNCTION hft.cancel_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_cancel_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.cancel_job(bigint) IS
	'Cancels a job at once if the platform does not have it, else asks the platform to; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.cancel_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.cancel_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_cancel_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.cancel_job(text) IS 'As cancel_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.cancel_job(text) FROM PUBLIC;

CREATE FUNCTION hft.pause_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_pause_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause_job(bigint) IS
	'Asks the platform to pause a job; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.pause_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.pause_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_pause_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause_job(text) IS 'As pause_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.pause_job(text) FROM PUBLIC;

CREATE FUNCTION hft.resume_job(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_resume_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume_job(bigint) IS
	'Asks the platform to go on with a paused job; returns the state it is in now';
REVOKE ALL ON FUNCTION hft.resume_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.resume_job(job text)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_resume_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume_job(text) IS 'As resume_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.resume_job(text) FROM PUBLIC;

CREATE FUNCTION hft.retry_job(job bigint, pay_again boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_retry_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.retry_job(bigint, boolean) IS
	'Goes on with a job that needs attention, or submits a failed one anew; a job in doubt is created again only with pay_again; returns the id of the job that goes on';
REVOKE ALL ON FUNCTION hft.retry_job(bigint, boolean) FROM PUBLIC;

CREATE FUNCTION hft.retry_job(job text, pay_again boolean DEFAULT false)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_retry_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.retry_job(text, boolean) IS
	'As retry_job(bigint, boolean), by name';
REVOKE ALL ON FUNCTION hft.retry_job(text, boolean) FROM PUBLIC;

CREATE FUNCTION hft.adopt_job(job bigint)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_adopt_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.adopt_job(bigint) IS
	'Goes on with a job that a dump or a copy brought here from another database, which must not go on with it';
REVOKE ALL ON FUNCTION hft.adopt_job(bigint) FROM PUBLIC;

CREATE FUNCTION hft.adopt_job(job text)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_adopt_job'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.adopt_job(text) IS 'As adopt_job(bigint), by name';
REVOKE ALL ON FUNCTION hft.adopt_job(text) FROM PUBLIC;

CREATE FUNCTION hft.import_jobs(server text)
RETURNS bigint
AS 'MODULE_PATHNAME', 'hft_sql_import_jobs'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.import_jobs(text) IS
	'Brings the jobs that the account already has at the platform into hft.job; returns the id of the row of hft.import that tells how far it is';
REVOKE ALL ON FUNCTION hft.import_jobs(text) FROM PUBLIC;

CREATE PROCEDURE hft.wait_for(job bigint, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for(bigint, interval) IS
	'Waits until a job succeeded; an error when it did not, or not in time';
REVOKE ALL ON PROCEDURE hft.wait_for(bigint, interval) FROM PUBLIC;

CREATE PROCEDURE hft.wait_for(job text, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for(text, interval) IS
	'As wait_for(bigint, interval), by name';
REVOKE ALL ON PROCEDURE hft.wait_for(text, interval) FROM PUBLIC;
/* hft: how far jobs are */

CREATE VIEW hft.progress WITH (security_invoker) AS
	SELECT j.id AS job_id, j.name, j.server, j.state, j.reason, j.wanted,
		f.rows AS rows_total,
		f.bytes AS bytes_total,
		CASE WHEN f.files_left = 0 THEN f.bytes ELSE f.sent_bytes END
			AS bytes_done,
		j.steps_done, j.steps_total,
		round(100.0 * j.steps_done / nullif(j.steps_total, 0), 1) AS percent,
		j.finish_estimate, j.submitted_at, j.checked_at, j.due_at
	FROM hft.job j
	LEFT JOIN LATERAL (
		SELECT sum(f.rows)::bigint AS rows,
			CASE WHEN count(f.bytes) = count(*) THEN sum(f.bytes)::bigint END
				AS bytes,
			sum(f.sent_bytes)::bigint AS sent_bytes,
			count(*) FILTER (WHERE f.uploaded_at IS NULL) AS files_left
		FROM hft.file f
		WHERE f.id IN (j.training_file_id, j.validation_file_id)) f ON true
	WHERE j.state NOT IN ('succeeded', 'failed', 'cancelled');
COMMENT ON VIEW hft.progress IS
	'Live jobs: bytes of their files sent, training steps done, and when the provider last answered; NULL means not known';
REVOKE ALL ON hft.progress FROM PUBLIC;
/* hft: letting roles use hft, and asking whether everything is in place */

/*
 * Nothing in schema hft is executable or readable by PUBLIC.  What a role
 * that uses hft may call is named here, one by one: a function that is
 * forgotten stays closed.  Left out on purpose: start_worker, pause, resume,
 * doctor, and these two, which are for administrators.
 */
CREATE FUNCTION hft.is_for_users(routine name)
RETURNS boolean
LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
	SELECT routine::text = ANY (ARRAY[
		'count_tokens', 'encode', 'decode', 'encodings', 'truncate_tokens',
		'chunk_tokens', 'fits', 'message', 'messages', 'convert', 'rules',
		'create_dataset', 'alter_dataset', 'drop_dataset',
		'snapshot_dataset', 'check_dataset', 'profile_dataset',
		'diff_dataset', 'verify_dataset', 'export_jsonl',
		'explain_job', 'submit_job', 'job_id', 'wait_for',
		'cancel_job', 'pause_job', 'resume_job', 'retry_job', 'adopt_job',
		'import_jobs', 'worker_status',
		'find_price', 'price_of', 'find_retirement',
		'best_checkpoint', 'loss_alerts', 'sparkline', 'loss_svg', 'report',
		'promote', 'rollback', 'drop_alias', 'model_id', 'chat',
		'chat_detail', 'deploy_model', 'undeploy_model',
		'wilson', 'mcnemar', 'paired_bootstrap']);
END;
COMMENT ON FUNCTION hft.is_for_users(name) IS
	'Does grant_access() let roles call the routines of this name?';
REVOKE ALL ON FUNCTION hft.is_for_users(name) FROM PUBLIC;

CREATE FUNCTION hft.set_access(role regrole, verb text, preposition text)
RETURNS void
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	object record;
BEGIN
	EXECUTE format('%s USAGE ON SCHEMA hft %s %s', verb, preposition, role);
	FOR object IN
		SELECT d.classid, d.objid
		FROM pg_depend d
		JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'hft'
		LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass
			AND p.oid = d.objid
		LEFT JOIN pg_class c ON d.classid = 'pg_class'::regclass
			AND c.oid = d.objid
		WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
			AND (hft.is_for_users(p.proname) OR c.relkind IN ('r', 'v'))
		ORDER BY d.classid, d.objid
	LOOP
		IF object.classid = 'pg_proc'::regclass THEN
			EXECUTE format('%s EXECUTE ON ROUTINE %s %s %s', verb,
				object.objid::regprocedure, preposition, role);
		ELSE
			EXECUTE format('%s SELECT ON %s %s %s', verb,
				object.objid::regclass, preposition, role);
		END IF;
	END LOOP;
END
$$;
COMMENT ON FUNCTION hft.set_access(regrole, text, text) IS
	'Part of grant_access() and revoke_access()';
REVOKE ALL ON FUNCTION hft.set_access(regrole, text, text) FROM PUBLIC;

CREATE FUNCTION hft.grant_access(role regrole)
RETURNS void
LANGUAGE SQL VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT hft.set_access(role, 'GRANT', 'TO');
END;
COMMENT ON FUNCTION hft.grant_access(regrole) IS
	'Lets a role use hft: it sees its own rows and calls the functions for users; where it may spend money is said by GRANT USAGE ON FOREIGN SERVER';
REVOKE ALL ON FUNCTION hft.grant_access(regrole) FROM PUBLIC;

CREATE FUNCTION hft.revoke_access(role regrole)
RETURNS void
LANGUAGE SQL VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
	SELECT hft.set_access(role, 'REVOKE', 'FROM');
END;
COMMENT ON FUNCTION hft.revoke_access(regrole) IS 'Undoes grant_access()';
REVOKE ALL ON FUNCTION hft.revoke_access(regrole) FROM PUBLIC;

CREATE FUNCTION hft.doctor(
	OUT item text, OUT status text, OUT detail text, OUT hint text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_doctor'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 20;
COMMENT ON FUNCTION hft.doctor() IS
	'Is everything in place? One row per thing looked at: ok, warning or error, what was seen, and what to do';
REVOKE ALL ON FUNCTION hft.doctor() FROM PUBLIC;
/* hft: prices, days of retirement, and the views over money */

/*
 * The one place that knows which price applies: the most specific pattern
 * valid on that day (UTC), rows of yours before shipped ones.
 */
CREATE FUNCTION hft.find_price(
	provider text, model text, method text, unit text,
	at timestamptz DEFAULT pg_catalog.now(), options jsonb DEFAULT '{}')
RETURNS SETOF hft.price
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT p.*
	FROM hft.price p
	WHERE p.provider = find_price.provider
		AND p.unit = find_price.unit
		AND find_price.model LIKE p.model
		AND (p.method IS NULL OR p.method = find_price.method)
		AND find_price.options @> p.options
		AND (find_price.at AT TIME ZONE 'UTC')::date >= p.valid_from
		AND (find_price.at AT TIME ZONE 'UTC')::date < p.valid_until
	ORDER BY p.shipped, length(replace(p.model, '%', '')) DESC,
		p.method NULLS LAST, p.options = '{}', p.valid_from DESC, p.id DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.find_price(text, text, text, text, timestamptz, jsonb) IS
	'The row of hft.price that applies to a model on a day, or no row';
REVOKE ALL ON FUNCTION hft.find_price(text, text, text, text, timestamptz, jsonb)
	FROM PUBLIC;

CREATE FUNCTION hft.price_of(
	provider text, model text, method text, unit text,
	at timestamptz DEFAULT pg_catalog.now(), options jsonb DEFAULT '{}')
RETURNS numeric
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT p.amount
	FROM hft.find_price(provider, model, method, unit, at, options) p;
END;
COMMENT ON FUNCTION hft.price_of(text, text, text, text, timestamptz, jsonb) IS
	'Price in USD of a unit of a model on a day; NULL means unknown, not free';
REVOKE ALL ON FUNCTION hft.price_of(text, text, text, text, timestamptz, jsonb)
	FROM PUBLIC;

CREATE TABLE hft.retirement (
	id			bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	provider	text NOT NULL,
	model		text NOT NULL,		-- LIKE pattern over base model names
	retires_on	date NOT NULL,
	replacement	text,
	shipped		boolean NOT NULL DEFAULT false,
	source		text NOT NULL
);
COMMENT ON TABLE hft.retirement IS
	'Days on which platforms shut base models, and what was tuned from them, down; rows of yours before shipped ones';
REVOKE ALL ON hft.retirement FROM PUBLIC;

CREATE FUNCTION hft.find_retirement(provider text, model text)
RETURNS SETOF hft.retirement
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	SELECT r.*
	FROM hft.retirement r
	WHERE r.provider = find_retirement.provider
		AND find_retirement.model LIKE r.model
	ORDER BY r.shipped, length(replace(r.model, '%', '')) DESC, r.id DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.find_retirement(text, text) IS
	'The row of hft.retirement that applies to a model, or no row';
REVOKE ALL ON FUNCTION hft.find_retirement(text, text) FROM PUBLIC;

/*
 * What the fact sheets give.  Ids below 100,000 are shipped rows, so that a
 * dump of yours never collides with the rows of a newer version.  A pattern
 * begins with % because further training of "ft:MODEL:..." costs the same.
 */
ALTER TABLE hft.price ALTER COLUMN id RESTART WITH 100001;
ALTER TABLE hft.retirement ALTER COLUMN id RESTART WITH 100001;

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	valid_until, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (), 'openai', '%' || m.model || '%', u.method, u.unit,
	u.amount, DATE '2026-03-24',
	CASE WHEN u.method IS NULL THEN m.ends
		ELSE least(m.ends, DATE '2027-01-06') END,
	true, 'OpenAI model pages as of 2026-03-24'
FROM (VALUES
	('gpt-4.1-2025-04-14', 25.00, 3.00, 0.75, 12.00, DATE '2027-01-14'),
	('gpt-4.1-mini-2025-04-14', 5.00, 0.80, 0.20, 3.20, DATE '2027-01-14'),
	('gpt-4.1-nano-2025-04-14', 1.50, 0.20, 0.05, 0.80, DATE '2026-10-23'),
	('gpt-4o-2024-08-06', 25.00, 3.75, 1.875, 15.00, DATE '2027-01-14'),
	('gpt-4o-mini-2024-07-18', 3.00, 0.30, 0.15, 1.20, DATE '2027-01-14'),
	('o4-mini-2025-04-16', NULL, 4.00, 1.00, 16.00, DATE '2026-10-23'),
	('gpt-3.5-turbo', 8.00, 3.00, NULL, 6.00, DATE '2026-10-23'),
	('davinci-002', 6.00, 12.00, NULL, 12.00, DATE '2026-10-23'),
	('babbage-002', 0.40, 1.60, NULL, 1.60, DATE '2026-10-23')
	) m (model, train, input, cached, output, ends)
CROSS JOIN LATERAL (VALUES
	('sft', 'train_1m_tokens', m.train),
	('dpo', 'train_1m_tokens', m.train),
	(NULL, 'input_1m_tokens', m.input),
	(NULL, 'cached_1m_tokens', m.cached),
	(NULL, 'output_1m_tokens', m.output)) u (method, unit, amount)
WHERE u.amount IS NOT NULL
	AND (u.method IS DISTINCT FROM 'dpo' OR m.model LIKE 'gpt-4%');

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	valid_until, shipped, source)
OVERRIDING SYSTEM VALUE
VALUES (901, 'openai', '%o4-mini-2025-04-16%', 'rft', 'train_hour', 100.00,
	DATE '2026-03-24', DATE '2026-10-23', true,
	'OpenAI help centre on reinforcement fine-tuning as of 2026-03-24');

INSERT INTO hft.retirement (id, provider, model, retires_on, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT row_number() OVER (), 'openai', '%' || m.model || '%', m.retires_on,
	true, 'OpenAI deprecations page as of 2026-10-14'
FROM (VALUES
	('gpt-4.1-2025-04-14', DATE '2027-01-14'),
	('gpt-4.1-mini-2025-04-14', DATE '2027-01-14'),
	('gpt-4.1-nano-2025-04-14', DATE '2026-10-23'),
	('gpt-4o-2024-08-06', DATE '2027-01-14'),
	('gpt-4o-mini-2024-07-18', DATE '2027-01-14'),
	('o4-mini-2025-04-16', DATE '2026-10-23'),
	('gpt-3.5-turbo', DATE '2026-10-23'),
	('davinci-002', DATE '2026-10-23'),
	('babbage-002', DATE '2026-10-23')) m (model, retires_on);

/*
 * Together prices by the number of all parameters, so models are mapped to
 * its tiers.  Larger models have rates of their own, known only to the
 * platform's quote, which the worker asks for before it creates a job.
 */
INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	options, shipped, source)
OVERRIDING SYSTEM VALUE
SELECT 1000 + row_number() OVER (), 'together', m.model, t.method,
	'train_1m_tokens', t.amount, DATE '2026-01-01', t.options, true,
	'copies of together.ai/pricing, early to July 2026: ' || m.tier
FROM (VALUES
	('Qwen/Qwen3.5-9B%', '<= 16B'),
	('Qwen/Qwen3.5-4B%', '<= 16B'),
	('Qwen/Qwen3.5-2B%', '<= 16B'),
	('Qwen/Qwen3.5-0.8B%', '<= 16B'),
	('meta-llama/Meta-Llama-3.1-8B%', '<= 16B'),
	('Qwen/Qwen3.5-27B%', '17-69B'),
	('Qwen/Qwen3.6-27B%', '17-69B'),
	('Qwen/Qwen3.5-35B-A3B%', '17-69B'),
	('Qwen/Qwen3.6-35B-A3B%', '17-69B'),
	('nvidia/Nemotron-3-Nano-Omni-30B%', '17-69B'),
	('openai/gpt-oss-20b%', '17-69B'),
	('google/gemma-4-31B%', '17-69B'),
	('google/gemma-4-26B%', '17-69B'),
	('mistralai/Mixtral-8x7B%', '17-69B'),
	('meta-llama/Llama-3.3-70B%', '70-100B')) m (model, tier)
JOIN (VALUES
	('<= 16B', 'sft', 0.48, '{}'::jsonb),
	('<= 16B', 'text', 0.48, '{}'),
	('<= 16B', 'dpo', 1.20, '{}'),
	('<= 16B', 'sft', 0.54, '{"training_type": "full"}'),
	('<= 16B', 'text', 0.54, '{"training_type": "full"}'),
	('<= 16B', 'dpo', 1.35, '{"training_type": "full"}'),
	('17-69B', 'sft', 1.50, '{}'),
	('17-69B', 'text', 1.50, '{}'),
	('17-69B', 'dpo', 3.75, '{}'),
	('17-69B', 'sft', 1.65, '{"training_type": "full"}'),
	('17-69B', 'text', 1.65, '{"training_type": "full"}'),
	('17-69B', 'dpo', 4.12, '{"training_type": "full"}'),
	('70-100B', 'sft', 2.90, '{}'),
	('70-100B', 'text', 2.90, '{}'),
	('70-100B', 'dpo', 7.25, '{}'),
	('70-100B', 'sft', 3.20, '{"training_type": "full"}'),
	('70-100B', 'text', 3.20, '{"training_type": "full"}'),
	('70-100B', 'dpo', 8.00, '{"training_type": "full"}'))
	t (tier, method, amount, options) ON t.tier = m.tier;

INSERT INTO hft.price (id, provider, model, method, unit, amount, valid_from,
	shipped, source)
OVERRIDING SYSTEM VALUE
VALUES
	(1901, 'together', '%', NULL, 'train_1m_tokens', NULL,
		DATE '2026-01-01', true,
		'larger models have rates of their own: the platform quotes them'),
	(1902, 'together', '%', NULL, 'train_minimum', 4.00,
		DATE '2026-01-01', true,
		'Together pricing page of 2026; older pages have none, some models are exempt');

CREATE VIEW hft.spend WITH (security_invoker) AS
	SELECT date_trunc('month', c.at, 'UTC') AS month, c.server, c.owner,
		c.kind, count(*) AS items,
		sum(c.amount) AS amount,
		count(*) FILTER (WHERE c.amount IS NULL) AS unpriced,
		sum(c.quantity) FILTER (WHERE c.unit = 'tokens') AS tokens,
		sum(c.quantity) FILTER (WHERE c.unit = 'hours') AS hours
	FROM hft.cost c
	GROUP BY 1, 2, 3, 4;
COMMENT ON VIEW hft.spend IS
	'Money in USD per month (UTC), server, owner and kind; unpriced counts items whose price is unknown and which the sum lacks';
REVOKE ALL ON hft.spend FROM PUBLIC;

CREATE VIEW hft.estimate_accuracy WITH (security_invoker) AS
	SELECT j.id AS job_id, j.name, j.server, j.base_model,
		j.estimated_tokens, j.trained_tokens,
		round(j.trained_tokens::numeric / nullif(j.estimated_tokens, 0), 4)
			AS tokens_ratio,
		j.estimated_low, j.estimated_high, j.quoted_amount, j.billed_amount,
		round(j.billed_amount / nullif(j.estimated_high, 0), 4)
			AS amount_ratio
	FROM hft.job j
	WHERE j.trained_tokens IS NOT NULL OR j.billed_amount IS NOT NULL;
COMMENT ON VIEW hft.estimate_accuracy IS
	'For each billed job what was estimated and what was billed; ratios are billed by estimated';
REVOKE ALL ON hft.estimate_accuracy FROM PUBLIC;
/* hft: background work, as seen and steered from SQL */

CREATE FUNCTION hft.start_worker()
RETURNS boolean
AS 'MODULE_PATHNAME', 'hft_sql_start_worker'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.start_worker() IS
	'Starts background work in this database until the server restarts, for servers without shared_preload_libraries = ''hft''; true if a worker was asked for, false if one is at work';
REVOKE ALL ON FUNCTION hft.start_worker() FROM PUBLIC;

CREATE FUNCTION hft.pause()
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_pause'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.pause() IS
	'Keeps background workers out of this database until hft.resume() or a restart of the server, for CREATE DATABASE ... TEMPLATE and renaming; jobs at the providers go on';
REVOKE ALL ON FUNCTION hft.pause() FROM PUBLIC;

CREATE FUNCTION hft.resume()
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_resume'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.resume() IS 'Ends hft.pause()';
REVOKE ALL ON FUNCTION hft.resume() FROM PUBLIC;

CREATE FUNCTION hft.worker_status(
	OUT database oid,
	OUT pid int,
	OUT state text,
	OUT started_at timestamptz,
	OUT heartbeat_at timestamptz,
	OUT running int,
	OUT requests bigint,
	OUT errors bigint,
	OUT last_error text,
	OUT failures int,
	OUT next_start timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'hft_sql_worker_status'
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10;
COMMENT ON FUNCTION hft.worker_status() IS
	'One row per database that background workers serve: state running, starting, waiting, waiting for slot, backing off, paused or idle';
REVOKE ALL ON FUNCTION hft.worker_status() FROM PUBLIC;

CREATE VIEW hft.worker AS
	SELECT d.datname AS database, s.pid, s.state, s.started_at, s.heartbeat_at,
		s.running, s.requests, s.errors, s.last_error, s.failures,
		s.next_start
	FROM hft.worker_status() AS s
	JOIN pg_catalog.pg_database AS d ON d.oid OPERATOR(pg_catalog.=) s.database
	WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database();
COMMENT ON VIEW hft.worker IS
	'Background work in this database: pid, heartbeat, requests under way, counters and the last error';
/* hft: loss histories, and what they say */

CREATE VIEW hft.loss WITH (security_invoker) AS
SELECT m.job_id, m.step,
	max(m.value) FILTER (WHERE m.name = 'train_loss')
		AS train_loss,
	max(m.value) FILTER (WHERE m.name = 'valid_loss')
		AS valid_loss,
	max(m.value) FILTER (WHERE m.name = 'full_valid_loss')
		AS full_valid_loss,
	max(m.value) FILTER (WHERE m.name = 'train_accuracy')
		AS train_accuracy,
	max(m.value) FILTER (WHERE m.name = 'valid_accuracy')
		AS valid_accuracy,
	max(m.at) AS at
FROM hft.metric m
WHERE m.name IN ('train_loss', 'valid_loss', 'full_valid_loss',
	'train_accuracy', 'valid_accuracy')
GROUP BY m.job_id, m.step;
COMMENT ON VIEW hft.loss IS
	'Loss and accuracy by job and step, as the provider reported them';
REVOKE ALL ON hft.loss FROM PUBLIC;

/*
 * A checkpoint is measured by what the provider said of it, else by the last
 * measurement since the checkpoint before.  The loss on the whole validation
 * split counts more than one on a batch of it; a training loss never counts,
 * because by it the last checkpoint is always the best.
 */
CREATE FUNCTION hft.best_checkpoint(
	job bigint, OUT checkpoint_id text, OUT step bigint, OUT model text,
	OUT measure text, OUT value float8)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
	WITH saved AS (
		SELECT c.*, coalesce(lag(c.step) OVER (ORDER BY c.step), -1) AS before
		FROM hft.checkpoint c
		WHERE c.job_id = best_checkpoint.job
	)
	SELECT s.checkpoint_id, s.step, s.model, m.measure, m.value
	FROM saved s
	LEFT JOIN LATERAL (
		SELECT n.measure, n.rank,
			coalesce(
				CASE jsonb_typeof(s.metrics -> n.measure)
					WHEN 'number' THEN (s.metrics ->> n.measure)::float8
				END,
				(SELECT x.value
				 FROM hft.metric x
				 WHERE x.job_id = s.job_id AND x.name = n.measure
					AND x.step > s.before AND x.step <= s.step
				 ORDER BY x.step DESC
				 LIMIT 1)) AS value
		FROM (VALUES ('full_valid_loss', 1), ('valid_loss', 2))
			n (measure, rank)
		) m ON m.value IS NOT NULL
	ORDER BY m.rank, m.value, s.step DESC
	LIMIT 1;
END;
COMMENT ON FUNCTION hft.best_checkpoint(bigint) IS
	'The checkpoint with the lowest validation loss; without one, the last checkpoint and a NULL measure';
REVOKE ALL ON FUNCTION hft.best_checkpoint(bigint) FROM PUBLIC;

CREATE FUNCTION hft.best_checkpoint(
	job text, OUT checkpoint_id text, OUT step bigint, OUT model text,
	OUT measure text, OUT value float8)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL UNSAFE ROWS 1
BEGIN ATOMIC
	SELECT b.* FROM hft.best_checkpoint(hft.job_id(job)) b;
END;
COMMENT ON FUNCTION hft.best_checkpoint(text) IS
	'The checkpoint with the lowest validation loss; without one, the last checkpoint and a NULL measure';
REVOKE ALL ON FUNCTION hft.best_checkpoint(text) FROM PUBLIC;

/*
 * Losses jump from batch to batch, so curves are judged by the means of up to
 * ten stretches of equally many measurements ("smooth").  The loss on the
 * whole validation split is a mean already and is taken as it is.
 */
CREATE FUNCTION hft.loss_alerts(
	job bigint,
	overfit_rise float8 DEFAULT 0.1,
	plateau_gain float8 DEFAULT 0.02,
	plateau_share float8 DEFAULT 0.3,
	divergence_factor float8 DEFAULT 1.5,
	OUT alert text, OUT measure text, OUT step bigint, OUT value float8,
	OUT reference_step bigint, OUT reference_value float8,
	OUT threshold float8, OUT message text)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL SAFE ROWS 3
BEGIN ATOMIC
	WITH measured AS (
		SELECT m.name, m.step, m.value,
			m.value NOT IN ('NaN', 'Infinity', '-Infinity') AS finite
		FROM hft.metric m
		WHERE m.job_id = loss_alerts.job
			AND m.name IN ('train_loss', 'valid_loss', 'full_valid_loss')
	),
	smooth AS (
		SELECT s.name, max(s.step) AS step, avg(s.value) AS value,
			sum(count(*)) OVER (PARTITION BY s.name) AS measurements
		FROM (
			SELECT f.name, f.step, f.value,
				CASE f.name
					WHEN 'full_valid_loss'
						THEN row_number() OVER w
					ELSE ntile(10) OVER w
				END AS stretch
			FROM measured f
			WHERE f.finite
			WINDOW w AS (PARTITION BY f.name ORDER BY f.step)
			) s
		GROUP BY s.name, s.stretch
	),
	ends AS (					-- lowest and last point of each curve
		SELECT DISTINCT ON (s.name) s.name, s.measurements,
			count(*) OVER w AS points,
			first_value(s.step) OVER w AS low_step,
			first_value(s.value) OVER w AS low_value,
			l.step AS last_step, l.value AS last_value
		FROM smooth s
		JOIN LATERAL (
			SELECT x.step, x.value
			FROM smooth x
			WHERE x.name = s.name
			ORDER BY x.step DESC
			LIMIT 1) l ON true
		WINDOW w AS (PARTITION BY s.name ORDER BY s.value, s.step
			ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
	),
	validation AS (
		SELECT e.*,
			(SELECT t.value
			 FROM smooth t
			 WHERE t.name = 'train_loss' AND t.step <= e.low_step
			 ORDER BY t.step DESC
			 LIMIT 1) AS train_before,
			(SELECT t.last_value FROM ends t WHERE t.name = 'train_loss')
				AS train_after
		FROM ends e
		WHERE e.name IN ('valid_loss', 'full_valid_loss') AND e.points >= 2
		ORDER BY e.name			-- full_valid_loss first
		LIMIT 1
	),
	training AS (
		SELECT e.*, w.step AS window_step, w.value AS window_value
		FROM ends e
		LEFT JOIN LATERAL (
			SELECT s.step, s.value
			FROM smooth s
			WHERE s.name = e.name
				AND s.step <= e.last_step * (1 - loss_alerts.plateau_share)
			ORDER BY s.step DESC
			LIMIT 1) w ON true
		WHERE e.name = 'train_loss'
	)
	SELECT 'overfit', v.name, v.last_step, v.last_value,
		v.low_step, v.low_value, loss_alerts.overfit_rise,
		format('validation loss rose from %s at step %s to %s at step %s (+%s %%) while training loss did not: the model of step %s generalizes better',
			round(v.low_value::numeric, 4), v.low_step,
			round(v.last_value::numeric, 4), v.last_step,
			round(100 * (v.last_value / v.low_value - 1)::numeric), v.low_step)
	FROM validation v
	WHERE v.low_value > 0 AND v.low_step < v.last_step
		AND v.last_value >= v.low_value * (1 + loss_alerts.overfit_rise)
		AND (v.train_before IS NULL OR v.train_after <= v.train_before)
	UNION ALL
	SELECT 'plateau', t.name, t.last_step, t.last_value,
		t.window_step, t.window_value, loss_alerts.plateau_gain,
		format('training loss went from %s at step %s to %s at step %s (%s %%): the last steps cost money and taught little',
			round(t.window_value::numeric, 4), t.window_step,
			round(t.last_value::numeric, 4), t.last_step,
			round(100 * (t.last_value / t.window_value - 1)::numeric, 1))
	FROM training t
	WHERE t.measurements >= 20 AND t.window_value > 0
		AND t.last_value > t.window_value * (1 - loss_alerts.plateau_gain)
		AND t.last_value < t.low_value * loss_alerts.divergence_factor
	UNION ALL
	SELECT 'divergence', t.name, t.last_step, t.last_value,
		t.low_step, t.low_value, loss_alerts.divergence_factor,
		format('training loss rose from %s at step %s to %s at step %s: try a smaller learning rate',
			round(t.low_value::numeric, 4), t.low_step,
			round(t.last_value::numeric, 4), t.last_step)
	FROM training t
	WHERE t.points >= 3 AND t.low_value > 0 AND t.low_step < t.last_step
		AND t.last_value >= t.low_value * loss_alerts.divergence_factor
	UNION ALL
	SELECT 'divergence', n.name, n.step, n.value, NULL, NULL, NULL,
		format('%s is no number from step %s on: try a smaller learning rate',
			n.name, n.step)
	FROM (
		SELECT DISTINCT ON (m.name) m.name, m.step, m.value
		FROM measured m
		WHERE NOT m.finite
		ORDER BY m.name, m.step
		) n;
END;
COMMENT ON FUNCTION hft.loss_alerts(bigint, float8, float8, float8, float8) IS
	'Overfitting, plateau and divergence in the loss history of a job, each with the measurements that show it and the threshold they passed';
REVOKE ALL ON FUNCTION hft.loss_alerts(bigint, float8, float8, float8, float8)
	FROM PUBLIC;

CREATE FUNCTION hft.loss_alerts(
	job text,
	overfit_rise float8 DEFAULT 0.1,
	plateau_gain float8 DEFAULT 0.02,
	plateau_share float8 DEFAULT 0.3,
	divergence_factor float8 DEFAULT 1.5,
	OUT alert text, OUT measure text, OUT step bigint, OUT value float8,
	OUT reference_step bigint, OUT reference_value float8,
	OUT threshold float8, OUT message text)
RETURNS SETOF record
LANGUAGE SQL STABLE PARALLEL UNSAFE ROWS 3
BEGIN ATOMIC
	SELECT a.*
	FROM hft.loss_alerts(hft.job_id(job), overfit_rise, plateau_gain,
		plateau_share, divergence_factor) a;
END;
COMMENT ON FUNCTION hft.loss_alerts(text, float8, float8, float8, float8) IS
	'Overfitting, plateau and divergence in the loss history of a job, each with the measurements that show it and the threshold they passed';
REVOKE ALL ON FUNCTION hft.loss_alerts(text, float8, float8, float8, float8)
	FROM PUBLIC;
/* hft: intervals and tests for evaluations */

CREATE FUNCTION hft.wilson(
	successes bigint, n bigint, confidence float8 DEFAULT 0.95,
	OUT low float8, OUT high float8)
RETURNS record
AS 'MODULE_PATHNAME', 'hft_sql_wilson'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hft.wilson(bigint, bigint, float8) IS
	'Wilson''s score interval of a proportion';
REVOKE ALL ON FUNCTION hft.wilson(bigint, bigint, float8) FROM PUBLIC;

CREATE FUNCTION hft.mcnemar(b bigint, c bigint)
RETURNS float8
AS 'MODULE_PATHNAME', 'hft_sql_mcnemar'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION hft.mcnemar(bigint, bigint) IS
	'Two-sided p-value of McNemar''s exact test: b answers only the one model had right, c only the other';
REVOKE ALL ON FUNCTION hft.mcnemar(bigint, bigint) FROM PUBLIC;

CREATE FUNCTION hft.paired_bootstrap(
	a float8[], b float8[], confidence float8 DEFAULT 0.95,
	resamples int DEFAULT 10000, seed bigint DEFAULT 1,
	OUT difference float8, OUT low float8, OUT high float8,
	OUT p_value float8)
RETURNS record
AS 'MODULE_PATHNAME', 'hft_sql_paired_bootstrap'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION hft.paired_bootstrap(float8[], float8[], float8, int, bigint) IS
	'Mean of a minus b over pairs of scores, its bootstrap interval and two-sided p-value; the same seed gives the same answer';
REVOKE ALL ON FUNCTION hft.paired_bootstrap(float8[], float8[], float8, int, bigint)
	FROM PUBLIC;
/* hft: names for models over time */

-- models are found by the provider's id alone, too
CREATE INDEX model_model ON hft.model (model);

CREATE FUNCTION hft.promote(
	name text, model text, comment text DEFAULT NULL,
	server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_promote'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.promote(text, text, text, text) IS
	'Lets a name stand for a model from now on: a model''s id, or the name or number of the job that made it; with a server also a base model';
REVOKE ALL ON FUNCTION hft.promote(text, text, text, text) FROM PUBLIC;

CREATE FUNCTION hft.promote(
	name text, job bigint, comment text DEFAULT NULL)
RETURNS text
LANGUAGE SQL VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
RETURN hft.promote(name, job::text, comment);
COMMENT ON FUNCTION hft.promote(text, bigint, text) IS
	'Lets a name stand for the model that a job made from now on';
REVOKE ALL ON FUNCTION hft.promote(text, bigint, text) FROM PUBLIC;

CREATE FUNCTION hft.rollback(name text, comment text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_rollback'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.rollback(text, text) IS
	'Lets a name stand for the model it stood for before the last promotion, or before it was dropped; returns that model';
REVOKE ALL ON FUNCTION hft.rollback(text, text) FROM PUBLIC;

CREATE FUNCTION hft.drop_alias(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_drop_alias'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.drop_alias(text) IS
	'Lets a name stand for nothing from now on; its history, and its owner, stay';
REVOKE ALL ON FUNCTION hft.drop_alias(text) FROM PUBLIC;

CREATE FUNCTION hft.model_id(name text, at timestamptz DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_model_id'
LANGUAGE C STABLE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.model_id(text, timestamptz) IS
	'Id of the model that a name stands for now, or stood for then (NULL: for none)';
REVOKE ALL ON FUNCTION hft.model_id(text, timestamptz) FROM PUBLIC;

CREATE VIEW hft.current_alias WITH (security_invoker) AS
SELECT a.name, a.owner, m.server, m.model, m.base_model,
	a.valid_from AS since, a.promoted_by, a.comment
FROM hft.alias a
LEFT JOIN hft.model m ON m.id = a.model_id
WHERE a.valid_until IS NULL;
COMMENT ON VIEW hft.current_alias IS
	'What each name stands for now';
REVOKE ALL ON hft.current_alias FROM PUBLIC;

/*
 * A tuned model ends with its base model, if not before.  What the platform
 * itself told goes before the table of days; unknown days are not listed.
 */
CREATE VIEW hft.at_risk WITH (security_invoker) AS
SELECT a.name AS alias, a.server, a.model, a.base_model, d.retires_on,
	d.retires_on - CURRENT_DATE AS days_left,
	r.replacement,
	COALESCE(j.billed_amount, j.estimated_high) AS retrain_cost,
	CASE
		WHEN j.billed_amount IS NOT NULL THEN 'bill'
		WHEN j.estimated_high IS NOT NULL THEN 'estimate'
	END AS retrain_cost_source
FROM hft.current_alias a
JOIN hft.model m ON m.server = a.server
	AND m.model = a.model
LEFT JOIN hft.model b ON b.server = m.server
	AND b.model = m.base_model
	AND b.kind = 'base'
LEFT JOIN hft.job j ON j.id = m.job_id
LEFT JOIN LATERAL (
	SELECT o.option_value AS provider
	FROM pg_foreign_server s
	CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
	WHERE s.srvname = a.server
		AND o.option_name = 'provider'
	) p ON true
LEFT JOIN LATERAL hft.find_retirement(p.provider,
	COALESCE(m.base_model, m.model)) r ON true
CROSS JOIN LATERAL (VALUES (
	COALESCE(LEAST(m.retires_on, b.retires_on), r.retires_on)))
	d (retires_on)
WHERE d.retires_on IS NOT NULL;
COMMENT ON VIEW hft.at_risk IS
	'Names whose model the platform will retire: when, what replaces the base model, and what training again would cost by the last bill or estimate';
REVOKE ALL ON hft.at_risk FROM PUBLIC;
/* hft: asking models, and endpoints for those that need one */

CREATE FUNCTION hft.chat(
	name text, messages jsonb, server text DEFAULT NULL,
	options jsonb DEFAULT '{}')
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_chat'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION hft.chat(text, jsonb, text, jsonb) IS
	'Answer of a model to a conversation: an alias, a deployment, a model or a job by name, or with a server any model there; interruptible, bounded by hft.chat_timeout, booked in hft.cost';
REVOKE ALL ON FUNCTION hft.chat(text, jsonb, text, jsonb) FROM PUBLIC;

CREATE FUNCTION hft.chat(
	name text, prompt text, server text DEFAULT NULL,
	options jsonb DEFAULT '{}')
RETURNS text
LANGUAGE SQL VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000
RETURN hft.chat(name,
	CASE WHEN prompt IS NOT NULL THEN jsonb_build_array(
		jsonb_build_object('role', 'user', 'content', prompt)) END,
	server, options);
COMMENT ON FUNCTION hft.chat(text, text, text, jsonb) IS
	'Answer of a model to a single message of a user; see hft.chat(text, jsonb, text, jsonb)';
REVOKE ALL ON FUNCTION hft.chat(text, text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION hft.chat_detail(
	name text, messages jsonb, server text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	OUT text text, OUT model text, OUT input_tokens bigint,
	OUT output_tokens bigint, OUT amount numeric, OUT seconds float8,
	OUT info jsonb)
RETURNS record
AS 'MODULE_PATHNAME', 'hft_sql_chat_detail'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000;
COMMENT ON FUNCTION hft.chat_detail(text, jsonb, text, jsonb) IS
	'As hft.chat, with the model that answered, its usage, what it cost (NULL: unknown), how long it took, and why it ended';
REVOKE ALL ON FUNCTION hft.chat_detail(text, jsonb, text, jsonb) FROM PUBLIC;

CREATE FUNCTION hft.chat_detail(
	name text, prompt text, server text DEFAULT NULL,
	options jsonb DEFAULT '{}',
	OUT text text, OUT model text, OUT input_tokens bigint,
	OUT output_tokens bigint, OUT amount numeric, OUT seconds float8,
	OUT info jsonb)
RETURNS record
LANGUAGE SQL VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE COST 1000000
BEGIN ATOMIC
	SELECT d.*
	FROM hft.chat_detail(name,
		CASE WHEN prompt IS NOT NULL THEN jsonb_build_array(
			jsonb_build_object('role', 'user', 'content', prompt)) END,
		server, options) d;
END;
COMMENT ON FUNCTION hft.chat_detail(text, text, text, jsonb) IS
	'As hft.chat for a single message, with the model that answered, its usage, cost, time and why it ended';
REVOKE ALL ON FUNCTION hft.chat_detail(text, text, text, jsonb) FROM PUBLIC;

CREATE FUNCTION hft.deploy_model(
	model text, name text, options jsonb DEFAULT '{}',
	server text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_deploy_model'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.deploy_model(text, text, jsonb, text) IS
	'Asks on COMMIT for an endpoint that serves a model, which costs by the hour until hft.undeploy_model()';
REVOKE ALL ON FUNCTION hft.deploy_model(text, text, jsonb, text) FROM PUBLIC;

CREATE FUNCTION hft.undeploy_model(name text)
RETURNS void
AS 'MODULE_PATHNAME', 'hft_sql_undeploy_model'
LANGUAGE C VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE;
COMMENT ON FUNCTION hft.undeploy_model(text) IS
	'Asks on COMMIT for the end of a deployment';
REVOKE ALL ON FUNCTION hft.undeploy_model(text) FROM PUBLIC;

/*
 * What is booked, and what has run up since.  One amount that is unknown
 * makes the sum unknown: less than the truth would be worse than nothing.
 */
CREATE VIEW hft.deployment_cost WITH (security_invoker) AS
SELECT d.name, d.owner, d.server, d.model, d.state,
	trim_scale(d.price_per_hour) AS price_per_hour,
	d.ready_at AS since, d.gone_at AS until,
	round(h.hours::numeric, 2) AS hours,
	CASE WHEN NOT b.unknown THEN
		round(b.amount + CASE WHEN h.unbooked > 0
			THEN h.unbooked::numeric * d.price_per_hour ELSE 0 END, 4)
	END AS amount
FROM hft.deployment d
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.amount), 0) AS amount,
		coalesce(bool_or(c.amount IS NULL), false) AS unknown
	FROM hft.cost c
	WHERE c.deployment_id = d.id AND c.kind = 'hosting') b
CROSS JOIN LATERAL (
	SELECT coalesce(extract(epoch FROM
			coalesce(d.gone_at, now()) - d.ready_at) / 3600, 0) AS hours,
		coalesce(extract(epoch FROM coalesce(d.gone_at, now())
			- coalesce(d.booked_until, d.ready_at)) / 3600, 0) AS unbooked) h;
COMMENT ON VIEW hft.deployment_cost IS
	'What each deployment costs by the hour and has cost so far; NULL: unknown, never free';
REVOKE ALL ON hft.deployment_cost FROM PUBLIC;
/* hft: curves and reports to look at */

CREATE FUNCTION hft.sparkline(curve float8[], width int DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_sparkline'
LANGUAGE C IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE;
COMMENT ON FUNCTION hft.sparkline(float8[], int) IS
	'A curve as one line of text, a character per value or, with more values than width, per stretch of them; NULL and NaN leave gaps';
REVOKE ALL ON FUNCTION hft.sparkline(float8[], int) FROM PUBLIC;

CREATE FUNCTION hft.sparkline(job bigint, width int DEFAULT 60)
RETURNS text
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
	SELECT string_agg(
		format('%s  %s  %s -> %s', rpad(c.label, 10),
			rpad(hft.sparkline(c.points, width), width),
			round(c.points[1]::numeric, 4),
			round(c.points[cardinality(c.points)]::numeric, 4)),
		E'\n' ORDER BY c.rank)
	FROM (
		SELECT n.label, n.rank, array_agg(m.value ORDER BY m.step) AS points
		FROM hft.metric m
		JOIN (VALUES ('train_loss', 'train', 1), ('valid_loss', 'valid', 2),
				('full_valid_loss', 'full valid', 3)) n (name, label, rank)
			ON n.name = m.name
		WHERE m.job_id = sparkline.job
			AND m.value NOT IN ('NaN', 'Infinity', '-Infinity')
		GROUP BY n.label, n.rank
		) c;
END;
COMMENT ON FUNCTION hft.sparkline(bigint, int) IS
	'Losses of a job, a line each: the curve, its first and its last value';
REVOKE ALL ON FUNCTION hft.sparkline(bigint, int) FROM PUBLIC;

CREATE FUNCTION hft.sparkline(job text, width int DEFAULT 60)
RETURNS text
LANGUAGE SQL STABLE PARALLEL UNSAFE
RETURN hft.sparkline(hft.job_id(job), width);
COMMENT ON FUNCTION hft.sparkline(text, int) IS
	'Losses of a job, a line each: the curve, its first and its last value';
REVOKE ALL ON FUNCTION hft.sparkline(text, int) FROM PUBLIC;

/*
 * These read as the caller, so that row-level security decides; the settings
 * make sure that the operators and formats they use are the server's.
 */
CREATE FUNCTION hft.loss_svg(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_loss_svg'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO';
COMMENT ON FUNCTION hft.loss_svg(bigint) IS
	'The loss history of a job as a self-contained SVG drawing';
REVOKE ALL ON FUNCTION hft.loss_svg(bigint) FROM PUBLIC;

CREATE FUNCTION hft.loss_svg(job text)
RETURNS text
LANGUAGE SQL STABLE STRICT PARALLEL UNSAFE
RETURN hft.loss_svg(hft.job_id(job));
COMMENT ON FUNCTION hft.loss_svg(text) IS
	'The loss history of a job as a self-contained SVG drawing';
REVOKE ALL ON FUNCTION hft.loss_svg(text) FROM PUBLIC;

CREATE FUNCTION hft.report(job bigint)
RETURNS text
AS 'MODULE_PATHNAME', 'hft_sql_report'
LANGUAGE C STABLE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET DateStyle = 'ISO';
COMMENT ON FUNCTION hft.report(bigint) IS
	'Everything that is known about a job as a self-contained HTML page';
REVOKE ALL ON FUNCTION hft.report(bigint) FROM PUBLIC;

CREATE FUNCTION hft.report(job text)
RETURNS text
LANGUAGE SQL STABLE STRICT PARALLEL UNSAFE
RETURN hft.report(hft.job_id(job));
COMMENT ON FUNCTION hft.report(text) IS
	'Everything that is known about a job as a self-contained HTML page';
REVOKE ALL ON FUNCTION hft.report(text) FROM PUBLIC;
/* hft: what everyone may see, and what a dump carries */

/*
 * Row-level security by owner: members of the owning role see its rows.
 * Reading needs SELECT, which hft.grant_access() gives; nobody but the
 * extension's owner writes.
 */
ALTER TABLE hft.dataset ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.dataset_version ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.dataset_split ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.example ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.finding ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.file ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.job ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.event ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.metric ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.checkpoint ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.model ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.import ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.cost ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.deployment ENABLE ROW LEVEL SECURITY;
ALTER TABLE hft.alias ENABLE ROW LEVEL SECURITY;

CREATE POLICY owner ON hft.dataset FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.dataset_version FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.file FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.job FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.import FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.cost FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.deployment FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.alias FOR SELECT
	USING (pg_catalog.pg_has_role(owner, 'MEMBER'));
CREATE POLICY owner ON hft.model FOR SELECT
	USING (owner IS NULL OR pg_catalog.pg_has_role(owner, 'MEMBER'));
-- rows that hang on a row with an owner: visible where that row is
CREATE POLICY owner ON hft.dataset_split FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.example FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.finding FOR SELECT
	USING (EXISTS (SELECT FROM hft.dataset_version v WHERE v.id = version_id));
CREATE POLICY owner ON hft.attempt FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id)
		OR EXISTS (SELECT FROM hft.deployment d WHERE d.id = deployment_id));
CREATE POLICY owner ON hft.event FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));
CREATE POLICY owner ON hft.metric FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));
CREATE POLICY owner ON hft.checkpoint FOR SELECT
	USING (EXISTS (SELECT FROM hft.job j WHERE j.id = job_id));

REVOKE ALL ON ALL TABLES IN SCHEMA hft FROM PUBLIC;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA hft FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA hft FROM PUBLIC;

SELECT pg_catalog.pg_extension_config_dump('hft.dataset', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_version', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_split', '');
SELECT pg_catalog.pg_extension_config_dump('hft.example', '');
SELECT pg_catalog.pg_extension_config_dump('hft.finding', '');
SELECT pg_catalog.pg_extension_config_dump('hft.file', '');
SELECT pg_catalog.pg_extension_config_dump('hft.job', '');
SELECT pg_catalog.pg_extension_config_dump('hft.attempt', '');
SELECT pg_catalog.pg_extension_config_dump('hft.event', '');
SELECT pg_catalog.pg_extension_config_dump('hft.metric', '');
SELECT pg_catalog.pg_extension_config_dump('hft.checkpoint', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model', '');
SELECT pg_catalog.pg_extension_config_dump('hft.cost', '');
SELECT pg_catalog.pg_extension_config_dump('hft.price', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.retirement', 'WHERE NOT shipped');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment', '');
SELECT pg_catalog.pg_extension_config_dump('hft.alias', '');
SELECT pg_catalog.pg_extension_config_dump('hft.import', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.dataset_version_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.file_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.job_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.attempt_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.model_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.cost_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.price_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.retirement_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.deployment_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.alias_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.import_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('hft.worker_epoch', '');
