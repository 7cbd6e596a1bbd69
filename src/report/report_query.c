/*-------------------------------------------------------------------------
 *
 * report_query.c
 *	  What a report asks the catalog.
 *
 * The functions of hft.report and hft.loss_svg pin search_path, so operators
 * and functions are the server's own.  Unknown is NULL here, and is shown as
 * unknown, never as zero (P10).
 *
 *-------------------------------------------------------------------------
 */
#include "report/report_query.h"

#include <stddef.h>

#define MONEY(amount) \
	"'$' || round(" amount ", greatest(2, least(6," \
	" scale(trim_scale(" amount ")))))"
#define COUNT(number) "to_char(" number ", 'FM999,999,999,999,999')"
#define MOMENT(at) "to_char(" at ", 'YYYY-MM-DD HH24:MI:SS TZ')"
#define LOSS(value) "to_char(" value ", 'FM99999990.0000')"

const char *const hft_report_head =
"SELECT coalesce(j.name, 'Job ' || j.id),"
" concat_ws(', ', j.base_model, upper(j.method),"
"  coalesce(j.dataset || ' v' || v.number, j.dataset), j.server,"
"  'job ' || j.id),"
" j.state,"
" coalesce(j.error_message, CASE j.state WHEN 'needs_attention'"
"  THEN 'needs attention: ' || j.reason END),"
" j.error_hint,"
" 'Made on ' || " MOMENT("now()") " || ' by hft ' || e.extversion"
" FROM hft.job j"
" LEFT JOIN hft.dataset_version v ON v.id = j.version_id"
" LEFT JOIN pg_extension e ON e.extname = 'hft'"
" WHERE j.id = $1";

const char *const hft_report_tiles =
"SELECT t.label, t.value, t.note"
" FROM hft.job j"
" LEFT JOIN LATERAL (SELECT min(l.step) AS first, max(l.step) AS last"
"  FROM hft.metric l WHERE l.job_id = j.id AND l.name = 'train_loss') s"
"  ON true"
" LEFT JOIN hft.metric a ON a.job_id = j.id AND a.name = 'train_loss'"
"  AND a.step = s.first"
" LEFT JOIN hft.metric z ON z.job_id = j.id AND z.name = 'train_loss'"
"  AND z.step = s.last"
" LEFT JOIN LATERAL (SELECT m.name, m.step, m.value FROM hft.metric m"
"  WHERE m.job_id = j.id AND m.name IN ('full_valid_loss', 'valid_loss')"
"  ORDER BY m.name, m.value, m.step LIMIT 1) b ON true"
" CROSS JOIN LATERAL (VALUES"
"  (1, 'Training loss', " LOSS("z.value") ","
"   'from ' || " LOSS("a.value") " || ' at step ' || s.first),"
"  (2, 'Best validation loss', " LOSS("b.value") ","
"   'at step ' || b.step"
"   || CASE b.name WHEN 'valid_loss' THEN ', on a batch' ELSE '' END),"
"  (3, 'Bill', " MONEY("j.billed_amount") ","
"   'estimated ' || " MONEY("j.estimated_low")
"   || CASE WHEN j.estimated_high > j.estimated_low"
"    THEN ' to ' || " MONEY("j.estimated_high") " ELSE '' END),"
"  (4, 'Trained tokens', " COUNT("j.trained_tokens") ","
"   'estimated ' || " COUNT("j.estimated_tokens") "),"
"  (5, 'Steps', " COUNT("coalesce(j.steps_done, s.last)") ","
"   'of ' || " COUNT("j.steps_total") ")"
"  ) t (rank, label, value, note)"
" WHERE j.id = $1"
" ORDER BY t.rank";

const char *const hft_report_phases =
"SELECT p.name,"
" extract(epoch FROM greatest(p.until - p.since, interval '0'))::float8,"
" p.rank"
" FROM (SELECT x.name, x.rank, x.since, coalesce("
"   lead(x.since) OVER (ORDER BY x.rank), now()) AS until"
"  FROM hft.job j"
"  CROSS JOIN LATERAL (VALUES"
"   (1, 'waiting', j.submitted_at), (2, 'upload', j.uploading_at),"
"   (3, 'preparation', j.preparing_at), (4, 'creation', j.creating_at),"
"   (5, 'queue', j.queued_at), (6, 'training', j.running_at),"
"   (7, NULL, j.finished_at)) x (rank, name, since)"
"  WHERE j.id = $1 AND x.since IS NOT NULL AND NOT j.imported) p"
" WHERE p.name IS NOT NULL"
" ORDER BY p.rank";

const char *const hft_report_loss =
"SELECT l.step, l.train_loss, l.valid_loss, l.full_valid_loss"
" FROM hft.loss l WHERE l.job_id = $1 ORDER BY l.step";

const char *const hft_report_checkpoints =
"SELECT c.step FROM hft.checkpoint c WHERE c.job_id = $1 ORDER BY c.step";

