"""What the emulator answers fits the platforms' machine-readable descriptions.

The emulator and the client are written by the same hands and could share a
misreading; the descriptions were not. They lie beside the checkout where the
tests of record run (or where HFT_SHARED says); elsewhere this is skipped.
Could pass by accident if few operations were exercised, so those that must
be are listed.
"""

import json
import os
import unittest

from harness import (OPENAI_MODEL, ROOT, TOGETHER_MODEL, EmulatorTest,
                     colours, form, wait_until)
from schema import Description

SHARED = os.environ.get("HFT_SHARED") or os.path.join(
    ROOT, "..", "..", "..", "shared")
FOLDER = os.path.join(SHARED, "providers", "openapi")


class DescribedTest(EmulatorTest):
    """Wraps calls so that each exchange is held against the description."""

    NAME = None
    BASES = ()

    @classmethod
    def setUpClass(cls):
        path = os.path.join(FOLDER, cls.NAME + ".json")
        if not os.path.exists(path):
            raise unittest.SkipTest("no %s beside the checkout" % cls.NAME)
        cls.description = Description(path)
        super().setUpClass()

    def setUp(self):
        super().setUp()
        self.checked = set()

    def call(self, method, path, body=None, **options):
        """Call below a base URL and check both directions."""
        if isinstance(body, dict):
            self.check_request(method, path, body)
        answer = self.emulator.call(method, self.base(path) + path, body,
                                    **options)
        self.check_answer(method, path, answer)
        return answer

    def base(self, path):
        return self.BASES[0]

    def described(self, method, path):
        found = self.description.operation(method, path.split("?")[0])
        self.assertIsNotNone(found, "%s %s is not described" % (method, path))
        return found

    def check_request(self, method, path, body):
        _, operation = self.described(method, path)
        schema = operation["requestBody"]["content"].get(
            "application/json", {}).get("schema", {})
        self.assertEqual(self.description.faults(body, schema), [],
                         "request %s %s" % (method, path))

    def check_answer(self, method, path, answer):
        template, operation = self.described(method, path)
        self.checked.add((method, template))
        responses = operation["responses"]
        told = responses.get(str(answer.status), responses.get("default"))
        self.assertIsNotNone(told, "%s %s answered %d" % (method, path,
                                                          answer.status))
        content = told.get("content", {}).get("application/json")
        if content is None or \
                answer.headers["Content-Type"] != "application/json":
            return
        self.assertEqual(
            self.description.faults(answer.json, content["schema"]), [],
            "answer of %s %s: %s" % (method, path, answer.body[:500]))

    def finished(self, path):
        self.emulator.finished(self.base(path) + path)
        return self.call("GET", path).json

    def assert_bites(self, path, **change):
        """A spoilt answer is noticed."""
        self.call("GET", path)
        self.emulator.fault({}, **change)
        with self.assertRaises(AssertionError):
            self.call("GET", path)

    def assert_checked(self, names):
        missing = [name for name in names.split("\n") if name.strip()
                   and tuple(name.split()) not in self.checked]
        self.assertEqual(missing, [])


