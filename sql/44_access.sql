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
		'chunk_tokens', 'fits', 'count_tokens_detail', 'message', 'messages',
		'convert', 'check_example', 'rules',
		'create_dataset', 'alter_dataset', 'drop_dataset',
		'snapshot_dataset', 'check_dataset', 'profile_dataset',
		'diff_dataset', 'verify_dataset', 'export_jsonl',
		'explain_job', 'submit_job', 'job_id', 'wait_for',
		'wait_for_deployment',
		'cancel_job', 'pause_job', 'resume_job', 'retry_job', 'adopt_job',
		'import_jobs', 'refresh_models', 'worker_status',
		'find_price', 'price_of', 'find_retirement',
		'providers', 'provider_operations', 'provider_options',
		'compare_providers',
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
