"""Run programs that print TAP, and count what they say.

A program is held to the protocol, not to its exit code alone: a plan that is
missing or not kept, a time-out and a bad exit each count as one failure, so
that a test that dies early never looks green.
"""

import os
import re
import signal
import subprocess
import time

POINT = re.compile(r"^(not )?ok\b(?:\s+\d+)?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)(?:\s*#\s*skip\b.*)?", re.IGNORECASE)
DIRECTIVE = re.compile(r"#\s*(skip|todo)\b", re.IGNORECASE)


class Count:
    """How many points passed, failed and were skipped, and what went wrong."""

    def __init__(self, passed=0, failed=0, skipped=0, problems=()):
        self.passed = passed
        self.failed = failed
        self.skipped = skipped
        self.problems = list(problems)

    def __iadd__(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.problems += other.problems
        return self

    def fail(self, problem):
        self.failed += 1
        self.problems.append(problem)


def count_points(output):
    """Count the top-level points of TAP in a text; judge its plan."""
    count = Count()
    plan = None
    for line in output.splitlines():
        point = POINT.match(line)
        if point:
            directive = DIRECTIVE.search(point.group(2))
            if directive and directive.group(1).lower() == "skip":
                count.skipped += 1
            elif point.group(1) or directive:
                # an expected failure is a failure nobody repairs
                count.fail(line.strip())
            else:
                count.passed += 1
        elif PLAN.match(line):
            plan = int(PLAN.match(line).group(1))
        elif line.startswith("Bail out!"):
            count.fail(line.strip())
    seen = count.passed + count.failed + count.skipped
    if plan is None:
        count.fail("no plan was printed")
    elif plan != seen and not count.failed:
        count.fail(f"planned {plan} points, ran {seen}")
    return count


def stop_group(process):
    """End a program and what it started: politely, then for good."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, sig)
        except ProcessLookupError:
            return
        try:
            process.wait(5)
            return
        except subprocess.TimeoutExpired:
            continue


def run_logged(command, log, timeout, **options):
    """Run a command with its output in a file; return its exit code.

    None means that it did not finish in time.  The program gets a process
    group of its own and no standard input.
    """
    with open(log, "wb") as out:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, start_new_session=True, **options)
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            stop_group(process)


def run_tap(command, log, timeout, **options):
    """Run one TAP program and return its Count."""
    started = time.monotonic()
    code = run_logged(command, log, timeout, **options)
    with open(log, encoding="utf-8", errors="replace") as text:
        count = count_points(text.read())
    if code is None:
        took = time.monotonic() - started
        count.fail(f"timed out after {took:.0f} s")
    elif code != 0 and not count.failed:
        count.fail(f"exit code {code}")
    return count