class OpenAi(DescribedTest):
    NAME = "openai"
    BASES = ("/openai/v1",)

    def test_check_bites(self):
        self.assert_bites("/models", set={"data.0.created": "yesterday"})
        self.assert_bites("/fine_tuning/jobs", drop=["has_more"])

    def upload(self, data):
        body, headers = form({"purpose": "fine-tune"},
                             {"file": ("a.jsonl", data)})
        return self.call("POST", "/files", body, headers=headers).json["id"]

    def upload_in_parts(self, data):
        begun = self.call("POST", "/uploads", {
            "filename": "a.jsonl", "purpose": "fine-tune",
            "bytes": len(data), "mime_type": "text/jsonl"}).json
        body, headers = form({}, {"data": ("blob", data)})
        part = self.call("POST", "/uploads/%s/parts" % begun["id"], body,
                         headers=headers).json["id"]
        return self.call("POST", "/uploads/%s/complete" % begun["id"], {
            "part_ids": [part]}).json["file"]["id"]

    def test_everything(self):
        # The sheet has seen null members; the description knows only null.
        self.emulator.control("POST", "settings", {"error_shape": "null"})
        training, validation = self.upload(colours()), self.upload_in_parts(
            colours(9, " held out"))
        self.call("GET", "/files?purpose=fine-tune")
        self.call("GET", "/files/" + training)
        job = self.call("POST", "/fine_tuning/jobs", {
            "model": OPENAI_MODEL, "training_file": training,
            "validation_file": validation, "suffix": "s", "seed": 1,
            "metadata": {"hft_key": "k"}, "method": {
                "type": "supervised", "supervised": {"hyperparameters": {
                    "n_epochs": 2, "batch_size": "auto",
                    "learning_rate_multiplier": 1.5}}}}).json
        path = "/fine_tuning/jobs/" + job["id"]
        job = self.finished(path)
        self.assertEqual(job["status"], "succeeded")
        self.call("GET", "/fine_tuning/jobs?metadata%5Bhft_key%5D=k")
        self.call("GET", path + "/events?limit=100")
        self.call("GET", path + "/checkpoints")
        self.call("GET", "/files/%s/content" % job["result_files"][0])
        self.call("POST", "/chat/completions", {
            "model": job["fine_tuned_model"],
            "messages": [{"role": "user", "content": "the red thing"}]})
        self.call("GET", "/models")
        self.call("GET", "/models/" + job["fine_tuned_model"])
        self.call("GET", "/fine_tuning/model_limits")
        self.call("DELETE", "/models/" + job["fine_tuned_model"])
        self.failures(training)
        self.permissions_and_graders(job)
        self.call("DELETE", "/files/" + training)
        self.assertEqual(set(self.description.operations) - self.checked,
                         set())

    def failures(self, training):
        self.call("GET", "/fine_tuning/jobs/none")
        self.call("GET", "/models/none")
        begun = self.call("POST", "/uploads", {
            "filename": "a.jsonl", "purpose": "fine-tune", "bytes": 5,
            "mime_type": "text/jsonl"}).json
        self.call("POST", "/uploads/%s/cancel" % begun["id"])
        few = self.upload(colours(1))
        job = self.call("POST", "/fine_tuning/jobs", {
            "model": OPENAI_MODEL, "training_file": few}).json
        self.assertEqual(self.finished("/fine_tuning/jobs/" + job["id"])
                         ["status"], "failed")
        self.call("GET", "/fine_tuning/jobs/%s/events" % job["id"])
        other = self.call("POST", "/fine_tuning/jobs", {
            "model": OPENAI_MODEL, "training_file": training}).json["id"]
        # "paused" is in the reference's example but not in its enumeration.
        path = "/fine_tuning/jobs/" + other
        for word, state in (("pause", "paused"), ("resume", None)):
            answer = self.emulator.call("POST", "/openai/v1%s/%s"
                                        % (path, word))
            self.assertEqual(answer.json["status"],
                             state or answer.json["status"])
            self.checked.add(("POST", "/fine_tuning/jobs/"
                              "{fine_tuning_job_id}/" + word))
        self.call("POST", path + "/cancel")

    def permissions_and_graders(self, job):
        path = "/fine_tuning/checkpoints/%s/permissions" % \
            job["fine_tuned_model"]
        admin = {"key": "test-admin-main"}
        made = self.call("POST", path, {"project_ids": ["proj_2"]}, **admin)
        self.call("GET", path, **admin)
        self.call("DELETE", path + "/" + made.json["data"][0]["id"], **admin)
        self.call("GET", path)          # refused: not an administrator
        grader = {"type": "string_check", "name": "same", "operation": "eq",
                  "input": "{{sample.output_text}}",
                  "reference": "{{item.answer}}"}
        self.call("POST", "/fine_tuning/alpha/graders/validate",
                  {"grader": grader})
        graded = self.call("POST", "/fine_tuning/alpha/graders/run", {
            "grader": grader, "item": {"answer": "red"},
            "model_sample": "red"})
        self.assertEqual(graded.json["reward"], 1.0)


