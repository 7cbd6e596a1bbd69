"""Fine-tuning jobs of the Fireworks dialect: creation with its checks, price
estimates, states, the metrics file, cancelling and resuming."""

import json

from clock import rfc3339
from dialect import route
from fireworks_objects import (MODELS, PREFIX, RpcError, check_id, known,
                               money, price_of)
from learner import Recipe, evenly
from storage import Ticket
from together_checks import learner_rate
from wire import Response

JOBS = "/v1/accounts/{account}/supervisedFineTuningJobs"
DPO_JOBS = "/v1/accounts/{account}/dpoJobs"
PREFERENCES = "dpoJobs"
EXAMPLES_MAX = 3_000_000
FIELDS = {
    "displayName", "dataset", "baseModel", "warmStartFrom", "outputModel",
    "epochs", "learningRate", "learningRateWarmupSteps", "lrScheduler",
    "maxContextLength", "loraRank", "batchSizeSamples",
    "optimizerWeightDecay", "evaluationDataset", "evalAutoCarveout",
    "isTurbo", "wandbConfig", "awsS3Config", "azureBlobStorageConfig",
    "purpose"}
REJECTED = ("batchSize", "gradientAccumulationSteps", "jinjaTemplate")
STATE = "JOB_STATE_"


class FireworksJobs:
    """The routes of both kinds of jobs, and the dialect's part in them."""

    # -------------------------------------------------------------- create

    @route("POST", JOBS, "job.create")
    async def create_job(self, request, account):
        wish = await self.json_body(request)
        owner = request.account
        self.check_payment(owner)
        ident = request.query.get("supervisedFineTuningJobId") \
            or self.world.uuid()
        self.claim_id(owner, owner.jobs, ident, "job")
        model, parent = self._check(request, wish)
        training = await self._ready(request, wish, "dataset")
        validation = await self._ready(request, wish, "evaluationDataset")
        self._check_size(wish, training)
        job = self._new_job(request, ident, wish, model, parent)
        self.world.spawn(self._prepare(job, training, validation))
        self.world.ledger.add(
            request, "job.create", job.id, token=ident, model=model,
            training_file=training.id, sha256=training.blob.sha256)
        return self._job_json(job)

    def _check(self, request, wish):
        """(base model, (recipe, step) to go on from)."""
        for name in REJECTED:
            if wish.get(name):
                raise RpcError(400, name + " is not supported by training V2")
        unknown = set(wish) - FIELDS - set(REJECTED)
        if unknown and self.world.settings.strict_fields:
            raise RpcError(400, "unknown field: " + sorted(unknown)[0])
        if bool(wish.get("baseModel")) == bool(wish.get("warmStartFrom")):
            raise RpcError(400, "exactly one of baseModel and warmStartFrom "
                           "is required")
        self._check_numbers(wish)
        output = wish.get("outputModel")
        if output is not None:
            prefix = "accounts/%s/models/" % request.account.name
            if not output.startswith(prefix):
                raise RpcError(403, "")
            check_id(output[len(prefix):], "model id")
        return self._base_of(request, wish)

    def _check_numbers(self, wish):
        rank = wish.get("loraRank", 8)
        if isinstance(rank, bool) or rank not in (0, 1, 2, 4, 8, 16, 32):
            raise RpcError(400, "loraRank must be a power of two up to 32")
        context = wish.get("maxContextLength", 32768)
        if context % 16:
            raise RpcError(400, "maxContextLength must divide by 16")
        if not isinstance(wish.get("epochs", 1), int) \
                or wish.get("epochs", 1) < 1:
            raise RpcError(400, "epochs must be a positive integer")
        scheduler = wish.get("lrScheduler")
        if scheduler is not None and (
                len(scheduler) != 1
                or set(scheduler) - {"constant", "linear", "cosine"}):
            raise RpcError(400, "lrScheduler has exactly one member")

    def _base_of(self, request, wish):
        if wish.get("warmStartFrom"):
            job = self.tuned(request, wish["warmStartFrom"].split("/")[-1])
            return job.model, (job.trace.recipe, job.total_steps)
        name = wish["baseModel"]
        if not name.startswith(PREFIX) or name[len(PREFIX):] not in MODELS:
            raise RpcError(404, "model %s not found" % name)
        return name[len(PREFIX):], None

    async def _ready(self, request, wish, member):
        name = wish.get(member)
        if name is None and member != "dataset":
            return None
        stored = self.dataset_of(request, str(name).split("/")[-1])
        if stored.name != name:
            raise RpcError(400, member + " must be a full resource name")
        await stored.settle()
        if not stored.is_ready(self.world.settings, self.now()):
            raise RpcError(400, "%s is not READY" % name, 9,
                           "DATASET_NOT_READY")
        return stored

    def _check_size(self, wish, training):
        rows = int(training.wish["exampleCount"])
        if rows * wish.get("epochs", 1) > EXAMPLES_MAX:
            raise RpcError(400, "examples times epochs exceed 3,000,000")

    def _new_job(self, request, ident, wish, model, parent):
        total = self.world.settings.seconds_per_job
        phases = [("CREATING", total * 0.04), ("PENDING", total * 0.04),
                  ("VALIDATING", total * 0.07), ("running", total * 0.75),
                  ("WRITING_RESULTS", total * 0.10)]
        account = request.account
        job = self.new_job(account, ident, phases, dict(wish))
        job.request.setdefault("outputModel", "accounts/%s/models/%s" % (
            account.name, ident))
        job.model, job.token = model, ident
        job.epochs = wish.get("epochs", 1)
        job.extra = {"parent": parent, "url": None, "requeues": 0,
                     "name": "accounts/%s/supervisedFineTuningJobs/%s" % (
                         account.name, ident)}
        return job

    async def _prepare(self, job, training, validation):
        wish = job.request
        job.report = await self.reader.inspect(training.blob)
        if validation:
            job.valid_report = await self.reader.inspect(validation.blob)
        scheduler = wish.get("lrScheduler") or {"constant": {}}
        (kind, shape), = scheduler.items()
        recipe = Recipe(
            training.blob.sha256, validation and validation.blob.sha256,
            job.epochs, wish.get("batchSizeSamples") or 8,
            learner_rate(wish.get("learningRate", 1e-4)), 0,
            job.extra["parent"], job.epochs if validation else 0,
            (kind, 0.0, shape.get("minLrRatio") or 0.0))
        job.trace = self.world.learner.trace(
            recipe, job.report.rows, job.valid_report.rows
            if job.valid_report else [], job.report.lines)
        job.total_steps = job.trace.total_steps

    def _price(self, wish, model, report):
        tokens = self.world.billed_tokens(wish.get("epochs", 1)
                                          * report.tokens)
        price = self.world.settings.prices.get(model, price_of(model))
        return tokens, tokens * price / 1e6

    @route("POST", JOBS + "/:estimateCost", "estimate")
    async def estimate_cost(self, request, account):
        wish = await self.json_body(request)
        model, _ = self._check(request, wish)
        training = await self._ready(request, wish, "dataset")
        return {"estimatedCost": money(
            self._price(wish, model, training.found)[1])}

    # -------------------------------------------------------------- phases

    def succeed(self, job, at):
        job.tokens, amount = self._price(job.request, job.model, job.report)
        job.tuned_model = job.request["outputModel"]
        job.end("COMPLETED", at)
        job.account.models[job.tuned_model.split("/")[-1]] = job
        self.world.bill(job, job.tokens, amount, "training")

    def force(self, job, wish):
        """Control: {"status": …} ends a job or shows a word; {"requeue":
        true} throws the work so far away and begins again."""
        word = (wish.get("status") or "").removeprefix(STATE)
        if wish.get("requeue"):
            self._requeue(job)
        elif word == "COMPLETED":
            job.hurry()
        elif word == "EARLY_STOPPED":
            job.advance(self.now())
            self.succeed(job, self.now())
            job.terminal = word
        elif word in ("FAILED", "EXPIRED", "CANCELLED"):
            job.error = (wish.get("code", "INTERNAL"),
                         wish.get("message", "Internal error"), None)
            job.end(word)
        else:
            job.shown = word or None
            job.updated_at = self.now()

    def _requeue(self, job):
        """The trainer lost its machine: progress goes backwards, and another
        metrics file is written."""
        del job.step_times[:]
        job.phase, job.since = 0, self.now()
        job.started_at, job.updated_at = None, self.now()
        job.extra["requeues"] += 1
        self.world.ledger.add(None, "job.restart", job.id, self.name,
                              account=job.account.name, token=job.token)

    # ------------------------------------------------------------- reading

    def _job(self, request, ident):
        job = request.account.jobs.get(ident)
        if job is None:
            raise RpcError(404, "job %s not found" % ident)
        job.advance(self.now())
        return job

    @route("GET", JOBS + "/{ident}", "job.get")
    async def get_job(self, request, account, ident):
        return self._job_json(self._job(request, ident))

    @route("GET", JOBS, "job.list")
    async def list_jobs(self, request, account):
        now = self.now()
        jobs = [job for job in reversed(request.account.jobs.values())
                if self.world.shown_in_lists(job, now)]
        for job in jobs:
            job.advance(now)
        return self.page(request, "supervisedFineTuningJobs",
                         [self._job_json(job) for job in jobs])

    def _job_json(self, job):
        wish = dict(job.request)
        wish.update({
            "name": job.extra["name"], "createTime": rfc3339(job.created_at),
            "updateTime": rfc3339(job.updated_at),
            "createdBy": "ops@example.com",
            "state": STATE + (job.state if job.state != "running"
                              else "RUNNING"),
            "status": {"code": job.error[0], "message": job.error[1]}
            if job.error else {"code": "OK"}})
        if job.terminal:
            wish["completedTime"] = rfc3339(job.finished_at)
        if job.report is not None:
            wish["estimatedCost"] = money(
                self._price(job.request, job.model, job.report)[1])
        if job.total_steps:
            wish["jobProgress"] = known({
                "percent": self._percent(job),
                "epoch": sum(end <= job.steps_done
                             for end in job.epoch_ends)})
        if self._has_metrics(job):
            wish["metricsFileSignedUrl"] = self._metrics_url(job)
        return known(wish)

    def _percent(self, job):
        return 100 * job.steps_done // job.total_steps

    # ------------------------------------------------------------- metrics

    def _has_metrics(self, job):
        """The address is told before the file is there, as soon as it runs,
        and later when a test wants it late."""
        late = self.world.settings.metrics_late_seconds
        return job.started_at is not None and \
            self.now() - job.started_at >= late

    def _metrics_url(self, job):
        """The same address until half of its life is over."""
        life = self.world.settings.signed_url_seconds
        if job.extra["url"] is None or \
                self.now() > job.extra["url"][1] - life / 2:
            signature = self.world.ident("", 40)
            ends = self.now() + life
            self.world.blobs.sign(job.id, signature, Ticket(
                "GET", ends, answer=lambda request: self._metrics(job)))
            job.extra["url"] = (self.storage_url(job.id, signature), ends)
        return job.extra["url"][0]

    def _metrics(self, job):
        """The file as it is now."""
        job.advance(self.now())
        if not job.steps_done:
            return None
        evals = set(evenly(job.epochs, job.total_steps)
                    if job.valid_report else ())
        lines = []
        for step in range(1, job.steps_done + 1):
            lines.append(self._train_line(job, step))
            loss = job.trace.steps[step - 1].full_valid_loss
            if step in evals and loss is not None:
                lines.append({"step": step, "eval/loss": round(loss, 6),
                              "eval/tokens": job.valid_report.tokens})
        text = "".join(json.dumps(line) + "\n" for line in lines)
        if self.world.settings.metrics_partial and not job.terminal:
            text = text[:-9]
        return Response(200, text.encode(),
                        content_type="application/octet-stream")

    def _train_line(self, job, step):
        measured = job.trace.steps[step - 1]
        loss = round(measured.train_loss, 6)
        rate = job.request.get("learningRate", 1e-4) * measured.rate_factor
        if self.world.settings.metrics_old:
            return {"timestamp": job.step_times[step - 1], "step": step,
                    "data": {"train/epoch": 0, "train/seq": step,
                             "train/token": 100 * step, "train/loss": loss}}
        perplexity = None if self.world.settings.metrics_nan else loss
        return {"step": step, "train/step": step, "train/loss": loss,
                "train/ppl": perplexity, "train/lr": rate,
                "train/total_tokens": 100 * step}

    # ------------------------------------------------------------- control

    @route("POST", JOBS + "/{ident}/:cancel", "job.cancel")
    async def cancel_job(self, request, account, ident):
        job = self._job(request, ident)
        if job.terminal:
            raise RpcError(400, "job %s is %s" % (ident, job.terminal), 9)
        job.end("CANCELLED")
        self.world.ledger.add(request, "job.cancel", ident)
        return {}

    @route("POST", JOBS + "/{ident}/:resume", "job.resume")
    async def resume_job(self, request, account, ident):
        job = self._job(request, ident)
        if job.shown != "PAUSED":
            raise RpcError(400, "job %s is not paused" % ident, 9)
        self.check_payment(request.account)
        job.shown = None
        self.world.ledger.add(request, "job.resume", ident)
        return self._job_json(job)

    @route("DELETE", JOBS + "/{ident}", "job.delete")
    async def delete_job(self, request, account, ident):
        self._job(request, ident)
        del request.account.jobs[ident]
        request.account.deleted.add(("job", ident))
        self.world.ledger.add(request, "job.delete", ident)
        return {}

    # ----------------------------------------------------- preference jobs

    @route("GET", DPO_JOBS, "dpo.list")
    async def list_dpo_jobs(self, request, account):
        """Made elsewhere, for tests of importing: as many as a setting
        says, all of them over."""
        return self.page(request, PREFERENCES, [
            self._dpo_json(request.account, number) for number in
            range(self.world.settings.foreign_dpo_jobs)])

    def _dpo_json(self, account, number):
        return {"name": "accounts/%s/dpoJobs/dpo-%d" % (account.name,
                                                        number),
                "dataset": "accounts/%s/datasets/pairs" % account.name,
                "state": STATE + "COMPLETED", "status": {"code": "OK"},
                "createTime": rfc3339(1790000000),
                "completedTime": rfc3339(1790003600),
                "trainingConfig": {
                    "baseModel": PREFIX + "qwen3-8b", "epochs": 1,
                    "outputModel": "accounts/%s/models/dpo-%d" % (
                        account.name, number)}}

    @route("GET", DPO_JOBS + "/{ident}", "dpo.get")
    async def get_dpo_job(self, request, account, ident):
        number = ident.removeprefix("dpo-")
        if not number.isdigit() or \
                int(number) >= self.world.settings.foreign_dpo_jobs:
            raise RpcError(404, "job %s not found" % ident)
        return self._dpo_json(request.account, int(number))

    @route("GET", DPO_JOBS + "/{ident}/:getMetricsFileEndpoint",
           "dpo.metrics")
    async def dpo_metrics(self, request, account, ident):
        blob = self.world.blobs.from_bytes(
            b'{"step":1,"train/dpo_loss":0.69,"train/margin":0.1}\n'
            b'{"step":2,"train/dpo_loss":0.41,"train/margin":0.9}\n')
        return {"signedUrl": self.signed_get(ident, blob)}
