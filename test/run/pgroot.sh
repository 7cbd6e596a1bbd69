#!/bin/sh
# pgroot.sh PG_CONFIG DEST: make a private copy of a PostgreSQL server
#
# The server finds its files relative to the place of its own binary, as long
# as the folders keep their distances.  So a copy of its bin, lib and share
# folders is a server of its own: an extension installed there is seen by
# nobody else, and nothing is written into the system.  DEST/pg_config is a
# link to the copy's pg_config.
set -eu

pg_config=$1
dest=$2

bindir=$("$pg_config" --bindir)
pkglibdir=$("$pg_config" --pkglibdir)
sharedir=$("$pg_config" --sharedir)
includedir=$("$pg_config" --includedir-server)

# The longest folder that holds all four.
prefix=$bindir
for dir in "$pkglibdir" "$sharedir" "$includedir"
do
	while case $dir/ in "$prefix"/*) false ;; esac
	do
		prefix=${prefix%/*}
	done
done

rm -rf "$dest"
mkdir -p "$dest"
for dir in "$bindir" "$pkglibdir" "$sharedir"
do
	# bin may lie inside another copied folder, or the other way round
	mkdir -p "$dest${dir#"$prefix"}"
	cp -a --reflink=auto "$dir/." "$dest${dir#"$prefix"}/"
done
rm -rf "$dest${pkglibdir#"$prefix"}/bitcode"

# A server built from source brings its own libpq.
libdir=$("$pg_config" --libdir)
case $libdir/ in
	"${prefix%/}"/*)
		if [ "$prefix" != /usr ]
		then
			mkdir -p "$dest${libdir#"$prefix"}"
			cp -a "$libdir"/libpq.so* "$dest${libdir#"$prefix"}/"
		fi
		;;
esac

# Headers are only read: a link is enough.
if [ ! -e "$dest${includedir#"$prefix"}" ]
then
	mkdir -p "$(dirname "$dest${includedir#"$prefix"}")"
	ln -s "$includedir" "$dest${includedir#"$prefix"}"
fi

# An hft that the system already has is not ours.
rm -f "$dest${sharedir#"$prefix"}"/extension/hft--*.sql \
	"$dest${sharedir#"$prefix"}"/extension/hft.control \
	"$dest${pkglibdir#"$prefix"}"/hft.so

ln -s ".${bindir#"$prefix"}/pg_config" "$dest/pg_config"
got=$("$dest${bindir#"$prefix"}/pg_config" --sharedir)
if [ "$(realpath "$got")" != "$(realpath "$dest${sharedir#"$prefix"}")" ]
then
	echo "pgroot.sh: $dest looks for its files in $got" >&2
	exit 1
fi
