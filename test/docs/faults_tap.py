#!/usr/bin/env python3
"""Hold docs/faults.md against the tests that name a fault.

The page must not promise more than the tests hold: each test it lists names
the fault, and each fault that a test names has a row.  "faults_tap.py --write"
lists all tests that do; what a fault is and what happens is written by hand.
"""

import collections
import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
PAGE = os.path.join(TOP, "docs/faults.md")
TESTS = ("test/t/*.pl", "test/unit/test_*.c", "test/fuzz/fuzz_*.c",
         "test/sql/*.sql", "test/pgtap/*.sql", "test/specs/*.spec")
ROW = re.compile(r"^\| ([FK]\d\d) \| (.*) \| (.*) \| (.*) \|$")


def ids_in(text):
    """Ids in a text, with those in the middle of ranges such as K05-K08."""
    ids = set(re.findall(r"\b[FK]\d\d\b", text))
    for letter, first, last in re.findall(
            r"\b([FK])(\d\d)-(?:[FK])?(\d\d)\b", text):
        ids |= {f"{letter}{n:02}" for n in range(int(first), int(last) + 1)}
    return ids


def tests_by_id():
    found = collections.defaultdict(list)
    for pattern in TESTS:
        for path in sorted(glob.glob(os.path.join(TOP, pattern))):
            name = os.path.relpath(path, os.path.join(TOP, "test"))
            with open(path, encoding="utf-8") as file:
                for fault in ids_in(file.read()):
                    found[fault].append(name)
    return found


def cell(names):
    return ", ".join(f"`{name}`" for name in names) or "–"


def rewrite(lines, found):
    for line in lines:
        row = ROW.match(line)
        yield line if not row else "| {} | {} | {} | {} |".format(
            row[1], row[2], row[3], cell(found[row[1]]))


def check(lines, found):
    rows = {row[1]: set(re.findall("`([^`]+)`", row[4]))
            for row in map(ROW.match, lines) if row}
    yield len(rows) > 90, "the page has its rows", ""
    yield (sum(map(bool, rows.values())) > 60, "most of them list tests", "")
    for fault in sorted(set(rows) | set(found)):
        yield (fault in rows, f"{fault} has a row",
               f"named by {cell(found[fault])}")
        wrong = rows.get(fault, set()) - set(found[fault])
        yield (not wrong, f"{fault} is named by the tests it lists",
               f"not by {cell(sorted(wrong))}: run {sys.argv[0]} --write")


def main():
    with open(PAGE, encoding="utf-8") as file:
        lines = file.read().splitlines()
    found = tests_by_id()
    if sys.argv[1:] == ["--write"]:
        with open(PAGE, "w", encoding="utf-8") as file:
            file.write("\n".join(rewrite(lines, found)) + "\n")
        return
    results = list(check(lines, found))
    for number, (good, name, why) in enumerate(results, 1):
        print(f"{'ok' if good else 'not ok'} {number} - {name}")
        if not good:
            print("# " + why.replace("\n", "\n# "))
    print(f"1..{len(results)}")
    sys.exit(0 if all(good for good, _, _ in results) else 1)


if __name__ == "__main__":
    main()
