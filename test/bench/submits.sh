#!/bin/sh
# submits.sh [seconds]: how fast jobs are submitted
#
# A server of its own, whose worker is paused, and two data sets of ten rows.
#
#   rate    two clients, each submit in a transaction of its own, for SECONDS;
#           beside it the same with an INSERT of one small row, which is what
#           a commit costs here
#   growth  10, 100, ... submits in one statement (COUNTS="10 100 100000" for
#           others): processor time of each
set -eu

length=${1:-10}
bin=$("$HFT_PGROOT/pg_config" --bindir)
work=$(mktemp -d /tmp/hft-bench-XXXXXX)
user=$(id -un)
[ "$user" != root ] || user=postgres

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
	as_user "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || :
	rm -rf "$work"
}

# The server's processor seconds for a statement: user and system.
seconds()
{
	printf '%s\n' "SET client_min_messages = log;" \
		"SET log_statement_stats = on;" "$1" | sql 2>&1 >/dev/null |
		sed -n 's/^!\t\([0-9.]*\) s user, \([0-9.]*\) s system, .*/\1 \2/p' |
		awk '{ sum = $1 + $2 } END { print sum }'
}

# transactions a second of two clients that run a script
rate()
{
	echo "$1" >"$work/script"
	"$bin/pgbench" -h "$work" -U postgres -n -c 2 -j 1 -T "$length" \
		-f "$work/script" postgres 2>/dev/null |
		awk '/^tps/ { printf "%.0f\n", $3 }'
}

chmod 755 "$work"
install -d -o "$user" "$work/data"
install -d -o "$user" -m 0700 "$work/keys"
chown "$user" "$work"
trap stop EXIT
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
CONF
as_user "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null
sql <<'SQL' >/dev/null
CREATE EXTENSION hft;
SELECT hft.pause();
CREATE SERVER bench FOREIGN DATA WRAPPER hft
	OPTIONS (provider 'openai', base_url 'http://127.0.0.1:9/v1');
CREATE USER MAPPING FOR CURRENT_USER SERVER bench
	OPTIONS (key_file 'bench.key');
CREATE TABLE source AS SELECT g AS id, 'Is ' || g || ' odd or even?' AS prompt,
	CASE g % 2 WHEN 0 THEN 'even' ELSE 'odd' END AS completion
FROM generate_series(1, 10) g;
CREATE TABLE plain (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
SELECT hft.create_dataset('small' || n, 'SELECT id, prompt, completion FROM source',
	validation => 0) FROM generate_series(0, 1) n;
SELECT hft.snapshot_dataset('small' || n) FROM generate_series(0, 1) n;
SQL

model=gpt-4o-mini-2024-07-18
# a data set for each client: whoever takes a snapshot locks its data set
submit="SELECT hft.submit_job('small' || :client_id, 'bench', '$model');"
commits=$(rate "INSERT INTO plain (note) VALUES ('x');")
submits=$(rate "$submit")
echo "two clients, a transaction each, a second"
echo "inserts $commits"
echo "submits $submits (goal 1000)"
echo "submits in one statement, processor microseconds of the server each"
for count in ${COUNTS-10 100 1000 10000}
do
	seconds "SELECT count(hft.submit_job('small0', 'bench', '$model'))
		FROM generate_series(1, $count);" |
		awk -v count="$count" '{ printf "%d %.0f\n", count, 1e6 * $1 / count }'
done
