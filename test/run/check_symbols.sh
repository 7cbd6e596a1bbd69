#!/bin/sh
# check_symbols.sh LIBRARY POSTGRES: does every symbol mean what we think?
#
# The linker accepts a library with functions that nobody defines, and at run
# time the server's own functions win over those of the libraries we use: a
# call of jansson's json_object() would reach the SQL function of that name.
set -eu
library=$1
postgres=$2
export LC_ALL=C

defined()
{
	nm -D --defined-only "$@" | awk 'NF == 3 { sub(/@.*/, "", $3); print $3 }' |
		sort -u
}

used=$(nm -D --undefined-only "$library" |
	awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }' | sort -u)

lacking=$(echo "$used" | grep '^hft_' || true)
if [ -n "$lacking" ]
then
	echo "$library uses functions that nobody defines:" $lacking >&2
	exit 1
fi

libraries=$(ldd "$library" | awk '/libcurl|libjansson|libcrypto/ { print $3 }')
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "$used" >"$folder/used"
defined "$postgres" >"$folder/server"
for one in $libraries
do
	defined "$one"
done | sort -u >"$folder/libraries"
taken=$(comm -12 "$folder/used" "$folder/server" |
	comm -12 - "$folder/libraries")
if [ -n "$taken" ]
then
	echo "both the server and a library define what $library uses:" \
		$taken >&2
	exit 1
fi
