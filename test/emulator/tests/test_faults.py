"""Every fault does on the wire what it says, and nothing else.

A fault that did not fire would let a client's test pass for nothing, so each
test here asks the wire itself (a bare socket) and the rule's own count.
"""

import gzip
import http.client
import json
import socket
import time
import unittest

from harness import OPENAI_MODEL, EmulatorTest, colours, form, resident_kib

V1 = "/openai/v1"
JOBS = V1 + "/fine_tuning/jobs"
HEAD = ("%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-key-main\r\n"
        "%s\r\n")


class FaultTest(EmulatorTest):
    """Bare-socket helpers."""

    def send(self, method="GET", path=V1 + "/models", headers="", body=b""):
        """A connection on which a request was sent."""
        if body:
            headers += "Content-Length: %d\r\n" % len(body)
        sock = self.emulator.connect()
        sock.sendall((HEAD % (method, path, headers)).encode() + body)
        return sock

    def everything(self, sock):
        """All bytes until the peer ends; "reset" when it did so by RST."""
        data = b""
        try:
            while piece := sock.recv(65536):
                data += piece
            return data, "fin"
        except ConnectionResetError:
            return data, "reset"
        finally:
            sock.close()

    def fired(self, rule):
        return [one["fired"] for one in self.emulator.control(
            "GET", "faults")["faults"] if one["id"] == rule][0]

    def models(self):
        return self.emulator.call("GET", V1 + "/models")

    def new_job(self):
        """(body, headers) of a create request whose file exists."""
        ident = self.emulator.upload(colours()).json["id"]
        return json.dumps({"model": OPENAI_MODEL,
                           "training_file": ident}).encode()


class Rules(FaultTest):
    def test_words_are_checked(self):
        for rule in ({"match": {"pth": "x"}}, {"action": {"sttus": 1}},
                     {"action": {"hangup": "lunch"}}, {"math": {}},
                     {"action": {"generate": "x"}},
                     {"action": {"mutate": "x"}},
                     {"action": {"how": "politely", "hangup": "body"}}):
            with self.subTest(rule=rule):
                answer = self.emulator.call("POST", "/_control/faults", rule,
                                            None)
                self.assertEqual(answer.status, 400)
        self.assertEqual(self.emulator.control("GET", "faults")["faults"],
                         [])

    def test_nth_every_times(self):
        rule = self.emulator.fault({"operation": "model.list", "nth": 3,
                                    "every": 2, "times": 2}, status=503)
        statuses = [self.models().status for _ in range(8)]
        self.assertEqual(statuses, [200, 200, 503, 200, 503, 200, 200, 200])
        self.assertEqual(self.fired(rule), 2)

    def test_without_end_and_cleared(self):
        rule = self.emulator.fault({"operation": "model.list", "times": 0},
                                   status=500)
        self.assertEqual([self.models().status for _ in range(4)], [500] * 4)
        self.emulator.control("DELETE", "faults/%d" % rule)
        self.assertEqual(self.models().status, 200)

    def test_matching(self):
        for match, hits in (({"method": "POST"}, False),
                            ({"path": "^/together"}, False),
                            ({"dialect": "together"}, False),
                            ({"listener": "storage"}, False),
                            ({"query": "x=1"}, False),
                            ({"header": {"Authorization": "other"}}, False),
                            ({"reused": True}, False),
                            ({"header": {"authorization": "key-main"}}, True),
                            ({"dialect": "openai"}, True),
                            ({"path": "models$"}, True)):
            with self.subTest(match=match):
                self.emulator.control("DELETE", "faults")
                self.emulator.fault(match, status=418)
                self.assertEqual(self.models().status,
                                 418 if hits else 200)

    def test_chance_is_repeatable(self):
        runs = []
        for _ in range(2):
            self.emulator.control("DELETE", "faults")
            self.emulator.control("POST", "faults", {
                "match": {"probability": 0.5, "times": 0}, "seed": 7,
                "action": {"status": 500}})
            runs.append([self.models().status for _ in range(20)])
        self.assertEqual(runs[0], runs[1])
        self.assertEqual(set(runs[0]), {200, 500})

    def test_armed_later(self):
        self.emulator.fault({"after": 0.4}, status=500)
        self.assertEqual(self.models().status, 200)
        time.sleep(0.5)
        self.assertEqual(self.models().status, 500)


