"""The OpenAI dialect behaves as its fact sheet says."""

import base64
import json
import unittest

from harness import (OPENAI_MODEL, EmulatorTest, chat_line, colours, form,
                     wait_until)

V1 = "/openai/v1"
JOBS = V1 + "/fine_tuning/jobs"


class OpenAiTest(EmulatorTest):
    """Helpers for the classes below."""

    def file_id(self, data=None, **options):
        answer = self.emulator.upload(data or colours(), **options)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["id"]

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer.json["error"]["code"]),
                         (status, code), answer.body)

    def job(self, data=None, **wish):
        answer = self.emulator.create(training_file=self.file_id(data),
                                      **wish)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["id"]

    def finished(self, ident):
        return self.emulator.finished(JOBS + "/" + ident)

    def all_events(self, ident, limit=7):
        """Oldest first, page by page as a client reads them."""
        events, after = [], ""
        while True:
            page = self.emulator.call("GET", "%s/%s/events?limit=%d%s" % (
                JOBS, ident, limit, after)).json
            events += page["data"]
            if not page["has_more"]:
                return events[::-1]
            after = "&after=" + page["data"][-1]["id"]


class Files(OpenAiTest):
    def test_stored_bytes_come_back(self):
        data = colours()
        ident = self.file_id(data)
        self.assertEqual(self.emulator.call(
            "GET", "%s/files/%s/content" % (V1, ident)).body, data)
        effect = self.emulator.control("GET", "ledger")["effects"][0]
        self.assertEqual((effect["kind"], effect["bytes"], effect["token"]),
                         ("file.create", len(data), "rows.jsonl"))

    def test_same_content_twice_makes_two_files(self):
        self.assertNotEqual(self.file_id(), self.file_id())
        self.assertEqual(self.emulator.totals()["file.create"], 2)

    def test_refusals(self):
        for name, purpose, data in (("a.txt", "fine-tune", b"{}"),
                                    ("a.jsonl", "nonsense", b"{}"),
                                    ("a.jsonl", "fine-tune", b"")):
            with self.subTest(name=name, purpose=purpose):
                answer = self.emulator.upload(data, name, purpose=purpose)
                self.assertEqual(answer.status, 400)
        self.assertNotIn("file.create", self.emulator.totals())

    def test_too_large_is_413(self):
        self.emulator.control("POST", "settings", {"file_max": 100})
        self.assertEqual(self.emulator.upload(colours()).status, 413)

    def test_boundary_inside_content(self):
        data = chat_line("\r\n--xXboundaryX and --xXboundary", "x") * 12
        ident = self.file_id(data)
        self.assertEqual(self.emulator.call(
            "GET", "%s/files/%s/content" % (V1, ident)).body, data)

    def test_list_pages_newest_first(self):
        made = [self.file_id() for _ in range(5)]
        page = self.emulator.call("GET", V1 + "/files?limit=2").json
        self.assertEqual([one["id"] for one in page["data"]], made[:2:-1])
        self.assertTrue(page["has_more"])
        rest = self.emulator.call(
            "GET", V1 + "/files?limit=9&after=" + page["last_id"]).json
        self.assertEqual([one["id"] for one in rest["data"]], made[2::-1])
        self.assertFalse(rest["has_more"])

    def test_processing_takes_polls(self):
        self.emulator.control("POST", "settings",
                              {"file_processing_polls": 2,
                               "file_not_ready_refused": True})
        ident = self.file_id()
        create = self.emulator.create(training_file=ident)
        self.assertEqual(create.status, 400)
        self.assertIn("not ready", create.json["error"]["message"])
        states = [self.emulator.call("GET", "%s/files/%s" % (V1, ident))
                  .json["status"] for _ in range(3)]
        self.assertEqual(states, ["uploaded", "uploaded", "processed"])
        self.assertEqual(self.emulator.create(training_file=ident).status,
                         200)

    def test_file_in_error(self):
        ident = self.file_id()
        self.emulator.control("POST", "files/" + ident, {"status": "error"})
        shown = self.emulator.call("GET", "%s/files/%s" % (V1, ident)).json
        self.assertEqual(shown["status"], "error")
        self.refused(self.emulator.create(training_file=ident), 400,
                     "invalid_training_file")

    def test_delete_and_other_account(self):
        ident = self.file_id()
        path = "%s/files/%s" % (V1, ident)
        self.assertEqual(self.emulator.call("GET", path,
                                            key="test-key-other").status, 404)
        self.assertTrue(self.emulator.call("DELETE", path).json["deleted"])
        self.assertEqual(self.emulator.call("GET", path).status, 404)

    def test_expiry(self):
        body, headers = form({"purpose": "fine-tune",
                              "expires_after[anchor]": "created_at",
                              "expires_after[seconds]": "3600"},
                             {"file": ("a.jsonl", colours())})
        ident = self.emulator.call("POST", V1 + "/files", body,
                                   headers=headers).json["id"]
        self.emulator.control("POST", "clock", {"advance": 3601})
        self.assertEqual(self.emulator.call("GET", "%s/files/%s" % (
            V1, ident)).status, 404)


