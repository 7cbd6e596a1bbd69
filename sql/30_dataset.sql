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
