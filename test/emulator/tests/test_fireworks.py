"""The Fireworks dialect behaves as its fact sheet says."""

import json
import unittest
from urllib.parse import urlsplit

from harness import EmulatorTest, colours, form, wait_until

ROOT = "/fireworks"
MINE = ROOT + "/v1/accounts/main"
JOBS = MINE + "/supervisedFineTuningJobs"
MODEL = "accounts/fireworks/models/qwen3-8b"


class FireworksTest(EmulatorTest):
    """Helpers for the classes below."""

    def get(self, path, **options):
        return self.emulator.call("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.emulator.call("POST", path, body, **options)

    def delete(self, path, **options):
        return self.emulator.call("DELETE", path, **options)

    def settings(self, **changes):
        self.emulator.control("POST", "settings", changes)

    def advance(self, seconds):
        self.emulator.control("POST", "clock", {"advance": seconds})

    def refused(self, answer, status, code):
        """A google.rpc.Status of that number."""
        self.assertEqual((answer.status, answer.json["code"]),
                         (status, code), answer.body)

    def begin(self, ident="d-1", rows=90, **facts):
        return self.post(MINE + "/datasets", {
            "datasetId": ident, "dataset": dict({
                "displayName": "rows.jsonl", "format": "CHAT",
                "exampleCount": str(rows), "userUploaded": {}}, **facts)})

    def fill(self, ident, data):
        body, headers = form({}, {"file": ("rows.jsonl", data)})
        return self.post(MINE + "/datasets/%s:upload" % ident, body,
                         headers=headers)

    def dataset(self, ident="d-1", data=None):
        """The full name of a data set that is READY."""
        data = data or colours()
        self.begin(ident, data.count(b"\n"))
        self.assertEqual(self.fill(ident, data).status, 200)
        shown = self.get(MINE + "/datasets/" + ident).json
        self.assertEqual(shown["state"], "READY", shown)
        return shown["name"]

    def create(self, ident="j-1", **wish):
        return self.post(JOBS + "?supervisedFineTuningJobId=" + ident, dict({
            "dataset": wish.pop("dataset", None) or self.dataset(),
            "baseModel": MODEL}, **wish))

    def job(self, ident="j-1", **wish):
        answer = self.create(ident, **wish)
        self.assertEqual(answer.status, 200, answer.body)
        return JOBS + "/" + ident

    def finished(self, path):
        self.advance(60)

        def over():
            job = self.get(path).json
            return job if "completedTime" in job else None
        return wait_until(over, "the end of " + path)

    def fetch(self, url):
        """A GET of a signed URL."""
        place = urlsplit(url)
        return self.emulator.call("GET", place.path + "?" + place.query,
                                  key=None, port=place.port)


class Accounts(FireworksTest):
    def test_who_may(self):
        self.refused(self.get(JOBS, key="wrong"), 401, 16)
        other = self.get(ROOT + "/v1/accounts/other/datasets")
        self.refused(other, 403, 7)
        self.assertEqual(other.json["message"], "")
        shown = self.get(ROOT + "/v1/accounts").json["accounts"][0]
        self.assertEqual((shown["name"], shown["suspendState"]),
                         ("accounts/main", "UNSUSPENDED"))

    def test_vendor_models_are_everybodys(self):
        shown = self.get(ROOT + "/v1/" + MODEL).json
        self.assertTrue(shown["supervisedLoraTunable"])
        self.assertEqual(self.get(
            ROOT + "/v1/accounts/fireworks/models/llama-v3p1-8b-instruct")
            .json["deprecationDate"], {"year": 2027, "month": 3, "day": 31})

    def test_suspended(self):
        name = self.dataset()
        self.settings(account_suspended="CREDIT_DEPLETED")
        self.refused(self.create(dataset=name), 412, 9)


class Datasets(FireworksTest):
    def test_one_request(self):
        made = self.begin().json
        self.assertEqual((made["state"], made["exampleCount"]),
                         ("UPLOADING", "90"))
        self.dataset("d-2")
        self.assertEqual(self.emulator.totals()["file.create"], 1)
        self.refused(self.begin("d-2"), 409, 6)
        self.refused(self.fill("d-2", colours()), 400, 9)

    def test_ids(self):
        for bad in ("", "A", "1a", "-a", "a-", "a_b", "a" * 64):
            self.refused(self.begin(bad), 400, 3)
        self.assertEqual(self.begin("a" * 63).status, 200)
        self.assertEqual(self.delete(MINE + "/datasets/" + "a" * 63).status,
                         200)
        self.refused(self.begin("a" * 63), 409, 6)
        self.refused(self.get(MINE + "/datasets/" + "a" * 63), 404, 5)

    def test_counts_are_texts(self):
        self.refused(self.post(MINE + "/datasets", {
            "datasetId": "d", "dataset": {"format": "CHAT",
                                          "exampleCount": 5}}), 400, 3)

    def test_size_of_one_request(self):
        self.settings(dataset_post_max=100)
        self.begin()
        self.assertEqual(self.fill("d-1", colours()).status, 413)

    def put(self, url, data, headers):
        place = urlsplit(url)
        return self.emulator.call("PUT", place.path + "?" + place.query, data,
                                  None, headers, place.port)

    def test_signed_url(self):
        data = colours()
        self.begin()
        verb = MINE + "/datasets/d-1:"
        self.refused(self.post(verb + "validateUpload", {}), 400, 9)
        self.refused(self.post(verb + "getUploadEndpoint",
                               {"filenameToSize": {"a": 5}}), 400, 3)
        size = str(len(data))
        url = self.post(verb + "getUploadEndpoint", {
            "filenameToSize": {"a.jsonl": size}}) \
            .json["filenameToSignedUrls"]["a.jsonl"]
        headers = {"Content-Type": "application/octet-stream"}
        self.assertEqual(self.put(url, data, headers).status, 403)
        headers["x-goog-content-length-range"] = size + "," + size
        self.assertEqual(self.put(url, data, headers).status, 200)
        self.assertEqual(self.get(MINE + "/datasets/d-1").json["state"],
                         "UPLOADING")
        self.assertEqual(self.post(verb + "validateUpload", {}).json, {})
        self.assertEqual(self.get(MINE + "/datasets/d-1").json["state"],
                         "READY")

    def test_addresses_expire(self):
        self.begin()
        url = self.post(MINE + "/datasets/d-1:getUploadEndpoint", {
            "filenameToSize": {"a.jsonl": "3"}}) \
            .json["filenameToSignedUrls"]["a.jsonl"]
        self.advance(7200)
        self.assertEqual(self.put(url, b"abc", {
            "Content-Type": "application/octet-stream",
            "x-goog-content-length-range": "3,3"}).status, 403)

    def fault_of(self, data, rows=None):
        self.emulator.control("POST", "reset")
        self.begin("d-1", rows or data.count(b"\n"))
        self.fill("d-1", data)
        shown = self.get(MINE + "/datasets/d-1").json
        self.assertEqual(shown["state"], "UPLOADING")
        return shown["status"]["message"]

    def test_faults_are_told_by_the_status(self):
        good = colours()
        self.assertIn("line 91", self.fault_of(good + b"{}\n"))
        self.assertIn("at least 3", self.fault_of(
            b"".join(good.splitlines(True)[:2])))
        self.assertIn("exampleCount is 5", self.fault_of(good, 5))
        late = json.dumps({"messages": [
            {"role": "user", "content": "a"},
            {"role": "system", "content": "b"},
            {"role": "assistant", "content": "c"}]}).encode() + b"\n"
        self.assertIn("system message must come first",
                      self.fault_of(good + late))
        weighted = json.dumps({"weight": 2, "messages": [
            {"role": "user", "content": "a"},
            {"role": "assistant", "content": "c"}]}).encode() + b"\n"
        self.assertIn("all rows have a root 'weight'",
                      self.fault_of(good + weighted))

    def test_never_ready(self):
        self.settings(dataset_stuck=True)
        self.begin()
        self.fill("d-1", colours())
        shown = self.get(MINE + "/datasets/d-1").json
        self.assertEqual((shown["state"], shown["status"]),
                         ("UPLOADING", {"code": "OK"}))


class Jobs(FireworksTest):
    def test_main_job(self):
        data = self.dataset("held", colours(9, " held out"))
        path = self.job(evaluationDataset=data, epochs=2)
        job = self.finished(path)
        self.assertEqual(job["state"], "JOB_STATE_COMPLETED")
        self.assertEqual(job["jobProgress"]["percent"], 100)
        self.assertEqual(job["outputModel"], "accounts/main/models/j-1")
        lines = [json.loads(line) for line in
                 self.fetch(job["metricsFileSignedUrl"]).body.splitlines()]
        train = [line["train/loss"] for line in lines if "train/loss" in line]
        self.assertLess(train[-1], train[0] / 2)
        self.assertEqual(sum("eval/loss" in line for line in lines), 2)
        model = self.get(MINE + "/models/j-1").json
        self.assertEqual((model["kind"], model["state"]),
                         ("HF_PEFT_ADDON", "READY"))
        self.assertEqual(model["peftDetails"]["baseModel"], MODEL)
        urls = self.get(MINE + "/models/j-1:getDownloadEndpoint") \
            .json["filenameToSignedUrls"]
        self.assertTrue(self.fetch(urls["adapter_model.safetensors"]).body)

    def test_ids_are_taken_once(self):
        name = self.dataset()
        self.job("j-1", dataset=name)
        self.refused(self.create("j-1", dataset=name), 409, 6)
        self.delete(JOBS + "/j-1")
        self.refused(self.create("j-1", dataset=name), 409, 6)
        self.assertEqual(self.emulator.totals()["job.create"], 1)

    def test_refusals(self):
        name = self.dataset()
        for wish in ({"epochs": 0}, {"loraRank": 5},
                     {"maxContextLength": 1000}, {"batchSize": 4},
                     {"lrScheduler": {"linear": {}, "cosine": {}}},
                     {"warmStartFrom": "accounts/main/models/x"},
                     {"novelty": 1}, {"epochs": 40000}):
            self.refused(self.create(dataset=name, **wish), 400, 3)
        self.refused(self.create(dataset=name, baseModel="qwen"), 404, 5)
        self.refused(self.create(dataset="accounts/main/datasets/none"),
                     404, 5)
        self.refused(self.create(
            dataset=name, outputModel="accounts/other/models/m"), 403, 7)
        self.begin("empty")
        answer = self.create(dataset="accounts/main/datasets/empty")
        self.refused(answer, 400, 9)
        self.assertEqual(answer.json["details"][0]["reason"],
                         "DATASET_NOT_READY")
        self.assertNotIn("job.create", self.emulator.totals())

    def test_estimate_is_the_bill(self):
        name = self.dataset()
        told = self.post(JOBS + ":estimateCost", {
            "dataset": name, "baseModel": MODEL, "epochs": 2}).json
        path = self.job(dataset=name, epochs=2)
        job = self.finished(path)
        self.assertEqual(told["estimatedCost"], job["estimatedCost"])
        self.assertEqual(told["estimatedCost"]["currencyCode"], "USD")

    def test_metrics_come_late_and_torn(self):
        self.emulator.control("POST", "clock", {"rate": 0})
        self.settings(metrics_late_seconds=5, metrics_partial=True,
                      seconds_per_job=100)
        path = self.job()
        self.advance(16)
        wait_until(lambda: self.get(path).json["state"]
                   == "JOB_STATE_RUNNING", "a job that runs")
        self.assertNotIn("metricsFileSignedUrl", self.get(path).json)
        self.advance(5)
        url = wait_until(lambda: self.get(path).json.get(
            "metricsFileSignedUrl"), "its address")
        self.advance(20)
        text = wait_until(lambda: self.fetch(url).status == 200 and
                          self.fetch(url).body, "its file")
        self.assertNotEqual(text[-1:], b"\n")
        self.advance(7200)
        self.assertEqual(self.fetch(url).status, 403)

    def test_old_lines(self):
        self.settings(metrics_old=True)
        job = self.finished(self.job())
        line = json.loads(self.fetch(job["metricsFileSignedUrl"])
                          .body.splitlines()[0])
        self.assertEqual(line["step"], 1)
        self.assertIn("train/loss", line["data"])

    def test_progress_goes_backwards(self):
        self.emulator.control("POST", "clock", {"rate": 0})
        self.settings(seconds_per_job=100)
        path = self.job()
        self.advance(60)
        wait_until(lambda: self.get(path).json.get("jobProgress", {}).get(
            "percent", 0) > 10, "progress")
        self.emulator.control("POST", "jobs/j-1", {"requeue": True})
        job = self.get(path).json
        self.assertNotIn("percent", job.get("jobProgress", {}))
        self.assertEqual(job["state"], "JOB_STATE_CREATING")

    def test_forced_states(self):
        path = self.job()
        self.emulator.control("POST", "jobs/j-1", {"status": "PAUSED"})
        self.assertEqual(self.get(path).json["state"], "JOB_STATE_PAUSED")
        self.assertEqual(self.post(path + ":resume", {}).status, 200)
        self.emulator.control("POST", "jobs/j-1", {
            "status": "FAILED", "code": "INTERNAL", "message": ""})
        self.assertEqual(self.get(path).json["status"]["code"], "INTERNAL")
        self.refused(self.post(path + ":cancel", {}), 400, 9)

    def test_cancel(self):
        path = self.job()
        self.assertEqual(self.post(path + ":cancel", {}).json, {})
        self.assertEqual(self.get(path).json["state"],
                         "JOB_STATE_CANCELLED")

    def test_pages(self):
        name = self.dataset()
        for number in range(5):
            self.job("j-%d" % number, dataset=name)
        seen, token = [], ""
        while token is not None:
            page = self.get(JOBS + "?pageSize=2&pageToken=" + token).json
            seen += [job["name"] for job in page["supervisedFineTuningJobs"]]
            token = page.get("nextPageToken")
        self.assertEqual(len(set(seen)), 5)
        self.settings(foreign_dpo_jobs=1)
        self.assertEqual(len(self.get(MINE + "/dpoJobs").json["dpoJobs"]), 1)


class Serving(FireworksTest):
    GPU = {"acceleratorType": "NVIDIA_H100_80GB", "minReplicaCount": 1}

    def setUp(self):
        super().setUp()
        self.finished(self.job())
        self.model = "accounts/main/models/j-1"

    def deploy(self, ident="x-1", **wish):
        return self.post(MINE + "/deployments?deploymentId=" + ident, dict(
            {"baseModel": self.model}, **wish))

    def chat(self, model):
        return self.post(ROOT + "/inference/v1/chat/completions", {
            "model": model, "messages": [
                {"role": "system", "content": "Answer with one word."},
                {"role": "user", "content": "the red thing 3"}]})

    def said(self, model):
        answer = self.chat(model)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["choices"][0]["message"]["content"]

    def test_live_merge(self):
        self.refused(self.deploy(), 400, 3)
        self.assertEqual(self.deploy(**self.GPU).json["state"], "CREATING")
        self.refused(self.deploy(**self.GPU), 409, 6)
        name = "accounts/main/deployments/x-1"
        self.assertEqual(self.chat(name).status, 503)
        self.advance(10)
        self.assertEqual(self.said(name), "red")
        self.assertEqual(self.said(self.model + "#" + name), "red")
        self.assertEqual(self.chat(self.model).status, 404)
        path = MINE + "/deployments/x-1"
        self.refused(self.delete(path), 400, 9)
        self.assertEqual(self.delete(path + "?ignoreChecks=true").json, {})
        self.advance(10)
        self.refused(self.get(path), 404, 5)
        self.refused(self.deploy(**self.GPU), 409, 6)
        self.assertEqual(self.emulator.totals()["deploy"], 1)

    def test_sleeps_and_wakes(self):
        self.deploy(**dict(self.GPU, minReplicaCount=0))
        name = "accounts/main/deployments/x-1"
        self.advance(10)
        self.assertEqual(self.said(name), "red")
        self.advance(4000)
        shown = self.get(ROOT + "/v1/" + name).json
        self.assertEqual((shown["state"], shown.get("replicaCount")),
                         ("READY", None))
        answer = self.chat(name)
        self.assertEqual((answer.status, answer.json["error"]["code"]),
                         (503, "DEPLOYMENT_SCALING_UP"))
        self.advance(10)
        self.assertEqual(self.said(name), "red")

    def test_adapters(self):
        self.refused(self.deploy(baseModel=MODEL, enableAddons=True,
                                 deploymentShape="qwen3-fp8"), 400, 9)
        self.deploy(baseModel=MODEL, enableAddons=True, **self.GPU)
        place = "accounts/main/deployments/x-1"
        wish = {"model": self.model, "deployment": place}
        self.refused(self.post(MINE + "/deployedModels", wish), 400, 9)
        self.advance(10)
        loaded = self.post(MINE + "/deployedModels", wish).json
        self.assertEqual(loaded["state"], "DEPLOYING")
        self.refused(self.post(MINE + "/deployedModels", wish), 409, 6)
        self.assertEqual(self.chat(self.model + "#" + place).status, 404)
        self.advance(10)
        self.assertEqual(self.said(self.model + "#" + place), "red")
        listed = self.get(MINE + "/deployedModels").json["deployedModels"]
        self.assertEqual([one["state"] for one in listed], ["DEPLOYED"])
        path = ROOT + "/v1/" + loaded["name"]
        self.assertEqual(self.delete(path).json, {})
        self.refused(self.delete(path), 404, 5)

    def test_hours_are_billed_while_replicas_stand(self):
        self.emulator.control("POST", "clock", {"rate": 0})
        self.deploy(acceleratorCount=2, **self.GPU)
        self.advance(3600)
        standing, = self.emulator.control("GET", "deployments")["deployments"]
        self.assertAlmostEqual(standing["amount"], 16.0, 1)


if __name__ == "__main__":
    unittest.main()