class Together(DescribedTest):
    NAME = "together"
    BASES = ("/together/v1", "/together/v2")
    V2 = ("/projects/", "/public/", "/supported-models")

    def base(self, path):
        return self.BASES[path.startswith(self.V2)]

    def test_check_bites(self):
        self.assert_bites("/whoami", drop=["project_id"])
        self.emulator.together_upload(colours())
        self.assert_bites("/files", set={"data.0.processing_status": "done"})

    def test_everything(self):
        training = self.emulator.together_upload(colours())
        self.call("POST", "/files?purpose=fine-tune&file_name=x.jsonl")
        body, headers = form({"purpose": "fine-tune", "file_name": "v.jsonl"},
                             {"file": ("v.jsonl", colours(5, " held out"))})
        validation = self.call("POST", "/files/upload", body,
                               headers=headers).json["id"]
        self.call("POST", "/files/%s/preprocess" % training)
        self.call("GET", "/files")
        self.call("GET", "/files/" + training)
        self.call("GET", "/files/%s/content" % training)
        self.call("GET", "/whoami")
        self.call("GET", "/models")
        self.quotes(training)
        job = self.call("POST", "/fine-tunes", {
            "model": TOGETHER_MODEL, "training_file": training,
            "validation_file": validation, "n_epochs": 2, "n_evals": 2,
            "n_checkpoints": 2, "batch_size": "max", "learning_rate": 1e-4,
            "suffix": "s", "training_method": {
                "method": "sft", "train_on_inputs": "auto"},
            "lr_scheduler": {"lr_scheduler_type": "cosine",
                             "lr_scheduler_args": {"min_lr_ratio": 0,
                                                   "num_cycles": 0.5}},
            "training_type": {"type": "Lora", "lora_r": 16,
                              "lora_alpha": 32}}).json
        path = "/fine-tunes/" + job["id"]
        job = self.finished(path)
        self.assertEqual(job["status"], "completed")
        for more in ("/events", "/metrics", "/checkpoints",
                     "/download-tokenized-dataset"):
            self.call("GET", path + more)
        self.call("GET", "/fine-tunes")
        self.call("GET", "/finetune/download?checkpoint=merged&ft_id="
                  + job["id"])
        self.serving(job)
        self.multipart()
        self.refusals(training)
        self.call("DELETE", path)
        self.call("DELETE", "/files/" + training)
        self.assert_checked(EXERCISED)

    def quotes(self, training):
        self.call("POST", "/fine-tunes/estimate-price", {
            "training_file": training, "model": TOGETHER_MODEL})
        self.emulator.control("POST", "files/" + training,
                              {"status": "RUNNING"})
        self.call("POST", "/fine-tunes/estimate-price", {
            "training_file": training, "model": TOGETHER_MODEL})
        self.emulator.control("POST", "files/" + training, {"status": None})
        self.call("GET", "/fine-tunes/models/supported")
        self.call("GET", "/fine-tunes/models/limits?model_name="
                  + TOGETHER_MODEL)
        self.call("GET", "/fine-tunes/models/limits?model_name=none")
        self.call("POST", "/fine-tunes/preview", {
            "training_file": training, "model": TOGETHER_MODEL})

    def serving(self, job):
        project = "/projects/" + self.call("GET",
                                           "/whoami").json["project_id"]
        model = "%s/models/%s" % (project[1:], job["model_object_id"])
        self.call("GET", project + "/models")
        self.call("GET", "/" + model)
        self.call("GET", "/supported-models")
        self.call("GET", "/public/inference-instance-types")
        config = self.call("GET", project + "/configs?referenceModel="
                           + model).json["data"][0]["id"]
        endpoint = self.call("POST", project + "/endpoints",
                             {"name": "e"}).json
        path = project + "/endpoints/" + endpoint["id"]
        made = self.call("POST", path + "/deployments", {
            "name": "d", "model": model,
            "config": "%s/configs/%s" % (project[1:], config),
            "autoscaling": {"minReplicas": 1, "maxReplicas": 1}}).json
        machine = path + "/deployments/" + made["id"]
        self.emulator.control("POST", "clock", {"advance": 60})
        self.call("GET", machine)
        self.call("GET", path + "/deployments")
        split = {"deploymentId": made["id"], "weight": 1}
        self.call("PATCH", path, {"trafficSplit": [split]})
        self.call("POST", "/chat/completions", {
            "model": endpoint["name"],
            "messages": [{"role": "user", "content": "the red thing"}]})
        self.call("PATCH", machine, {"autoscaling": {"minReplicas": 0,
                                                     "maxReplicas": 0}})
        self.call("PATCH", path, {"trafficSplit": [dict(split, weight=0)]})
        self.call("DELETE", machine)
        self.call("GET", path)
        self.call("GET", project + "/endpoints")
        self.call("DELETE", path)
        self.call("GET", "/endpoints")
        self.call("GET", "/hardware")

    def multipart(self):
        wish = {"file_name": "b.jsonl", "file_size": 5, "num_parts": 1,
                "purpose": "fine-tune", "file_type": "jsonl"}
        plan = self.call("POST", "/files/multipart/initiate", wish).json
        facts = {name: plan[name] for name in ("upload_id", "file_id")}
        self.call("POST", "/files/multipart/complete",
                  dict(facts, parts=[{"part_number": 1, "etag": "x"}]))
        self.call("POST", "/files/multipart/abort", facts)

    def refusals(self, training):
        self.call("POST", "/fine-tunes", {"model": "none",
                                          "training_file": training})
        self.call("POST", "/endpoints", {
            "model": "m", "hardware": "h",
            "autoscaling": {"min_replicas": 1, "max_replicas": 1}})
        job = self.call("POST", "/fine-tunes", {
            "model": TOGETHER_MODEL, "training_file": training}).json["id"]
        self.call("POST", "/fine-tunes/%s/cancel" % job)
        self.call("POST", "/fine-tunes/%s/cancel" % job)


