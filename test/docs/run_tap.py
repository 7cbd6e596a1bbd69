#!/usr/bin/env python3
"""Run the examples of the documentation, as TAP.

A document's ```sql blocks are run in order with psql, in a database of the
document's own, beside the emulator.  What stands in a ``` block right below
one is what psql must print; there "…" stands for anything: within a line, or
alone on a line for any number of lines.  A block may fail only where an ERROR
is to be seen below it.  A block below a line "<!-- repeats -->" is run until
it prints that, for what takes its time.

Only the platforms' addresses are not as printed: they become the emulator's.
README.md and the tutorial are always run, other documents when they contain
a line "<!-- runs -->".
"""

import glob
import os
import re
import subprocess
import sys
import time

TOP = os.environ["TESTDIR"]
sys.path.insert(0, os.path.join(TOP, "test/run"))

from examples import normalise, pattern_of, read_examples  # noqa: E402
from playground import Psql, playground  # noqa: E402
from stage import test_user  # noqa: E402

ALWAYS = ("README.md", "docs/tutorial.md")
MARK = "<!-- runs -->"
SECONDS_PER_JOB = 2
TUTORIAL_URL = "http://127.0.0.1:8808"
PATIENCE_SECONDS = 30


class Here:
    """The stage that this program was started in."""

    def __init__(self):
        self.path = TOP
        self.user = test_user()
        self.bindir = subprocess.check_output(
            [os.path.join(TOP, "build/pgroot/pg_config"), "--bindir"],
            text=True).strip()

    @staticmethod
    def options():
        return {"cwd": TOP, "env": dict(os.environ), "umask": 0o077}


def point_at_emulator(sql, url):
    """Let a statement talk to the emulator instead of the platform."""
    sql = sql.replace(TUTORIAL_URL, url)
    return re.sub(r"OPTIONS \(provider '(\w+)'\)",
                  rf"OPTIONS (provider '\1', base_url '{url}/\1/v1')", sql)


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = False

    def ok(self, right, what, *details):
        self.number += 1
        self.failed |= not right
        print(f"{'ok' if right else 'not ok'} {self.number} - {what}")
        if not right:
            for detail in details:
                print(*(f"#   {line}" for line in detail.splitlines()),
                      sep="\n")
        sys.stdout.flush()


def run_example(psql, sql, shown):
    """Return whether it printed what is shown, and what it printed."""
    good, output = psql.run(sql)
    output = normalise(output)
    may_fail = shown is not None and "ERROR:" in shown
    right = good != may_fail and (
        shown is None or pattern_of(shown).fullmatch(output) is not None)
    return right, output


def check_example(tap, psql, name, example, url):
    line, sql, shown, repeats = example
    sql = point_at_emulator(sql, url)
    deadline = time.monotonic() + (PATIENCE_SECONDS if repeats else 0)
    right, output = run_example(psql, sql, shown)
    while not right and time.monotonic() < deadline:
        time.sleep(0.2)
        right, output = run_example(psql, sql, shown)
    tap.ok(right, f"{name}:{line}", sql, "printed:", output)


def check_document(tap, stage, server, url, path):
    name = os.path.relpath(path, TOP)
    with open(path, encoding="utf-8") as text:
        examples = read_examples(text.read())
    database = re.sub(r"\W", "_", name)
    server.run("createdb", database)
    folder = os.path.join(TOP, database)
    os.mkdir(folder)
    psql = Psql(stage, server, folder, PGDATABASE=database)
    tap.ok(bool(examples), f"{name} has examples")
    for example in examples:
        check_example(tap, psql, name, example, url)


def documents():
    for path in sorted(glob.glob(os.path.join(TOP, "docs/*.md"))
                       + [os.path.join(TOP, "README.md")]):
        with open(path, encoding="utf-8") as text:
            marked = MARK in text.read().splitlines()
        if marked or os.path.relpath(path, TOP) in ALWAYS:
            yield path


def main():
    tap = Tap()
    stage = Here()
    found = list(documents())
    tap.ok(len(found) >= len(ALWAYS), "the documents are there")
    with playground(stage, "playground", SECONDS_PER_JOB) as (server, url):
        for path in found:
            check_document(tap, stage, server, url, path)
    print(f"1..{tap.number}")
    sys.exit(tap.failed)


if __name__ == "__main__":
    main()
