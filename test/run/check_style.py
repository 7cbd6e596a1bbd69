#!/usr/bin/env python3
"""Hold the tree to the rules of docs/CONTRIBUTING.md.

    check_style.py              print file:line: messages; exit 1 if any
    check_style.py --tap        the same, one TAP point for each rule
    check_style.py --self-test  each rule must catch its bad example
"""

import os
import sys

import style_c
import style_sql
from style_examples import EXAMPLES

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SKIPPED = {".git", "build", "results", "output_iso", "tmp_check", "log",
           "__pycache__"}
RULES = style_c.RULES + style_sql.RULES


def read_tree(top):
    """{path: text} of every file that is text."""
    tree = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or os.path.getsize(path) > 1 << 20:
                continue
            with open(path, "rb") as file:
                content = file.read()
            try:
                tree[os.path.relpath(path, top)] = content.decode("utf-8")
            except UnicodeDecodeError:
                continue
    # joined by make
    return {path: text for path, text in tree.items()
            if not path.startswith("hft--")}


def shown(rule, finding):
    path, line, message = finding
    return f"{path}:{line}: [{rule.__name__}] {message}"


def check(tap):
    tree = read_tree(TOP)
    failed = False
    for number, rule in enumerate(RULES, 1):
        findings = list(rule(tree))
        failed |= bool(findings)
        if tap:
            state = "not ok" if findings else "ok"
            print(f"{state} {number} - {rule.__doc__.splitlines()[0]}")
        for finding in findings:
            print(("# " if tap else "") + shown(rule, finding))
    if tap:
        print(f"1..{len(RULES)}")
    return failed


def self_test():
    """Every rule has a bad example it catches and a good one it lets pass."""
    number = 0
    failed = False
    for rule in RULES:
        bad, good = EXAMPLES.get(rule.__name__, ([], []))
        cases = [(tree, True) for tree in bad] + \
            [(tree, False) for tree in good]
        if not bad or not good:
            cases = [(None, True)]
        for tree, wanted in cases:
            number += 1
            found = list(rule(tree)) if tree is not None else []
            right = bool(found) == wanted
            failed |= not right
            print(f"{'ok' if right else 'not ok'} {number} - "
                  f"{rule.__name__} {'catches' if wanted else 'allows'} "
                  f"{sorted(tree) if tree else 'no example'}")
            if not right:
                for finding in found:
                    print("# " + shown(rule, finding))
    print(f"1..{number}")
    return failed


def main():
    arguments = sys.argv[1:]
    if arguments == ["--self-test"]:
        failed = self_test()
    elif arguments in ([], ["--tap"]):
        failed = check(bool(arguments))
    else:
        raise SystemExit(__doc__)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
