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
