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

CREATE PROCEDURE hft.wait_for_deployment(
	name text, timeout interval DEFAULT NULL)
AS 'MODULE_PATHNAME', 'hft_sql_wait_for_deployment'
LANGUAGE C;
COMMENT ON PROCEDURE hft.wait_for_deployment(text, interval) IS
	'Waits until a deployment is ready; an error when it will not be, or not in time';
REVOKE ALL ON PROCEDURE hft.wait_for_deployment(text, interval) FROM PUBLIC;

-- when a model was last asked
CREATE INDEX cost_asked ON hft.cost (server, model, at)
	WHERE kind IN ('inference', 'evaluation');

/*
 * What is booked, and what has run up since.  One amount that is unknown
 * makes the sum unknown: less than the truth would be worse than nothing.
 * Idle is the time since the last answer, or since it stands.
 */
CREATE VIEW hft.deployment_cost WITH (security_invoker) AS
SELECT d.name, d.owner, d.server, d.model, d.state,
	trim_scale(d.price_per_hour) AS price_per_hour,
	d.ready_at AS since, d.gone_at AS until,
	round(h.hours::numeric, 2) AS hours,
	CASE WHEN NOT b.unknown THEN
		round(b.amount + CASE WHEN h.unbooked > 0
			THEN h.unbooked::numeric * d.price_per_hour ELSE 0 END, 4)
	END AS amount,
	u.last_used,
	round(h.idle::numeric, 2) AS idle_hours,
	round(h.idle::numeric * d.price_per_hour, 4) AS idle_amount
FROM hft.deployment d
CROSS JOIN LATERAL (
	SELECT coalesce(sum(c.amount), 0) AS amount,
		coalesce(bool_or(c.amount IS NULL), false) AS unknown
	FROM hft.cost c
	WHERE c.deployment_id = d.id AND c.kind = 'hosting') b
CROSS JOIN LATERAL (
	SELECT max(c.at) AS last_used
	FROM hft.cost c
	WHERE c.server = d.server AND c.model = d.model
		AND c.kind IN ('inference', 'evaluation')
		AND c.at >= d.ready_at
		AND c.at <= coalesce(d.gone_at, 'infinity')) u
CROSS JOIN LATERAL (
	SELECT coalesce(extract(epoch FROM
			coalesce(d.gone_at, now()) - d.ready_at) / 3600, 0) AS hours,
		coalesce(extract(epoch FROM coalesce(d.gone_at, now())
			- coalesce(d.booked_until, d.ready_at)) / 3600, 0) AS unbooked,
		extract(epoch FROM coalesce(d.gone_at, now())
			- coalesce(u.last_used, d.ready_at)) / 3600 AS idle) h;
COMMENT ON VIEW hft.deployment_cost IS
	'What each deployment costs by the hour and has cost so far, when it was last asked and what it cost since; NULL: unknown, never free';
REVOKE ALL ON hft.deployment_cost FROM PUBLIC;
