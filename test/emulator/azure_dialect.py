"""Azure OpenAI as its fact sheet has it: both families of paths of the data
plane. What they share with OpenAI is OpenAI's code; the resource manager and
the token service are in azure_manager.py.

The resource is at /azure: `/azure/openai/v1` and, dated, `/azure/openai`.
"""

import re

from azure_objects import DATA, AzureFile, sweep, tokens_of
from dialect import ApiError, route
from openai_checks import check_create, clean, invalid
from openai_dialect import OpenAi, no_such_model
from openai_objects import BASE_MODELS
from wire import Response

DATED_VERSIONS = ("2024-10-21", "2025-04-01-preview")
SHUTDOWN = {"fine_tune": 1807660800, "inference": 1823385600}
PAUSING_SHARE = 0.02                    # of a job's seconds


class Azure(OpenAi):
    """The v1 family."""

    name = "azure"
    provider = "azure"
    prefixes = ("/azure/openai/v1",)

    PHASES = (("pending", 0.1), ("queued", 0.1), ("running", 0.8))
    CSV_NAMES = ("train_loss", "train_mean_token_accuracy", "valid_loss",
                 "validation_mean_token_accuracy", "full_valid_loss",
                 "full_valid_mean_token_accuracy")
    CHECKPOINT = "ftchkpt-"
    FILE = AzureFile

    # ---------------------------------------------------- keys and versions

    def authenticate(self, request):
        self.check_version(request)
        request.key = request.headers.get("api-key", "").strip()
        request.account = None
        scheme, _, token = request.headers.get("authorization", "") \
            .partition(" ")
        if request.key:
            request.account = self.world.account(self, request.key)
        elif scheme.lower() == "bearer":
            request.key = token.strip()
            request.account = bearer_account(self, request.key, DATA)
        if request.account is None:
            raise self.bad_key(request.key)

    def check_version(self, request):
        if request.query.get("api-version", "v1") not in ("v1", "preview"):
            raise ApiError(400, "API version not supported", "BadRequest")

    def bad_key(self, key):
        return ApiError(401, "Access denied due to invalid subscription key "
                        "or wrong API endpoint.", "401")

    def error_response(self, error):
        return Response.json({"error": {
            "code": error.code or str(error.status),
            "message": error.message, "param": error.param, "type": "error",
            "inner_error": {}}}, error.status, error.headers)

    def finish(self, request, response):
        response.headers["apim-request-id"] = self.world.uuid()
        response.headers["x-ms-region"] = "Sweden Central"

    # --------------------------------------------------------------- files

    def _room(self, request):
        settings = self.world.settings
        held = [one for one in request.account.files.values()
                if one.purpose == "fine-tune"]
        if len(held) >= settings.file_quota or sum(
                one.blob.size for one in held) > settings.file_quota_bytes:
            raise ApiError(429, "The quota of this resource is reached: at "
                           "most %d files." % settings.file_quota,
                           "quotaExceeded")

    @route("POST", "/files", "file.create")
    async def create_file(self, request):
        self._room(request)
        return await super().create_file(request)

    # ---------------------------------------------------------------- jobs

    def check_wish(self, request, wish, strict):
        settings = self.world.settings
        kind = wish.get("trainingType")
        if kind is None and settings.training_type_required:
            raise ApiError(400, "The specified base model does not support "
                           "fine-tuning.", "invalidPayload")
        if kind is not None and str(kind).lower() not in (
                "standard", "globalstandard", "developer", "developertier",
                "1"):
            raise ApiError(400, "Invalid value for 'trainingType'.",
                           "invalidPayload")
        check_create({name: value for name, value in wish.items()
                      if name != "trainingType"}, strict)
        if wish.get("suffix") is not None and not re.fullmatch(
                r"[A-Za-z0-9_-]{1,40}", wish["suffix"]):
            raise invalid("suffix")

    def job_ident(self):
        return "ftjob-" + self.world.uuid().replace("-", "")

    def tuned_name(self, job):
        name = "%s.ft-%s" % (job.model, job.id[len("ftjob-"):])
        suffix = clean(job.request.get("suffix"))
        return name + "-" + suffix if suffix else name

    def filter_of(self, query):
        return None

    @route("POST", "/fine_tuning/jobs", "job.create")
    async def create_job(self, request):
        if len(request.account.jobs) >= self.world.settings.job_quota:
            raise ApiError(429, "The maximum number of fine-tuning jobs of "
                           "this resource is reached.", "quotaExceeded")
        return await super().create_job(request)

    def _job_json(self, job):
        shown = super()._job_json(job)
        del shown["usage_metrics"], shown["shared_with_openai"]
        shown.update(organization_id=None, seed=job.request.get("seed"),
                     result_files=job.extra["result_files"] or None,
                     trainingType=job.request.get("trainingType"),
                     status=self._shown_state(job))
        if not shown["error"] or not shown["error"]["code"]:
            shown["error"] = None
        return shown

    def _shown_state(self, job):
        """Pausing and resuming take a moment."""
        since, word = job.extra.get("turn", (0, None))
        if word and not job.terminal and not job.shown and self.now() - since \
                < self.world.settings.seconds_per_job * PAUSING_SHARE:
            return word
        return job.state

    @route("POST", "/fine_tuning/jobs/{ident}/pause", "job.pause")
    async def pause_job(self, request, ident):
        job = self._job(request, ident)
        if job.paused_at is None and (job.state != "running"
                                      or not job.steps_done):
            raise ApiError(400, "Job %s is %s and cannot be paused."
                           % (ident, job.state), "invalidJobState")
        job.extra["turn"] = (self.now(), "pausing")
        return await super().pause_job(request, ident)

    @route("POST", "/fine_tuning/jobs/{ident}/resume", "job.resume")
    async def resume_job(self, request, ident):
        self._job(request, ident).extra["turn"] = (self.now(), "resuming")
        return await super().resume_job(request, ident)

    # -------------------------------------------------------------- models

    @route("DELETE", "/models/{ident}", "model.delete")
    async def delete_model(self, request, ident):
        sweep(request.account, self.world, self.now())
        if any(one.model_name == ident
               for one in request.account.endpoints.values()):
            raise ApiError(409, "The model has a deployment.",
                           "modelHasDeployments")
        return await super().delete_model(request, ident)

    @route("GET", "/models/{ident}", "model.get")
    async def get_model(self, request, ident):
        shown = await super().get_model(request, ident)
        del shown["shutdown_date"]
        return shown

    # ---------------------------------------------------------------- chat

    async def _answer(self, account, name, messages):
        """A deployment's name is the only name that answers."""
        now = self.now()
        sweep(account, self.world, now)
        one = account.endpoints.get(name)
        if one is None or one.state(now) != "Succeeded":
            raise not_deployed()
        if one.hidden_calls > 0:
            one.hidden_calls -= 1
            raise not_deployed()
        one.last_used = now
        return await super()._answer(account, one.model_name, messages)