EXERCISED = """\
GET /whoami
GET /models
GET /files
POST /files
POST /files/upload
GET /files/{id}
DELETE /files/{id}
GET /files/{id}/content
POST /files/{id}/preprocess
POST /files/multipart/initiate
POST /files/multipart/complete
POST /files/multipart/abort
POST /fine-tunes
GET /fine-tunes
GET /fine-tunes/{id}
DELETE /fine-tunes/{id}
POST /fine-tunes/{id}/cancel
GET /fine-tunes/{id}/events
GET /fine-tunes/{id}/metrics
GET /fine-tunes/{id}/checkpoints
GET /fine-tunes/{id}/download-tokenized-dataset
GET /finetune/download
POST /fine-tunes/estimate-price
GET /fine-tunes/models/supported
GET /fine-tunes/models/limits
POST /fine-tunes/preview
POST /chat/completions
GET /projects/{projectId}/configs
GET /projects/{projectId}/models
GET /projects/{projectId}/models/{modelId}
GET /projects/{projectId}/endpoints
POST /projects/{projectId}/endpoints
GET /projects/{projectId}/endpoints/{endpointId}
PATCH /projects/{projectId}/endpoints/{endpointId}
DELETE /projects/{projectId}/endpoints/{endpointId}
GET /projects/{projectId}/endpoints/{endpointId}/deployments
POST /projects/{projectId}/endpoints/{endpointId}/deployments
GET /projects/{projectId}/endpoints/{endpointId}/deployments/{deploymentId}
PATCH /projects/{projectId}/endpoints/{endpointId}/deployments/{deploymentId}
DELETE /projects/{projectId}/endpoints/{endpointId}/deployments/{deploymentId}
GET /public/inference-instance-types
GET /supported-models
GET /endpoints
POST /endpoints
GET /hardware"""


