"""Tuning jobs of the Vertex dialect: creation with its checks, states,
listing, cancel, statistics, and what a job leaves behind."""

from clock import rfc3339
from dialect import route
from learner import Recipe
from vertex_checks import (ADAPTERS, MODELS, SPECS, VertexError,
                           find_fields)

DEFAULT_EPOCHS = 40             # what an unset epochCount once became
BATCH = 8
CODES = {"CANCELLED": 1, "INVALID_ARGUMENT": 3, "NOT_FOUND": 5,
         "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8, "INTERNAL": 13}
WORDS = {"queued": "JOB_STATE_QUEUED", "pending": "JOB_STATE_PENDING",
         "running": "JOB_STATE_RUNNING", "paused": "JOB_STATE_PAUSED",
         "finishing": "JOB_STATE_RUNNING"}
PAGE_MAX = 100


class VertexJobs:
    """The routes under tuningJobs, and the dialect's part in a job."""

    def parent(self, account):
        return "projects/%d/locations/%s" % (
            100000 + account.number, self.world.settings.vertex_location)

    # -------------------------------------------------------------- create

    @route("POST", "/v1/projects/{project}/locations/{place}/tuningJobs",
           "job.create")
    async def create_job(self, request, project, place):
        wish = await self.json_body(request)
        fields = find_fields(wish)
        if fields:
            raise VertexError(400, "Request contains an invalid argument.",
                             fields=fields)
        spec_name = next(name for name in SPECS if name in wish)
        spec = wish[spec_name]
        model, adapter = self._base_of(request.account, wish, spec)
        training = self._dataset(request.account, spec, "trainingDatasetUri")
        validation = self._dataset(request.account, spec,
                                   "validationDatasetUri")
        self._check_quota(request.account)
        total = self.world.settings.seconds_per_job
        phases = [("pending", total * 0.15), ("running", total * 0.7),
                  ("finishing", total * 0.15)]
        job = self.new_job(request.account, str(self.world.random.randrange(
            10 ** 17, 10 ** 18)), phases, wish)
        job.model = model
        job.token = wish.get("labels", {}).get("hft_job")
        job.epochs = int(spec.get("hyperParameters", {}).get(
            "epochCount", DEFAULT_EPOCHS))
        job.extra = {"spec": spec_name, "adapter": adapter,
                     "multiplier": spec.get("hyperParameters", {}).get(
                         "learningRateMultiplier", 1.0),
                     "endpoints": {}, "looks": 0, "cancelling": False,
                     "tuned": {}}
        self.world.spawn(self._prepare(job, training, validation))
        self.world.ledger.add(request, "job.create", job.id, token=job.token,
                              model=model, sha256=training.blob.sha256,
                              epochs=spec.get("hyperParameters", {}).get(
                                  "epochCount"))
        return self.show_job(job)

    def _base_of(self, account, wish, spec):
        model = wish.get("baseModel")
        if model is None:
            name = wish["preTunedModel"].get("tunedModelName", "")
            parent = next((job for job in account.jobs.values()
                           if job.extra["tuned"].get("model") == name), None)
            if parent is None:
                raise VertexError(404, "Model %s not found." % name)
            model = parent.model
        if model not in MODELS:
            raise VertexError(400, "Base model %s is not supported for "
                             "tuning." % model)
        size = ADAPTERS.get(spec.get("hyperParameters", {}).get(
            "adapterSize", "ADAPTER_SIZE_FOUR"))
        if size not in MODELS[model][0]:
            raise VertexError(400, "The adapter size is not supported for "
                             "this base model.")
        return model, size

    def _dataset(self, account, spec, key):
        uri = spec.get(key)
        if not uri:
            return None
        stored = account.files.get(uri[len("gs://"):])
        if stored is None:
            raise VertexError(400, "Dataset %s does not exist or is not "
                             "readable." % uri, word="FAILED_PRECONDITION")
        return stored

    def _check_quota(self, account):
        most = self.world.settings.concurrent_jobs
        live = 0
        for job in account.jobs.values():
            job.advance(self.now())
            live += job.terminal is None
        if most and live >= most:
            raise VertexError(429, "Quota exceeded for concurrent tuning "
                             "jobs.", retry=1)

    async def _prepare(self, job, training, validation):
        job.report = await self.reader.inspect(training.blob)
        if validation:
            job.valid_report = await self.reader.inspect(validation.blob)
        if not job.report.rows:
            job.error = ("INVALID_ARGUMENT", "The training dataset has no "
                         "valid example; line %d: %s"
                         % job.report.errors[0], None)
            return
        recipe = Recipe(
            training.blob.sha256, validation and validation.blob.sha256,
            job.epochs, BATCH, job.extra["multiplier"], 0, None, job.epochs,
            ("linear", 0.0, 0.0))
        job.trace = self.world.learner.trace(
            recipe, job.report.rows, job.valid_report.rows
            if job.valid_report else [], job.report.lines)
        job.total_steps = job.trace.total_steps
        job.marks = frozenset(job.epoch_ends)

    # -------------------------------------------------------------- phases

    def phase_over(self, job, name, at):
        if job.error and name == "pending":
            self.fail_job(job, at, *job.error[:2])

    def succeed(self, job, at):
        self._leave_model(job, endpoint=True)
        tokens = self.world.billed_tokens(job.report.tokens * job.epochs)
        job.tokens = tokens
        price = self.world.settings.prices.get(job.model,
                                               MODELS[job.model][1])
        self.world.bill(job, tokens, tokens * price / 1e6, "training")
        job.end("JOB_STATE_SUCCEEDED", at)

    def fail_job(self, job, at, code, text):
        job.error = (code, text, None)
        job.end("JOB_STATE_FAILED", at)

    def _leave_model(self, job, endpoint):
        """The model, and one endpoint for it and for each checkpoint."""
        place = self.parent(job.account)
        number = 1000 * len(job.account.jobs) + 1
        tuned = {"model": "%s/models/%d@1" % (place, number)}
        steps = job.epoch_ends if job.total_steps else []
        spec = job.request[job.extra["spec"]]
        shown = [] if spec.get("exportLastCheckpointOnly") else steps
        if endpoint:
            tuned["endpoint"] = self.add_endpoint(
                job, "%s/endpoints/%d" % (place, number), job.total_steps)
            checkpoints = [{
                "checkpointId": str(epoch), "epoch": str(epoch),
                "step": str(step), "endpoint": self.add_endpoint(
                    job, "%s/endpoints/%d" % (place, number + epoch), step)
                if step != job.total_steps else tuned["endpoint"]}
                for epoch, step in enumerate(shown, 1)]
            if checkpoints:
                tuned["checkpoints"] = checkpoints
        job.extra["tuned"] = tuned
        job.tuned_model = tuned.get("endpoint") or tuned["model"]

    def force(self, job, wish):
        """Control: {"status": …}. A terminal word ends the job; "partial" is
        a failure that leaves a model without an endpoint; any other word is
        only shown."""
        status = wish.get("status")
        if status == "partial":
            self._leave_model(job, endpoint=False)
            self.fail_job(job, self.now(), "INTERNAL", "Endpoint creation "
                          "failed. The model was uploaded.")
        elif status == "JOB_STATE_FAILED":
            self.fail_job(job, self.now(), wish.get("code", "INTERNAL"),
                          wish.get("message", "Internal error encountered."))
        elif status == "JOB_STATE_CANCELLED":
            self._cancel(job)
        elif status == "JOB_STATE_SUCCEEDED":
            job.hurry()
        else:
            job.shown = status
            job.updated_at = self.now()

    # ------------------------------------------------------------- reading

    def job_of(self, account, ident):
        job = account.jobs.get(ident)
        if job is None:
            raise VertexError(404, "The TuningJob does not exist.")
        job.advance(self.now())
        return job

    @route("GET", "/v1/projects/{project}/locations/{place}/tuningJobs/"
           "{ident}", "job.get")
    async def get_job(self, request, project, place, ident):
        job = self.job_of(request.account, ident)
        job.extra["looks"] += 1
        return self.show_job(job)

    @route("GET", "/v1/projects/{project}/locations/{place}/tuningJobs",
           "job.list")
    async def list_jobs(self, request, project, place):
        """Newest first; an empty object when there is none."""
        query, now = request.query, self.now()
        jobs = [job for job in reversed(request.account.jobs.values())
                if self.world.shown_in_lists(job, now)]
        size = min(PAGE_MAX, int(query.get("pageSize") or PAGE_MAX),
                   self.world.settings.job_page_max)
        start = int(query.get("pageToken") or 0)
        shown = {}
        for job in jobs[start:start + size]:
            job.advance(now)
            shown.setdefault("tuningJobs", []).append(self.show_job(job))
        if start + size < len(jobs):
            shown["nextPageToken"] = str(start + size)
        return shown

    def job_name(self, job):
        return "%s/tuningJobs/%s" % (self.parent(job.account), job.id)

    def state_of(self, job):
        if job.extra["cancelling"] and not job.terminal:
            return "JOB_STATE_CANCELLING"
        return WORDS.get(job.state, job.state)

    def show_job(self, job):
        wish = job.request
        spec = dict(wish[job.extra["spec"]])
        if job.started_at or job.terminal:
            spec["hyperParameters"] = self._resolved(job)
        shown = {"name": self.job_name(job), job.extra["spec"]: spec,
                 "state": self.state_of(job),
                 "createTime": rfc3339(job.created_at),
                 "updateTime": rfc3339(job.updated_at)}
        for key in ("baseModel", "preTunedModel", "tunedModelDisplayName",
                    "description", "labels", "serviceAccount",
                    "encryptionSpec"):
            if key in wish:
                shown[key] = wish[key]
        if job.started_at:
            shown["startTime"] = rfc3339(job.started_at)
        if job.finished_at:
            shown["endTime"] = rfc3339(job.finished_at)
        if job.error and job.terminal:
            shown["error"] = {"code": CODES.get(job.error[0], 2),
                              "message": job.error[1]}
        if self.has_experiment(job):
            shown["experiment"] = self.experiment_name(job)
        if job.extra["tuned"]:
            shown["tunedModel"] = job.extra["tuned"]
        if job.report and job.started_at:
            shown["tuningDataStats"] = self._stats(job)
        return shown

    def _resolved(self, job):
        word = next(word for word, size in ADAPTERS.items()
                    if size == job.extra["adapter"])
        hyper = {"epochCount": str(job.epochs), "adapterSize": word,
                 "learningRateMultiplier": job.extra["multiplier"]}
        asked = job.request[job.extra["spec"]].get("hyperParameters", {})
        if "beta" in asked:
            hyper["beta"] = asked["beta"]
        return hyper

    def _stats(self, job):
        report = job.report
        stats = {"tuningDatasetExampleCount": str(report.lines),
                 "totalBillableTokenCount": str(
                     self.world.billed_tokens(report.tokens)),
                 "tuningStepCount": str(job.total_steps)}
        if job.extra["spec"] == SPECS[1]:
            if report.errors:
                stats["droppedExampleIndices"] = [
                    str(line) for line, _ in report.errors]
            return {"preferenceOptimizationDataStats": stats}
        stats["totalTruncatedExampleCount"] = str(report.error_count)
        if report.errors:
            stats["truncatedExampleIndices"] = [
                str(line) for line, _ in report.errors]
        return {"supervisedTuningDataStats": stats}

    # -------------------------------------------------------------- cancel

    @route("POST", "/v1/projects/{project}/locations/{place}/tuningJobs/"
           "{ident}/:cancel", "job.cancel")
    async def cancel_job(self, request, project, place, ident):
        job = self.job_of(request.account, ident)
        if job.terminal:
            raise VertexError(400, "The TuningJob is already in a terminal "
                             "state.", word="FAILED_PRECONDITION")
        self.world.ledger.add(request, "job.cancel", job.id, token=job.token)
        if self.world.settings.cancel_polls:
            job.extra["cancelling"] = True
        else:
            self._cancel(job)
        return {}

    def _cancel(self, job):
        job.error = ("CANCELLED", "The tuning job was cancelled.", None)
        job.end("JOB_STATE_CANCELLED")
