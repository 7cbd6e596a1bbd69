/* hft: what will stop to answer by itself, and what hangs */

/*
 * A tuned model ends with its base model, if not before.  What the platform
 * itself told goes before the table of days; unknown days are not listed.  A
 * deployment may end long before its model: asked by nobody, or of an age.
 * And a live job may make no progress.
 */
CREATE VIEW hft.at_risk WITH (security_invoker) AS
SELECT a.name AS alias, a.server, a.model, a.base_model, d.retires_on,
	d.retires_on - CURRENT_DATE AS days_left,
	r.replacement,
	COALESCE(j.billed_amount, j.estimated_high) AS retrain_cost,
	CASE
		WHEN j.billed_amount IS NOT NULL THEN 'bill'
		WHEN j.estimated_high IS NOT NULL THEN 'estimate'
	END AS retrain_cost_source,
	'retirement'::text AS risk, NULL::text AS deployment,
	m.job_id, NULL::timestamptz AS since, NULL::text AS detail
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
WHERE d.retires_on IS NOT NULL
UNION ALL
SELECT a.name, d.server, d.model, m.base_model, NULL,
	floor(extract(epoch FROM e.ends_at - now()) / 86400)::int,
	NULL, NULL, NULL, e.risk, d.name,
	d.job_id, NULL, NULL
FROM hft.deployment d
JOIN hft.deployment_cost u ON u.name = d.name
	AND u.since = d.ready_at
CROSS JOIN LATERAL (
	SELECT o.option_value AS provider
	FROM pg_foreign_server s
	CROSS JOIN LATERAL pg_options_to_table(s.srvoptions) o
	WHERE s.srvname = d.server
		AND o.option_name = 'provider'
	) p
CROSS JOIN LATERAL (
	SELECT l.idle, l.age
	FROM hft.deployment_limit l
	WHERE l.provider = p.provider
		AND d.options @> l.options
	ORDER BY l.shipped, l.options = '{}', l.id DESC
	LIMIT 1) l
CROSS JOIN LATERAL (VALUES
	('idle', COALESCE(u.last_used, d.ready_at) + l.idle),
	('age', d.ready_at + l.age)) e (risk, ends_at)
LEFT JOIN hft.model m ON m.server = d.server
	AND m.model = d.model
LEFT JOIN hft.current_alias a ON a.server = d.server
	AND a.model = d.model
WHERE d.state = 'ready'
	AND e.ends_at IS NOT NULL
UNION ALL
SELECT NULL, j.server, NULL, j.base_model, NULL, NULL, NULL,
	COALESCE(j.quoted_amount, j.estimated_high),
	CASE
		WHEN j.quoted_amount IS NOT NULL THEN 'quote'
		WHEN j.estimated_high IS NOT NULL THEN 'estimate'
	END,
	'stall', NULL, j.id, j.moved_at, v.message
FROM hft.job j
LEFT JOIN LATERAL (
	SELECT n.message
	FROM hft.event n
	WHERE n.job_id = j.id AND n.type = 'hft' AND n.level = 'warn'
		AND n.at >= j.stalled_at
	ORDER BY n.at
	LIMIT 1
	) v ON true
WHERE j.stalled_at IS NOT NULL
	AND j.state IN ('queued', 'running');
COMMENT ON VIEW hft.at_risk IS
	'What will stop to answer by itself, and in how many days: names whose model is retired, with what replaces the base model and what training again would cost; deployments that their platform deletes when idle, or at an age; and live jobs without progress, since when';
REVOKE ALL ON hft.at_risk FROM PUBLIC;
