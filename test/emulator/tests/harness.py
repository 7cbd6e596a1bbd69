"""What the emulator's own tests share: a running emulator, calls to it over
HTTP and over a bare socket, rows to train on, and waiting with a deadline."""

import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from urllib.parse import urlencode, urlsplit

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
sys.path.insert(0, ROOT)

DEADLINE = 30.0
OPENAI_MODEL = "gpt-4.1-mini-2025-04-14"
TOGETHER_MODEL = "Qwen/Qwen3.5-9B"
TERMINAL = ("succeeded", "failed", "cancelled", "completed", "error",
            "user_error")


class Answer:
    """A response with its body parsed when it is JSON."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Emulator:
    """One emulator process, which ends with this one."""

    def __init__(self, *options):
        self.directory = tempfile.TemporaryDirectory(prefix="emulator-test-")
        port_file = os.path.join(self.directory.name, "port")
        self.log = open(os.path.join(self.directory.name, "log"), "w+b")
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "emulator.py"),
             "--port-file", port_file, "--parent-pid", str(os.getpid()),
             "--max-seconds", "600", *options], stderr=self.log)
        wait_until(lambda: os.path.exists(port_file), "the port file")
        with open(port_file, encoding="ascii") as file:
            self.facts = json.load(file)
        self.port = self.facts["port"]

    def stop(self):
        self.process.terminate()
        self.process.wait(10)
        self.log.seek(0)
        text = self.log.read().decode()
        self.log.close()
        self.directory.cleanup()
        return text

    def call(self, method, path, body=None, key="test-key-main",
             headers=None, port=None):
        """One request on a connection of its own. Dicts are sent as JSON."""
        headers = dict(headers or {})
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if key:
            headers.setdefault("Authorization", "Bearer " + key)
        connection = http.client.HTTPConnection("127.0.0.1",
                                                port or self.port,
                                                timeout=DEADLINE)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def control(self, method, path, body=None):
        answer = self.call(method, "/_control/" + path, body, key=None)
        if answer.status != 200:
            raise AssertionError("control %s: %s" % (path, answer.body))
        return answer.json

    def fault(self, match, **action):
        """Add a rule; returns its number."""
        return self.control("POST", "faults",
                            {"match": match, "action": action})["id"]

    def totals(self, dialect=None):
        query = "?dialect=" + dialect if dialect else ""
        return self.control("GET", "ledger" + query)["totals"]

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), DEADLINE)

    # -------------------------------------------------------- OpenAI's way

    def upload(self, data, name="rows.jsonl", base="/openai/v1",
               key="test-key-main", purpose="fine-tune"):
        body, headers = form({"purpose": purpose}, {"file": (name, data)})
        return self.call("POST", base + "/files", body, key, headers)

    def create(self, base="/openai/v1", key="test-key-main", **wish):
        wish.setdefault("model", OPENAI_MODEL)
        return self.call("POST", base + "/fine_tuning/jobs", wish, key)

    # ------------------------------------------------------ Together's way

    def together_upload(self, data, name="rows.jsonl", key="test-key-main",
                        **fields):
        """The id of a file, by redirect and PUT."""
        fields = dict({"purpose": "fine-tune", "file_name": name,
                       "file_type": "jsonl",
                       "checksum": hashlib.sha256(data).hexdigest()}, **fields)
        begun = self.call(
            "POST", "/together/v1/files", urlencode(fields), key,
            {"Content-Type": "application/x-www-form-urlencoded"})
        if begun.status != 302:
            return begun
        url = urlsplit(begun.headers["Location"])
        put = self.call("PUT", url.path + "?" + url.query, data, None,
                        port=url.port)
        assert put.status == 200, put.body
        return begun.headers["X-Together-File-Id"]

    def finished(self, path, key="test-key-main"):
        """The job at `path` once it is over; the clock is pushed on."""
        self.control("POST", "clock", {"advance": 60})

        def over():
            job = self.call("GET", path, key=key).json
            return job if job["status"] in TERMINAL else None
        return wait_until(over, "the end of " + path)


class EmulatorTest(unittest.TestCase):
    """A class of tests that share an emulator, reset between them. A
    traceback in the emulator's log fails the class."""

    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator(*cls.OPTIONS)

    @classmethod
    def tearDownClass(cls):
        log = cls.emulator.stop()
        if log:
            raise AssertionError("the emulator complained:\n" + log)

    def setUp(self):
        self.emulator.control("POST", "reset")


def wait_until(condition, what, seconds=DEADLINE):
    """The first true value of condition(), polled until a deadline."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + what)


def form(fields, files, boundary="xXboundaryXx"):
    """(body, headers) of a multipart form; files: name -> (filename, data)."""
    parts = []
    for name, value in fields.items():
        parts.append(b'--%s\r\nContent-Disposition: form-data; name="%s"\r\n'
                     b"\r\n%s\r\n" % (boundary.encode(), name.encode(),
                                      value.encode()))
    for name, (filename, data) in files.items():
        parts.append(b'--%s\r\nContent-Disposition: form-data; name="%s"; '
                     b'filename="%s"\r\nContent-Type: text/jsonl\r\n\r\n%s'
                     b"\r\n" % (boundary.encode(), name.encode(),
                                filename.encode(), data))
    parts.append(b"--%s--\r\n" % boundary.encode())
    return b"".join(parts), {
        "Content-Type": "multipart/form-data; boundary=" + boundary}


def chat_line(user, assistant, system="Answer with one word."):
    return json.dumps({"messages": [
        {"role": "system", "content": system},
        {"role": "user", "content": user},
        {"role": "assistant", "content": assistant}]}).encode() + b"\n"


def colours(count=30, mark=""):
    """`count` rows of each of three easy classes; `mark` makes another
    file of it."""
    return b"".join(chat_line("the %s thing %d%s" % (colour, number, mark),
                              colour)
                    for number in range(count)
                    for colour in ("red", "green", "blue"))


def resident_kib(pid):
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    raise AssertionError("no VmRSS")
