#!/bin/sh
# indent.sh [FILE...]: lay out the sources as PostgreSQL's pgindent does
#
# pg_bsd_indent has to know which words are types; they are collected from
# our headers and from the server's.
set -eu
cd "$(dirname "$0")/../.."

command -v pg_bsd_indent >/dev/null || {
	echo "install the package pg-bsd-indent first" >&2
	exit 1
}
[ $# -gt 0 ] || set -- src/*.[ch] src/*/*.[ch]

mkdir -p build
server=$("${PG_CONFIG:-pg_config}" --includedir-server)
{
	find "$server" src -name '*.[ch]' -exec \
		grep -hoE '^(\} ?|typedef [^(]*[ *])[A-Za-z_][A-Za-z0-9_]*;' {} + |
		sed -E 's/.*[ *}]([A-Za-z0-9_]+);$/\1/'
	find "$server" src -name '*.[ch]' -exec \
		grep -hoE '^typedef .*\(\*? ?[A-Za-z0-9_]+\) ?\(' {} + |
		sed -E 's/.*[ *(]([A-Za-z0-9_]+)\) ?\($/\1/'
	printf '%s\n' bool FILE size_t ssize_t time_t va_list json_t CURL CURLM \
		int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t \
		uintptr_t json_int_t json_error_t curl_off_t CURLcode CURLMcode \
		CURLMsg CURLoption curl_socket_t EVP_MD_CTX EVP_PKEY pthread_mutex_t
} | sort -u >build/typedefs.list

for file
do
	grep -q 'hft-style: generated' "$file" && continue
	pg_bsd_indent -bad -bap -bbb -bc -bl -cli1 -cp33 -cdb -nce -d0 -di12 \
		-nfc1 -i4 -l79 -lp -lpl -nip -npro -sac -tpg -ts4 \
		-Ubuild/typedefs.list "$file" build/indented >/dev/null
	# as pgindent: one blank before the star of a result type
	sed -i -E 's/^([A-Za-z_][^ \t(]*( [A-Za-z_]+)?)[ \t]+\*$/\1 */' build/indented
	cmp -s build/indented "$file" || cat build/indented >"$file"
done
