#!/usr/bin/env python3
"""Run the demonstration: the main job of hft from end to end.

Starts a private server with hft and the providers' emulator in a temporary
folder and runs test/demo/demo.sql there.  Both are gone at the end, however
it ends; the files that the demonstration made stay in build/demo.
"""

import json
import os
import shutil
import subprocess
import sys
import time

from server import Server
from stage import Stage

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
SCRIPT = "test/demo/demo.sql"
RESULTS = os.path.join(TOP, "build/demo")
START_SECONDS = 30
SETTINGS = """
hft.secret_directory = '{home}/keys'
hft.allow_http_loopback = on
"""


def write_key(stage, server):
    """The credential of the demonstration's user, as the rules want it."""
    folder = os.path.join(server.home, "keys")
    os.mkdir(folder, 0o700)
    path = os.path.join(folder, "demo.key")
    with open(path, "w", encoding="ascii") as key:
        key.write("test-key-demo\n")
    os.chmod(path, 0o600)
    for name in (folder, path):
        os.chown(name, stage.user.pw_uid, stage.user.pw_gid)


def start_emulator(stage):
    """Start it; return the process and the address it listens on."""
    port_file = os.path.join(stage.path, "emulator.json")
    process = subprocess.Popen(
        [sys.executable, "test/emulator/emulator.py", "--port", "0",
         "--port-file", port_file, "--parent-pid", str(os.getpid())],
        stdin=subprocess.DEVNULL, **stage.options())
    deadline = time.monotonic() + START_SECONDS
    while not os.path.exists(port_file):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise SystemExit("the emulator did not start")
        time.sleep(0.05)
    with open(port_file, encoding="ascii") as file:
        return process, f"http://127.0.0.1:{json.load(file)['port']}"


def run_script(stage, server, url):
    results = os.path.join(stage.path, "results")
    os.mkdir(results, 0o700)
    os.chown(results, stage.user.pw_uid, stage.user.pw_gid)
    code = subprocess.run(
        [os.path.join(stage.bindir, "psql"), "-X", "-q",
         "-h", server.home, "-U", "postgres", "-d", "postgres",
         "-v", "ON_ERROR_STOP=1", "-P", "pager=off",
         "-v", f"emulator={url}", "-v", f"results={results}",
         "-f", SCRIPT],
        stdin=subprocess.DEVNULL, check=False, **stage.options()).returncode
    shutil.rmtree(RESULTS, ignore_errors=True)
    shutil.copytree(results, RESULTS)
    return code


def main():
    stage = Stage(TOP, ("build/pgroot", "test"))
    try:
        with Server(stage, "demo", True, SETTINGS) as server:
            write_key(stage, server)
            emulator, url = start_emulator(stage)
            try:
                code = run_script(stage, server, url)
            finally:
                emulator.terminate()
                emulator.wait(10)
    finally:
        stage.remove()
    for name in sorted(os.listdir(RESULTS)):
        print(f"kept: build/demo/{name}")
    sys.exit(code)


if __name__ == "__main__":
    main()
