#!/usr/bin/env python3
"""Play the demonstration: the main job of hft from end to end.

Starts a private server with hft and an emulator of the platforms in a
temporary folder, and plays test/demo/demo.sql there step by step: headline,
story, the SQL as it could be typed, its result.  Both are gone at the end,
however it ends; the files that were made stay in build/demo.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
import time

from playground import Psql, playground
from stage import Stage

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SCRIPT = os.path.join(TOP, "test/demo/demo.sql")
RESULTS = os.path.join(TOP, "build/demo")
PLATFORMS = ("openai", "together")
SECONDS_PER_JOB = 8
WATCH_SECONDS = 60
WIDTH = 92
BANNER = """\
hft: hosted fine-tuning, run from PostgreSQL

A private server and an emulator of OpenAI and Together AI, which really
learns, run on this machine for half a minute. No key is used, no money spent."""
FAREWELL = """
Nothing is left running. Look at build/demo/report.html and build/demo/loss.svg
in a browser; docs/tutorial.md goes on from here."""


class Failed(Exception):
    """A step did not do what it is there to show."""


class Screen:
    """Plain text, with some colour where somebody looks at a terminal."""

    def __init__(self):
        self.live = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def paint(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.live else text

    def headline(self, number, text, story):
        print(f"\n{self.paint('1;34', f'{number}. {text}')}")
        if story:
            print(self.paint("2", story))

    def sql(self, text):
        print(self.paint("36", text), flush=True)

    @staticmethod
    def result(lines):
        for line in lines:
            deeper = " " * (len(line) - len(line.lstrip()) + 2)
            for piece in textwrap.wrap(
                    line, WIDTH, subsequent_indent=deeper,
                    break_on_hyphens=False, drop_whitespace=False):
                print(f"  | {piece.rstrip()}")
        sys.stdout.flush()

    def progress(self, lines, first):
        """A table whose row changes: in place, or else row below row."""
        if self.live and not first:
            print("\033[A\033[K", end="")
        self.result(lines if first else lines[-1:])


def read_steps(text):
    """Cut the script into (headline, story, [(directives, statement)])."""
    steps = []
    for part in re.split(r"^-- == ", text, flags=re.MULTILINE)[1:]:
        headline, body = part.split("\n", 1)
        story = re.match(r"(?:-- (?!expect |watch$).*\n)*", body,
                         re.MULTILINE).group()
        statements = []
        for found in re.finditer(
                r"((?:-- .*\n)*)((?:(?!-- ).*\n)*?.*(?:;|\\g .*))\n",
                body[len(story):]):
            statements.append((found.group(1), found.group(2).strip()))
        steps.append((headline, re.sub("^-- ", "", story.rstrip(),
                                       flags=re.MULTILINE), statements))
    return steps


def lines_of(output):
    """What psql printed; of a single column only the values."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if len(lines) > 1 and re.fullmatch("-+", lines[1]):
        return [re.sub(r" *\+$", "", line[1:]) for line in lines[2:]]
    return lines


class Demo:
    def __init__(self, psql, url):
        self.screen = Screen()
        self.psql = psql
        self.urls = {f":'{name}'": f"'{url}/{name}/v1'" for name in PLATFORMS}

    def ask(self, sql):
        good, output = self.psql.run(sql, "-P", "footer=off")
        if not good:
            raise Failed(output)
        return lines_of(output)

    def watch(self, sql):
        """Repeat a statement until it has no rows."""
        deadline = time.monotonic() + WATCH_SECONDS
        shown = None
        while time.monotonic() < deadline:
            lines = self.ask(sql)
            if len(lines) < 3:
                return
            if lines != shown:
                self.screen.progress(lines, shown is None)
                shown = lines
            time.sleep(0.2 if self.screen.live else 2.5)
        raise Failed(f"not finished within {WATCH_SECONDS} seconds")

    def play(self, directives, sql):
        for word, url in self.urls.items():
            sql = sql.replace(word, url)
        self.screen.sql(sql)
        if "-- watch\n" in directives:
            self.watch(sql)
            return
        lines = self.ask(sql)
        self.screen.result(lines)
        expect = re.search("-- expect (.*)\n", directives)
        if expect and not any(re.search(expect.group(1), line)
                              for line in lines):
            raise Failed(f"the result is not as it should be: no line "
                         f"matches {expect.group(1)}")

    def run(self, steps):
        for number, (headline, story, statements) in enumerate(steps, 1):
            self.screen.headline(number, headline, story)
            for directives, sql in statements:
                self.play(directives, sql)


def keep(path, name):
    """Bring a file that was made into the checkout, for its owner."""
    if os.path.exists(path):
        target = os.path.join(RESULTS, name)
        shutil.copyfile(path, target)
        owner = os.stat(TOP)
        if os.geteuid() == 0:
            for made in (RESULTS, target):
                os.chown(made, owner.st_uid, owner.st_gid)


def perform(stage):
    """Return what went wrong, or None."""
    with open(SCRIPT, encoding="utf-8") as script:
        steps = read_steps(script.read())
    folder = os.path.join(stage.path, "made")
    os.mkdir(folder, 0o700)
    if os.geteuid() == 0:
        os.chown(folder, stage.user.pw_uid, stage.user.pw_gid)
    problem = None
    try:
        with playground(stage, "demo", SECONDS_PER_JOB) as (server, url):
            psql = Psql(stage, server, folder,
                        PGOPTIONS="-c client_min_messages=warning")
            Demo(psql, url).run(steps)
    except (Failed, subprocess.SubprocessError, OSError) as error:
        problem = getattr(error, "stdout", None) or str(error)
        keep(os.path.join(stage.path, "demo/log"), "server.log")
        keep(os.path.join(stage.path, "emulator.log"), "emulator.log")
    for name in sorted(os.listdir(folder)):
        keep(os.path.join(folder, name), name)
    return problem


def main():
    print(BANNER)
    shutil.rmtree(RESULTS, ignore_errors=True)
    os.makedirs(RESULTS)
    stage = Stage(TOP, ("build/pgroot", "test"))
    try:
        problem = perform(stage)
    finally:
        stage.remove()
    if problem:
        print(f"\nThe demonstration failed.\n{problem}\n"
              "The logs are in build/demo.", file=sys.stderr)
        sys.exit(1)
    print(FAREWELL)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted; nothing is left running.")
