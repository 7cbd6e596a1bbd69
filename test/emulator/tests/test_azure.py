"""The Azure dialect behaves as its fact sheet says, and answers as the
machine-readable description has it."""

import unittest
from urllib.parse import urlencode

from harness import EmulatorTest, colours, form
from test_schemas import DescribedTest

MODEL = "gpt-4.1-mini-2025-04-14"
V1 = "/azure/openai/v1"
DATED = "/azure/openai"
VERSION = "?api-version=2025-04-01-preview"
PLACE = ("/subscriptions/s/resourceGroups/g/providers/"
         "Microsoft.CognitiveServices/accounts/a/deployments")
ARM = "/azure-manager" + PLACE
ARM_VERSION = "?api-version=2024-10-21"
MANAGER = "https://management.azure.com/.default"
DATA = "https://cognitiveservices.azure.com/.default"


def buy(emulator, scope, name="main", secret=None):
    """The answer of the token endpoint."""
    return emulator.call("POST", "/entra/tenant/oauth2/v2.0/token", urlencode({
        "client_id": "test-client-" + name, "scope": scope,
        "client_secret": secret or "test-secret-" + name,
        "grant_type": "client_credentials"}), None, {
            "Content-Type": "application/x-www-form-urlencoded"})


def wish_for(model, sku="GlobalStandard"):
    return {"sku": {"name": sku, "capacity": 50}, "properties": {
        "model": {"format": "OpenAI", "name": model, "version": "1"}}}


class AzureTest(EmulatorTest):
    """Helpers: an API key at the resource, a token at the manager."""

    def at(self, method, path, body=None, headers=None, key="test-key-main"):
        return self.emulator.call(method, path, body, None,
                                  dict(headers or {}, **{"api-key": key}))

    def manage(self, method, name, body=None):
        token = buy(self.emulator, MANAGER).json["access_token"]
        return self.emulator.call(method, ARM + name + ARM_VERSION, body,
                                  token)

    def upload(self, base=V1, version=""):
        body, headers = form({"purpose": "fine-tune"},
                             {"file": ("a.jsonl", colours())})
        return self.at("POST", base + "/files" + version, body, headers)

    def create(self, base=V1, version="", **wish):
        wish = dict({"model": MODEL, "trainingType": "globalStandard",
                     "training_file": self.upload(base, version).json["id"]},
                    **wish)
        return self.at("POST", base + "/fine_tuning/jobs" + version, wish)

    def finished(self):
        """A job that is over."""
        ident = self.create(suffix="a-1").json["id"]
        path = V1 + "/fine_tuning/jobs/" + ident
        for _ in range(600):
            self.emulator.control("POST", "clock", {"advance": 5})
            job = self.at("GET", path).json
            if job["status"] == "succeeded":
                return job
        raise AssertionError(job)

    def settings(self, **changes):
        self.emulator.control("POST", "settings", changes)

    def advance(self, seconds):
        self.emulator.control("POST", "clock", {"advance": seconds})