class Hangups(FaultTest):
    def test_headers_reset_nothing_done(self):
        body = self.new_job()
        self.emulator.fault({"operation": "job.create"}, hangup="headers")
        data, end = self.everything(self.send("POST", JOBS, body=body))
        self.assertEqual((data, end), (b"", "reset"))
        self.assertNotIn("job.create", self.emulator.totals())

    def test_headers_close(self):
        self.emulator.fault({}, hangup="headers", how="close")
        self.assertEqual(self.everything(self.send()), (b"", "fin"))

    def test_body_reset_after_bytes(self):
        body, headers = form({"purpose": "fine-tune"},
                             {"file": ("a.jsonl", colours(300))})
        self.emulator.fault({"operation": "file.create"}, hangup="body",
                            at=1000)
        sock = self.emulator.connect()
        sock.sendall((HEAD % ("POST", V1 + "/files",
                              "Content-Type: %s\r\nContent-Length: %d\r\n"
                              % (headers["Content-Type"], len(body)))
                      ).encode() + body[:1200])
        self.assertEqual(self.everything(sock), (b"", "reset"))
        self.assertNotIn("file.create", self.emulator.totals())

    def test_did_it_never_answered(self):
        body = self.new_job()
        rule = self.emulator.fault({"operation": "job.create"},
                                   hangup="effect")
        data, end = self.everything(self.send("POST", JOBS, body=body))
        self.assertEqual((data, end), (b"", "reset"))
        report = self.emulator.control("GET", "ledger?kind=job.create")
        self.assertEqual([one["fault"] for one in report["effects"]], [rule])

    def test_error_after_the_effect(self):
        body = self.new_job()
        self.emulator.fault({"operation": "job.create"}, status=500,
                            effect=True)
        answer = self.emulator.call("POST", JOBS, body)
        self.assertEqual(answer.status, 500)
        self.assertEqual(self.emulator.totals()["job.create"], 1)

    def test_error_instead_of_the_effect(self):
        body = self.new_job()
        self.emulator.fault({"operation": "job.create"}, status=500)
        self.assertEqual(self.emulator.call("POST", JOBS, body).status, 500)
        self.assertNotIn("job.create", self.emulator.totals())

    def test_answer_cut(self):
        self.emulator.fault({}, hangup="answer", at=10, how="close")
        data, end = self.everything(self.send())
        head, _, body = data.partition(b"\r\n\r\n")
        self.assertEqual((len(body), end), (10, "fin"))
        told = int(head.lower().split(b"content-length: ")[1].split()[0])
        self.assertGreater(told, 10)

    def test_answer_cut_by_reset(self):
        self.emulator.fault({}, hangup="answer", at=10)
        data, end = self.everything(self.send())
        self.assertEqual((len(data.partition(b"\r\n\r\n")[2]), end),
                         (10, "reset"))

    def test_answer_cut_before_the_head(self):
        self.emulator.fault({}, hangup="answer", at=-1, how="close")
        self.assertEqual(self.everything(self.send()), (b"", "fin"))

    def test_stall_is_silent_and_others_go_on(self):
        self.emulator.fault({"operation": "model.list"}, hangup="headers",
                            how="stall", stall_seconds=1.0)
        sock = self.send()
        sock.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            sock.recv(1)
        self.assertEqual(self.models().status, 200)
        sock.settimeout(10)
        self.assertEqual(self.everything(sock), (b"", "fin"))

    def test_reused_connection_dies_under_the_request(self):
        rule = self.emulator.fault({"reused": True}, hangup="headers",
                                   how="close")
        connection = http.client.HTTPConnection("127.0.0.1",
                                                self.emulator.port)
        headers = {"Authorization": "Bearer test-key-main"}
        connection.request("GET", V1 + "/models", headers=headers)
        connection.getresponse().read()
        connection.request("GET", V1 + "/models", headers=headers)
        with self.assertRaises(http.client.RemoteDisconnected):
            connection.getresponse()
        self.assertEqual(self.fired(rule), 1)
        connection.close()

    def test_idle_close_after_promising_to_stay(self):
        self.emulator.fault({}, idle_close=True)
        data, end = self.everything(self.send())
        self.assertIn(b"Connection: keep-alive", data)
        self.assertEqual(end, "fin")


