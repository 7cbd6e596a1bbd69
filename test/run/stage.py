"""The place where suites with a server run.

The server refuses to run as root, and an unprivileged user may not be able
to enter the checkout.  So what these suites need is copied into a temporary
folder that belongs to that user; it is removed at the end, and every process
that still runs there is ended and held against the suite.
"""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

COPIED = ("build/pgroot", "build/pgroot-testing", "docs", "expected",
          "hft.control", "README.md", "sql", "test")


def test_user():
    """The user who runs servers: ourselves, unless we are root."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid())
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SystemExit("no unprivileged user to run a server as")


def clean_environment():
    """Our environment without what would steer clients elsewhere."""
    return {name: value for name, value in os.environ.items()
            if not name.startswith(("PG", "LC_", "MAKE", "MFLAGS"))
            and not name.lower().endswith("_proxy")}


class Stage:
    def __init__(self, top, copied=COPIED):
        self.top = top
        self.user = test_user()
        self.path = tempfile.mkdtemp(prefix="hft-test-", dir="/tmp")
        for name in copied:
            self.copy_in(name)
        os.mkdir(os.path.join(self.path, "tmp"))
        self.give_away()
        self.bindir = self.ask("--bindir")
        self.libdir = self.ask("--libdir")
        self.pgxs = os.path.dirname(os.path.dirname(self.ask("--pgxs")))

    def copy_in(self, name):
        source = os.path.join(self.top, name)
        target = os.path.join(self.path, name)
        if os.path.isdir(source):
            shutil.copytree(source, target, symlinks=True,
                            ignore=shutil.ignore_patterns("__pycache__"))
        elif os.path.exists(source):
            shutil.copy2(source, target)

    def give_away(self):
        if os.geteuid() != 0:
            return
        owner = (self.user.pw_uid, self.user.pw_gid)
        os.chown(self.path, *owner)
        for folder, folders, files in os.walk(self.path):
            for name in folders + files:
                os.lchown(os.path.join(folder, name), *owner)

    def ask(self, what):
        pg_config = os.path.join(self.path, "build/pgroot/pg_config")
        return subprocess.check_output([pg_config, what], text=True).strip()

    def options(self):
        """Arguments for Popen: who, where and with what environment."""
        environment = clean_environment()
        environment.update(
            HOME=self.path, TMPDIR=os.path.join(self.path, "tmp"),
            LANG="C.UTF-8", TZ="UTC", PYTHONDONTWRITEBYTECODE="1",
            PATH=f"{self.bindir}:/usr/bin:/bin",
            TESTDIR=self.path,
            TESTDATADIR=os.path.join(self.path, "tmp_check"),
            TESTLOGDIR=os.path.join(self.path, "tmp_check/log"),
            PG_REGRESS=os.path.join(self.pgxs, "test/regress/pg_regress"),
            PG_TEST_TIMEOUT_DEFAULT="60",
            HFT_TESTING_ROOT=os.path.join(self.path, "build/pgroot-testing"))
        if os.path.isdir(self.libdir):
            environment["LD_LIBRARY_PATH"] = self.libdir
        if "HFT_COVERAGE" in os.environ:
            environment["GCOV_PREFIX"] = self.path + "/build/gcov"
        options = {"cwd": self.path, "env": environment, "umask": 0o077}
        if os.geteuid() == 0:
            options.update(user=self.user.pw_uid, group=self.user.pw_gid,
                           extra_groups=[])
        return options

    def processes(self):
        """Processes whose working folder or program lies in the stage."""
        found = []
        for link in glob.glob("/proc/[0-9]*/cwd"):
            pid = int(link.split("/")[2])
            for name in ("cwd", "exe"):
                try:
                    if os.readlink(f"/proc/{pid}/{name}") \
                            .startswith(self.path):
                        found.append(pid)
                        break
                except OSError:
                    continue
        return [pid for pid in found if pid != os.getpid()]

    def end_processes(self):
        """End what a suite left running; return its command lines."""
        deadline = time.monotonic() + 5
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        left = []
        for pid in self.processes():
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as text:
                    left.append(text.read().replace(b"\0", b" ").decode())
                os.kill(pid, signal.SIGKILL)
            except OSError:
                continue
        return left

    def keep_coverage(self):
        """Bring what servers wrote about their lines to the objects."""
        written = self.path + "/build/gcov" + self.top
        if os.path.isdir(written):
            shutil.copytree(written, self.top, dirs_exist_ok=True)

    def remove(self):
        self.end_processes()
        self.keep_coverage()
        shutil.rmtree(self.path, ignore_errors=True)
