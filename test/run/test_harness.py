#!/usr/bin/env python3
"""Tests of the harness itself, as TAP.

A harness that counts wrongly makes every other test worthless, and it would
do so silently; so each way in which a test program can go wrong is played.
"""

import os
import sys
import tempfile
import time

from examples import normalise, pattern_of, read_examples
from run import Runner
from stage import clean_environment
from tap import count_points, run_logged, run_tap

OUTPUTS = [
    # output, (passed, failed, skipped)
    ("ok 1 - a\nok 2 - b\n1..2\n", (2, 0, 0), "all points pass"),
    ("1..2\nok 1 - a\nnot ok 2 - b\n", (1, 1, 0), "a failed point counts"),
    ("1..3\nok 1\nok 2\n", (2, 1, 0), "a plan that is not kept"),
    ("ok 1\nok 2\n", (2, 1, 0), "a plan that is missing"),
    ("", (0, 1, 0), "no output at all"),
    ("1..1\nok 1\nok 2\n", (2, 1, 0), "more points than planned"),
    ("1..0 # SKIP no such thing here\n", (0, 0, 0), "a file that is skipped"),
    ("1..2\nok 1 # skip none\nok 2\n", (1, 0, 1), "a point that is skipped"),
    ("1..1\nnot ok 1 - a # TO" "DO later\n", (0, 1, 0),
     "an expected failure is a failure"),
    ("1..1\n    ok 1 - inner\n    1..1\nok 1 - outer\n", (1, 0, 0),
     "points of a subtest do not count"),
    ("Bail out!  no server\n1..0\n", (0, 1, 0), "bailing out"),
]

REGRESS = [
    ("test a                        ... ok           13 ms\n", (1, 0), "15"),
    ("test a                        ... FAILED       13 ms\n", (0, 1), "15"),
    ("ok 1         - a                                13 ms\n", (1, 0), "17"),
    ("not ok 1     - a                                13 ms\n", (0, 1), "17"),
    ("test ab                       ... ok           13 ms\n", (0, 1),
     "15, another test's verdict"),
    ("", (0, 1), "any, no verdict"),
]

SHOWN = [
    # what a document shows, what psql printed, the same?
    (" a\n---\n 1\n(1 row)\n", " a  \n---\n 1\n(1 row)\n\n", True,
     "space at the ends of lines and of the output"),
    (" 1\n", " 2\n", False, "another value"),
    (" 1\n", " 1\n 1\n", False, "a line more"),
    (" 1\n 2\n", " 1\n", False, "a line less"),
    (" 1.5\n", " 125\n", False, "a dot that is no wildcard"),
    (" job-…-x\n", " job-a(b-x\n", True, "something within a line"),
    (" job-…\n", " job-a\n b\n", False, "more than the line's own rest"),
    (" 1\n…\n 2\n", " 1\n x\n y\n 2\n", True, "lines left out"),
    (" 1\n…\n 2\n", " 1\n 2\n", True, "no lines left out"),
    (" 1\n…\n 2\n", " 1\n x\n 3\n", False, "what follows lines left out"),
]

DOCUMENT = """\
```console
$ no
```
```sql
SELECT 1;
```

```
 1
```
```sql
SELECT 2;
```
Not its output:
```
 2
```
<!-- repeats -->
```sql
SELECT 3;
```
"""

number = 0
failures = 0


def ok(right, what):
    global number, failures
    number += 1
    failures += not right
    print(f"{'ok' if right else 'not ok'} {number} - {what}")


def python(text):
    return [sys.executable, "-c", text]


def test_examples():
    for shown, printed, same, what in SHOWN:
        ok((pattern_of(shown).fullmatch(normalise(printed)) is not None)
           == same, f"example: {what}")
    ok(read_examples(DOCUMENT) == [[4, "SELECT 1;\n", " 1\n", False],
                                   [11, "SELECT 2;\n", None, False],
                                   [19, "SELECT 3;\n", None, True]],
       "examples of a document")


def test_counting():
    for output, wanted, what in OUTPUTS:
        count = count_points(output)
        ok((count.passed, count.failed, count.skipped) == wanted, what)


def test_regress(folder):
    log = os.path.join(folder, "regress.log")
    for output, wanted, what in REGRESS:
        with open(log, "w", encoding="utf-8") as file:
            file.write(output)
        count = Runner.count_regress(log, ["a"])
        ok((count.passed, count.failed) == wanted, f"verdict of {what}")


def test_programs(folder):
    log = os.path.join(folder, "program.log")
    count = run_tap(python("print('ok 1\\n1..1')"), log, 20)
    ok((count.passed, count.failed) == (1, 0), "a program that is right")
    count = run_tap(python("print('ok 1\\n1..1'); exit(3)"), log, 20)
    ok((count.passed, count.failed) == (1, 1), "a bad exit code is a failure")
    started = time.monotonic()
    count = run_tap(python("import time\nprint('ok 1\\n1..1', flush=True)\n"
                           "time.sleep(60)"), log, 1)
    ok(count.failed == 1 and time.monotonic() - started < 20,
       "a program that hangs is ended and counted")


def test_left_overs(folder):
    """What a program leaves in its process group ends with it."""
    log = os.path.join(folder, "left.log")
    run_logged(["sh", "-c", "sleep 60 & echo $!"], log, 20)
    with open(log, encoding="ascii") as file:
        pid = int(file.read())
    deadline = time.monotonic() + 5
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    ok(not alive(pid), "a child left behind is ended")


def alive(pid):
    """Running, and not merely waiting to be collected."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_environment():
    os.environ.update(PGHOST="elsewhere", HTTP_PROXY="elsewhere",
                      LC_ALL="C", MAKEFLAGS="n")
    ok(not {"PGHOST", "HTTP_PROXY", "LC_ALL", "MAKEFLAGS"}
       & set(clean_environment()), "nothing steers the tests elsewhere")


def main():
    with tempfile.TemporaryDirectory() as folder:
        test_examples()
        test_counting()
        test_regress(folder)
        test_programs(folder)
        test_left_overs(folder)
        test_environment()
    print(f"1..{number}")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