class Answers(FaultTest):
    def test_delays(self):
        for word in ("delay", "delay_effect"):
            with self.subTest(word=word):
                self.emulator.control("DELETE", "faults")
                self.emulator.fault({}, **{word: 0.4})
                begun = time.monotonic()
                self.assertEqual(self.models().status, 200)
                self.assertGreater(time.monotonic() - begun, 0.35)

    def test_retry_after_texts(self):
        for text in ("7", "Wed, 21 Oct 2065 07:28:00 GMT", "soon", "-3",
                     "315360000"):
            with self.subTest(text=text):
                self.emulator.fault({}, status=429,
                                    headers={"Retry-After": text},
                                    body={"error": {"message": "slow"}})
                answer = self.models()
                self.assertEqual(
                    (answer.status, answer.headers["Retry-After"],
                     answer.json["error"]["message"]), (429, text, "slow"))

    def test_generated(self):
        for word, check in (
                ("html", lambda a: a.headers["Content-Type"].startswith(
                    "text/html") and a.status == 200),
                ("empty", lambda a: a.body == b""),
                ("invalid_json", lambda a: b"ok,," in a.body),
                ("not_an_object", lambda a: isinstance(a.json, list)),
                ("huge", lambda a: len(a.body) > 10 << 20),
                ("nested", lambda a: a.body.count(b"[") == 100000),
                ("fields", lambda a: a.body.count(b":") == 1000000),
                ("huge_number", lambda a: b"1e400" in a.body),
                ("long_id", lambda a: len(a.json["id"]) == 4096)):
            with self.subTest(word=word):
                self.emulator.fault({}, generate=word)
                self.assertTrue(check(self.models()))

    def test_gzip_bomb(self):
        self.emulator.fault({}, generate="gzip_bomb", size=32 << 20)
        answer = self.models()
        self.assertEqual(answer.headers["Content-Encoding"], "gzip")
        self.assertLess(len(answer.body), 1 << 20)
        self.assertGreaterEqual(len(gzip.decompress(answer.body)), 32 << 20)

    def test_drip_is_endless_and_held_nowhere(self):
        self.emulator.fault({}, generate="drip", size=1 << 40)
        before = resident_kib(self.emulator.process.pid)
        sock = self.send()
        got = 0
        while got < 64 << 20:
            got += len(sock.recv(1 << 20))
        after = resident_kib(self.emulator.process.pid)
        sock.close()
        self.assertLess(after - before, 32 << 10)

    def test_mutations(self):
        for word in ("truncated_json", "trailing_garbage", "bom", "raw_nul",
                     "invalid_utf8"):
            with self.subTest(word=word):
                self.emulator.fault({}, mutate=word)
                answer = self.models()
                with self.assertRaises(ValueError):
                    json.loads(answer.body.decode("utf-8"))
                self.assertEqual(int(answer.headers["Content-Length"]),
                                 len(answer.body))
        for word, mark in (("duplicate_keys", b'"data":null'),
                           ("nul", b"\\u0000"), ("lone_surrogate", b"\\ud8"),
                           ("unknown_fields", b"new_thing")):
            with self.subTest(word=word):
                self.emulator.fault({}, mutate=word)
                answer = self.models()
                self.assertIn(mark, answer.body)
                json.loads(answer.body)

    def test_list_mutations(self):
        true = [one["id"] for one in self.models().json["data"]]
        for word, want in (("duplicate_items", true + true),
                           ("reverse_items", true[::-1]), ("no_items", [])):
            with self.subTest(word=word):
                self.emulator.fault({}, mutate=word)
                self.assertEqual([one["id"] for one in
                                  self.models().json["data"]], want)

    def test_repeated_page(self):
        for _ in range(3):
            self.emulator.upload(colours())
        path = V1 + "/files?limit=1"
        first = self.emulator.call("GET", path).json["last_id"]
        self.emulator.fault({"operation": "file.list"}, repeat_page=True)
        again = self.emulator.call("GET", path + "&after=" + first).json
        self.assertEqual(again["last_id"], first)

    def test_job_ends_as_its_cancel_arrives(self):
        job = self.emulator.call("POST", JOBS, self.new_job()).json["id"]
        self.emulator.finished(JOBS + "/" + self.emulator.call(
            "POST", JOBS, self.new_job()).json["id"])   # it is trained
        self.emulator.fault({"operation": "job.cancel"}, advance=3600)
        path = JOBS + "/" + job
        self.assertEqual(self.emulator.call("POST", path + "/cancel").status,
                         400)
        self.assertEqual(self.emulator.call("GET", path).json["status"],
                         "succeeded")

    def test_set_and_drop(self):
        self.emulator.fault({}, set={"data.0.id": "x", "new": 1},
                            drop=["object"])
        answer = self.models().json
        self.assertEqual((answer["data"][0]["id"], answer["new"]), ("x", 1))
        self.assertNotIn("object", answer)

    def test_redirect(self):
        self.emulator.fault({}, redirect="https://elsewhere.invalid/x")
        answer = self.models()
        self.assertEqual((answer.status, answer.headers["Location"]),
                         (307, "https://elsewhere.invalid/x"))

    def test_echoed_bearer(self):
        self.emulator.fault({}, status=401, echo_bearer=True,
                            body="you sent $BEARER")
        answer = self.models()
        self.assertEqual(answer.body, b"you sent Bearer test-key-main")
        self.assertEqual(answer.headers["X-Echo"], "Bearer test-key-main")


