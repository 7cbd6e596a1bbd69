"""The Together dialect behaves as its fact sheet says."""

import hashlib
import json
import unittest
from urllib.parse import urlencode, urlsplit

from harness import (TOGETHER_MODEL, EmulatorTest, chat_line, colours, form,
                     wait_until)

V1 = "/together/v1"
V2 = "/together/v2"
JOBS = V1 + "/fine-tunes"


class TogetherTest(EmulatorTest):
    """Helpers for the classes below."""

    def get(self, path, **options):
        return self.emulator.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.emulator.call("POST", path, body, **options)

    def create(self, file_id, **wish):
        return self.post(JOBS, dict({
            "model": TOGETHER_MODEL, "training_file": file_id,
            "batch_size": "max", "learning_rate": 1e-4}, **wish))

    def job(self, data=None, **wish):
        answer = self.create(self.emulator.together_upload(data or colours()),
                             **wish)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["id"]

    def finished(self, ident):
        return self.emulator.finished(JOBS + "/" + ident)

    def upload(self, data):
        """A file in one request."""
        body, headers = form({"purpose": "fine-tune",
                              "file_name": "a.jsonl"},
                             {"file": ("a.jsonl", data)})
        return self.post(V1 + "/files/upload", body, headers=headers)

    def settings(self, **changes):
        self.emulator.control("POST", "settings", changes)


