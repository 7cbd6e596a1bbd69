#!/usr/bin/env python3
"""Run test suites of hft, print a summary, exit non-zero on a failure.

    run.py SUITE[,SUITE] [FILE...]   suites, or only some of their files
    run.py all                       every suite

Make builds what the suites need; this script only runs it.  Whole logs are
kept in build/test-logs, and the part of a log that tells of a failure is
printed, because in a continuous integration only the output is seen.
"""

import concurrent.futures
import glob
import os
import re
import shutil
import sys
import time

import stage as staging
from server import Server
from tap import Count, run_logged, run_tap

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
LOGS = os.path.join(TOP, "build/test-logs")
JOBS = 2
TAIL = 60
FILE_TIMEOUT = int(os.environ.get("TEST_TIMEOUT", "240"))
FUZZ_SECONDS = int(os.environ.get("FUZZ_SECONDS", "5"))
PRELOAD_MARK = "-- preload"


def log_name(suite, name=""):
    return os.path.join(LOGS, "-".join(filter(None, (suite, name))) + ".log")


def show_tail(log, lines=TAIL):
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as text:
            tail = text.read().splitlines()[-lines:]
        print(f"--- the end of {os.path.relpath(log, TOP)}")
        print("\n".join(tail))


def top_options():
    """Run in the checkout, as whoever called us."""
    environment = staging.clean_environment()
    environment.update(LANG="C.UTF-8", TZ="UTC",
                       PYTHONDONTWRITEBYTECODE="1",
                       ASAN_OPTIONS="abort_on_error=0:detect_leaks=1",
                       UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    return {"cwd": TOP, "env": environment}


class Runner:
    """Holds the stage, which is made when the first suite asks for it."""

    def __init__(self, only):
        self.only = only
        self.made_stage = None

    @property
    def stage(self):
        if self.made_stage is None:
            self.made_stage = staging.Stage(TOP)
        return self.made_stage

    def files(self, pattern):
        """The files of a suite, or those of them that were asked for."""
        found = sorted(glob.glob(os.path.join(TOP, pattern)))
        if self.only:
            wanted = {os.path.splitext(os.path.basename(name))[0]
                      for name in self.only}
            found = [name for name in found if
                     os.path.splitext(os.path.basename(name))[0] in wanted]
        return [os.path.relpath(name, TOP) for name in found]

    def programs(self, suite, commands, options, jobs=JOBS):
        """Run {name: command} as TAP programs, some at a time."""
        def one(item):
            name, command = item
            log = log_name(suite, name)
            count = run_tap(command, log, FILE_TIMEOUT, **options)
            count.problems = [f"{name}: {text}" for text in count.problems]
            return log, count

        total = Count()
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            for log, count in pool.map(one, commands.items()):
                total += count
                if count.failed:
                    show_tail(log)
        return total

    # ---- suites without a server

    def style(self):
        """The rules, and the tests of the rules and of this harness."""
        script = "test/run/check_style.py"
        return self.programs("style", {
            "tree": [sys.executable, script, "--tap"],
            "rules": [sys.executable, script, "--self-test"],
            "harness": [sys.executable, "test/run/test_harness.py"],
        }, top_options())

    def built_programs(self, suite, folder):
        names = [os.path.splitext(os.path.basename(name))[0]
                 for name in self.files("test/unit/test_*.c")]
        commands = {name: [os.path.join(TOP, folder, name)]
                    for name in names}
        return self.programs(suite, commands, top_options())

    def unit(self):
        return self.built_programs("unit", "build/unit")

    def asan(self):
        return self.built_programs("asan", "build/unit-asan")

    def emulator(self):
        commands = {"tests": [sys.executable, name] for name in
                    self.files("test/emulator/tests/run_tap.py")}
        return self.programs("emulator", commands, top_options())

    def fuzz(self):
        count = Count()
        for source in self.files("test/fuzz/fuzz_*.c"):
            name = os.path.splitext(os.path.basename(source))[0]
            grown = os.path.join(TOP, "build/fuzz", name + ".corpus")
            os.makedirs(grown, exist_ok=True)
            kept = os.path.join(TOP, "test/fuzz/corpus", name[len("fuzz_"):])
            log = log_name("fuzz", name)
            code = run_logged(
                [os.path.join(TOP, "build/fuzz", name), grown,
                 *filter(os.path.isdir, [kept]),
                 f"-max_total_time={FUZZ_SECONDS}", "-timeout=10",
                 "-rss_limit_mb=2048", "-print_final_stats=1",
                 f"-artifact_prefix={LOGS}/{name}-"],
                log, FUZZ_SECONDS + 120, **top_options())
            if code == 0:
                count.passed += 1
            else:
                count.fail(f"{name}: exit code {code}")
                show_tail(log)
        return count

    # ---- suites with a server

    def pg_regress(self, suite, program, files, preload=False):
        """Run pg_regress or its isolation sister against our own server.

        A server that pg_regress makes would have a superuser of our name,
        which differs from machine to machine.
        """
        if not files:
            return Count()
        stage = self.stage
        names = [os.path.splitext(os.path.basename(name))[0]
                 for name in files]
        log = log_name(suite)
        with Server(stage, suite, preload) as server:
            code = run_logged(
                [os.path.join(stage.pgxs, "test", program),
                 "--inputdir=test", "--outputdir=.",
                 f"--host={server.home}", "--user=postgres",
                 f"--bindir={stage.bindir}", "--encoding=UTF8",
                 f"--dbname={suite}", *names],
                log, FILE_TIMEOUT * 2, **stage.options())
        count = self.count_regress(log, names)
        if code is None:
            count.fail("timed out")
        elif code != 0 and not count.failed:
            count.fail(f"exit code {code}")
        if count.failed:
            self.keep_regress(suite, log)
        shutil.copytree(os.path.join(stage.path, "results"),
                        os.path.join(LOGS, "results"), dirs_exist_ok=True)
        return count

    @staticmethod
    def count_regress(log, names):
        """Read the verdicts: TAP since 16, "test NAME ... ok" before."""
        with open(log, encoding="utf-8", errors="replace") as text:
            output = text.read()
        count = Count()
        for name in names:
            verdict = re.search(
                rf"^(?:test {name} +\.\.\. (ok|FAILED)"
                rf"|((?:not )?ok) \d+ +[-+] {name}) ", output + " ",
                re.MULTILINE)
            if verdict and "ok" in verdict.groups():
                count.passed += 1
            else:
                count.fail(name)
        return count

    def keep_regress(self, suite, log):
        show_tail(log, 20)
        for name in ("regression.diffs", f"{suite}/log"):
            source = os.path.join(self.stage.path, name)
            if os.path.exists(source):
                kept = os.path.join(LOGS, f"{suite}-{os.path.basename(name)}")
                shutil.copyfile(source, kept)
                show_tail(kept, 200 if name.endswith("diffs") else TAIL)
                if name.endswith("diffs"):
                    os.remove(source)

    def by_preload(self, pattern):
        """Files that want hft preloaded say so in a first line."""
        plain, preloaded = [], []
        for name in self.files(pattern):
            with open(os.path.join(TOP, name), encoding="utf-8") as text:
                head = [text.readline() for _ in range(5)]
            marked = any(line.startswith(PRELOAD_MARK) for line in head)
            (preloaded if marked else plain).append(name)
        return plain, preloaded

    def regress(self):
        plain, preloaded = self.by_preload("test/sql/*.sql")
        count = self.pg_regress("regress", "regress/pg_regress", plain)
        count += self.pg_regress("regress_preload", "regress/pg_regress",
                                 preloaded, True)
        return count

    def isolation(self):
        return self.pg_regress("isolation", "isolation/pg_isolation_regress",
                               self.files("test/specs/*.spec"))

    def pgtap(self):
        count = Count()
        if not os.path.exists(os.path.join(self.stage.ask("--sharedir"),
                                           "extension/pgtap.control")):
            print("this server has no pgtap: skipped")
            count.skipped += 1
            return count
        for preload, files in enumerate(self.by_preload("test/pgtap/*.sql")):
            if files:
                name = "pgtap_preload" if preload else "pgtap"
                with Server(self.stage, name, bool(preload)) as server:
                    count += self.pgtap_files(server, files)
        return count

    def pgtap_files(self, server, files):
        """Each file gets a database of its own, with hft and pgtap."""
        server.run("psql", "-Xqd", "template1", "-c",
                   "CREATE EXTENSION pgtap; CREATE EXTENSION hft")
        commands = {}
        for path in files:
            name = os.path.splitext(os.path.basename(path))[0]
            server.run("createdb", name)
            commands[name] = [
                os.path.join(self.stage.bindir, "psql"), "-XqAt",
                "-h", server.home, "-U", "postgres", "-d", name,
                "-v", "ON_ERROR_STOP=1", "-P", "pager=off",
                "-f", path]
        return self.programs("pgtap", commands, self.stage.options())

    def perl(self):
        modules = os.path.join(self.stage.pgxs, "test/perl")
        commands = {
            os.path.splitext(os.path.basename(name))[0]:
            ["perl", f"-I{modules}", "-Itest/lib", name]
            for name in self.files("test/t/*.pl")}
        count = self.programs("perl", commands, self.stage.options())
        source = os.path.join(self.stage.path, "tmp_check/log")
        if os.path.isdir(source):
            kept = os.path.join(LOGS, "perl-nodes")
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(source, kept)
            for name in commands:
                if any(problem.startswith(f"{name}:")
                       for problem in count.problems):
                    show_tail(os.path.join(kept, f"regress_log_{name}"))
        return count

    def docs(self):
        commands = {
            os.path.splitext(os.path.basename(name))[0]: ["python3", name]
            for name in self.files("test/docs/*_tap.py")}
        return self.programs("docs", commands, self.stage.options())

    # ---- all together

    SUITES = ("style", "unit", "asan", "emulator", "regress", "isolation",
              "pgtap", "perl", "docs", "fuzz")

    def run_suite(self, name):
        started = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            count = getattr(self, name)()
        except Exception as error:      # a broken harness is a failure too
            count = Count()
            output = getattr(error, "stdout", None) or ""
            count.fail(f"the suite could not run: {error}\n{output}")
        if self.made_stage:
            for command in self.made_stage.end_processes():
                count.fail(f"left running: {command}")
        count.seconds = time.monotonic() - started
        return count

    def close(self):
        if self.made_stage:
            self.made_stage.remove()


def summarise(results):
    total = Count()
    lines = []
    for name, count in results.items():
        total += count
        skipped = f", {count.skipped} skipped" if count.skipped else ""
        lines.append(f"{name:12} {count.passed:6} passed, {count.failed} "
                     f"failed{skipped} ({count.seconds:.0f} s)")
        lines += [f"    {problem}" for problem in count.problems]
    lines.append(f"{total.passed} passed, {total.failed} failed")
    with open(os.path.join(LOGS, "summary"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    print("\n== summary", *lines, sep="\n", flush=True)
    return total.failed == 0


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    suites = Runner.SUITES if sys.argv[1] == "all" \
        else sys.argv[1].split(",")
    if set(suites) - set(Runner.SUITES):
        raise SystemExit(f"suites: all {' '.join(Runner.SUITES)}")
    os.makedirs(LOGS, exist_ok=True)
    runner = Runner(sys.argv[2:])
    try:
        results = {name: runner.run_suite(name) for name in suites}
    finally:
        runner.close()
    sys.exit(0 if summarise(results) else 1)


if __name__ == "__main__":
    main()