class Framing(FaultTest):
    def test_sliced_into_bytes(self):
        self.emulator.fault({}, slice=1)
        self.assertIn("data", self.models().json)

    def test_chunked(self):
        self.emulator.fault({}, chunked=True, slice=7)
        answer = self.models()
        self.assertEqual(answer.headers["Transfer-Encoding"], "chunked")
        self.assertIn("data", answer.json)

    def test_http10(self):
        self.emulator.fault({}, http10=True)
        data, end = self.everything(self.send())
        self.assertTrue(data.startswith(b"HTTP/1.0 200"))
        self.assertNotIn(b"content-length", data.lower())
        self.assertEqual(end, "fin")
        self.assertIn("data", json.loads(data.partition(b"\r\n\r\n")[2]))

    def test_wrong_length(self):
        self.emulator.fault({}, content_length="+5")
        with self.assertRaises(http.client.IncompleteRead):
            self.models()
        self.emulator.fault({}, content_length=3)
        self.assertEqual(len(self.models().body), 3)

    def test_interim_answers(self):
        self.emulator.fault({}, interim=[103, 103])
        data, _ = self.everything(self.send(headers="Connection: close\r\n"))
        self.assertEqual(data.count(b"HTTP/1.1 103"), 2)
        self.assertIn(b"HTTP/1.1 200", data)

    def test_expect_continue(self):
        body = self.new_job()
        head = HEAD % ("POST", JOBS, "Expect: 100-continue\r\n"
                       "Content-Length: %d\r\n" % len(body))
        sock = self.emulator.connect()
        sock.sendall(head.encode())
        self.assertTrue(sock.recv(100).startswith(b"HTTP/1.1 100"))
        sock.sendall(body)
        self.assertTrue(sock.recv(9000).startswith(b"HTTP/1.1 200"))
        sock.close()

    def test_expect_continue_silent_and_refused(self):
        body = self.new_job()
        head = HEAD % ("POST", JOBS, "Expect: 100-continue\r\n"
                       "Content-Length: %d\r\n" % len(body))
        self.emulator.fault({}, **{"continue": "silent"})
        sock = self.emulator.connect()
        sock.sendall(head.encode())
        sock.settimeout(0.3)
        with self.assertRaises(socket.timeout):
            sock.recv(1)
        sock.settimeout(10)
        sock.sendall(body)
        self.assertTrue(sock.recv(9000).startswith(b"HTTP/1.1 200"))
        sock.close()
        self.emulator.fault({}, **{"continue": "refuse"})
        sock = self.emulator.connect()
        sock.sendall(head.encode())
        self.assertTrue(sock.recv(9000).startswith(b"HTTP/1.1 417"))
        sock.close()
        self.assertEqual(self.emulator.totals()["job.create"], 1)


if __name__ == "__main__":
    unittest.main()
