#!/bin/sh
# copy_tree.sh DEST: copy the sources, without anything built, to a new folder
set -eu
dest=$1
rm -rf "$dest"
mkdir -p "$dest"
tar -cf - --exclude-vcs --exclude=./build --exclude='*.o' --exclude='*.d' \
	--exclude='*.bc' --exclude='*.so' --exclude='./hft--*.sql' \
	--exclude=__pycache__ . | tar -xf - -C "$dest"
