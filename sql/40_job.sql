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
	deleted_at	timestamptz,
	exclusive	boolean NOT NULL DEFAULT false	-- of one job, found by it
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX file_live ON hft.file (server, owner, version_id, split, format)
	WHERE state NOT IN ('failed', 'deleted') AND NOT exclusive;
COMMENT ON TABLE hft.file IS
	'Copies of a version''s split at a provider; a live copy is used again instead of uploaded twice, unless it is exclusive';

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
	moved_at	timestamptz,		-- got further than ever before
	stalled_at	timestamptz,		-- and was told to hang; NULL: goes on
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
	info		jsonb,				-- what the platform tells: limits, flags
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
	database	oid,
	price_source text				-- provider, price:<id>
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
	revision	bigint NOT NULL DEFAULT 0,
	kind		text NOT NULL DEFAULT 'jobs' CHECK (kind IN ('jobs', 'models')),
	orphans_since timestamptz,		-- only tell of jobs of ours unknown here
	models_seen	int NOT NULL DEFAULT 0,
	models_changed int NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE hft.import IS
	'Runs of import_jobs and refresh_models: what an account already holds, and what the platform tells of models';

-- each start of a worker takes the next number: the fence of its writes
CREATE SEQUENCE hft.worker_epoch;
COMMENT ON SEQUENCE hft.worker_epoch IS
	'Numbers of background workers in this database; a later one doubts what earlier ones left open';

-- the timeline on which a worker last worked: another one means that the
-- server was promoted, perhaps without the last records
CREATE SEQUENCE hft.last_timeline;
COMMENT ON SEQUENCE hft.last_timeline IS
	'Timeline on which a worker last worked in this database; on another one it looks for what may have been lost';