class Fireworks(DescribedTest):
    NAME = "fireworks"
    BASES = ("/fireworks",)
    MINE = "/v1/accounts/main"
    MODEL = "accounts/fireworks/models/qwen3-8b"

    def test_check_bites(self):
        self.assert_bites("/v1/accounts", set={"accounts.0.state": "FINE"})
        self.assert_bites("/v1/" + self.MODEL, set={"contextLength": "8k"})

    def over(self, path):
        """The job at `path` once it is over."""
        self.emulator.control("POST", "clock", {"advance": 60})
        wait_until(lambda: "completedTime" in self.emulator.call(
            "GET", "/fireworks" + path).json, "the end of " + path)
        return self.call("GET", path).json

    def dataset(self, ident, data):
        path = self.MINE + "/datasets"
        self.call("POST", path, {"datasetId": ident, "dataset": {
            "displayName": "a.jsonl", "format": "CHAT", "userUploaded": {},
            "exampleCount": str(data.count(b"\n"))}})
        path += "/" + ident
        self.call("POST", path + ":getUploadEndpoint", {
            "filenameToSize": {"a.jsonl": str(len(data))}})
        body, headers = form({}, {"file": ("a.jsonl", data)})
        self.call("POST", path + ":upload", body, headers=headers)
        return self.call("GET", path).json["name"]

    def test_everything(self):
        self.call("GET", "/v1/accounts")
        self.call("GET", "/v1/" + self.MODEL)
        name = self.dataset("d-1", colours())
        self.call("POST", self.MINE + "/datasets/d-1:validateUpload", {})
        self.call("GET", self.MINE + "/datasets/d-1:getDownloadEndpoint")
        jobs = self.MINE + "/supervisedFineTuningJobs"
        wish = {"dataset": name, "baseModel": self.MODEL, "epochs": 2,
                "displayName": "hft", "loraRank": 8, "learningRate": 1e-4,
                "lrScheduler": {"linear": {"minLrRatio": 0.1}},
                "evalAutoCarveout": False}
        self.call("POST", jobs + ":estimateCost", wish)
        self.call("POST", jobs + "?supervisedFineTuningJobId=j-1", wish)
        self.call("POST", jobs + "?supervisedFineTuningJobId=j-1", wish)
        self.assertEqual(self.over(jobs + "/j-1")["state"],
                         "JOB_STATE_COMPLETED")
        self.call("GET", jobs)
        self.call("POST", jobs + "/j-1:cancel", {})
        self.call("POST", jobs + "/j-1:resume", {})
        self.call("GET", self.MINE + "/models")
        self.call("GET", self.MINE + "/models/j-1")
        self.call("GET", self.MINE + "/models/j-1:getDownloadEndpoint")
        self.preferences()
        self.serving()
        self.call("DELETE", jobs + "/j-1")
        self.call("DELETE", self.MINE + "/models/j-1")
        self.call("DELETE", self.MINE + "/datasets/d-1")
        self.assert_checked(FIREWORKS_EXERCISED)

    def preferences(self):
        self.emulator.control("POST", "settings", {"foreign_dpo_jobs": 1})
        path = self.MINE + "/dpoJobs"
        self.call("GET", path)
        self.call("GET", path + "/dpo-0")
        self.call("GET", path + "/dpo-0:getMetricsFileEndpoint")

    def serving(self):
        path = self.MINE + "/deployments"
        self.call("POST", path + "?deploymentId=x-1", {
            "baseModel": self.MODEL, "acceleratorType": "NVIDIA_H100_80GB",
            "enableAddons": True, "minReplicaCount": 1})
        self.emulator.control("POST", "clock", {"advance": 10})
        self.call("GET", path)
        self.call("GET", path + "/x-1")
        place = "accounts/main/deployments/x-1"
        loaded = self.call("POST", self.MINE + "/deployedModels", {
            "model": "accounts/main/models/j-1", "deployment": place}).json
        self.emulator.control("POST", "clock", {"advance": 10})
        self.call("GET", self.MINE + "/deployedModels")
        self.call("GET", "/v1/" + loaded["name"])
        self.call("POST", "/inference/v1/chat/completions", {
            "model": "accounts/main/models/j-1#" + place,
            "messages": [{"role": "user", "content": "the red thing"}]})
        self.call("DELETE", "/v1/" + loaded["name"])
        self.call("DELETE", path + "/x-1")
        self.call("DELETE", path + "/x-1?ignoreChecks=true")


FIREWORKS_EXERCISED = """\
GET /v1/accounts
POST /v1/accounts/{account_id}/datasets
GET /v1/accounts/{account_id}/datasets/{dataset_id}
POST /v1/accounts/{account_id}/datasets/{dataset_id}:upload
POST /v1/accounts/{account_id}/datasets/{dataset_id}:getUploadEndpoint
POST /v1/accounts/{account_id}/supervisedFineTuningJobs:estimateCost
POST /v1/accounts/{account_id}/supervisedFineTuningJobs
GET /v1/accounts/{account_id}/deployments
GET /v1/accounts/{account_id}/deployedModels
GET /v1/accounts/{account_id}/dpoJobs
POST /inference/v1/chat/completions"""


class Validator(unittest.TestCase):
    """The validator can say no."""

    def test_refuses(self):
        checker = Description.__new__(Description)
        checker.document = {"components": {"schemas": {"A": {
            "type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"}, "n": {"minimum": 1},
                "k": {"enum": ["a"]}, "l": {"items": {"type": "integer"}}}}}}}
        schema = {"$ref": "#/components/schemas/A"}
        self.assertEqual(checker.faults({"id": "x", "n": 1}, schema), [])
        for bad in ([], {}, {"id": 1}, {"id": "x", "n": 0},
                    {"id": "x", "k": "b"}, {"id": "x", "l": [True]}):
            self.assertNotEqual(checker.faults(bad, schema), [],
                                json.dumps(bad))
        either = {"oneOf": [{"type": "null"}, {"const": 3}]}
        self.assertEqual(checker.faults(3, either), [])
        self.assertNotEqual(checker.faults(4, either), [])


if __name__ == "__main__":
    unittest.main()
