#!/bin/sh
# npm_tokens.sh: how fast npm's native binding of tiktoken counts
#
# On the first MB of each corpus in build/corpora, one thread, the median of
# seven passes, in MB/s of processor time.  The package goes to build/peers.
set -eu

cd "$(dirname "$0")/../.."
if [ ! -e build/corpora/english.rows ]
then
	echo "no corpora: run test/bench/tok_corpora.py build/corpora"
	exit 0
fi
if [ ! -d build/peers/node_modules ]
then
	mkdir -p build/peers
	npm install --silent --prefix build/peers @anysphere/tiktoken-node@0.2.1
fi
exec node test/bench/npm_tokens.mjs
