#!/usr/bin/env python3
"""Report which lines the suites reached: coverage.py BUILD_FOLDER

Reads every .gcda below the folder (unit programs and server processes write
their own), adds up the counts by source line, and prints a table.  Lines that
nothing reached are in coverage-missing.txt beside it.
"""

import collections
import gzip
import json
import os
import subprocess
import sys
import tempfile


def find(folder, ending):
    for where, _, names in os.walk(folder):
        for name in names:
            if name.endswith(ending):
                yield os.path.join(where, name)


def read_counts(top):
    """{source: {line: times reached}} over all data files."""
    counts = collections.defaultdict(collections.Counter)
    for data in find(top, ".gcda"):
        if not os.path.exists(data[:-len("gcda")] + "gcno"):
            continue
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run(["gcov", "--json-format", data], cwd=scratch,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, check=False)
            for report in find(scratch, ".gcov.json.gz"):
                with gzip.open(report) as file:
                    add_report(counts, top, json.load(file))
    return counts


def add_report(counts, top, report):
    for file in report["files"]:
        path = os.path.join(report["current_working_directory"],
                            file["file"])
        path = os.path.relpath(os.path.realpath(path), os.path.realpath(top))
        if path.startswith("src/"):
            for line in file["lines"]:
                counts[path][line["line_number"]] += line["count"]


def main():
    top = os.path.abspath(sys.argv[1])
    counts = read_counts(top)
    all_lines = all_reached = 0
    with open(os.path.join(top, "coverage-missing.txt"), "w",
              encoding="utf-8") as missing:
        for path, lines in sorted(counts.items()):
            reached = sum(1 for count in lines.values() if count)
            all_lines += len(lines)
            all_reached += reached
            print(f"{100 * reached / len(lines):6.1f} %  {path}")
            for number, count in sorted(lines.items()):
                if not count:
                    missing.write(f"{path}:{number}\n")
    if not all_lines:
        raise SystemExit("no coverage data was written")
    print(f"{100 * all_reached / all_lines:6.1f} %  of {all_lines} lines")


if __name__ == "__main__":
    main()