class Uploads(OpenAiTest):
    def begin(self, size):
        return self.emulator.call("POST", V1 + "/uploads", {
            "filename": "big.jsonl", "purpose": "fine-tune", "bytes": size,
            "mime_type": "text/jsonl"}).json["id"]

    def part(self, upload, data):
        body, headers = form({}, {"data": ("blob", data)})
        return self.emulator.call("POST", "%s/uploads/%s/parts" % (
            V1, upload), body, headers=headers)

    def complete(self, upload, parts):
        return self.emulator.call("POST", "%s/uploads/%s/complete" % (
            V1, upload), {"part_ids": parts})

    def test_parts_join_in_the_named_order(self):
        data = colours()
        upload = self.begin(len(data))
        second = self.part(upload, data[1000:]).json["id"]
        first = self.part(upload, data[:1000]).json["id"]
        done = self.complete(upload, [first, second]).json
        self.assertEqual(done["status"], "completed")
        self.assertEqual(self.emulator.call(
            "GET", "%s/files/%s/content" % (V1, done["file"]["id"])).body,
            data)
        self.assertEqual(self.emulator.totals(), {
            "upload.create": 1, "upload.part": 2, "upload.complete": 1,
            "file.create": 1})

    def test_refusals(self):
        self.emulator.control("POST", "settings", {"part_max": 1000})
        upload = self.begin(2000)
        self.assertEqual(self.part(upload, b"x" * 1001).status, 413)
        part = self.part(upload, b"x" * 1000).json["id"]
        self.assertEqual(self.complete(upload, [part]).status, 400)
        self.assertEqual(self.complete(upload, ["part_none"]).status, 400)
        self.emulator.control("POST", "clock", {"advance": 3601})
        self.assertEqual(self.part(upload, b"x").status, 400)

    def test_cancelled_takes_no_part(self):
        upload = self.begin(10)
        self.emulator.call("POST", "%s/uploads/%s/cancel" % (V1, upload))
        self.assertEqual(self.part(upload, b"x").status, 400)


