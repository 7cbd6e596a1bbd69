"""A server with hft preloaded, beside an emulator of the platforms.

The demonstration and the examples of the documentation run in one.  Nothing
of it is left at the end, however it ends.
"""

import contextlib
import json
import os
import subprocess
import time

from server import Server

START_SECONDS = 30
SETTINGS = """
hft.secret_directory = '{home}/keys'
hft.allow_http_loopback = on
hft.poll_interval = 300ms
"""


def write_keys(stage, server):
    """A key for each platform, kept as the rules want it."""
    folder = os.path.join(server.home, "keys")
    owner = (stage.user.pw_uid, stage.user.pw_gid)
    os.mkdir(folder, 0o700)
    os.chown(folder, *owner)
    for name in ("openai.key", "together.key"):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="ascii") as key:
            key.write("test-key-demo\n")
        os.chmod(path, 0o600)
        os.chown(path, *owner)


def wait_for_port(process, path):
    deadline = time.monotonic() + START_SECONDS
    while not os.path.exists(path):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the emulator did not start")
        time.sleep(0.05)
    with open(path, encoding="ascii") as file:
        return json.load(file)["port"]


@contextlib.contextmanager
def emulator(stage, seconds_per_job):
    """Start it; yield the address it listens on."""
    port_file = os.path.join(stage.path, "emulator.json")
    with open(os.path.join(stage.path, "emulator.log"), "wb") as log:
        process = subprocess.Popen(
            ["python3", "test/emulator/emulator.py", "--port", "0",
             "--port-file", port_file, "--parent-pid", str(os.getpid()),
             "--seconds-per-job", str(seconds_per_job)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            **stage.options())
    try:
        yield f"http://127.0.0.1:{wait_for_port(process, port_file)}"
    finally:
        process.terminate()
        process.wait(10)


@contextlib.contextmanager
def playground(stage, name, seconds_per_job):
    """Yield the server and the emulator's address."""
    with emulator(stage, seconds_per_job) as url, \
            Server(stage, name, True, SETTINGS) as server:
        write_keys(stage, server)
        yield server, url


class Psql:
    """Runs statements as somebody would who types them into psql."""

    def __init__(self, stage, server, folder, **environment):
        self.options = stage.options()
        self.options.update(cwd=folder)
        self.options["env"].update({"PGDATABASE": "postgres", **environment})
        self.command = [
            os.path.join(stage.bindir, "psql"), "-X", "-q",
            "-h", server.home, "-U", "postgres",
            "-v", "ON_ERROR_STOP=1", "-P", "pager=off"]

    def run(self, text, *more):
        """Return whether all went well, and what psql printed."""
        done = subprocess.run(
            [*self.command, *more], input=text, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=120,
            **self.options)
        return done.returncode == 0, done.stdout.rstrip()