class AzureDated(Azure):
    """The dated family: other paths, words, statuses and errors."""

    name = "azure_dated"
    prefixes = ("/azure/openai",)

    PHASES = (("created", 0.1), ("pending", 0.1), ("running", 0.8))

    def check_version(self, request):
        if request.query.get("api-version") not in DATED_VERSIONS:
            raise ApiError(404, "Resource not found", "404")

    def error_response(self, error):
        return Response.json({"error": {
            "code": error.code or str(error.status),
            "message": error.message, "target": error.param, "details": [],
            "innererror": {"code": error.code or ""}}},
            error.status, error.headers)

    @route("POST", "/files", "file.create")
    async def create_file(self, request):
        return Response.json(await super().create_file(request), 201)

    def check_wish(self, request, wish, strict):
        unknown = {"metadata"} if request.query["api-version"] == \
            DATED_VERSIONS[1] else {"metadata", "method"}
        if unknown & set(wish):
            raise ApiError(400, "Unknown parameter: '%s'."
                           % sorted(unknown & set(wish))[0], "invalidPayload")
        super().check_wish(request, wish, strict)

    @route("POST", "/files/import", "file.import")
    async def import_file(self, request):
        """The service would download it; here it is content_url itself."""
        wish = await self.json_body(request)
        if not isinstance(wish.get("content_url"), str):
            raise invalid("content_url")
        self._room(request)
        stored = self._store(
            request, self.world.blobs.from_bytes(
                wish["content_url"].encode()), wish.get("filename", ""),
            wish.get("purpose"), None)
        return Response.json(stored.as_json(self.world.settings,
                                            self.now()), 201)

    @route("DELETE", "/files/{ident}", "file.delete")
    async def delete_file(self, request, ident):
        await super().delete_file(request, ident)
        return Response(204, b"")

    @route("GET", "/files", "file.list")
    async def list_files(self, request):
        for name in ("limit", "order", "after"):
            if name in request.query:
                raise invalid(name)
        return await super().list_files(request)

    @route("POST", "/fine_tuning/jobs", "job.create")
    async def create_job(self, request):
        job = await super().create_job(request)
        return Response.json(job, 201, {
            "Location": "%s/%s" % (request.path, job["id"])})

    @route("DELETE", "/fine_tuning/jobs/{ident}", "job.delete")
    async def delete_job(self, request, ident):
        job = self._job(request, ident)
        if not job.terminal:
            raise ApiError(400, "The job is not over.", "invalidJobState")
        del request.account.jobs[ident]
        self.world.ledger.add(request, "job.delete", ident)
        return Response(204, b"")

    def _job_json(self, job):
        shown = super()._job_json(job)
        del shown["metadata"]
        return shown

    @route("GET", "/models/{ident}", "model.get")
    async def get_model(self, request, ident):
        model = request.account.models.get(ident)
        base = model.base if model else ident
        if base not in BASE_MODELS:
            raise no_such_model(ident)
        return {"object": "model", "id": ident, "status": "succeeded",
                "created_at": 1744588800, "updated_at": 1744588800,
                "capabilities": {"fine_tune": True, "inference": True,
                                 "chat_completion": True},
                "lifecycle_status": "generally-available",
                "deprecation": dict(SHUTDOWN)}

    @route("POST", "/deployments/{deployment}/chat/completions", "chat")
    async def deployment_chat(self, request, deployment):
        wish = await self.json_body(request)
        wish["model"] = deployment
        return await self.answer_chat(request, wish)


def not_deployed():
    return ApiError(404, "The API deployment for this resource does not "
                    "exist. If you created the deployment within the last 5 "
                    "minutes, please wait a moment and try again.",
                    "DeploymentNotFound")


def bearer_account(dialect, token, audience):
    """The account of a token that is alive and for this plane, or None."""
    name, plane, end = tokens_of(dialect.world).get(token, (None, None, 0))
    if plane != audience or dialect.now() >= end:
        return None
    return dialect.world.account(dialect, "test-key-" + name)