class Create(OpenAiTest):
    def test_refusals(self):
        ident = self.file_id()
        cases = (
            ({"model": "gpt-4o-mini"}, "model_not_available"),
            ({"model": "nonsense"}, "model_not_available"),
            ({"suffix": "x" * 65}, "invalid_value"),
            ({"seed": -1}, "invalid_value"),
            ({"metadata": {"k": 1}}, "invalid_value"),
            ({"nonsense": 1}, "unknown_parameter"),
            ({"method": {"type": "supervised", "supervised": {
                "hyperparameters": {"n_epochs": 51}}}}, "invalid_value"),
            ({"method": {"type": "supervised", "supervised": {
                "hyperparameters": {"epochs": 3}}}}, "unknown_parameter"),
            ({"training_file": "file-none"}, "invalid_training_file"))
        for change, code in cases:
            with self.subTest(change=change):
                wish = dict({"training_file": ident}, **change)
                self.refused(self.emulator.create(**wish), 400, code)
        self.assertNotIn("job.create", self.emulator.totals())

    def test_switches(self):
        ident = self.file_id()
        for setting, status, code in (
                ({"training_available": False}, 403,
                 "training_not_available"),
                ({"balance": 0}, 429, "insufficient_quota")):
            with self.subTest(setting=setting):
                self.emulator.control("POST", "settings", setting)
                self.refused(self.emulator.create(training_file=ident),
                             status, code)
                self.emulator.control("POST", "settings", {
                    "training_available": True, "balance": None})

    def test_daily_limit_ends_with_the_day(self):
        self.emulator.control("POST", "settings", {"daily_job_limit": 1})
        ident = self.file_id()
        self.assertEqual(self.emulator.create(training_file=ident).status,
                         200)
        self.refused(self.emulator.create(training_file=ident), 429,
                     "daily_rate_limit_exceeded")
        self.emulator.control("POST", "clock", {"advance": 86400})
        self.assertEqual(self.emulator.create(training_file=ident).status,
                         200)

    def test_retired_base_model(self):
        self.emulator.control("POST", "settings",
                              {"enforce_retirement": True})
        self.emulator.control("POST", "clock", {"advance": 10 * 366 * 86400})
        self.refused(self.emulator.create(training_file=self.file_id()), 400,
                     "model_not_available")

    def test_keys(self):
        self.assertEqual(self.emulator.call("GET", JOBS,
                                            key="bad-key").status, 401)
        self.assertEqual(self.emulator.call("GET", JOBS, key=None).status,
                         401)
        self.emulator.control("POST", "keys", {"revoke": "test-key-main"})
        self.assertEqual(self.emulator.call("GET", JOBS).status, 401)
        rotated = self.emulator.call("GET", JOBS, key="test-key-main.2")
        self.assertEqual(rotated.status, 200)

    def test_rotated_key_sees_the_same_jobs(self):
        ident = self.job()
        path = JOBS + "/" + ident
        self.assertEqual(self.emulator.call(
            "GET", path, key="test-key-main.2").status, 200)
        self.assertEqual(self.emulator.call(
            "GET", path, key="test-key-other").status, 404)


