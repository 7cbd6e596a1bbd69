#!/bin/bash
# tokens.sh [rows]: what counting tokens costs in SQL
#
# On one private server: the scan of a table of short rows with count_tokens()
# against the same scan with length(), in one process and with two workers;
# the first call of a new session; and what a session keeps under several
# settings of hft.token_cache.  Scans are run seven times, the median counts;
# processor time does not depend on who else uses the machine.
# Rows are made of the server's own descriptions; where build/corpora holds
# the texts of bench_tokens, the last part reads those of ten languages.
set -eu

rows=${1:-1000000}
top=$(cd "$(dirname "$0")/../.." && pwd)
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

# Processor and elapsed milliseconds of each statement on standard input.
timed()
{
	{
		printf '%s\n' 'SET client_min_messages = log;' \
			'SET log_statement_stats = on;'
		cat
	} | sql 2>&1 | sed -n \
		's/^!\t\([0-9.]*\) s user, \([0-9.]*\) s system, \([0-9.]*\) .*/\1 \2 \3/p' |
		awk '{ printf "%.1f %.1f\n", 1000 * ($1 + $2), 1000 * $3 }'
}

# Median of seven runs with so many workers: column 1 processor, 2 elapsed.
median()
{
	for _ in 1 2 3 4 5 6 7
	do
		printf '%s\n' "SET max_parallel_workers_per_gather = $1;" "$3;" |
			timed | tail -n 1
	done | cut -d' ' -f"$2" | sort -g | sed -n 4p
}

ratio()
{
	awk "BEGIN { printf \"%.2f\", $1 / $2 }"
}

chmod 755 "$work"
install -d -o "$user" "$work/data"
chown "$user" "$work"
trap stop EXIT
as_user "$bin/initdb" -D "$work/data" -A trust -U postgres -N >/dev/null
cat >>"$work/data/postgresql.conf" <<-EOF
	listen_addresses = ''
	unix_socket_directories = '$work'
	shared_buffers = 1GB
	fsync = off
	max_wal_size = 4GB
EOF
as_user "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w start >/dev/null

sql <<-EOF
	CREATE EXTENSION hft;
	CREATE TABLE word AS SELECT row_number() OVER () - 1 AS n, description
		FROM pg_description WHERE length(description) > 20;
	ALTER TABLE word ADD PRIMARY KEY (n);
	CREATE TABLE row AS
		SELECT a.description || ' ' || b.description || ' ' || i AS body
		FROM (SELECT count(*) AS n FROM word) c
		CROSS JOIN generate_series(1, $rows) i
		JOIN word a ON a.n = i % c.n
		JOIN word b ON b.n = i * 7919::bigint % c.n;
	ALTER TABLE row SET (parallel_workers = 2);
	VACUUM ANALYZE row;
EOF

grep -m 1 'model name' /proc/cpuinfo | sed 's/.*: //'
sql -c "SELECT count(*) || ' rows, ' || avg(length(body))::int || ' bytes, '
	|| sum(hft.count_tokens(body, 'gpt-4o')) || ' tokens' FROM row"

length='SELECT sum(length(body)) FROM row'
tokens="SELECT sum(hft.count_tokens(body, 'gpt-4o')) FROM row"
length_ms=$(median 0 1 "$length")
tokens_ms=$(median 0 1 "$tokens")
length_alone=$(median 0 2 "$length")
tokens_alone=$(median 0 2 "$tokens")
length_both=$(median 2 2 "$length")
tokens_both=$(median 2 2 "$tokens")
printf '%-28s %10s %10s %6s\n' 'median of 7, ms' 'length' 'tokens' 'ratio' \
	'one process, processor' "$length_ms" "$tokens_ms" \
	"$(ratio "$tokens_ms" "$length_ms")" \
	'one process, elapsed' "$length_alone" "$tokens_alone" \
	"$(ratio "$tokens_alone" "$length_alone")" \
	'two workers, elapsed' "$length_both" "$tokens_both" \
	"$(ratio "$tokens_both" "$length_both")" \
	'gain by two workers' "$(ratio "$length_alone" "$length_both")" \
	"$(ratio "$tokens_alone" "$tokens_both")" ''

echo 'a new session, ms: load the library, first count, second count'
for _ in 1 2 3
do
	printf '%s\n' '\timing on' "LOAD 'hft';" \
		"SELECT hft.count_tokens('Hello world', 'gpt-4o');" \
		"SELECT hft.count_tokens('Hello again', 'gpt-4o');" |
		sql | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | paste -sd' '
done

text=row
if [ -r "$top/build/corpora/multi.rows" ]
then
	text=multi
	sql -c 'CREATE TABLE multi (body text)'
	python3 - "$top/build/corpora/multi.rows" <<-EOF |
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		at = 0
		while at < len(data):
		    size, = struct.unpack_from("<I", data, at)
		    row = data[at + 4:at + 4 + size]
		    for old, new in ((b"\\\\", b"\\\\\\\\"), (b"\t", b"\\\\t"),
		                     (b"\n", b"\\\\n"), (b"\r", b"\\\\r")):
		        row = row.replace(old, new)
		    sys.stdout.buffer.write(row + b"\n")
		    at += 4 + size
	EOF
		sql -c 'COPY multi FROM STDIN'
fi
# Anonymous memory of a session, in kB.
kept='SELECT $$Kept: $$ || substring(pg_read_file(format(
	$$/proc/%s/smaps_rollup$$, pg_backend_pid())) FROM $$Anonymous: +(\d+)$$);'
echo "hft.token_cache: ms of the processor for scan 1 and 3 of $text, kB kept"
for cache in 256kB 1MB 4MB 8MB 16MB 64MB
do
	counts="SELECT sum(hft.count_tokens(body, 'gpt-4o')) FROM $text;"
	printf '%s\n' "SET max_parallel_workers_per_gather = 0;" \
		"SET hft.token_cache = '$cache';" \
		"SELECT hft.count_tokens('Hello', 'gpt-4o');" \
		"SELECT sum(length(body)) FROM $text;" "$kept" \
		'SET client_min_messages = log;' 'SET log_statement_stats = on;' \
		"$counts" "$counts" "$counts" 'RESET log_statement_stats;' "$kept" |
		sql 2>&1 | tr '\t' ' ' | awk -v cache="$cache" '
			/^! [0-9.]+ s user/ { time[++n] = 1000 * ($2 + $5) }
			/^Kept:/ { kept[++k] = $2 }
			END { printf "%-8s %8.0f %8.0f %8d\n", cache, time[1], time[3],
				kept[2] - kept[1] }'
done