class Data(AzureTest):
    def test_keys_and_tokens(self):
        self.assertEqual(self.at("GET", V1 + "/files").status, 200)
        self.assertEqual(self.at("GET", V1 + "/files", key="x").status, 401)
        self.assertEqual(self.emulator.call("GET", V1 + "/files").status, 401)
        token = buy(self.emulator, DATA).json["access_token"]
        path = V1 + "/files"
        self.assertEqual(self.emulator.call("GET", path, key=token).status,
                         200)
        manager = buy(self.emulator, MANAGER).json["access_token"]
        self.assertEqual(self.emulator.call("GET", path, key=manager).status,
                         401)
        self.advance(3601)
        self.assertEqual(self.emulator.call("GET", path, key=token).status,
                         401)
        self.assertEqual(buy(self.emulator, DATA, secret="no").json["error"],
                         "invalid_client")
        self.assertEqual(buy(self.emulator, "https://x/.default").status, 400)

    def test_versions(self):
        self.assertEqual(self.at("GET", DATED + "/files").status, 404)
        self.assertEqual(self.at("GET", DATED + "/files" + VERSION).status,
                         200)
        self.assertEqual(self.at("GET", V1 + "/files?api-version=x").status,
                         400)

    def test_files_are_read_slowly(self):
        self.settings(file_processing_polls=3)
        ident = self.upload().json["id"]
        words = [self.at("GET", V1 + "/files/" + ident).json["status"]
                 for _ in range(4)]
        self.assertEqual(words, ["pending", "running", "running",
                                 "processed"])

    def test_statuses_of_the_families(self):
        self.assertEqual(self.upload().status, 200)
        made = self.upload(DATED, VERSION)
        self.assertEqual(made.status, 201)
        gone = self.at("DELETE", DATED + "/files/" + made.json["id"]
                       + VERSION)
        self.assertEqual((gone.status, gone.body), (204, b""))
        job = self.create(DATED, VERSION)
        self.assertEqual(job.status, 201)
        self.assertTrue(job.headers["Location"].endswith(job.json["id"]))
        self.assertEqual(self.create().status, 200)

    def test_full_store(self):
        self.settings(file_quota=1)
        self.assertEqual(self.upload().status, 200)
        full = self.upload()
        self.assertEqual((full.status, full.json["error"]["code"]),
                         (429, "quotaExceeded"))
        self.assertIsNone(full.headers["Retry-After"])

    def test_training_type(self):
        self.assertEqual(self.create(trainingType=None).status, 400)
        self.assertEqual(self.create(trainingType="x").status, 400)
        self.assertEqual(self.create(trainingType="Developer").status, 200)
        self.settings(training_type_required=False)
        self.assertEqual(self.create(trainingType=None).status, 200)

    def test_what_the_families_know(self):
        old = "?api-version=2024-10-21"
        method = {"type": "supervised"}
        for version, wish, status in (
                (VERSION, {"metadata": {"a": "b"}}, 400),
                (VERSION, {"method": method}, 201),
                (old, {"method": method}, 400),
                (old, {"hyperparameters": {"n_epochs": 2}}, 201)):
            self.assertEqual(self.create(DATED, version, **wish).status,
                             status, wish)
        self.assertEqual(self.create(suffix="a b").status, 400)
        self.assertEqual(self.create(suffix="x" * 41).status, 400)

    def test_listing_has_no_filter(self):
        self.create(metadata={"hft_key": "one"})
        self.create(metadata={"hft_key": "two"})
        found = self.at("GET", V1 + "/fine_tuning/jobs?"
                        + urlencode({"metadata[hft_key]": "one"})).json
        self.assertEqual(len(found["data"]), 2)
        dated = self.at("GET", DATED + "/fine_tuning/jobs" + VERSION).json
        self.assertNotIn("metadata", dated["data"][0])

    def test_job_quota(self):
        self.settings(job_quota=1)
        self.assertEqual(self.create().status, 200)
        self.assertEqual(self.create().status, 429)

    def test_states_and_results(self):
        job = self.create().json
        self.assertEqual((job["status"], job["organization_id"],
                          job["result_files"]), ("pending", None, None))
        self.assertEqual(self.at("POST", "%s/fine_tuning/jobs/%s/pause" % (
            V1, job["id"])).status, 400)
        job = self.finished()
        self.assertRegex(job["fine_tuned_model"],
                         "^%s\\.ft-[0-9a-f]{32}-a-1$" % MODEL)
        text = self.at("GET", "%s/files/%s/content" % (
            V1, job["result_files"][0])).body.decode()
        self.assertIn("validation_mean_token_accuracy",
                      text.split("\n", maxsplit=1)[0])

    def test_errors_of_the_families(self):
        self.assertEqual(
            set(self.at("GET", V1 + "/files/x").json["error"]),
            {"code", "message", "param", "type", "inner_error"})
        self.assertEqual(
            set(self.at("GET", DATED + "/files/x" + VERSION).json["error"]),
            {"code", "message", "target", "details", "innererror"})


