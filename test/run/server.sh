#!/bin/sh
# server.sh start|stop|psql [psql's arguments]: a private server to try things on
#
# Runs the server of build/pgroot with hft preloaded, on a Unix socket only, and
# the emulator of the platforms on loopback, where the tutorial expects it; it
# ends by itself after a day.  Their data live below /tmp in a folder that
# belongs to this checkout; "stop" removes them.  Started by root they run as
# an unprivileged user, because initdb refuses root.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
bin=$("$top/build/pgroot/pg_config" --bindir)
home=/tmp/hft-dev-$(echo "$top" | cksum | cut -d' ' -f1)
port=8808

user=$(id -un)
if [ "$(id -u)" = 0 ]
then
	user=postgres
	id $user >/dev/null 2>&1 || user=nobody
fi

as_user()
{
	if [ "$(id -un)" = "$user" ]
	then
		"$@"
	else
		setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
			env -C / HOME="$home" PATH=/usr/bin:/bin "$@"
	fi
}

start_server()
{
	install -d -m 700 -o "$user" "$home"
	if [ ! -d "$home/data" ]
	then
		as_user "$bin/initdb" -D "$home/data" -A trust -U postgres -N \
			>"$home/initdb.log"
		as_user install -d -m 700 "$home/keys"
		as_user tee -a "$home/data/postgresql.conf" >/dev/null <<-CONF
			listen_addresses = ''
			unix_socket_directories = '$home'
			shared_preload_libraries = 'hft'
			fsync = off
			hft.secret_directory = '$home/keys'
			hft.allow_http_loopback = on
			hft.poll_interval = 300ms
		CONF
		for name in openai together
		do
			echo test-key-dev | as_user sh -c \
				'umask 077; cat >"$1"' - "$home/keys/$name.key"
		done
	fi
	as_user "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start >/dev/null
}

# A checkout may lie where the unprivileged user cannot read it.
start_emulator()
{
	rm -rf "$home/emulator" "$home/emulator.json"
	cp -r "$top/test/emulator" "$home/emulator"
	chmod -R a+rX "$home/emulator"
	chmod 711 "$home"
	as_user python3 "$home/emulator/emulator.py" --port "$port" \
		--port-file "$home/emulator.json" --max-seconds 86400 \
		--seconds-per-job 10 >"$home/emulator.log" 2>&1 &
	emulator=$!
	while [ ! -e "$home/emulator.json" ]
	do
		kill -0 $emulator 2>/dev/null || { cat "$home/emulator.log" >&2
			"$0" stop; exit 1; }
		sleep 0.1
	done
}

stop_emulator()
{
	[ ! -e "$home/emulator.json" ] || kill "$(sed -n \
		's/.*"pid": *\([0-9]*\).*/\1/p' "$home/emulator.json")" 2>/dev/null ||
		true
}

case ${1-} in
	start)
		start_server
		start_emulator
		echo "server:   PGHOST=$home, or: make psql"
		echo "emulator: http://127.0.0.1:$port, keys openai.key, together.key"
		;;
	stop)
		stop_emulator
		as_user "$bin/pg_ctl" -D "$home/data" -m fast stop
		rm -rf "$home"
		;;
	psql)
		shift
		exec "$bin/psql" -h "$home" -U postgres "$@"
		;;
	*)
		echo "usage: $0 start | stop | psql [arguments]" >&2
		exit 2
		;;
esac
