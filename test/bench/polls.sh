#!/bin/sh
# polls.sh [jobs [seconds]]: many live jobs on one worker
#
# A server of its own, JOBS rows of running jobs, and a responder that says of
# each that it still runs.  Two measurements:
#
#   rate      every job is always due: polls a second, and the processor time
#             of one, beside those of a bare curl_multi program that makes
#             the same requests (poll_bare.c) right before and after
#   lateness  an interval of 15 s: how long after their time polls are done,
#             sampled four times a second and thus rounded up; what the
#             worker costs meanwhile, and what it leaves behind
#
# With PROFILE=file perf records there what the worker does in the first part,
# and in file.calm what it does in the second.
set -eu

jobs=${1:-10000}
length=${2:-10}
here=$(cd "$(dirname "$0")" && pwd)
bin=$("$HFT_PGROOT/pg_config" --bindir)
work=$(mktemp -d /tmp/hft-bench-XXXXXX)
user=$(id -un)
[ "$user" != root ] || user=postgres
responder=

as_user()
{
	if [ "$(id -un)" = "$user" ]
	then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
			env -C / "$@"
	fi
}

sql()
{
	"$bin/psql" -XqAt -h "$work" -U postgres -v ON_ERROR_STOP=1 "$@" postgres
}

stop()
{
	[ -z "$responder" ] || kill "$responder" || :
	as_user "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || :
	rm -rf "$work"
}

configure()
{
	echo "$1" >>"$work/data/postgresql.conf"
	as_user "$bin/pg_ctl" -D "$work/data" reload >/dev/null
}

chmod 755 "$work"
install -d -o "$user" "$work/data"
install -d -o "$user" -m 0700 "$work/keys"
chown "$user" "$work"
trap stop EXIT
for program in poll_responder poll_bare
do
	gcc -O2 -Wall -o "$work/$program" "$here/$program.c" -lcurl
done
"$work/poll_responder" "$work/port" &
responder=$!
echo test-key >"$work/keys/bench.key"
chmod 600 "$work/keys/bench.key"
chown "$user" "$work/keys/bench.key"
as_user "$bin/initdb" -D "$work/data" -A trust -U postgres -N >/dev/null
cat >>"$work/data/postgresql.conf" <<CONF
listen_addresses = ''
unix_socket_directories = '$work'
shared_preload_libraries = 'hft'
hft.secret_directory = '$work/keys'
hft.allow_http_loopback = on
hft.poll_interval = 100ms
CONF
as_user "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null
port=$(cat "$work/port")

sql <<SQL
CREATE EXTENSION hft;
CREATE SERVER bench FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai', base_url 'http://127.0.0.1:$port/v1');
CREATE USER MAPPING FOR CURRENT_USER SERVER bench
	OPTIONS (key_file 'bench.key');
SELECT hft.pause();
INSERT INTO hft.job (owner, server, base_model, method, state, remote_id,
	remote_state, due_at, system_identifier, database)
SELECT current_user::regrole, 'bench', 'gpt-4o-mini-2024-07-18', 'sft',
	'running', 'ftjob-' || n, 'running', now(),
	(SELECT system_identifier FROM pg_control_system()),
	(SELECT oid FROM pg_database WHERE datname = current_database())
FROM generate_series(1, $jobs) n;
VACUUM ANALYZE hft.job;
SQL

bare()
{
	"$work/poll_bare" "$port" "$jobs" 4 "$(sql -c 'SHOW hft.max_requests')"
}

worker_pid()
{
	sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'hft worker'"
}

# Let the worker come, and find its pace.
resume()
{
	sql -c 'SELECT hft.resume()' >/dev/null
	while [ -z "$(worker_pid)" ]
	do
		sleep 0.1
	done
	sleep 2
}

# requests so far, clock, processor seconds of the worker
mark()
{
	sql -c "SELECT requests, extract(epoch FROM clock_timestamp()) FROM hft.worker" |
		tr '|' ' ' | tr '\n' ' '
	awk -v tick="$(getconf CLK_TCK)" '{ print ($14 + $15) / tick }' "/proc/$(worker_pid)/stat"
}

