"""A throw-away server of the stage, for suites that are plain SQL files."""

import os
import subprocess

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{home}'
fsync = off
max_connections = 20
max_prepared_transactions = 5
log_statement = 'none'
"""


class Server:
    def __init__(self, stage, name, preload, settings=""):
        self.stage = stage
        self.settings = SETTINGS + settings
        self.home = os.path.join(stage.path, name)
        self.data = os.path.join(self.home, "data")
        self.preload = preload

    def run(self, program, *arguments, **more):
        options = self.stage.options()
        options["env"]["PGHOST"] = self.home
        options["env"]["PGUSER"] = "postgres"
        return subprocess.run(
            [os.path.join(self.stage.bindir, program), *arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=True, timeout=60,
            **options, **more)

    def __enter__(self):
        owner = (self.stage.user.pw_uid, self.stage.user.pw_gid)
        os.mkdir(self.home, 0o700)
        os.chown(self.home, *owner)
        self.run("initdb", "-D", self.data, "-A", "trust", "-N",
                 "-U", "postgres", "--locale=C.UTF-8", "-E", "UTF8")
        with open(os.path.join(self.data, "postgresql.conf"), "a",
                  encoding="utf-8") as conf:
            conf.write(self.settings.format(home=self.home))
            if self.preload:
                conf.write("shared_preload_libraries = 'hft'\n")
        # a started server would keep the pipe of our output open
        options = self.stage.options()
        subprocess.run(
            [os.path.join(self.stage.bindir, "pg_ctl"), "-D", self.data,
             "-l", os.path.join(self.home, "log"), "-w", "start"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, check=True, timeout=60, **options)
        return self

    def __exit__(self, *unused):
        self.run("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")