class Life(OpenAiTest):
    def test_states_in_order_and_bill(self):
        method = {"type": "supervised", "supervised": {
            "hyperparameters": {"n_epochs": 2, "batch_size": 9}}}
        data = colours()
        self.finished(self.job(data, method=method))    # now it is trained
        self.emulator.control("POST", "clock", {"rate": 0})
        ident = self.job(data, metadata={"hft_key": "k-1"},
                         suffix="My Suffix!", method=method)
        for _ in range(5):
            self.emulator.call("GET", JOBS + "/" + ident)
        seen = []
        for _ in range(40):
            job = self.emulator.call("GET", JOBS + "/" + ident).json
            if job["status"] not in seen:
                seen.append(job["status"])
            self.emulator.control("POST", "clock", {"advance": 0.1})
        self.assertEqual(seen, ["validating_files", "queued", "running",
                                "succeeded"])
        self.assertRegex(job["fine_tuned_model"],
                         "^ft:%s:emulator:my-suffix:" % OPENAI_MODEL)
        bills = [bill for bill in self.emulator.control(
            "GET", "ledger?kind=bill")["effects"] if bill["id"] == ident]
        self.assertEqual([(bill["tokens"], bill["token"]) for bill in bills],
                         [(job["trained_tokens"], "k-1")])
        self.assertAlmostEqual(bills[0]["amount"],
                               job["trained_tokens"] * 5 / 1e6)

    def test_events_once_each_over_pages(self):
        ident = self.job(method={"type": "supervised", "supervised": {
            "hyperparameters": {"n_epochs": 3, "batch_size": 9}}})
        self.finished(ident)
        events = self.all_events(ident)
        self.assertEqual(len({event["id"] for event in events}), len(events))
        steps = [event["data"]["step"] for event in events
                 if event["type"] == "metrics"]
        self.assertEqual(steps, list(range(1, 31)))
        texts = [event["message"] for event in events
                 if event["type"] == "message"]
        self.assertEqual(texts[0], "Created fine-tuning job: " + ident)
        self.assertEqual(texts[-1], "The job has successfully completed")
        self.assertIn("Checkpoint created at step 10", texts)

    def test_events_already_read_do_not_move(self):
        """Event ids are stable while the job goes on."""
        ident = self.job()
        early = self.all_events(ident)
        self.finished(ident)
        late = self.all_events(ident)
        self.assertEqual([event["id"] for event in late][:len(early)],
                         [event["id"] for event in early])

    def test_validation_metrics(self):
        data = colours()
        ident = self.job(data, validation_file=self.file_id(data),
                         method={"type": "supervised", "supervised": {
                             "hyperparameters": {"n_epochs": 2,
                                                 "batch_size": 9}}})
        self.finished(ident)
        full = [event["data"]["step"] for event in self.all_events(ident)
                if "full_valid_loss" in event["data"]]
        self.assertEqual(full, [10, 20])

    def test_checkpoints_last_three_answer(self):
        ident = self.job(method={"type": "supervised", "supervised": {
            "hyperparameters": {"n_epochs": 5, "batch_size": 9}}})
        self.finished(ident)
        page = self.emulator.call("GET", JOBS + "/" + ident
                                  + "/checkpoints").json
        self.assertEqual([one["step_number"] for one in page["data"]],
                         [50, 40, 30])
        for one in page["data"]:
            answer = self.emulator.call("POST", V1 + "/chat/completions", {
                "model": one["fine_tuned_model_checkpoint"],
                "messages": [{"role": "user", "content": "the blue one"}]})
            self.assertEqual(answer.json["choices"][0]["message"]["content"],
                             "blue")

    def test_result_file_forms(self):
        for shape in ("csv", "base64", "missing"):
            with self.subTest(shape=shape):
                self.emulator.control("POST", "settings",
                                      {"result_format": shape})
                job = self.finished(self.job())
                answer = self.emulator.call("GET", "%s/files/%s/content" % (
                    V1, job["result_files"][0]))
                if shape == "missing":
                    self.assertEqual(answer.status, 404)
                    continue
                text = answer.body if shape == "csv" else \
                    base64.b64decode(answer.body)
                header, *rows = text.decode().splitlines()
                self.assertTrue(header.startswith("step,train_loss,"))
                self.assertGreater(len(rows), 1)

    def test_faulty_line_is_named(self):
        rows = colours().splitlines(True)
        rows[16] = b'{"messages": [{"role": "user"}]}\n'
        ident = self.job(b"".join(rows))
        job = self.finished(ident)
        self.assertEqual(job["status"], "failed")
        self.assertEqual(job["error"]["code"], "invalid_training_file")
        self.assertIn("line 17", job["error"]["message"])
        self.assertEqual(job["error"]["param"], "training_file")
        error = [event for event in self.all_events(ident)
                 if event["level"] == "error"][0]
        self.assertEqual(error["data"]["error_param"], "training_file")
        self.assertNotIn("bill", self.emulator.totals())

    def test_too_few_examples(self):
        ident = self.job(colours(3))
        job = self.finished(ident)
        self.assertIn("has 9 example(s)", job["error"]["message"])
        codes = [event["data"].get("error_code")
                 for event in self.all_events(ident)]
        self.assertIn("invalid_n_examples", codes)

    def test_faulty_lines(self):
        good = colours(4)
        chat = {"messages": [{"role": "user", "content": "x"},
                             {"role": "assistant", "content": "y"}]}

        def with_message(**change):
            message = dict(chat["messages"][1], **change)
            return {"messages": [chat["messages"][0], message]}
        for bad, words in (
                (b"\n", "blank"), (b"[1]\n", "not a JSON object"),
                (b'{"a":\n', "not valid JSON"), (b"\xff\n", "UTF-8"),
                (with_message(role="robot"), "unrecognized role"),
                (with_message(weight=2), "weight"),
                (with_message(colour="x"), "unrecognized key"),
                (with_message(content=None), "no content"),
                (with_message(content="<|endoftext|>"), "invalid token"),
                ({"messages": chat["messages"][:1]}, "no assistant"),
                ({"messages": chat["messages"][::-1]}, "last message"),
                ({"prompt": "a", "completion": "b"}, "in a 'chat' file")):
            with self.subTest(words=words):
                line = bad if isinstance(bad, bytes) else \
                    json.dumps(bad).encode() + b"\n"
                job = self.finished(self.job(good + line + good))
                self.assertEqual(job["status"], "failed")
                self.assertIn(words, job["error"]["message"])

    def test_moderation_fails_after_training(self):
        self.emulator.control("POST", "settings", {"moderation": "fail"})
        ident = self.job()
        self.assertEqual(self.finished(ident)["status"], "failed")
        self.assertTrue(any(event["type"] == "metrics"
                            for event in self.all_events(ident)))

    def test_continue_from_a_tuned_model(self):
        first = self.finished(self.job())
        again = self.finished(self.job(
            b"".join(chat_line("a %s %d" % (word, n), word)
                     for n in range(10) for word in ("black", "white")),
            model=first["fine_tuned_model"]))
        for text, want in (("a white 77", "white"), ("the red thing", "red")):
            answer = self.emulator.call("POST", V1 + "/chat/completions", {
                "model": again["fine_tuned_model"], "messages": [
                    {"role": "system", "content": "Answer with one word."},
                    {"role": "user", "content": text}]}).json
            self.assertEqual(answer["choices"][0]["message"]["content"],
                             want)

    def test_validation_and_training_of_the_same_content(self):
        data = colours()
        job = self.finished(self.job(data,
                                     validation_file=self.file_id(data)))
        self.assertEqual(job["status"], "succeeded")