# two marks: polls (two requests each) a second, and processor share
between()
{
	printf '%s %s\n' "$1" "$2" | awk '{
		span = $5 - $2; printf "%.0f %.2f\n", ($4 - $1) / 2 / span, ($6 - $3) / span }'
}

bare1=$(bare)
resume
# the first poll of a job stores what the platform says of it
until [ "$(sql -c "SELECT count(*) FROM hft.job WHERE revision < 4")" = 0 ]
do
	sleep 1
done
from=$(mark)
[ -z "${PROFILE-}" ] || perf record -q -g -o "$PROFILE" -p "$(worker_pid)" -- \
	sleep "$length" &
sleep "$length"
ours=$(between "$from" "$(mark)")
sql -c 'SELECT hft.pause()' >/dev/null
bare2=$(bare)
echo "$jobs live jobs, all due: polls a second, processor seconds a second"
echo "bare_curl_before $bare1"
echo "worker $ours"
echo "bare_curl_after $bare2"
printf '%s %s %s\n' "$bare1" "$ours" "$bare2" | awk '{
	printf "rate_to_bare %.2f (goal 0.7)\n", 2 * $3 / ($1 + $5)
	printf "microseconds_a_poll %.0f bare %.0f ratio %.2f\n", 1e6 * $4 / $3,
		5e5 * ($2 / $1 + $6 / $5), ($2 / $1 + $6 / $5) / 2 / ($4 / $3) }'

# ---- lateness

configure 'hft.poll_interval = 15s'
# as they lie when they were submitted at different times
sql <<SQL
UPDATE hft.job SET due_at = now() + random() * interval '15 seconds';
VACUUM ANALYZE hft.job;
CREATE TABLE late (id bigint, due_at timestamptz, late interval);
SELECT pg_stat_reset();
SQL
resume
from=$(mark)
worker=$(worker_pid)
[ -z "${PROFILE-}" ] || perf record -q -g -o "$PROFILE.calm" -p "$worker" -- \
	sleep "$length" &
for _ in $(seq $((length * 12)))
do
	echo "INSERT INTO late SELECT id, due_at, clock_timestamp() - due_at
		FROM hft.job WHERE due_at < clock_timestamp();
		INSERT INTO late SELECT 0, NULL, '0'
		FROM pg_stat_activity WHERE pid = $worker AND backend_xmin IS NOT NULL
		AND state = 'idle';"
	sleep 0.25
done | sql
to=$(mark)
polls=$(printf '%s %s\n' "$from" "$to" | awk '{ print int(($4 - $1) / 2) }')
echo "interval 15 s, for $((length * 3)) s"
echo "polls $polls"
echo "worker $(between "$from" "$to")"
sql -c "
	WITH worst AS (SELECT extract(epoch FROM max(late)) AS late FROM late
			WHERE id > 0 GROUP BY id, due_at),
		polls AS (SELECT late FROM worst UNION ALL
			SELECT 0 FROM generate_series(1, $polls - (SELECT count(*) FROM worst)))
	SELECT format('lateness_seconds p50 %s p99 %s max %s (goal: p99 below 1)',
		round(percentile_disc(0.5) WITHIN GROUP (ORDER BY late), 2),
		round(percentile_disc(0.99) WITHIN GROUP (ORDER BY late), 2),
		round(max(late), 2)) FROM polls;
	SELECT format('snapshots_held_while_idle %s', count(*)) FROM late WHERE id = 0;
	SELECT format('dead_tuples %s hot_updates %s of %s, table %s',
		n_dead_tup, n_tup_hot_upd, n_tup_upd,
		pg_size_pretty(pg_relation_size('hft.job')))
	FROM pg_stat_user_tables WHERE relid = 'hft.job'::regclass"
awk '/VmRSS|RssAnon/ { print "worker_" $1, $2, $3 }' "/proc/$worker/status"
