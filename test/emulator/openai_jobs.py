"""Fine-tuning jobs of the OpenAI dialect: creation with its checks, states,
events, checkpoints, the result file, and what they cost."""

import base64
import csv
import io

from dialect import ApiError, route
from learner import Recipe
from openai_checks import (check_create, checked_method, clean,
                           metadata_filter, model_not_available, resolve)
from openai_objects import (ALIASES, BASE_MODELS, StoredFile, TunedModel,
                            organization, paged)

CHECKPOINTS_KEPT = 3
METRIC_NAMES = ("train_loss", "train_mean_token_accuracy", "valid_loss",
                "valid_mean_token_accuracy", "full_valid_loss",
                "full_valid_mean_token_accuracy")


class OpenAiJobs:
    """The routes under /fine_tuning, and the dialect's part in a job. What
    another platform says differently is a method or a word of its own."""

    PHASES = (("validating_files", 0.1), ("queued", 0.1), ("running", 0.8))
    CSV_NAMES = ("train_loss", "train_accuracy", "valid_loss",
                 "valid_mean_token_accuracy", "full_valid_loss",
                 "full_valid_mean_token_accuracy")
    CHECKPOINT = "ftckpt_"
    FILE = StoredFile

    # -------------------------------------------------------------- create

    @route("POST", "/fine_tuning/jobs", "job.create")
    async def create_job(self, request):
        wish = await self.json_body(request)
        account, settings = request.account, self.world.settings
        self.check_wish(request, wish, settings.strict_fields)
        if not settings.training_available:
            raise ApiError(403, "Fine-tuning is no longer available for this "
                           "organization.", "training_not_available")
        base, parent = self._base_of(account, wish["model"])
        method = checked_method(wish, base)
        training = self._file_for(account, wish, "training_file")
        validation = self._file_for(account, wish, "validation_file")
        self._check_daily_limit(account, wish["model"])
        self._check_balance(account)
        job = self._new_job(account, wish, base, method)
        self.world.spawn(self._prepare(job, training.blob, validation
                                       and validation.blob, parent))
        self.world.ledger.add(
            request, "job.create", job.id, token=job.token,
            model=wish["model"], training_file=training.id,
            suffix=wish.get("suffix"), sha256=training.blob.sha256)
        return self._job_json(job)

    def check_wish(self, request, wish, strict):
        check_create(wish, strict)

    def job_ident(self):
        return self.world.ident("ftjob-")

    def tuned_name(self, job):
        return "ft:%s:%s:%s:%s" % (
            job.model, "emulator", clean(job.request.get("suffix")),
            self.world.ident("", 8))

    def filter_of(self, query):
        """A predicate over the metadata of the jobs to list, or None."""
        return metadata_filter(query) \
            if self.world.settings.metadata_filter else None

    def _base_of(self, account, model):
        """(base model, (recipe, step) to go on from)."""
        if model in account.models:
            tuned = account.models[model]
            if self._is_retired(tuned.base):
                raise model_not_available(model)
            return tuned.base, (tuned.job.trace.recipe, tuned.step)
        if model in ALIASES and not self.world.settings.refuse_alias:
            model = ALIASES[model]
        if model not in BASE_MODELS or self._is_retired(model):
            raise model_not_available(model)
        return model, None

    def _file_for(self, account, wish, name):
        if wish.get(name) is None:
            return None
        try:
            stored = self.file_of(account, wish[name])
        except ApiError:
            raise ApiError(400, "%s: %s does not exist." % (name, wish[name]),
                           "invalid_" + name, param=name) from None
        if stored.purpose != "fine-tune":
            raise ApiError(400, "File '%s' has the purpose '%s'; 'fine-tune' "
                           "is needed." % (stored.id, stored.purpose),
                           "invalid_file_purpose", param=name)
        settings = self.world.settings
        status = stored.status(settings, self.now())
        if status == "error":
            raise ApiError(400, "File '%s' could not be processed."
                           % stored.id, "invalid_" + name, param=name)
        if settings.file_not_ready_refused and status == "uploaded":
            raise ApiError(400, "File '%s' is still being processed and is "
                           "not ready to be used for fine-tuning. Please try "
                           "again later." % stored.id, param=name)
        return stored

    def _check_daily_limit(self, account, model):
        limit = self.world.settings.daily_job_limit
        day = (model, int(self.now() // 86400))
        if limit and account.created_days.get(day, 0) >= limit:
            raise ApiError(429, "This fine-tune request has been rate-limited."
                           " Your organization has reached the maximum of %d "
                           "requests per 1 day(s) for the model '%s'."
                           % (limit, model), "daily_rate_limit_exceeded")
        account.created_days[day] = account.created_days.get(day, 0) + 1

    def _new_job(self, account, wish, base, method):
        total = self.world.settings.seconds_per_job
        phases = [(name, total * share) for name, share in self.PHASES]
        job = self.new_job(account, self.job_ident(), phases, wish)
        job.model = base
        job.token = (wish.get("metadata") or {}).get("hft_key")
        asked = method["hyperparameters"]
        job.extra = {"method": method["type"], "result_files": [],
                     "asked": {name: asked.get(name, "auto") for name in
                               ("n_epochs", "batch_size",
                                "learning_rate_multiplier")},
                     "beta": asked.get("beta", "auto"), "resolved": None,
                     "seed": wish["seed"] if wish.get("seed") is not None
                     else self.world.random.getrandbits(31)}
        job.say("Created fine-tuning job: " + job.id)
        files = [wish["training_file"]]
        if wish.get("validation_file"):
            files.append("and validation file: " + wish["validation_file"])
        job.say("Validating training file: " + " ".join(files))
        return job

    async def _prepare(self, job, training, validation, parent):
        """Read the files and have the learner begin; what is found takes
        effect when the phase of validation is over."""
        report = await self.reader.inspect(training)
        job.report = report
        if validation:
            job.valid_report = await self.reader.inspect(validation)
        job.error = self._file_error(job)
        if job.error:
            return
        epochs, batch, rate = resolve(job.extra["asked"], report.lines)
        job.extra["resolved"] = {"n_epochs": epochs, "batch_size": batch,
                                 "learning_rate_multiplier": rate}
        job.epochs = epochs
        recipe = Recipe(training.sha256, validation and validation.sha256,
                        epochs, batch, rate, job.request.get("seed") or 0,
                        parent)
        job.trace = self.world.learner.trace(
            recipe, report.rows, job.valid_report.rows
            if job.valid_report else [], report.lines)
        job.total_steps = job.trace.total_steps
        job.marks = frozenset(job.epoch_ends[:-1])

    def _file_error(self, job):
        least = self.world.settings.min_examples
        for name, report in (("training_file", job.report),
                             ("validation_file", job.valid_report)):
            if report is None:
                continue
            if report.errors:
                line, text = report.errors[0]
                more = report.error_count - 1
                return ("invalid_" + name, "Invalid file format. Example %d "
                        "(line %d): %s.%s" % (
                            line, line, text,
                            " %d more examples are invalid." % more
                            if more else ""), name, "invalid_file_format")
        if job.report.lines < least:
            return ("invalid_training_file",
                    "Training file has %d example(s), but must have at least "
                    "%d examples" % (job.report.lines, least),
                    "training_file", "invalid_n_examples")
        return None

    # -------------------------------------------------------------- phases

    def phase_over(self, job, name, at):
        if name != self.PHASES[0][0]:
            return
        if job.error:
            code, text, param, event_code = job.error
            job.say("The job failed due to an invalid %s. %s" % (
                param.replace("_", " "), text), at, "error",
                data={"error_code": event_code, "error_param": param})
            job.error = (code, text, param)
            job.end("failed", at)
        else:
            job.say("Files validated, moving job to queued state", at)

    def phase_begun(self, job, name, at):
        if name == "running":
            job.say("Fine-tuning job started", at)

    def step_over(self, job, step):
        job.say("Checkpoint created at step %d" % step, job.step_times[-1])

    def succeed(self, job, at):
        if self.world.settings.moderation == "fail":
            job.error = ("moderation_failed", "The job was stopped because "
                         "the resulting model answers with unsafe content.",
                         None)
            job.say("Moderation of the trained model failed", at, "error")
            job.end("failed", at)
            return
        account = job.account
        job.tuned_model = self.tuned_name(job)
        for step in job.epoch_ends[-CHECKPOINTS_KEPT:]:
            self._add_model(account, job, step, at)
        job.say("New fine-tuned model created: " + job.tuned_model, at)
        self._add_result_file(job, at)
        job.end("succeeded", at)
        job.say("The job has successfully completed", at)
        self._charge(job, job.report.tokens * job.epochs, "training")

    def _add_model(self, account, job, step, at):
        name = job.tuned_model
        if step != job.total_steps:
            name += ":ckpt-step-%d" % step
        account.models[name] = TunedModel(
            name, job.model, job, step, at,
            self.world.settings.model_load_polls)

    def _add_result_file(self, job, at):
        if self.world.settings.result_format == "missing":
            job.extra["result_files"] = [self.world.ident("file-")]
            return
        text = result_csv(job, self.CSV_NAMES).encode()
        if self.world.settings.result_format == "base64":
            text = base64.b64encode(text)
        blob = self.world.blobs.from_bytes(text)
        stored = self.FILE(self.world.ident("file-"), blob,
                           "step_metrics.csv", "fine-tune-results", at, None,
                           "processed")
        job.account.files[stored.id] = stored
        job.extra["result_files"] = [stored.id]

    def _charge(self, job, tokens, why):
        tokens = self.world.billed_tokens(tokens)
        price = self.world.settings.prices.get(
            job.model, BASE_MODELS[job.model].train)
        job.tokens = tokens
        self.world.bill(job, tokens, tokens * price / 1e6, why)

    def force(self, job, wish):
        """Control: a terminal word ends the job, success as soon as it is
        trained; any other is only shown."""
        status = wish.get("status")
        if status == "failed":
            job.error = (wish.get("code", "server_error"),
                         wish.get("message", "The job failed."),
                         wish.get("param"))
            job.say(job.error[1], level="error")
            job.end("failed")
        elif status == "cancelled":
            self._cancel(job)
        elif status == "succeeded":
            job.hurry()
        else:
            job.shown = status
            job.updated_at = self.now()

    # ------------------------------------------------------------- reading

    def _job(self, request, ident):
        job = request.account.jobs.get(ident)
        if job is None:
            raise ApiError(404, "Could not find fine tune: " + ident,
                           "fine_tune_not_found", param="fine_tune_id")
        job.advance(self.now())
        return job

    @route("GET", "/fine_tuning/jobs/{ident}", "job.get")
    async def get_job(self, request, ident):
        return self._job_json(self._job(request, ident))

    @route("GET", "/fine_tuning/jobs", "job.list")
    async def list_jobs(self, request):
        now = self.now()
        wanted = self.filter_of(request.query)
        jobs = [job for job in reversed(request.account.jobs.values())
                if self.world.shown_in_lists(job, now)
                and (wanted is None or wanted(job.request.get("metadata")))]
        page, more = paged(jobs, request.query, 20,
                           self.world.settings.job_page_max)
        for job in page:
            job.advance(now)
        return {"object": "list", "data": [self._job_json(job)
                                           for job in page],
                "has_more": more}

    def _job_json(self, job):
        extra = job.extra
        shown = extra["asked"]
        if extra["resolved"] and (job.started_at or job.terminal):
            shown = extra["resolved"]
        wish = job.request
        kind = extra["method"]
        parameters = dict(shown, beta=extra["beta"]) if kind == "dpo" \
            else shown
        return {
            "object": "fine_tuning.job", "id": job.id,
            "model": wish["model"] if wish["model"] not in ALIASES
            else ALIASES[wish["model"]],
            "created_at": int(job.created_at),
            "finished_at": int(job.finished_at) if job.terminal else None,
            "estimated_finish": None, "status": job.state,
            "error": self._error_json(job),
            "fine_tuned_model": job.tuned_model,
            "organization_id": organization(job.account),
            "result_files": extra["result_files"],
            "training_file": wish["training_file"],
            "validation_file": wish.get("validation_file"),
            "hyperparameters": shown if kind == "supervised" else {},
            "method": {"type": kind, kind: {"hyperparameters": parameters}},
            "trained_tokens": job.tokens, "seed": extra["seed"],
            "integrations": wish.get("integrations") or [],
            "metadata": wish.get("metadata"),
            "user_provided_suffix": wish.get("suffix"),
            "usage_metrics": None, "shared_with_openai": False}

    def _error_json(self, job):
        if job.terminal == "failed" and job.error:
            code, message, param = job.error[:3]
            return {"code": code, "message": message, "param": param}
        return {"nulls": {"code": None, "message": None, "param": None},
                "empty": {}, "null": None}[self.world.settings.error_shape]

    # -------------------------------------------------- events, checkpoints

    @route("GET", "/fine_tuning/jobs/{ident}/events", "job.events")
    async def list_events(self, request, ident):
        job = self._job(request, ident)
        history = job.history() if self.world.settings.event_metrics \
            else job.messages
        end = len(history)
        after = request.query.get("after")
        if after:
            end = self._event_place(job, after, end)
        try:
            limit = int(request.query.get("limit", 20))
        except ValueError:
            limit = 0
        if limit < 1:
            raise ApiError(400, "Invalid 'limit'.", "invalid_value",
                           param="limit")
        start = max(0, end - min(limit, self.world.settings.event_page_max))
        data = [self._event_json(job, history[place], place)
                for place in range(end - 1, start - 1, -1)]
        return {"object": "list", "data": data, "has_more": start > 0}

    def _event_id(self, job, place):
        return "%s%s%06d" % (self.world.settings.event_id_prefix,
                             job.id[-12:], place)

    def _event_place(self, job, ident, count):
        place = ident[-6:]
        if place.isdigit() and int(place) < count and \
                ident.endswith("%s%s" % (job.id[-12:], place)):
            return int(place)
        raise ApiError(404, "No such event: " + ident, param="after")

    def _event_json(self, job, item, place):
        settings = self.world.settings
        if isinstance(item, int):
            at, level, kind = job.step_times[item - 1], "info", "metrics"
            data = step_data(job, item)
            data["total_steps"] = job.total_steps
            text = step_text(data)
        else:
            at, level, kind = item.at, item.level, "message"
            data, text = item.facts.get("data", {}), item.text
        shown = {"object": "fine_tuning.job.event",
                 "id": self._event_id(job, place), "created_at": int(at),
                 "level": level, "message": text,
                 "data": None if settings.event_data_null
                 and kind == "message" else data}
        if not settings.event_type_absent:
            shown["type"] = kind
        return shown

    @route("GET", "/fine_tuning/jobs/{ident}/checkpoints", "job.checkpoints")
    async def list_checkpoints(self, request, ident):
        job = self._job(request, ident)
        models = [model for model in request.account.models.values()
                  if model.job is job]
        models.sort(key=lambda model: -model.step)
        page, more = paged([Checkpoint(model, self.CHECKPOINT)
                            for model in models], request.query, 10, 100)
        data = [checkpoint.as_json() for checkpoint in page]
        return {"object": "list", "data": data,
                "first_id": data[0]["id"] if data else None,
                "last_id": data[-1]["id"] if data else None,
                "has_more": more}

    # ------------------------------------------------------------- control

    @route("POST", "/fine_tuning/jobs/{ident}/cancel", "job.cancel")
    async def cancel_job(self, request, ident):
        job = self._job(request, ident)
        if job.terminal:
            raise ApiError(400, "Job has already completed: " + ident,
                           "invalid_job_status")
        self._cancel(job)
        self.world.ledger.add(request, "job.cancel", ident)
        return self._job_json(job)

    def _cancel(self, job):
        job.say("Fine-tuning job cancelled")
        job.end("cancelled")
        if job.steps_done:
            self._charge(job, int(job.report.tokens * job.epochs
                                  * job.share_done), "cancelled training")

    @route("POST", "/fine_tuning/jobs/{ident}/pause", "job.pause")
    async def pause_job(self, request, ident):
        job = self._job(request, ident)
        if job.terminal or job.paused_at is not None:
            raise ApiError(400, "Job %s is %s and cannot be paused."
                           % (ident, job.state), "invalid_job_status")
        job.pause(self.now())
        job.say("Fine-tuning job paused")
        self.world.ledger.add(request, "job.pause", ident)
        return self._job_json(job)

    @route("POST", "/fine_tuning/jobs/{ident}/resume", "job.resume")
    async def resume_job(self, request, ident):
        job = self._job(request, ident)
        if job.paused_at is None:
            raise ApiError(400, "Job %s is %s and cannot be resumed."
                           % (ident, job.state), "invalid_job_status")
        job.resume(self.now())
        job.say("Fine-tuning job resumed")
        self.world.ledger.add(request, "job.resume", ident)
        return self._job_json(job)

    @route("GET", "/fine_tuning/model_limits", "model.limits")
    async def model_limits(self, request):
        active = sum(1 for job in request.account.jobs.values()
                     if not job.terminal)
        return {name: {"max_total_jobs": 100, "max_concurrent_jobs": 3,
                       "active_jobs": active} for name in BASE_MODELS}


class Checkpoint:
    """A tuned model seen as a checkpoint of its job."""

    def __init__(self, model, prefix):
        self.model = model
        self.id = "%s%s%06d" % (prefix, model.job.id[-18:], model.step)

    def as_json(self):
        model = self.model
        return {"object": "fine_tuning.job.checkpoint", "id": self.id,
                "created_at": int(model.job.step_times[model.step - 1]),
                "fine_tuned_model_checkpoint": model.id,
                "step_number": model.step,
                "fine_tuning_job_id": model.job.id,
                "metrics": step_data(model.job, model.step)}


def step_data(job, step):
    """The measured numbers of one step under OpenAI's names."""
    measured = job.trace.steps[step - 1]
    data = {"step": step}
    for name, value in zip(METRIC_NAMES, measured):
        if value is not None:
            data[name] = round(value, 6)
    return data


def step_text(data):
    text = "Step %d/%d: training loss=%.2f" % (
        data["step"], data["total_steps"], data["train_loss"])
    if "valid_loss" in data:
        text += ", validation loss=%.2f" % data["valid_loss"]
    if "full_valid_loss" in data:
        text += ", full validation loss=%.2f" % data["full_valid_loss"]
    return text


def result_csv(job, names):
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("step",) + names)
    for step in range(1, job.total_steps + 1):
        data = step_data(job, step)
        writer.writerow([step] + [data.get(name, "")
                                  for name in METRIC_NAMES])
    return text.getvalue()