class Files(TogetherTest):
    def begin(self, key="test-key-main", **fields):
        fields = dict({"purpose": "fine-tune", "file_name": "a.jsonl",
                       "file_type": "jsonl"}, **fields)
        return self.post(V1 + "/files", urlencode(fields), key=key, headers={
            "Content-Type": "application/x-www-form-urlencoded"})

    def put(self, location, data, **options):
        url = urlsplit(location)
        options.setdefault("key", None)
        return self.emulator.call("PUT", url.path + "?" + url.query, data,
                                  port=url.port, **options)

    def test_redirect_upload(self):
        data = colours()
        begun = self.begin()
        self.assertEqual(begun.status, 302)
        location = begun.headers["Location"]
        self.assertEqual(urlsplit(location).port,
                         self.emulator.facts["storage_port"])
        ident = begun.headers["X-Together-File-Id"]
        self.assertEqual(self.get(V1 + "/files/" + ident)
                         .json["processing_status"], "PENDING")
        self.assertEqual(self.put(location, data).status, 200)
        shown = self.get(V1 + "/files/" + ident).json
        self.assertEqual((shown["processing_status"], shown["bytes"]),
                         ("COMPLETED", len(data)))
        self.assertEqual(shown["validation_report"]["nlines"], 90)
        self.assertEqual(self.get(V1 + "/files/%s/content" % ident).body,
                         data)

    def test_all_encodings_of_the_first_request(self):
        fields = {"purpose": "fine-tune", "file_name": "a.jsonl"}
        body, headers = form(fields, {})
        self.assertEqual(self.post(V1 + "/files", body,
                                   headers=headers).status, 302)
        self.assertEqual(self.post(V1 + "/files?" + urlencode(fields))
                         .status, 302)

    def test_storage_refuses(self):
        data, location = colours(), self.begin().headers["Location"]
        self.assertEqual(self.put(location + "x", data).status, 403)
        leaked = self.put(location, data, key="test-key-main")
        self.assertEqual(leaked.status, 400)
        seen = self.emulator.control("GET", "requests?listener=storage")
        self.assertEqual([one["bearer"] for one in seen["requests"]],
                         [False, True])
        self.assertNotIn("test-key-main", json.dumps(seen))
        chunked = self.put(location, iter([data]))
        self.assertEqual(chunked.status, 501)
        self.emulator.control("POST", "clock", {"advance": 3601})
        self.assertEqual(self.put(location, data).status, 403)

    def test_known_content_is_409(self):
        data = colours()
        ident = self.emulator.together_upload(data)
        again = self.begin(checksum=hashlib.sha256(data).hexdigest())
        self.assertEqual((again.status, again.json["file_id"]), (409, ident))
        self.assertEqual(self.emulator.totals("together")["file.create"], 1)
        other = self.begin("test-key-other",
                           checksum=hashlib.sha256(data).hexdigest())
        self.assertEqual(other.status, 302)

    def test_wrong_checksum_fails_the_file(self):
        ident = self.emulator.together_upload(colours(), checksum="0" * 64)
        self.assertEqual(self.get(V1 + "/files/" + ident)
                         .json["processing_status"], "FAILED")

    def test_processing_states_by_polls(self):
        self.settings(file_processing_polls=4)
        ident = self.emulator.together_upload(colours())
        states = [self.get(V1 + "/files/" + ident).json["processing_status"]
                  for _ in range(5)]
        self.assertEqual(states, ["QUEUED", "QUEUED", "RUNNING", "RUNNING",
                                  "COMPLETED"])

    def test_preprocess_when_required(self):
        self.settings(preprocess_required=True)
        ident = self.emulator.together_upload(colours())
        path = V1 + "/files/" + ident
        self.assertEqual(self.get(path).json["processing_status"], "PENDING")
        self.post(path + "/preprocess")
        self.assertEqual(self.get(path).json["processing_status"],
                         "COMPLETED")

    def test_invalid_line_is_reported(self):
        rows = colours().splitlines(True)
        rows[16] = b'{"messages": [{"content": "x"}]}\n'
        ident = self.emulator.together_upload(b"".join(rows))
        shown = self.get(V1 + "/files/" + ident).json
        self.assertEqual(shown["processing_status"], "INVALID_FORMAT")
        self.assertIn("line 17", shown["validation_report"]["error"])
        self.assertIn("role", shown["validation_report"]["error"])
        self.assertEqual(self.create(ident).status, 400)

    def test_one_request_upload(self):
        answer = self.upload(colours())
        self.assertEqual((answer.status, answer.json["bytes"]),
                         (200, len(colours())))

    def test_multipart(self):
        data = colours()
        self.settings(part_min=1000)
        plan = self.post(V1 + "/files/multipart/initiate", {
            "file_name": "big.jsonl", "file_size": len(data), "num_parts": 3,
            "purpose": "fine-tune", "file_type": "jsonl"}).json
        size = -(-len(data) // 3)
        parts = []
        for part in plan["parts"]:
            number = part["PartNumber"]
            piece = data[(number - 1) * size:number * size]
            self.assertEqual(self.put(part["URL"], piece).status, 403)
            answer = self.put(part["URL"], piece, headers=part["Headers"])
            parts.append({"part_number": number,
                          "etag": answer.headers["ETag"].strip('"')})
        wish = {"upload_id": plan["upload_id"], "file_id": plan["file_id"]}
        bad = dict(wish, parts=parts[:2])
        self.assertEqual(self.post(V1 + "/files/multipart/complete",
                                   bad).status, 400)
        done = self.post(V1 + "/files/multipart/complete",
                         dict(wish, parts=parts))
        self.assertEqual(done.json["file"]["bytes"], len(data))
        self.assertEqual(self.get(V1 + "/files/%s/content"
                                  % plan["file_id"]).body, data)

    def test_multipart_refuses_small_parts_and_aborts(self):
        wish = {"file_name": "b.jsonl", "file_size": 10000, "num_parts": 2,
                "purpose": "fine-tune", "file_type": "jsonl"}
        self.assertEqual(self.post(V1 + "/files/multipart/initiate",
                                   wish).status, 400)
        plan = self.post(V1 + "/files/multipart/initiate",
                         dict(wish, num_parts=1)).json
        facts = {name: plan[name] for name in ("upload_id", "file_id")}
        self.assertEqual(self.post(V1 + "/files/multipart/abort",
                                   facts).status, 200)
        self.assertEqual(self.get(V1 + "/files").json["data"], [])

    def test_delete(self):
        ident = self.emulator.together_upload(colours())
        path = V1 + "/files/" + ident
        self.assertEqual(self.get(path, key="test-key-other").status, 404)
        self.assertTrue(self.emulator.call("DELETE", path).json["deleted"])
        self.assertEqual(self.get(path).status, 404)


class Create(TogetherTest):
    def test_refusals(self):
        ident = self.emulator.together_upload(colours())
        for change, status in (
                ({"model": "nonsense"}, 400), ({"n_epochs": 21}, 400),
                ({"batch_size": 9}, 400), ({"learning_rate": 1}, 400),
                ({"n_evals": 2}, 400), ({"validation_file": ident}, 400),
                ({"suffix": "x" * 65}, 400), ({"nonsense": 1}, 422),
                ({"training_method": {"method": "sft"}}, 400),
                ({"training_type": {"type": "lora"}}, 400),
                ({"training_type": {"type": "Lora", "lora_r": 65,
                                    "lora_alpha": 1}}, 400),
                ({"training_file": "file-none"}, 400)):
            with self.subTest(change=change):
                self.assertEqual(self.create(ident, **change).status, status)
        self.assertNotIn("job.create", self.emulator.totals())

    def test_balance(self):
        self.settings(balance=0)
        ident = self.emulator.together_upload(colours())
        self.assertEqual(self.create(ident).status, 402)

    def test_balance_runs_out_in_the_job(self):
        self.settings(balance=1)
        job = self.finished(self.job())
        self.assertEqual(job["status"], "cancelled")
        self.assertIn("billing_limit",
                      [event["type"] for event in job["events"]])

    def test_quote_equals_bill(self):
        self.settings(minimum_price=0)
        data = colours()
        ident = self.emulator.together_upload(data)
        other = self.emulator.together_upload(colours(10, " again"))
        wish = {"training_file": ident, "validation_file": other,
                "model": TOGETHER_MODEL, "n_epochs": 3, "n_evals": 2}
        quote = self.post(JOBS + "/estimate-price", wish).json
        self.assertTrue(quote["estimation_available"])
        job = self.finished(self.create(ident, **{
            name: value for name, value in wish.items()
            if name != "training_file"}).json["id"])
        self.assertEqual(job["token_count"],
                         3 * quote["estimated_train_token_count"]
                         + 2 * quote["estimated_eval_token_count"])
        self.assertAlmostEqual(job["total_price"] / 1e9,
                               quote["estimated_total_price"], places=5)
        bill = self.emulator.control("GET", "ledger?kind=bill")["effects"]
        self.assertEqual([round(one["amount"], 6) for one in bill],
                         [quote["estimated_total_price"]])

    def test_quote_unavailable(self):
        self.settings(file_processing_polls=100)
        ident = self.emulator.together_upload(colours())
        quote = self.post(JOBS + "/estimate-price", {
            "training_file": ident, "model": TOGETHER_MODEL}).json
        self.assertEqual(quote, {
            "estimation_available": False,
            "unavailable_reason": "train_file_not_validated"})


class Life(TogetherTest):
    def test_finished_job(self):
        ident = self.job(suffix="hft-77", n_epochs=2, n_checkpoints=2)
        job = self.finished(ident)
        self.assertEqual(job["status"], "completed")
        self.assertIn("hft-77", job["model_output_name"])
        self.assertTrue(job["model_object_id"].startswith("ml_"))
        types = [event["type"] for event in job["events"]]
        for kind in ("job_pending", "job_start", "training_start",
                     "epoch_complete", "checkpoint_save", "job_complete"):
            self.assertIn(kind, types)
        steps = [(one["step"], one["checkpoint_type"]) for one in
                 self.get(JOBS + "/%s/checkpoints" % ident).json["data"]]
        self.assertEqual(steps, [(12, "Intermediate"), (24, "Final Merged"),
                                 (24, "Final Adapter")])

    def test_states_are_passed_in_order(self):
        data = colours()
        self.finished(self.job(data))   # from now on it is trained
        self.emulator.control("POST", "clock", {"rate": 0})
        ident = self.create(self.upload(data).json["id"]).json["id"]
        for _ in range(5):
            self.get(JOBS + "/" + ident)
        seen = []
        for _ in range(60):
            state = self.get(JOBS + "/" + ident).json["status"]
            if state not in seen:
                seen.append(state)
            self.emulator.control("POST", "clock", {"advance": 0.05})
        self.assertEqual(seen, ["pending", "queued", "running",
                                "compressing", "uploading", "completed"])

    def test_metrics_and_filters(self):
        validation = self.emulator.together_upload(colours(5, " held out"))
        ident = self.job(n_epochs=2, n_evals=4, validation_file=validation)
        self.finished(ident)
        path = JOBS + "/%s/metrics" % ident
        points = self.get(path).json["metrics"]
        train = [one["train/global_step"] for one in points
                 if "train/loss" in one]
        evals = [one["train/global_step"] for one in points
                 if "eval/loss" in one]
        self.assertEqual(train, list(range(1, 25)))
        self.assertEqual(evals, [6, 12, 18, 24])
        some = self.get(path + "?global_step_from=5&global_step_to=7").json
        self.assertEqual([one["train/global_step"]
                          for one in some["metrics"]], [5, 6, 6, 7])
        few = self.get(path + "?resolution=3").json["metrics"]
        self.assertEqual(len([one for one in few if "train/loss" in one]), 3)
        self.assertEqual(len([one for one in few if "eval/loss" in one]), 4)
        self.assertEqual(self.get(path + "?resolution=x").status, 400)

    def test_nan_switch(self):
        self.settings(metrics_nan=True)
        ident = self.job()
        self.finished(ident)
        self.assertIn(b"NaN", self.get(JOBS + "/%s/metrics" % ident).body)

    def test_restart_changes_the_id(self):
        ident = self.job(suffix="hft-r")
        self.emulator.control("POST", "clock", {"advance": 1})
        self.get(JOBS + "/" + ident)
        self.emulator.control("POST", "jobs/" + ident, {"restart": True})
        job = self.get(JOBS + "/" + ident).json
        self.assertEqual(job["status"], "error")
        event = [one for one in job["events"]
                 if one["type"] == "job_restarted"][0]
        again = event["message"].split()[-1]
        self.assertEqual(self.finished(again)["status"], "completed")
        listed = [one["id"] for one in self.get(JOBS).json["data"]
                  if one["suffix"] == "hft-r"]
        self.assertEqual(listed, [again, ident])
        totals = self.emulator.totals("together")
        self.assertEqual((totals["job.create"], totals["job.restart"]),
                         (1, 1))

    def half_way(self, ident):
        """The job in the middle of its training, where the clock stops."""
        self.emulator.control("POST", "clock", {"rate": 0, "advance": 1})

        def training():
            job = self.get(JOBS + "/" + ident).json
            return job if job["status"] == "running" else None
        return wait_until(training, "the training")

    def test_failed_job_is_refunded(self):
        ident = self.job()
        self.half_way(ident)
        self.emulator.control("POST", "jobs/" + ident, {
            "status": "error", "message": "a node burnt down"})
        job = self.get(JOBS + "/" + ident).json
        self.assertEqual((job["status"], job["total_price"]), ("error", 0))
        self.assertIn("refund", [event["type"] for event in job["events"]])
        amounts = [one["amount"] for one in self.emulator.control(
            "GET", "ledger?kind=bill")["effects"]]
        self.assertEqual(sum(amounts), 0)

    def test_cancel_pays_for_the_steps_done(self):
        self.settings(minimum_price=0)
        ident = self.job(n_epochs=10)
        full = self.half_way(ident)["total_price"]
        self.emulator.call("POST", JOBS + "/%s/cancel" % ident)
        job = self.get(JOBS + "/" + ident).json
        self.assertEqual(job["status"], "cancelled")
        self.assertLess(job["total_price"], full)
        self.assertEqual(self.emulator.call(
            "POST", JOBS + "/%s/cancel" % ident).status, 400)

    def test_early_stopping(self):
        """Random answers cannot be learned, so the validation loss only
        grows and the job ends before its epochs do."""
        rows = b"".join(chat_line("question %d %d" % (n, n * 7919 % 101),
                                  "yes" if n * 7919 % 2 else "no")
                        for n in range(80))
        noise = b"".join(chat_line("question %d %d" % (n, n * 7919 % 101),
                                   "no" if n * 7919 % 2 else "yes")
                         for n in range(80))
        validation = self.emulator.together_upload(noise)
        ident = self.job(rows, validation_file=validation, n_epochs=10,
                         n_evals=10, early_stopping_enabled=True)
        job = self.finished(ident)
        self.assertEqual(job["status"], "completed")
        self.assertTrue(job["early_stopped"])
        self.assertLess(job["epochs_completed"], 10)

    def test_continue_from_checkpoint(self):
        first = self.job(n_epochs=2, n_checkpoints=2)
        self.finished(first)
        ident = self.emulator.together_upload(colours(10, " more"))
        answer = self.post(JOBS, {"training_file": ident,
                                  "from_checkpoint": first + ":12",
                                  "batch_size": "max"})
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(self.finished(answer.json["id"])["status"],
                         "completed")

    def test_delete(self):
        ident = self.job()
        self.assertEqual(self.emulator.call(
            "DELETE", JOBS + "/" + ident).status, 400)
        self.finished(ident)
        self.assertEqual(self.emulator.call(
            "DELETE", JOBS + "/" + ident).status, 200)
        self.assertEqual(self.get(JOBS + "/" + ident).status, 404)

    def test_downloads(self):
        ident = self.job()
        path = V1 + "/finetune/download?ft_id=" + ident
        self.assertEqual(self.get(path + "&checkpoint=merged").status, 404)
        self.finished(ident)
        whole = self.get(path + "&checkpoint=merged")
        self.assertEqual(whole.status, 200)
        rest = self.get(path + "&checkpoint=merged",
                        headers={"Range": "bytes=10-"})
        self.assertEqual((rest.status, rest.body), (206, whole.body[10:]))
        self.assertEqual(self.get(path).status, 400)
        link = self.get(JOBS + "/%s/download-tokenized-dataset" % ident).json
        url = urlsplit(link["url"])
        self.assertEqual(len(self.get(url.path + "?" + url.query, key=None,
                                      port=url.port).body), link["size"])


class Serving(TogetherTest):
    def setUp(self):
        super().setUp()
        self.project = self.get(V1 + "/whoami").json["project_id"]
        self.root = V2 + "/projects/" + self.project

    def patch(self, path, body):
        return self.emulator.call("PATCH", path, body)

    def chat(self, model):
        return self.post(V1 + "/chat/completions", {
            "model": model,
            "messages": [{"role": "user", "content": "the blue thing"}]})

    def deploy(self, job):
        """(path of the endpoint, path of the deployment)."""
        model = "projects/%s/models/%s" % (self.project,
                                           job["model_object_id"])
        config = self.get(self.root + "/configs?referenceModel=" + model) \
            .json["data"][0]["id"]
        endpoint = self.post(self.root + "/endpoints", {"name": "triage"})
        path = self.root + "/endpoints/" + endpoint.json["id"]
        made = self.post(path + "/deployments", {
            "name": "one", "model": model,
            "config": "projects/%s/configs/%s" % (self.project, config),
            "autoscaling": {"minReplicas": 1, "maxReplicas": 1}})
        self.assertEqual(made.status, 200, made.body)
        return path, path + "/deployments/" + made.json["id"]

    def route(self, endpoint, deployment, weight, **more):
        return self.patch(endpoint, dict({"trafficSplit": [{
            "deploymentId": deployment.split("/")[-1],
            "weight": weight}]}, **more))

    def test_the_whole_way(self):
        self.settings(price_cents_per_hour=600)
        job = self.finished(self.job())
        self.assertEqual(self.chat(job["model_output_name"]).status, 404)
        endpoint, deployment = self.deploy(job)
        self.assertEqual(self.get(deployment).json["status"]["state"],
                         "DEPLOYMENT_STATE_PROVISIONING")
        self.emulator.control("POST", "clock", {"advance": 2})
        self.assertEqual(self.get(deployment).json["status"]["state"],
                         "DEPLOYMENT_STATE_READY")
        self.assertEqual(self.chat("main/triage").status, 503)
        self.assertEqual(self.route(endpoint, deployment, 1,
                                    etag="stale").status, 409)
        etag = self.get(endpoint).json["etag"]
        self.assertEqual(self.route(endpoint, deployment, 1,
                                    etag=etag).status, 200)
        answer = self.chat("main/triage").json
        self.assertEqual(answer["choices"][0]["message"]["content"], "blue")
        self.assertEqual(self.chat("main/triage/one").status, 200)
        self.emulator.control("POST", "clock", {"advance": 3600})
        standing = self.emulator.control("GET", "deployments")["deployments"]
        self.assertEqual([round(one["amount"]) for one in standing], [6])
        self.tear_down(endpoint, deployment)
        hosting = [one for one in self.emulator.control(
            "GET", "ledger?kind=bill")["effects"]
            if one["reason"] == "hosting"]
        self.assertEqual(len(hosting), 1)
        self.assertAlmostEqual(hosting[0]["amount"], 6.0, places=1)

    def tear_down(self, endpoint, deployment):
        self.assertEqual(self.emulator.call("DELETE", deployment).status,
                         400)
        self.patch(deployment, {"autoscaling": {"minReplicas": 0,
                                                "maxReplicas": 0}})
        self.assertEqual(self.get(deployment).json["status"]["state"],
                         "DEPLOYMENT_STATE_STOPPING")
        self.route(endpoint, deployment, 0)
        self.assertEqual(self.emulator.call("DELETE", deployment).status,
                         200)
        self.assertEqual(self.emulator.call("DELETE", endpoint).status, 200)

    def test_names_are_unique_and_findable(self):
        job = self.finished(self.job())
        endpoint, _ = self.deploy(job)
        again = self.post(self.root + "/endpoints", {"name": "triage"})
        self.assertEqual(again.status, 409)
        found = self.get(self.root + "/endpoints?filter=name%3D%22triage%22")
        self.assertEqual([one["id"] for one in found.json["data"]],
                         [endpoint.split("/")[-1]])
        self.assertEqual(self.get(self.root + "/endpoints?filter=x")
                         .status, 400)

    def test_undeployable_model_has_no_config(self):
        self.settings(deployable=False)
        self.assertEqual(self.get(self.root + "/configs").json["data"], [])

    def test_other_project_and_old_endpoints(self):
        self.assertEqual(self.get(V2 + "/projects/proj_999/endpoints")
                         .status, 404)
        self.assertEqual(self.post(V1 + "/endpoints", {}).status, 403)
        types = self.get(V2 + "/public/inference-instance-types").json
        self.assertGreater(types["data"][0]["priceCentsPerHour"], 0)

    def test_limits_and_preview(self):
        limits = self.get(JOBS + "/models/limits?model_name="
                          + TOGETHER_MODEL).json
        self.assertEqual(limits["lora_training"]["max_rank"], 64)
        self.assertEqual(self.get(JOBS + "/models/limits?model_name=x")
                         .status, 404)
        self.assertIn(TOGETHER_MODEL,
                      self.get(JOBS + "/models/supported").json["models"])
        shown = self.post(JOBS + "/preview", {
            "model": TOGETHER_MODEL, "top_k": 2,
            "training_file": self.emulator.together_upload(colours())}).json
        self.assertEqual(len(shown["rows"]), 2)
        row = shown["rows"][0]
        self.assertEqual(row["num_trained_tokens"],
                         sum(label != -100 for label in row["labels"]))


if __name__ == "__main__":
    unittest.main()