class Control(OpenAiTest):
    def post(self, ident, what):
        return self.emulator.call("POST", "%s/%s/%s" % (JOBS, ident, what))

    def test_cancel_is_final_and_once(self):
        ident = self.job()
        self.assertEqual(self.post(ident, "cancel").json["status"],
                         "cancelled")
        self.assertEqual(self.post(ident, "cancel").status, 400)
        self.emulator.control("POST", "clock", {"advance": 60})
        self.assertEqual(self.emulator.call(
            "GET", JOBS + "/" + ident).json["status"], "cancelled")

    def test_cancel_after_success_is_refused(self):
        ident = self.job()
        self.finished(ident)
        self.assertEqual(self.post(ident, "cancel").status, 400)

    def test_pause_holds_the_job(self):
        ident = self.job()
        self.assertEqual(self.post(ident, "pause").json["status"], "paused")
        self.emulator.control("POST", "clock", {"advance": 60})
        self.assertEqual(self.emulator.call(
            "GET", JOBS + "/" + ident).json["status"], "paused")
        self.assertNotEqual(self.post(ident, "resume").json["status"],
                            "paused")
        self.assertEqual(self.finished(ident)["status"], "succeeded")

    def test_forced_success_of_one_job(self):
        self.emulator.control("POST", "settings", {"seconds_per_job": 900})
        one, other = self.job(), self.job()
        self.emulator.control("POST", "jobs/" + one, {"status": "succeeded"})

        def state(ident):
            return self.emulator.call("GET",
                                      JOBS + "/" + ident).json["status"]
        wait_until(lambda: state(one) == "succeeded", "success")
        self.assertEqual(state(other), "validating_files")

    def test_forced_states(self):
        ident = self.job()
        for state in ("pending_review", "queued", "running", "queued"):
            self.emulator.control("POST", "jobs/" + ident, {"status": state})
            self.assertEqual(self.emulator.call(
                "GET", JOBS + "/" + ident).json["status"], state)
        self.emulator.control("POST", "jobs/" + ident, {
            "status": "failed", "code": "server_error", "message": "burnt"})
        self.emulator.control("POST", "jobs/" + ident, {"status": None})
        job = self.emulator.call("GET", JOBS + "/" + ident).json
        self.assertEqual((job["status"], job["error"]["message"]),
                         ("failed", "burnt"))

    def test_list_filter_and_delay(self):
        first = self.job(metadata={"hft_key": "one"})
        self.job(metadata={"hft_key": "two"})
        self.job()

        def listed(query):
            return [job["id"] for job in self.emulator.call(
                "GET", JOBS + query).json["data"]]
        self.assertEqual(listed("?metadata%5Bhft_key%5D=one"), [first])
        self.assertEqual(len(listed("?metadata=null")), 1)
        self.assertEqual(len(listed("?limit=2")), 2)
        self.assertEqual(listed("?limit=2&after=" + listed("?limit=2")[-1]),
                         [first])
        self.emulator.control("POST", "settings", {"metadata_filter": False})
        self.assertEqual(len(listed("?metadata%5Bhft_key%5D=one")), 3)
        self.emulator.control("POST", "settings", {"list_delay": 30})
        self.assertEqual(listed(""), [])
        self.emulator.control("POST", "clock", {"advance": 31})
        self.assertEqual(len(listed("")), 3)

    def test_error_shapes(self):
        ident = self.job()
        for shape, want in (("null", None), ("empty", {}), (
                "nulls", {"code": None, "message": None, "param": None})):
            self.emulator.control("POST", "settings", {"error_shape": shape})
            self.assertEqual(self.emulator.call(
                "GET", JOBS + "/" + ident).json["error"], want)


