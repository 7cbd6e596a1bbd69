#!/bin/sh
# packages.sh: install the Debian packages that building and testing need
#
# Asks dpkg first, so that a machine that has everything needs no network and
# no root.
set -eu

packages="
	gcc make clang libclang-rt-14-dev
	postgresql-15 postgresql-server-dev-15 postgresql-15-pgtap
	libcurl4-openssl-dev libjansson-dev libkrb5-dev libssl-dev
	libipc-run-perl perl python3 zstd
"

missing=
for package in $packages
do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) in
		installed) ;;
		*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]
then
	echo "These packages are missing; install them as root:" >&2
	echo "    apt-get install$missing" >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
# Debian would create and start a cluster of its own: we need none.
if [ ! -e /etc/postgresql-common/createcluster.conf ]
then
	mkdir -p /etc/postgresql-common
	echo 'create_main_cluster = false' \
		>/etc/postgresql-common/createcluster.conf
fi
apt-get -q update
# shellcheck disable=SC2086
apt-get -q install -y --no-install-recommends $missing
