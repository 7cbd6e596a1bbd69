"""Model customization jobs of the Bedrock dialect: creation with its checks
and its two kinds of idempotency, states and stages, results in the bucket."""

from bedrock_checks import MODELS, check_create, invalid, resolved
from bedrock_s3 import buckets_of
from clock import rfc3339
from dialect import ApiError, route
from learner import Recipe

STAGES = (("validationDetails", "validation"),
          ("dataProcessingDetails", "data"), ("trainingDetails", "running"))
CSV_PLACES = {
    "nova": "validation_artifacts/post_fine_tuning_validation/validation/"
            "validation_metrics.csv",
    "guide": "validation_artifacts/post_fine_tuning_validation/"
             "validation_metrics.csv",
    "llama": "validation_artifacts/validation_metrics.csv"}


class BedrockJobs:
    """The routes under /model-customization-jobs, and the dialect's part in
    a job."""

    # -------------------------------------------------------------- create

    @route("POST", "/model-customization-jobs", "job.create")
    async def create_job(self, request):
        wish = self.json_of(request)
        check_create(wish)
        account = request.account
        for job in account.jobs.values():
            if job.token and job.token == wish.get("clientRequestToken"):
                return self.as_created({"jobArn": job.extra["arn"]})
        if any(job.request["jobName"] == wish["jobName"]
               for job in account.jobs.values()):
            raise invalid("The provided job name is currently in use.")
        if any(model["modelName"] == wish["customModelName"]
               for model in account.models.values()):
            raise invalid("The provided model name is currently in use.")
        base_id, base, parent = self._base_of(account, wish)
        limit = self.world.settings.aws_job_quota
        if limit and sum(not job.terminal
                         for job in account.jobs.values()) >= limit:
            raise ApiError(400, "You have exceeded your account limit of %d "
                           "in-progress jobs." % limit,
                           "ServiceQuotaExceededException")
        if not self.world.settings.aws_role_passes:
            raise ApiError(403, "User is not authorized to perform: "
                           "iam:PassRole on resource: " + wish["roleArn"],
                           "AccessDeniedException")
        hyperparameters = resolved(wish, base)
        training = self._object(account, wish["trainingDataConfig"]["s3Uri"])
        validators = (wish.get("validationDataConfig") or {}) \
            .get("validators") or []
        validation = self._object(account, validators[0]["s3Uri"]) \
            if validators else None
        job = self._new_job(account, wish, base_id, hyperparameters)
        self.world.spawn(self._prepare(job, base, training, validation,
                                       parent))
        self.world.ledger.add(
            request, "job.create", job.extra["arn"], token=job.token,
            model=base_id, suffix=wish["customModelName"],
            training_file=wish["trainingDataConfig"]["s3Uri"],
            sha256=training.sha256)
        return self.as_created({"jobArn": job.extra["arn"]})

    def _base_of(self, account, wish):
        """(base model's id, its facts, (recipe, step) to go on from)."""
        name = wish["baseModelIdentifier"]
        if name in account.models:
            tuned = account.models[name]
            job = account.jobs[tuned["job"]]
            return job.model, MODELS[job.model], (job.trace.recipe,
                                                  job.total_steps)
        name = name.split("foundation-model/")[-1]
        if name not in MODELS:
            raise invalid("The provided model identifier is invalid.")
        return name, MODELS[name], None

    def _object(self, account, uri):
        bucket, _, key = uri[5:].partition("/")
        stored = buckets_of(account).get(bucket, {}).get(key)
        if stored is None:
            raise invalid("Could not validate GetObject permissions to "
                          "access Amazon S3 bucket: %s at key %s"
                          % (bucket, key))
        return stored.blob

    def _new_job(self, account, wish, base_id, hyperparameters):
        settings = self.world.settings
        total = settings.seconds_per_job
        phases = [("validation", total * 0.1), ("data", total * 0.1),
                  ("running", total * 0.8)]
        if settings.aws_stuck:
            phases.insert(0, ("waiting", 1e12))
        ident = self.world.ident("", 12).lower()
        job = self.new_job(account, ident, phases, wish)
        job.model = base_id
        job.token = wish.get("clientRequestToken")
        job.extra = {"arn": self.arn("model-customization-job/%s/%s"
                                     % (base_id, ident)),
                     "hyperparameters": hyperparameters, "stages": {},
                     "stopping": False, "model_arn": None}
        return job

    async def _prepare(self, job, base, training, validation, parent):
        job.report = await self.reader.inspect(training)
        if validation:
            job.valid_report = await self.reader.inspect(validation)
        job.error = self._file_error(job, base)
        if job.error:
            return
        asked = job.extra["hyperparameters"]
        job.epochs = int(asked["epochCount"])
        rate = float(asked["learningRate"]) / base.keys["learningRate"][2]
        recipe = Recipe(training.sha256, validation and validation.sha256,
                        job.epochs, 8, min(max(rate, 0.1), 10.0), 0, parent,
                        job.epochs)
        job.trace = self.world.learner.trace(
            recipe, job.report.rows, job.valid_report.rows
            if job.valid_report else [], job.report.lines)
        job.total_steps = job.trace.total_steps

    def _file_error(self, job, base):
        rows = 0
        for report in (job.report, job.valid_report):
            if report is None:
                continue
            rows += report.lines
            if report.errors:
                line, text = report.errors[0]
                return (None, "Invalid input error: there are %d invalid "
                        "records. Line %d: %s" % (report.error_count, line,
                                                  text), None)
            if report.format != base.family:
                return (None, "Invalid input error: expected the %s format, "
                        "found %s" % (base.family, report.format), None)
        if not base.least <= job.report.lines or rows > base.most:
            return (None, "Invalid input error: the number of records is "
                    "%d, which must be between %d and %d" % (
                        rows, base.least, base.most), None)
        return None

    # -------------------------------------------------------------- phases

    def phase_begun(self, job, name, at):
        job.extra["stages"][name] = [at, None]

    def phase_over(self, job, name, at):
        job.extra["stages"].setdefault(name, [job.created_at, None])[1] = at
        if job.extra["stopping"] and name != "running":
            self._stopped(job, at)
        elif name == "validation" and job.error:
            job.end("Failed", at)
            self._write_results(job, at, 0)

    def step_over(self, job, step):
        if job.extra["stopping"]:
            job.stop_at(step)

    def succeed(self, job, at):
        if job.extra["stopping"]:
            self._stopped(job, at)
            return
        job.extra["model_arn"] = self.arn("custom-model/%s/%s" % (
            job.model, self.world.ident("", 12).lower()))
        job.tuned_model = job.extra["model_arn"]
        job.account.models[job.tuned_model] = {
            "modelArn": job.tuned_model, "job": job.id, "at": at,
            "modelName": job.request["customModelName"]}
        job.end("Completed", at)
        self._write_results(job, at, job.total_steps)
        self._charge(job, job.report.tokens * job.epochs)

    def _stopped(self, job, at):
        job.end("Stopped", at)
        self._write_results(job, at, job.steps_done)
        if job.steps_done:
            self._charge(job, int(job.report.tokens * job.epochs
                                  * job.share_done))

    def _charge(self, job, tokens):
        tokens = self.world.billed_tokens(tokens)
        price = self.world.settings.prices.get(job.model,
                                               MODELS[job.model].price)
        job.tokens = tokens
        self.world.bill(job, tokens, tokens * price / 1e6, "training")

    def _write_results(self, job, at, steps):
        """What a job leaves in the bucket, written when it ends."""
        uri = job.request["outputDataConfig"]["s3Uri"]
        bucket, _, folder = uri[5:].partition("/")
        folder = folder + ("" if folder.endswith("/") or not folder else "/")
        home = folder + "model-customization-job-%s/" % job.id
        layout = self.world.settings.aws_csv_layout
        files = {folder + ".write_access_check_file.temp": ""}
        if steps and layout != "missing":
            files[home + "training_artifacts/step_wise_training_metrics.csv"] \
                = training_csv(job, steps, layout)
            if job.valid_report:
                files[home + CSV_PLACES[layout]] = validation_csv(job, steps)
        for key, text in files.items():
            self.store.store(job.account, bucket, key,
                             self.world.blobs.from_bytes(text.encode()), at)

    def force(self, job, wish):
        """Control: a terminal word ends the job; any other is only shown."""
        status = wish.get("status")
        if status == "Failed":
            job.error = (None, wish.get("message", "Encountered an internal "
                                        "error when processing the request."),
                         None)
            job.end("Failed")
            self._write_results(job, self.now(), job.steps_done)
        elif status == "Stopped":
            self._stopped(job, self.now())
        elif status == "Completed":
            job.hurry()
        else:
            job.shown = status

    # ------------------------------------------------------------- reading

    def _job(self, request, ident):
        for job in request.account.jobs.values():
            if ident in (job.extra["arn"], job.request["jobName"]):
                job.advance(self.now())
                return job
        raise ApiError(404, "The specified job does not exist: " + ident,
                       "ResourceNotFoundException")

    @route("GET", "/model-customization-jobs/{ident}", "job.get")
    async def get_job(self, request, ident):
        job = self._job(request, ident)
        wish = job.request
        shown = {
            "jobArn": job.extra["arn"], "jobName": wish["jobName"],
            "outputModelName": wish["customModelName"],
            "roleArn": wish["roleArn"], "status": self._status(job),
            "statusDetails": self._stages(job),
            "creationTime": rfc3339(job.created_at),
            "lastModifiedTime": rfc3339(job.updated_at),
            "baseModelArn": self.base_arn(job.model),
            "customizationType": "FINE_TUNING",
            "hyperParameters": job.extra["hyperparameters"],
            "trainingDataConfig": wish["trainingDataConfig"],
            "validationDataConfig": wish.get("validationDataConfig")
            or {"validators": []},
            "outputDataConfig": wish["outputDataConfig"]}
        if job.token:
            shown["clientRequestToken"] = job.token
        if job.terminal:
            shown["endTime"] = rfc3339(job.finished_at)
        if job.terminal == "Completed":
            shown["outputModelArn"] = job.extra["model_arn"]
            last = job.trace.steps[-1]
            shown["trainingMetrics"] = {"trainingLoss": round(last[0], 4)}
            if job.valid_report:
                shown["validationMetrics"] = [
                    {"validationLoss": round(last[4], 4)}]
        if job.terminal == "Failed":
            shown["failureMessage"] = job.error[1]
        return shown

    def _status(self, job):
        if job.shown or job.terminal:
            return job.shown or job.terminal
        return "Stopping" if job.extra["stopping"] else "InProgress"

    def _stages(self, job):
        details = {}
        for name, phase in STAGES:
            times = job.extra["stages"].get(phase)
            if phase == "validation" and times is None \
                    and job.phases[0][0] == "validation":
                times = [job.created_at, None]
            if times is None:
                details[name] = {"status": "NotStarted"}
                continue
            status = "Completed" if times[1] else "InProgress"
            if times[1] is None and job.terminal:
                status = job.terminal
            details[name] = {"status": status,
                             "creationTime": rfc3339(times[0]),
                             "lastModifiedTime": rfc3339(
                                 times[1] or job.finished_at or self.now())}
            if job.terminal == "Failed" and phase == "validation":
                details[name]["status"] = "Failed"
        return details

    @route("GET", "/model-customization-jobs", "job.list")
    async def list_jobs(self, request):
        now = self.now()
        query = request.query
        jobs = [job for job in request.account.jobs.values()
                if self.world.shown_in_lists(job, now)
                and query.get("nameContains", "") in job.request["jobName"]]
        if query.get("sortOrder") == "Descending":
            jobs.reverse()
        page, token = self.paged(jobs, query)
        for job in page:
            job.advance(now)
        jobs = [job for job in page if query.get("statusEquals") in (
            None, self._status(job))]
        answer = {"modelCustomizationJobSummaries": [
            self._summary(job) for job in jobs]}
        if token:
            answer["nextToken"] = token
        return answer

    def _summary(self, job):
        shown = {"jobArn": job.extra["arn"],
                 "baseModelArn": self.base_arn(job.model),
                 "jobName": job.request["jobName"],
                 "status": self._status(job),
                 "statusDetails": self._stages(job),
                 "creationTime": rfc3339(job.created_at),
                 "lastModifiedTime": rfc3339(job.updated_at),
                 "customModelName": job.request["customModelName"],
                 "customizationType": "FINE_TUNING"}
        if job.terminal:
            shown["endTime"] = rfc3339(job.finished_at)
        if job.extra["model_arn"]:
            shown["customModelArn"] = job.extra["model_arn"]
        return shown

    # ------------------------------------------------------------- control

    @route("POST", "/model-customization-jobs/{ident}/stop", "job.cancel")
    async def stop_job(self, request, ident):
        job = self._job(request, ident)
        if job.terminal:
            raise ApiError(400, "The job is in the state %s and cannot be "
                           "stopped." % job.terminal, "ConflictException")
        job.extra["stopping"] = True
        self.world.ledger.add(request, "job.cancel", job.extra["arn"])
        if job.steps_done < max(1, job.total_steps):
            self._stopped(job, self.now())
        return {}


def training_csv(job, steps, layout):
    """Columns stand in another order for Llama, with one more."""
    each = max(1, job.total_steps // job.epochs)
    names = ["step_number", "epoch_number", "training_loss", "perplexity"]
    if layout == "llama":
        names = ["epoch_number", "step_number", "learning_rate",
                 "training_loss", "perplexity"]
    lines = [",".join(names)]
    for step in range(steps):
        loss = job.trace.steps[step][0]
        row = {"step_number": str(step), "epoch_number": str(step // each),
               "training_loss": "%.6f" % loss, "learning_rate": "0.0001",
               "perplexity": "%.6f" % (2.718281828 ** loss)}
        lines.append(",".join(row[name] for name in names))
    return "\n".join(lines) + "\n"


def validation_csv(job, steps):
    each = max(1, job.total_steps // job.epochs)
    lines = ["step_number,epoch_number,validation_loss,perplexity"]
    for step in range(steps):
        loss = job.trace.steps[step][4]
        if loss is not None:
            lines.append("%d,%d,%.6f,%.6f" % (step, step // each, loss,
                                              2.718281828 ** loss))
    return "\n".join(lines) + "\n"