class Chat(OpenAiTest):
    def chat(self, model, text="the green thing", **more):
        return self.emulator.call("POST", V1 + "/chat/completions", dict({
            "model": model,
            "messages": [{"role": "user", "content": text}]}, **more))

    def test_base_model_does_not_know(self):
        answer = self.chat(OPENAI_MODEL).json
        self.assertEqual(answer["choices"][0]["message"]["content"],
                         "the green thing")
        usage = answer["usage"]
        self.assertEqual(usage["total_tokens"], usage["prompt_tokens"]
                         + usage["completion_tokens"])
        self.assertEqual(self.emulator.totals()["chat"], 1)

    def test_tuned_model_loads_then_answers_then_is_deleted(self):
        self.emulator.control("POST", "settings", {"model_load_polls": 2})
        model = self.finished(self.job())["fine_tuned_model"]
        statuses = [self.chat(model).status for _ in range(3)]
        self.assertEqual(statuses, [404, 404, 200])
        path = V1 + "/models/" + model
        self.assertEqual(self.emulator.call("GET", path).json["id"], model)
        self.assertIn("shutdown_date", self.emulator.call("GET", path).json)
        self.assertTrue(self.emulator.call("DELETE", path).json["deleted"])
        self.refused(self.chat(model), 404, "model_not_found")

    def test_stream(self):
        answer = self.chat(OPENAI_MODEL, stream=True)
        self.assertTrue(answer.body.endswith(b"data: [DONE]\n\n"))

    def test_compatible_gateway_has_accounts_of_its_own(self):
        ident = self.file_id()
        self.assertEqual(self.emulator.call(
            "GET", "/compat/v1/files/" + ident).status, 404)
        other = self.emulator.upload(colours(), base="/compat/v1")
        self.assertEqual(other.status, 200)
        self.assertEqual(self.emulator.totals("compat"), {"file.create": 1})


if __name__ == "__main__":
    unittest.main()