class Manager(AzureTest):
    def setUp(self):
        super().setUp()
        self.model = self.finished()["fine_tuned_model"]

    def ask(self, name, path=V1 + "/chat/completions"):
        return self.at("POST", path, {"model": name, "messages": [
            {"role": "user", "content": "the red thing"}]})

    def test_needs_a_token(self):
        answer = self.at("GET", ARM + ARM_VERSION)
        self.assertEqual((answer.status, answer.json["error"]["code"]),
                         (401, "InvalidAuthenticationToken"))
        token = buy(self.emulator, MANAGER).json["access_token"]
        self.advance(3601)
        answer = self.emulator.call("GET", ARM + ARM_VERSION, key=token)
        self.assertEqual(answer.json["error"]["code"],
                         "ExpiredAuthenticationToken")

    def test_life(self):
        self.settings(deploy_seconds=10)
        made = self.manage("PUT", "/d", wish_for(self.model))
        self.assertEqual((made.status, made.json["properties"]
                          ["provisioningState"]), (201, "Accepted"))
        again = self.manage("PUT", "/d", wish_for(self.model))
        self.assertEqual(again.status, 200)
        busy = self.manage("PUT", "/e", wish_for(self.model))
        self.assertEqual((busy.status, busy.json["error"]["code"]),
                         (409, "RequestConflict"))
        self.assertEqual(self.ask("d").json["error"]["code"],
                         "DeploymentNotFound")
        self.advance(10)
        self.assertEqual(self.manage("GET", "/d").json["properties"]
                         ["provisioningState"], "Succeeded")
        self.assertEqual(self.ask("d").status, 200)
        self.assertEqual(self.ask("", DATED + "/deployments/d/chat/"
                                  "completions" + VERSION).status, 200)
        self.assertEqual(self.ask(self.model).status, 404)
        self.assertEqual(self.at("DELETE", V1 + "/models/" + self.model)
                         .status, 409)
        self.assertEqual(self.manage("DELETE", "/d").status, 202)
        self.assertEqual(self.manage("GET", "/d").json["properties"]
                         ["provisioningState"], "Deleting")
        self.advance(10)
        self.assertEqual(self.manage("GET", "/d").status, 404)
        self.assertEqual(self.manage("DELETE", "/d").status, 204)
        self.assertEqual(self.emulator.totals()["deploy"], 1)

    def test_idle_and_aged_ones_go(self):
        self.manage("PUT", "/d", wish_for(self.model))
        self.advance(10)
        self.manage("PUT", "/e", wish_for(self.model, "DeveloperTier"))
        self.advance(14 * 86400)
        self.assertEqual(self.manage("GET", "/e").status, 404)
        self.assertEqual(self.ask("d").status, 200)
        self.advance(14 * 86400)
        self.assertEqual(self.manage("GET", "/d").status, 200)
        self.advance(86400)
        self.assertEqual(self.manage("GET", "/d").status, 404)

    def test_refusals(self):
        self.settings(deploy_fails=True)
        self.assertEqual(self.manage("PUT", "/d", wish_for("none")).status,
                         400)
        self.assertEqual(self.manage("PUT", "/d", {"sku": {}}).status, 400)
        self.manage("PUT", "/d", wish_for(self.model))
        self.advance(10)
        self.assertEqual(self.manage("GET", "/d").json["properties"]
                         ["provisioningState"], "Failed")


class Described(DescribedTest):
    """Both families and the manager against the description."""

    NAME = "azure_openai"

    def base(self, path):
        return "/azure-manager" if path.startswith("/subs") else "/azure"

    def call(self, method, path, body=None, **options):
        if path.startswith("/subs"):
            token = buy(self.emulator, MANAGER).json["access_token"]
            return super().call(method, path, body, key=token, **options)
        headers = dict(options.pop("headers", {}), **{
            "api-key": "test-key-main"})
        return super().call(method, path, body, key=None, headers=headers,
                            **options)

    def walk(self, family, version):
        """A whole job; its model."""
        body, headers = form({"purpose": "fine-tune"},
                             {"file": ("a.jsonl", colours())})
        training = self.call("POST", family + "/files" + version, body,
                             headers=headers).json["id"]
        self.call("GET", family + "/files" + version)
        self.call("GET", family + "/files/" + training + version)
        job = self.call("POST", family + "/fine_tuning/jobs" + version, {
            "model": MODEL, "training_file": training,
            "trainingType": "standard", "suffix": "x",
            "method": {"type": "supervised", "supervised": {
                "hyperparameters": {"n_epochs": 2}}}}).json
        path = family + "/fine_tuning/jobs/" + job["id"]
        for _ in range(600):
            self.emulator.control("POST", "clock", {"advance": 5})
            job = self.call("GET", path + version).json
            if job["status"] == "succeeded":
                break
        for more in ("/events", "/checkpoints"):
            self.call("GET", path + more + version)
        self.call("GET", family + "/fine_tuning/jobs" + version)
        self.call("POST", path + "/cancel" + version)
        self.call("GET", family + "/models/" + job["fine_tuned_model"]
                  + version)
        self.call("GET", family + "/files/x" + version)
        self.call("DELETE", family + "/files/" + training + version)
        return job["fine_tuned_model"]

    def test_everything(self):
        model = self.walk("/openai/v1", "")
        self.walk("/openai", VERSION)
        self.call("PUT", PLACE + "/d" + ARM_VERSION, wish_for(model))
        self.call("GET", PLACE + ARM_VERSION)
        self.call("GET", PLACE + "/none" + ARM_VERSION)
        self.emulator.control("POST", "clock", {"advance": 10})
        self.call("GET", PLACE + "/d" + ARM_VERSION)
        messages = [{"role": "user", "content": "the red thing"}]
        self.call("POST", "/openai/v1/chat/completions",
                  {"model": "d", "messages": messages})
        self.call("POST", "/openai/deployments/d/chat/completions" + VERSION,
                  {"model": "d", "messages": messages})
        self.call("DELETE", PLACE + "/d" + ARM_VERSION)
        self.assertGreater(len(self.checked), 24)


if __name__ == "__main__":
    unittest.main()