const HftReportTable hft_report_tables[] = {
	{"What the curves say", true,
		"SELECT a.alert AS \"Alert\", a.message AS \"Evidence\""
		" FROM hft.loss_alerts($1) a"
	},
	{"Estimate and bill", false,
		"SELECT x.item AS \"Item\", x.tokens AS \"Tokens\","
		" x.amount AS \"Amount\""
		" FROM hft.job j CROSS JOIN LATERAL (VALUES"
		"  (1, 'Estimate, low', NULL,"
		"   " MONEY("j.estimated_low") "),"
		"  (2, 'Estimate, high', " COUNT("j.estimated_tokens") ","
		"   " MONEY("j.estimated_high") "),"
		"  (3, 'Quote of the platform', NULL, " MONEY("j.quoted_amount") "),"
		"  (4, 'Bill', " COUNT("j.trained_tokens") ","
		"   " MONEY("j.billed_amount") "),"
		"  (5, 'Bill to estimate', to_char(j.trained_tokens::numeric"
		"   / nullif(j.estimated_tokens, 0), 'FM999990.00'),"
		"   to_char(j.billed_amount / nullif(j.estimated_high, 0),"
		"   'FM999990.00'))"
		"  ) x (rank, item, tokens, amount)"
		" WHERE j.id = $1 AND coalesce(x.tokens, x.amount) IS NOT NULL"
		" ORDER BY x.rank"
	},
	{"Hyperparameters", false,
		"SELECT k.name AS \"Name\", j.hyperparameters ->> k.name AS \"Asked\","
		" j.effective ->> k.name AS \"Used\""
		" FROM hft.job j CROSS JOIN LATERAL ("
		"  SELECT jsonb_object_keys(j.hyperparameters)"
		"  UNION SELECT jsonb_object_keys(CASE jsonb_typeof(j.effective)"
		"   WHEN 'object' THEN j.effective ELSE '{}' END)) k (name)"
		" WHERE j.id = $1 ORDER BY k.name"
	},
	{"Lineage", true,
		"SELECT x.item AS \"Thing\", x.value AS \"Identity\""
		" FROM hft.job j"
		" LEFT JOIN hft.dataset_version v ON v.id = j.version_id"
		" LEFT JOIN hft.file t ON t.id = j.training_file_id"
		" LEFT JOIN hft.file u ON u.id = j.validation_file_id"
		" CROSS JOIN LATERAL (VALUES"
		"  (1, 'Data set', j.dataset || ' version ' || v.number),"
		"  (2, 'SHA-256 of its splits', encode(v.sha256, 'hex')),"
		"  (3, 'Query', ltrim(v.query, E'\\n')),"
		"  (4, 'Sealed', " MOMENT("v.created_at")
		"   || ' at ' || v.lsn || ', hft ' || v.hft_version),"
		"  (5, 'Training file', concat_ws(', ', t.remote_id,"
		"   " COUNT("t.bytes") " || ' bytes', 'SHA-256 ' || t.sha256)),"
		"  (6, 'Validation file', concat_ws(', ', u.remote_id,"
		"   " COUNT("u.bytes") " || ' bytes', 'SHA-256 ' || u.sha256)),"
		"  (7, 'Base model', j.base_model),"
		"  (8, 'Job at ' || j.server, j.remote_id"
		"   || coalesce(' (' || j.remote_state || ')', '')),"
		"  (9, 'Token', j.token::text),"
		"  (10, 'Tuned model', j.tuned_model),"
		"  (11, 'Promoted as', (SELECT string_agg(a.name || ' from '"
		"   || " MOMENT("a.valid_from") " || coalesce(' until '"
		"   || " MOMENT("a.valid_until") ", ' until now'), E'\\n'"
		"   ORDER BY a.valid_from)"
		"   FROM hft.alias a JOIN hft.model m ON m.id = a.model_id"
		"   WHERE m.job_id = j.id)),"
		"  (12, 'Submitted by', pg_get_userbyid(j.owner) || "
		"   CASE WHEN j.forced THEN ', despite errors' ELSE '' END)"
		"  ) x (rank, item, value)"
		" WHERE j.id = $1 AND x.value <> ''"
		" ORDER BY x.rank"
	},
	{"Splits", true,
		"SELECT s.split::text AS \"Split\", " COUNT("s.rows") " AS \"Rows\","
		" " COUNT("s.tokens") " AS \"Tokens\","
		" " COUNT("s.trained_tokens") " AS \"Trained tokens\","
		" " COUNT("s.longest") " AS \"Longest\","
		" " COUNT("s.bytes") " AS \"Bytes\""
		" FROM hft.job j JOIN hft.dataset_split s"
		" ON s.version_id = j.version_id"
		" WHERE j.id = $1 ORDER BY s.split"
	},
	{"Checkpoints", true,
		"SELECT c.step AS \"Step\","
		" coalesce(c.model, c.checkpoint_id) AS \"Model\","
		" " LOSS("l.train_loss") " AS \"Training loss\","
		" " LOSS("coalesce(l.full_valid_loss, l.valid_loss)")
		" AS \"Validation loss\","
		" CASE c.checkpoint_id WHEN b.checkpoint_id THEN 'best' END AS \" \""
		" FROM hft.checkpoint c"
		" LEFT JOIN hft.loss l ON l.job_id = c.job_id AND l.step = c.step"
		" LEFT JOIN hft.best_checkpoint($1) b ON b.measure IS NOT NULL"
		" WHERE c.job_id = $1 ORDER BY c.step"
	},
	{"Calls that cost money or leave traces", true,
		"SELECT a.kind AS \"Call\", " MOMENT("a.intended_at") " AS \"Intended\","
		" " MOMENT("a.settled_at") " AS \"Settled\", a.state AS \"Outcome\","
		" a.remote_id AS \"Made\""
		" FROM hft.attempt a WHERE a.job_id = $1 ORDER BY a.id"
	},
	{"Events", true,
		"SELECT " MOMENT("e.at") " AS \"Time\", e.level AS \"Level\","
		" e.message AS \"Message\""
		" FROM (SELECT * FROM hft.event e WHERE e.job_id = $1"
		"   AND e.type IS DISTINCT FROM 'metrics'"
		"  ORDER BY e.at DESC NULLS LAST, e.event_id DESC LIMIT 200) e"
		" ORDER BY e.at, e.event_id"
	},
	{NULL}
};
