#!/usr/bin/env python3
"""Build the four corpora of the tokenizer's bench from Debian packages.

    tok_corpora.py FOLDER

Downloads the packages below with apt-get (nothing is installed), takes their
texts apart, and writes english.rows, code.rows, multi.rows and chat.rows of
about 20 MB each: documents one after the other, each a little-endian length
of four bytes and then its UTF-8.
"""

import glob
import gzip
import html
import os
import random
import re
import struct
import subprocess
import sys

SIZE = 20_000_000
ENGLISH = ["postgresql-doc-15", "python3.11-doc", "debian-reference-en",
           "manpages", "manpages-dev"]
CODE = ["postgresql-server-dev-15", "libboost1.74-dev", "libpython3.11-stdlib",
        "perl-modules-5.36", "libstdc++-12-dev", "golang-1.19-src"]
MULTI = ["manpages-" + name for name in
         ("de", "es", "fr", "ja", "pl", "pt-br", "ru", "uk", "zh", "el",
          "tr", "vi", "ru-dev", "de-dev", "fr-dev", "ja-dev")]


def unpack(packages, folder):
    os.makedirs(folder, exist_ok=True)
    for name in packages:
        target = os.path.join(folder, name)
        if os.path.exists(target):
            continue
        subprocess.run(["apt-get", "download", "-qq", name], cwd=folder,
                       check=True)
        archive, = glob.glob(os.path.join(folder, name + "_*.deb"))
        subprocess.run(["dpkg", "-x", archive, target], check=True)


def read(path):
    opener = gzip.open if path.endswith(".gz") else open
    try:
        with opener(path, "rb") as file:
            return file.read().decode("utf-8")
    except (UnicodeDecodeError, OSError):
        return ""


def files(folder, packages, pattern):
    for name in packages:
        for top, _, names in sorted(os.walk(os.path.join(folder, name))):
            for file in sorted(names):
                path = os.path.join(top, file)
                if re.search(pattern, file) and os.path.isfile(path):
                    yield path


def plain(path):
    """The prose of a page: of HTML without its tags, of roff its lines."""
    text = read(path)
    if ".html" in path:
        text = re.sub(r"(?s)<(script|style|head).*?</\1>", "", text)
        text = html.unescape(re.sub(r"<[^>]*>", "", text))
        return re.sub(r"\n\s*\n+", "\n\n", text).strip()
    text = re.sub(r"(?m)^['.].*\n", "", text)
    return re.sub(r"\\f.|\\&|\\-", "", text).strip()


def documents(paths, convert):
    """A fixed random order, so that no corpus is all of one kind."""
    paths = list(paths)
    random.Random(1).shuffle(paths)
    total = 0
    for path in paths:
        text = convert(path)
        if len(text) > 200:
            total += len(text.encode())
            yield text
        if total > SIZE:
            return


def chat_rows(texts):
    draw = random.Random(2)
    for text in texts:
        words = text.split(" ")
        at = 0
        while at < len(words):
            size = draw.randint(10, 100)
            row = " ".join(words[at:at + size]).strip()[:600]
            at += size
            if len(row) >= 50:
                yield row


def write(folder, name, texts):
    count = size = 0
    with open(os.path.join(folder, name + ".rows"), "wb") as out:
        for text in texts:
            data = text.encode()
            out.write(struct.pack("<I", len(data)) + data)
            count += 1
            size += len(data)
    print(f"{name}: {count} documents, {size} bytes")


def main():
    folder = sys.argv[1]
    packages = os.path.join(folder, "packages")
    unpack(ENGLISH + CODE + MULTI, packages)
    page = r"\.(html|\d\w*(\.gz)?)$"
    english = list(documents(files(packages, ENGLISH, page), plain))
    write(folder, "english", english)
    write(folder, "code", documents(
        files(packages, CODE, r"\.(h|hpp|c|py|pm|go)$"), read))
    write(folder, "multi", documents(files(packages, MULTI, page), plain))
    write(folder, "chat", chat_rows(english))


if __name__ == "__main__":
    main()
