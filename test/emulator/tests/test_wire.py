"""The server understands HTTP/1.1 as clients really send it, refuses what is
not HTTP, and holds no body in memory."""

import contextlib
import http.client
import json
import os
import re
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
from urllib.parse import urlsplit

from harness import (ROOT, Emulator, EmulatorTest, colours, form,
                     resident_kib, wait_until)
from answers import GENERATORS, MUTATIONS
from faults import ACTION, MATCH
from world import DEFAULTS

V1 = "/openai/v1"
AUTH = "Authorization: Bearer test-key-main\r\n"


class Requests(EmulatorTest):
    def ask(self, data, pieces=None):
        """What comes back for these bytes, sent in pieces of that size."""
        sock = self.emulator.connect()
        step = pieces or len(data)
        for start in range(0, len(data), step):
            sock.sendall(data[start:start + step])
        answer = b""
        while piece := sock.recv(65536):
            answer += piece
        sock.close()
        return answer

    def get(self, extra="", version="HTTP/1.1"):
        return ("GET %s/models %s\r\nHost: x\r\n%s%s\r\n" % (
            V1, version, AUTH, extra)).encode()

    def test_byte_by_byte(self):
        answer = self.ask(self.get("Connection: close\r\n"), 1)
        self.assertTrue(answer.startswith(b"HTTP/1.1 200"))

    def test_http10_is_closed(self):
        self.assertIn(b"Connection: close",
                      self.ask(self.get(version="HTTP/1.0")))

    def test_two_requests_at_once(self):
        answer = self.ask(self.get() + self.get("Connection: close\r\n"))
        self.assertEqual(answer.count(b"HTTP/1.1 200"), 2)

    def test_refused_heads(self):
        for data, status in ((b"nonsense\r\n\r\n", b"400"),
                             (b"GET / HTTP/3\r\n\r\n", b"505"),
                             (b"GET / HTTP/1.1\r\nbad line\r\n\r\n", b"400"),
                             (b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                              b"400"),
                             (self.get("X: " + "y" * 70000 + "\r\n"), b"431")):
            with self.subTest(data=data[:40]):
                self.assertTrue(self.ask(data).startswith(
                    b"HTTP/1.1 " + status))

    def test_chunked_upload(self):
        body, headers = form({"purpose": "fine-tune"},
                             {"file": ("a.jsonl", colours())})

        def pieces():
            for start in range(0, len(body), 999):
                yield body[start:start + 999]
        answer = self.emulator.call("POST", V1 + "/files", pieces(),
                                    headers=headers)
        self.assertEqual(answer.json["bytes"], len(colours()))

    def test_connection_survives_an_early_refusal(self):
        """A body that the handler never read does not become a request."""
        connection = http.client.HTTPConnection("127.0.0.1",
                                                self.emulator.port)
        connection.request("POST", V1 + "/files", b"GET / HTTP/1.1\r\n\r\n",
                           {"Authorization": "Bearer bad-key"})
        response = connection.getresponse()
        response.read()
        self.assertEqual(response.status, 401)
        connection.request("GET", V1 + "/models", headers={
            "Authorization": "Bearer test-key-main"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        self.assertEqual(self.emulator.control("GET", "requests")["count"], 2)

    def test_waiting_client_is_refused_without_its_body(self):
        answer = self.ask(("POST %s/files HTTP/1.1\r\nHost: x\r\n"
                           "Authorization: Bearer bad-key\r\n"
                           "Expect: 100-continue\r\n"
                           "Content-Length: 900000000\r\n\r\n" % V1).encode())
        self.assertTrue(answer.startswith(b"HTTP/1.1 401"))
        self.assertIn(b"Connection: close", answer)

    def test_unknown_paths(self):
        self.assertEqual(self.emulator.call("GET", "/nowhere").status, 404)
        self.assertEqual(self.emulator.call("GET", V1 + "/no").status, 404)
        self.assertEqual(self.emulator.call("PATCH", V1 + "/files").status,
                         404)

    def test_ledger_masks_keys(self):
        self.emulator.call("GET", V1 + "/models")
        text = json.dumps(self.emulator.control("GET", "requests"))
        self.assertNotIn("test-key-main", text)
        self.assertIn('"bearer": true', text)

    def test_path_is_decoded(self):
        answer = self.emulator.call("GET", V1 + "/models/gpt%2D4o")
        self.assertEqual(answer.json["id"], "gpt-4o")

    def test_upload_is_not_held_in_memory(self):
        line = colours(1)
        total = 96 << 20
        head, tail = form({"purpose": "fine-tune"},
                          {"file": ("a.jsonl", b"@@")})[0].split(b"@@")
        block = line * ((1 << 20) // len(line))
        before = resident_kib(self.emulator.process.pid)
        peak = 0

        def pieces():
            nonlocal peak
            yield head
            for _ in range(total // len(block)):
                yield block
                peak = max(peak, resident_kib(self.emulator.process.pid))
            yield tail
        answer = self.emulator.call("POST", V1 + "/files", pieces(), headers={
            "Content-Type": "multipart/form-data; boundary=xXboundaryXx"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertGreater(answer.json["bytes"], total - len(block))
        self.assertLess(peak - before, 24 << 10)


class HashOnly(EmulatorTest):
    OPTIONS = ("--keep-bodies", "100000")

    def test_big_file_is_counted_and_still_trains(self):
        data = colours(2000)
        self.assertGreater(len(data), 300000)
        stored = self.emulator.upload(data).json
        self.assertEqual(stored["bytes"], len(data))
        self.assertEqual(self.emulator.call(
            "GET", "%s/files/%s/content" % (V1, stored["id"])).status, 410)
        job = self.emulator.create(training_file=stored["id"]).json["id"]
        done = self.emulator.finished(V1 + "/fine_tuning/jobs/" + job)
        self.assertEqual(done["status"], "succeeded")
        self.assertGreater(done["trained_tokens"], len(data) // 20)


class Tls(unittest.TestCase):
    def test_both_listeners(self):
        """Signed URLs lead to https as well."""
        with tempfile.TemporaryDirectory() as place:
            names = [os.path.join(place, name) for name in ("key", "cert")]
            made = subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes",
                 "-subj", "/CN=localhost", "-days", "2", "-addext",
                 "subjectAltName=IP:127.0.0.1", "-keyout", names[0],
                 "-out", names[1]], capture_output=True, check=False)
            self.assertEqual(made.returncode, 0, made.stderr)
            emulator = Emulator("--tls-key", names[0], "--tls-cert", names[1])
            context = ssl.create_default_context(cafile=names[1])
        client = http.client.HTTPSConnection("127.0.0.1", emulator.port,
                                             context=context)
        client.request("POST", "/together/v1/files?purpose=fine-tune"
                       "&file_name=a.jsonl", headers={
                           "Authorization": "Bearer test-key-main"})
        location = client.getresponse().headers["Location"]
        client.close()
        self.assertTrue(location.startswith("https://127.0.0.1:"))
        url = urlsplit(location)
        client = http.client.HTTPSConnection(url.netloc, context=context)
        client.request("PUT", url.path + "?" + url.query, colours())
        self.assertEqual(client.getresponse().status, 200)
        client.close()
        self.assertEqual(emulator.stop(), "")


class Manual(unittest.TestCase):
    """docs/emulator.md knows every word that the code knows."""

    def setUp(self):
        with open(os.path.join(ROOT, "..", "..", "docs", "emulator.md"),
                  encoding="utf-8") as file:
            self.text = file.read()

    def test_settings(self):
        told = dict(re.findall(r"^\| `(\w+)` \| `(.*)` \| .+ \|$",
                               self.text.split("## Settings")[1], re.M))
        self.assertEqual(told, {name: json.dumps(value)
                                for name, value in DEFAULTS.items()})

    def test_fault_words(self):
        words = set(re.findall(r"`(\w+)", self.text.split("## Faults")[1]))
        self.assertEqual((MATCH | ACTION | set(GENERATORS) | set(MUTATIONS))
                         - words, set())


class Process(unittest.TestCase):
    def test_ends_with_its_parent(self):
        parent = subprocess.Popen([sys.executable, "-c",
                                   "import time; time.sleep(60)"])
        emulator = subprocess.Popen(
            [sys.executable, os.path.join(ROOT, "emulator.py"),
             "--parent-pid", str(parent.pid)], stdout=subprocess.PIPE)
        facts = json.loads(emulator.stdout.readline())
        self.assertEqual(facts["pid"], emulator.pid)
        parent.kill()
        parent.wait()
        self.assertEqual(emulator.wait(10), 0)
        emulator.stdout.close()

    def test_longest_life(self):
        begun = time.monotonic()
        emulator = subprocess.run(
            [sys.executable, os.path.join(ROOT, "emulator.py"),
             "--max-seconds", "0.5"], stdout=subprocess.DEVNULL, timeout=20,
            check=True)
        self.assertEqual(emulator.returncode, 0)
        self.assertLess(time.monotonic() - begun, 10)

    def test_leaves_no_temporary_files(self):
        emulator = Emulator()
        tree = "/proc/%d/fd" % emulator.process.pid
        emulator.upload(colours(5000))
        places = set()
        for name in os.listdir(tree):
            with contextlib.suppress(FileNotFoundError):  # closed meanwhile
                link = os.readlink(os.path.join(tree, name))
                places.add(os.path.dirname(link))
        spool = [place for place in places if "hft-emulator-" in place]
        self.assertEqual(len(spool), 1)
        self.assertEqual(emulator.stop(), "")
        wait_until(lambda: not os.path.exists(spool[0]), "the clean-up")


if __name__ == "__main__":
    unittest.main()
