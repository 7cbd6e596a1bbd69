#!/bin/sh
# snapshot.sh [rows]: the cost of sealing and exporting a data set
#
# Compares, in one run on one private server, snapshot_dataset with CREATE
# TABLE AS SELECT json_build_object(...) of the same rows, and export_jsonl
# with COPY of the same expression.  Processor time is what is compared: it
# does not depend on who else uses the machine.  Each is run three times and
# the least counts.
set -eu

rows=${1:-200000}
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

# The server's processor seconds for a command: user and system.
seconds()
{
	printf '%s\n' "SET client_min_messages = log;" \
		"SET log_statement_stats = on;" "$1" | sql 2>&1 >/dev/null |
		sed -n 's/^!\t\([0-9.]*\) s user, \([0-9.]*\) s system, .*/\1 \2/p' |
		awk '{ sum = $1 + $2 } END { print sum }'
}

least()
{
	for _ in 1 2 3
	do
		[ -z "${2-}" ] || echo "$2" | sql >/dev/null
		seconds "$1"
	done | sort -g | head -n 1
}

stop()
{
	as_user "$bin/pg_ctl" -D "$work/data" -m immediate stop >/dev/null || :
	rm -rf "$work"
}

chmod 755 "$work"
install -d -o "$user" "$work/data"
chown "$user" "$work"
trap stop EXIT
as_user "$bin/initdb" -D "$work/data" -A trust -U postgres -N >/dev/null
as_user "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start -o \
	"-c listen_addresses='' -k $work -c fsync=off -c max_wal_size=4GB -c autovacuum=off" \
	>/dev/null

json="json_build_object('messages', json_build_array(
	json_build_object('role', 'system', 'content', sys),
	json_build_object('role', 'user', 'content', q),
	json_build_object('role', 'assistant', 'content', a)))"
sql <<SQL
CREATE EXTENSION hft;
CREATE TABLE plain ();
CREATE TABLE source AS SELECT g AS id,
	'You are a support agent. Classify the ticket.'::text AS sys,
	'Ticket ' || g || ': my order ' || md5(g::text) || ' has not arrived, and '
	'the page says "unknown parcel". Could you look into it?' AS q,
	'shipping_' || g % 17 AS a
FROM generate_series(1, $rows) g;
VACUUM ANALYZE source;
SQL

query="SELECT id, sys AS system, q AS \"user\", a AS assistant FROM source"
ctas=$(least "CREATE TABLE plain AS SELECT $json AS line FROM source;" \
	"DROP TABLE plain;")
snapshot=$(least "SELECT hft.snapshot_dataset('bench');" \
	"DELETE FROM hft.dataset; VACUUM hft.example;
	 SELECT hft.create_dataset('bench', '$query');")
copy=$(least "COPY (SELECT $json FROM source) TO STDOUT;")
export=$(least "SELECT hft.export_jsonl('bench');")
again=$(least "SELECT hft.snapshot_dataset('bench');")

echo "$rows rows, processor seconds of the server"
echo "create_table_as $ctas"
echo "snapshot_dataset $snapshot"
echo "snapshot_dataset_unchanged $again"
echo "copy_json_build_object $copy"
echo "export_jsonl $export"
ratio()
{
	echo "$1 $2" | awk '{ printf "%.2f\n", $1 / $2 }'
}
echo "snapshot_to_create_table_as $(ratio "$snapshot" "$ctas") (goal 1.5)"
echo "export_to_copy $(ratio "$export" "$copy") (goal below 1)"
