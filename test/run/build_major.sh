#!/bin/sh
# build_major.sh MAJOR [SUITE]: build another PostgreSQL to check hft with
#
# Debian 12 packages only PostgreSQL 15.  Newer majors come as source packages
# of later Debian suites (17: trixie, 18: sid), fetched by apt from the mirror
# that is configured for this system, with lists of its own: the system's apt
# configuration is left alone.  Prints the pg_config for "make check-majors".
#
# HFT_MAJORS (default build/majors-src) is where sources and servers stay.
set -eu

major=${1:?usage: build_major.sh MAJOR [SUITE]}
case $major in
	17) suite=${2:-trixie} ;;
	18) suite=${2:-sid} ;;
	*) suite=${2:?which Debian suite has PostgreSQL $major?} ;;
esac

top=$(cd "$(dirname "$0")/../.." && pwd)
home=${HFT_MAJORS:-$top/build/majors-src}
prefix=$home/pg$major
mkdir -p "$home"
home=$(cd "$home" && pwd)

# The last thing that is installed says that all of it is.
if [ -e "$prefix/share/postgresql/extension/pgtap.control" ]
then
	echo "$prefix/bin/pg_config"
	exit 0
fi

# fetch_source PACKAGE: its source archives into $home
fetch_source()
{
	package=$1
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' |
		awk '$2 == "Debian" { print $1; exit }')
	if [ -z "$mirror" ]
	then
		echo "no Debian mirror is configured; add one to apt's sources," \
			"or unpack the sources below $home yourself" >&2
		exit 1
	fi
	mkdir -p "$home/apt/lists/partial" "$home/apt/archives/partial"
	cat >"$home/apt/sources.list" <<-LIST
		deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main
	LIST
	set -- -q -o "Dir::Etc::SourceList=$home/apt/sources.list" \
		-o "Dir::Etc::SourceParts=/dev/null" \
		-o "Dir::State::Lists=$home/apt/lists" \
		-o "Dir::Cache=$home/apt" -o "APT::Sandbox::User=root"
	apt-get "$@" update >&2
	(cd "$home" && apt-get "$@" --download-only source "$package" >&2)
}

# unpack PACKAGE FOLDER: the sources as they were released, without Debian's
# patches, which would install libraries below /usr
unpack()
{
	[ ! -d "$2" ] || return 0
	# only the archive matters: mirrors may lack what lies beside it
	fetch_source "$1" || ls "$home/$1_"*.orig.tar.* >&2
	mkdir "$2.new"
	tar -xf "$home/$1_"*.orig.tar.* -C "$2.new" --strip-components 1
	mv "$2.new" "$2"
}

source=$home/src$major
unpack "postgresql-$major" "$source"

injection=
[ "$major" -lt 17 ] || injection=--enable-injection-points
cd "$source"
./configure --prefix="$prefix" --quiet --enable-cassert --enable-debug \
	--enable-tap-tests $injection --without-icu --without-readline \
	--with-openssl CFLAGS=-O1 >&2
make -s -j"$(nproc)" >&2
make -s install >&2
make -s -C contrib install >&2
make -s -C src/test/isolation install >&2

unpack pgtap "$home/pgtap$major"
make -s -C "$home/pgtap$major" install PG_CONFIG="$prefix/bin/pg_config" >&2
echo "$prefix/bin/pg_config"
