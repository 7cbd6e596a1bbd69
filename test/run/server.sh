#!/bin/sh
# server.sh start|stop|psql [psql's arguments]: a private server to try things on
#
# Runs the server of build/pgroot with hft preloaded, on a Unix socket only.
# Its data live below /tmp in a folder that belongs to this checkout; "stop"
# removes them.  Started by root it runs as an unprivileged user, because
# initdb refuses root.
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)
bin=$("$top/build/pgroot/pg_config" --bindir)
home=/tmp/hft-dev-$(echo "$top" | cksum | cut -d' ' -f1)

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
			env -C / HOME="$home" "$@"
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
		CONF
	fi
	as_user "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start
}

case ${1-} in
	start)
		start_server
		echo "socket folder, and PGHOST for clients: $home"
		;;
	stop)
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
