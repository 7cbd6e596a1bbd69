"""Fine-tuning jobs of the Together dialect: creation with its checks, price
quotes, states, events, metrics, checkpoints, restarts and refunds."""

import math

from clock import rfc3339
from dialect import ApiError, route
from learner import Recipe, evenly
from storage import Ticket, ranged
from together_checks import (LORA, check_create, check_limits, learner_rate,
                             preview_row, whole)
from together_objects import MODELS, limits_json, price_of

NANO = 1_000_000_000


class TogetherJobs:
    """The routes under /v1/fine-tunes, and the dialect's part in a job."""

    # -------------------------------------------------------------- create

    @route("POST", "/v1/fine-tunes", "job.create")
    async def create_job(self, request):
        wish = await self.json_body(request)
        account, settings = request.account, self.world.settings
        check_create(wish, settings)
        if settings.balance is not None and account.spent >= settings.balance:
            raise ApiError(402, "Your balance does not cover this request. "
                           "Please add credits.", "insufficient_balance")
        model, parent = self._base_of(account, wish)
        check_limits(wish, model)
        training = await self._ready_file(account, wish, "training_file")
        validation = await self._ready_file(account, wish, "validation_file")
        job = self._new_job(account, wish, model, parent)
        self.world.spawn(self._prepare(job, training, validation, parent))
        self.world.ledger.add(
            request, "job.create", job.id, token=wish.get("suffix"),
            model=model, training_file=training.id,
            suffix=wish.get("suffix"),
            sha256=training.blob.sha256)
        return self._truncated(job)

    def _base_of(self, account, wish):
        """(base model, (recipe, step) to go on from)."""
        name = wish.get("from_checkpoint")
        if not name:
            if wish.get("model") not in MODELS:
                raise ApiError(400, "Model %s is not available for "
                               "fine-tuning" % wish.get("model"),
                               "model_not_available", param="model")
            return wish["model"], None
        source, _, step = name.partition(":")
        for job in account.jobs.values():
            if source in (job.id, job.tuned_model) and \
                    job.terminal == "completed":
                return job.model, (job.trace.recipe,
                                   int(step) if step else job.total_steps)
        raise ApiError(400, "Checkpoint %s not found" % name,
                       param="from_checkpoint")

    async def _ready_file(self, account, wish, name):
        if not wish.get(name):
            return None
        stored = account.files.get(wish[name])
        if stored is None:
            raise ApiError(400, "%s %s not found" % (name, wish[name]),
                           "file_not_found", param=name)
        await stored.settle()
        status = stored.status(self.world.settings, self.now())
        refused = ("PENDING", "FAILED", "INVALID_FORMAT")
        if self.world.settings.file_not_ready_refused:
            refused += ("QUEUED", "RUNNING")
        if status in refused:
            raise ApiError(400, "%s %s is not ready: its processing_status is "
                           "%s" % (name, stored.id, status),
                           "file_not_ready", param=name)
        return stored

    def _new_job(self, account, wish, model, parent):
        total = self.world.settings.seconds_per_job
        phases = [("pending", total * 0.05), ("queued", total * 0.1),
                  ("running", total * 0.65), ("compressing", total * 0.08),
                  ("uploading", total * 0.12)]
        job = self.new_job(account, "ft-" + self.world.uuid(), phases, wish)
        job.model = model
        job.token = wish.get("suffix")
        job.epochs = wish.get("n_epochs", 1)
        kind = wish.get("training_type") or LORA
        limits = MODELS[model]
        batch = wish.get("batch_size", "max")
        job.extra = {
            "type": kind, "full": kind["type"] == "Full", "parent": parent,
            "method": wish.get("training_method") or {
                "method": "sft", "train_on_inputs":
                    wish.get("train_on_inputs", "auto")},
            "batch": batch if batch != "max" else
            (limits.full_batch if kind["type"] == "Full"
             else limits.max_batch),
            "stop": None, "restarted_as": None,
            "output": "%s/%s-%s%s" % (
                account.name, model.split("/")[1],
                wish["suffix"] + "-" if wish.get("suffix") else "",
                job.id[-8:])}
        job.say("Fine tune request created", type="job_pending")
        return job

    async def _prepare(self, job, training, validation, parent):
        job.report = await self.reader.inspect(training.blob)
        if validation:
            job.valid_report = await self.reader.inspect(validation.blob)
        for report in (job.report, job.valid_report):
            if report is not None and not report.valid:
                line, text = report.errors[0]
                job.error = ("user_error", "Error parsing file on line %d: %s"
                             % (line, text), None)
                return
        wish = job.request
        scheduler = wish.get("lr_scheduler") or {}
        schedule = (scheduler.get("lr_scheduler_type", "constant"),
                    wish.get("warmup_ratio") or 0.0,
                    (scheduler.get("lr_scheduler_args") or {}).get(
                        "min_lr_ratio") or 0.0)
        recipe = Recipe(
            training.blob.sha256, validation and validation.blob.sha256,
            job.epochs, job.extra["batch"],
            learner_rate(wish.get("learning_rate", 1e-5)),
            wish.get("random_seed") or 0, parent, wish.get("n_evals", 0),
            schedule)
        job.trace = self.world.learner.trace(
            recipe, job.report.rows, job.valid_report.rows
            if job.valid_report else [], job.report.lines)
        job.total_steps = job.trace.total_steps
        job.marks = frozenset((*job.epoch_ends, *self._checkpoint_steps(job),
                               *self._eval_steps(job)))

    # -------------------------------------------------------------- phases

    def phase_over(self, job, name, at):
        if job.error and name == "pending":
            self._fail(job, at, *job.error[:2])

    def phase_begun(self, job, name, at):
        if name == "running":
            self._begin_training(job, at)
        elif name == "compressing":
            job.say("Training completed", at, type="training_complete")
            job.say("Compressing output model", at, type="model_compressing")
        elif name == "uploading":
            job.say("Model compression complete", at,
                    type="model_compression_complete")
            job.say("Uploading output model", at, type="model_uploading")

    def _begin_training(self, job, at):
        """From here the tokens are known, and with them the price, which is
        charged now and given back if the job fails."""
        tokens, amount = self._price(job.request, job.model, job.extra["full"],
                                     job.report, job.valid_report)
        job.say("Job started", at, type="job_start")
        balance = self.world.settings.balance
        if balance is not None and job.account.spent + amount > balance:
            job.say("The job was stopped: your balance ran out", at,
                    "error", type="billing_limit")
            job.end("cancelled", at)
            return
        job.tokens = tokens
        job.say("Training data downloaded", at,
                type="training_data_download_complete")
        job.say("Training started", at, type="training_start",
                token_count=tokens, total_steps=job.total_steps)
        self.world.bill(job, tokens, amount, "training")

    def _price(self, wish, model, full, report, valid_report):
        """(tokens, dollars) of a job; used for the quote and for the bill."""
        tokens = wish.get("n_epochs", 1) * (report.tokens if report else 0)
        if wish.get("packing") is False and report:
            tokens = wish.get("n_epochs", 1) * report.lines * wish.get(
                "max_seq_length", MODELS[model].sft)
        if valid_report:
            tokens += wish.get("n_evals", 0) * valid_report.tokens
        tokens = self.world.billed_tokens(tokens)
        dpo = (wish.get("training_method") or {}).get("method") == "dpo"
        price = self.world.settings.prices.get(model,
                                               price_of(model, full, dpo))
        return tokens, max(self.world.settings.minimum_price,
                           tokens * price / 1e6)

    def step_over(self, job, step):
        at = job.step_times[-1]
        if step in job.epoch_ends:
            job.say("Epoch completed, at step %d" % step, at,
                    type="epoch_complete", step=step)
        if step in self._checkpoint_steps(job):
            job.say("Checkpoint saved at step %d" % step, at,
                    type="checkpoint_save", step=step,
                    checkpoint_path=self._path(job, step))
        self._stop_early(job, step, at)

    def _stop_early(self, job, step, at):
        """Stop when the validation loss has not improved for `patience`
        measurements: the job's steps end here."""
        wish = job.request
        if not wish.get("early_stopping_enabled") or job.extra["stop"]:
            return
        losses = [(number, job.trace.steps[number - 1].full_valid_loss)
                  for number in self._eval_steps(job) if number <= step]
        losses = losses[wish.get("early_stopping_warmup_evals", 1):]
        if not losses or losses[-1][0] != step:
            return
        best_step, best = min(losses, key=lambda pair: pair[1])
        since = sum(1 for number, loss in losses if number > best_step and
                    loss > best - wish.get("early_stopping_min_delta", 0))
        if since >= wish.get("early_stopping_patience", 2):
            job.extra["stop"] = {"best_step": best_step, "best": best}
            job.say("Training stopped early", at, type="early_stopped",
                    step=step, early_stopping_best_step=best_step,
                    early_stopping_best_metric_value=best)
            self._give_back(job, 1 - job.share_done, "early stop")
            job.stop_at(step)

    def _checkpoint_steps(self, job):
        return evenly(job.request.get("n_checkpoints", 1),
                      job.trace.total_steps)

    def _eval_steps(self, job):
        count = job.request.get("n_evals", 0)
        return evenly(count, job.trace.total_steps) if count else []

    def succeed(self, job, at):
        job.say("Model upload complete", at, type="model_upload_complete",
                model_path=self._path(job, job.total_steps))
        job.tuned_model = job.extra["output"]
        job.end("completed", at)
        job.say("Job finished", at, type="job_complete")
        job.account.models[self._object_id(job)] = job

    def _fail(self, job, at, code, text, word="error"):
        job.error = (code, text, None)
        job.say(text, at, "error", type="job_error")
        job.end(word, at)
        self._give_back(job, 1.0, "failed job")

    def _give_back(self, job, share, why):
        amount = job.amount * share
        if amount <= 0:
            return
        job.say("Refund issued: $%.4f" % amount, type="refund")
        job.tokens = round(job.tokens * (1 - share))
        self.world.bill(job, 0, -amount, "refund: " + why)
        self.world.ledger.add(None, "refund", job.id, self.name,
                              account=job.account.name, amount=amount,
                              token=job.token)

    def force(self, job, wish):
        """Control: {"restart": true} or {"status": …}; a terminal word ends
        the job, success as soon as it is trained; any other is only shown."""
        status = wish.get("status")
        if wish.get("restart"):
            self._restart(job, wish.get("old_status", "error"))
        elif status in ("error", "user_error"):
            self._fail(job, self.now(), wish.get("code", status),
                       wish.get("message", "The job failed."), status)
        elif status == "cancelled":
            self._cancel(job)
        elif status == "completed":
            job.hurry()
        else:
            job.shown = status
            job.updated_at = self.now()

    def _restart(self, job, old_status):
        """An internal failure: the work goes on under a new id."""
        again = self._new_job(job.account, job.request, job.model,
                              job.extra["parent"])
        # Later than the old one, even while the clock stands still.
        again.created_at = max(again.created_at, job.created_at + 0.001)
        files = job.account.files
        self.world.spawn(self._prepare(
            again, files[job.request["training_file"]],
            files.get(job.request.get("validation_file")),
            job.extra["parent"]))
        job.extra["restarted_as"] = again.id
        job.say("Job was restarted due to an internal error. New job ID: "
                + again.id, level="warning", type="job_restarted")
        job.end(old_status)
        self._give_back(job, 1.0, "restarted job")
        self.world.ledger.add(None, "job.restart", again.id, self.name,
                              account=job.account.name, token=job.token,
                              old=job.id)

    # ------------------------------------------------------------- reading

    def _job(self, request, ident):
        job = request.account.jobs.get(ident)
        if job is None:
            raise ApiError(404, "Fine-tune job %s not found" % ident,
                           "not_found")
        job.advance(self.now())
        return job

    @route("GET", "/v1/fine-tunes/{ident}", "job.get")
    async def get_job(self, request, ident):
        return self._full(self._job(request, ident))

    @route("GET", "/v1/fine-tunes", "job.list")
    async def list_jobs(self, request):
        now = self.now()
        jobs = [job for job in reversed(request.account.jobs.values())
                if self.world.shown_in_lists(job, now)]
        for job in jobs:
            job.advance(now)
        return {"data": [self._truncated(job) for job in jobs]}

    def _truncated(self, job):
        wish, extra = job.request, job.extra
        shown = {
            "id": job.id, "status": job.state,
            "created_at": rfc3339(job.created_at),
            "updated_at": rfc3339(job.updated_at),
            "user_id": "user_%06d" % job.account.number,
            "owner_address": "0x%040x" % job.account.number,
            "training_file": wish["training_file"], "model": job.model,
            "model_output_name": extra["output"], "n_epochs": job.epochs,
            "n_evals": wish.get("n_evals", 0),
            "n_checkpoints": wish.get("n_checkpoints", 1),
            "batch_size": extra["batch"], "training_type": extra["type"],
            "training_method": extra["method"],
            "learning_rate": wish.get("learning_rate", 1e-5),
            "warmup_ratio": wish.get("warmup_ratio", 0),
            "max_grad_norm": wish.get("max_grad_norm", 1.0),
            "weight_decay": wish.get("weight_decay", 0),
            "packing": wish.get("packing", True),
            "progress": self._progress(job)}
        for name in ("validation_file", "suffix", "max_seq_length",
                     "random_seed", "lr_scheduler", "wandb_project_name",
                     "wandb_name", "from_checkpoint", "from_hf_model",
                     "hf_model_revision"):
            if wish.get(name) is not None:
                shown[name] = wish[name]
        if job.started_at:
            shown["started_at"] = rfc3339(job.started_at)
        if job.tokens is not None:
            shown["token_count"] = job.tokens
            shown["total_price"] = round(job.amount * NANO)
        if extra["stop"]:
            shown.update(early_stopped=True,
                         early_stopping_best_step=extra["stop"]["best_step"],
                         early_stopping_best_metric=extra["stop"]["best"])
        return shown

    def _progress(self, job):
        if not job.started_at or job.terminal:
            return {"estimate_available": False, "seconds_remaining": 0}
        total = sum(seconds for _, seconds in job.phases)
        left = job.created_at + total - self.now()
        return {"estimate_available": True,
                "seconds_remaining": max(0, math.ceil(left))}

    def _full(self, job):
        wish = job.request
        shown = self._truncated(job)
        shown.update(job_id=job.id, events=self._events(job),
                     batch_size=wish.get("batch_size", "max"),
                     epochs_completed=sum(step <= job.steps_done
                                          for step in job.epoch_ends)
                     if job.total_steps else 0,
                     queue_depth=0, param_count=int(
                         MODELS[job.model].size_b * 1e9))
        if job.report is not None:
            shown["trainingfile_numlines"] = job.report.lines
        if wish.get("n_evals") and job.total_steps:
            shown["eval_steps"] = max(1, job.total_steps // wish["n_evals"])
        if job.terminal == "completed":
            ident = self._object_id(job)
            shown.update(
                model_output_path=self._path(job, job.total_steps),
                model_object_id=ident, model_object_name=job.tuned_model,
                model_object_revision_id="rv_" + ident[3:])
            if not job.extra["full"]:
                shown.update(adapter_object_id="ml_a" + ident[4:],
                             adapter_object_name=job.tuned_model + "-adapter",
                             adapter_object_revision_id="rv_a" + ident[4:])
        return shown

    def _object_id(self, job):
        return "ml_m" + job.id[3:].replace("-", "")[-20:]

    def _path(self, job, step):
        return "s3://together-emulator/finetune/%s/step_%d.tar.zst" % (job.id,
                                                                      step)

    # -------------------------------------------------- events and metrics

    @route("GET", "/v1/fine-tunes/{ident}/events", "job.events")
    async def list_events(self, request, ident):
        return {"data": self._events(self._job(request, ident))}

    def _events(self, job):
        upper = self.world.settings.events_uppercase
        events = []
        for message in job.messages:
            event = {"object": "fine-tune-event",
                     "created_at": rfc3339(message.at),
                     "level": message.level, "message": message.text,
                     "step": message.position}
            event.update(message.facts)
            if upper:
                event["type"] = event["type"].upper()
            events.append(event)
        return events

    @route("GET", "/v1/fine-tunes/{ident}/metrics", "job.metrics")
    async def list_metrics(self, request, ident):
        job = self._job(request, ident)
        query = request.query
        first, last = (whole(query, "global_step_from", 0),
                       whole(query, "global_step_to", 1 << 60))
        start, end = (query.get("logged_at_from", ""),
                      query.get("logged_at_to", "~"))
        steps = [step for step in range(1, job.steps_done + 1)
                 if first <= step <= last
                 and start <= rfc3339(job.step_times[step - 1]) <= end]
        resolution = whole(query, "resolution", 0)
        train = steps
        if resolution and len(steps) > resolution:
            train = [steps[i * len(steps) // resolution]
                     for i in range(resolution)]
        train, points = set(train), []
        evals = set(self._eval_steps(job)) if job.trace else set()
        for step in steps:
            if step in train:
                points.append(self._train_point(job, step))
            if step in evals:
                points.append(self._eval_point(job, step))
        return {"metrics": points}

    def _point(self, job, step):
        return {"timestamp": int(job.step_times[step - 1] * 1000) * 1000000,
                "train/global_step": step,
                "train/epoch": round(step * job.epochs
                                     / job.trace.total_steps, 4)}

    def _train_point(self, job, step):
        measured = job.trace.steps[step - 1]
        norm = measured.grad_norm
        if self.world.settings.metrics_nan and step % 5 == 1:
            norm = math.nan
        return dict(self._point(job, step), **{
            "train/loss": round(measured.train_loss, 6),
            "train/grad_norm": round(norm, 6),
            "train/learning_rate": job.request.get("learning_rate", 1e-5)
            * measured.rate_factor})

    def _eval_point(self, job, step):
        loss = job.trace.steps[step - 1].full_valid_loss
        point = self._point(job, step)
        if loss is not None:
            point["eval/loss"] = round(loss, 6)
        return point

    @route("GET", "/v1/fine-tunes/{ident}/checkpoints", "job.checkpoints")
    async def list_checkpoints(self, request, ident):
        job = self._job(request, ident)
        if not job.total_steps:
            return {"data": []}
        data = [self._checkpoint(job, step, "Intermediate")
                for step in self._checkpoint_steps(job)
                if step <= job.steps_done and step < job.total_steps]
        if job.terminal == "completed":
            labels = ("Final",) if job.extra["full"] else (
                "Final Merged", "Final Adapter")
            data += [self._checkpoint(job, job.total_steps, label)
                     for label in labels]
        return {"data": data}

    def _checkpoint(self, job, step, label):
        adapter = label == "Final Adapter" or (
            label == "Intermediate" and not job.extra["full"])
        shown = {"step": step, "path": self._path(job, step),
                 "created_at": rfc3339(job.step_times[step - 1]),
                 "checkpoint_type": label,
                 "checkpoint": "adapter" if adapter else "model"}
        if label.startswith("Final"):
            ident = self._object_id(job)
            shown["object_id"] = ident if not adapter else "ml_a" + ident[4:]
            shown["object_name"] = job.tuned_model + (
                "-adapter" if adapter else "")
            shown["object_revision_id"] = "rv_" + shown["object_id"][3:]
        return shown

    # ------------------------------------------------------------- control

    @route("POST", "/v1/fine-tunes/{ident}/cancel", "job.cancel")
    async def cancel_job(self, request, ident):
        job = self._job(request, ident)
        if job.terminal:
            raise ApiError(400, "Job %s is %s and cannot be cancelled"
                           % (ident, job.state), "job_not_cancellable")
        self._cancel(job)
        self.world.ledger.add(request, "job.cancel", ident)
        return self._truncated(job)

    def _cancel(self, job):
        job.say("Cancel requested", type="cancel_requested")
        job.end("cancelled")
        job.say("Job stopped", type="job_stopped")
        self._give_back(job, 1 - job.share_done, "cancelled job")

    @route("DELETE", "/v1/fine-tunes/{ident}", "job.delete")
    async def delete_job(self, request, ident):
        job = self._job(request, ident)
        if not job.terminal:
            raise ApiError(400, "Job %s is still %s" % (ident, job.state))
        del request.account.jobs[ident]
        request.account.models.pop(self._object_id(job), None)
        self.world.ledger.add(request, "job.delete", ident)
        return {"message": "Fine-tune job %s deleted" % ident}

    # --------------------------------------------------- quotes and limits

    @route("POST", "/v1/fine-tunes/estimate-price", "estimate")
    async def estimate_price(self, request):
        wish = await self.json_body(request)
        account = request.account
        reports = []
        for name, word in (("training_file", "train"),
                           ("validation_file", "eval")):
            if not wish.get(name):
                if name == "training_file":
                    raise ApiError(400, "training_file is required")
                reports.append(None)
                continue
            stored = self.file_of(account, wish[name])
            await stored.settle()
            status = stored.status(self.world.settings, self.now())
            if status != "COMPLETED":
                bad = status in ("FAILED", "INVALID_FORMAT")
                return {"estimation_available": False,
                        "unavailable_reason": "%s_file_%s" % (
                            word, "invalid" if bad else "not_validated")}
            if stored.found.is_multimodal:
                return {"estimation_available": False,
                        "unavailable_reason": "multimodal_dataset"}
            reports.append(stored.found)
        model, _ = self._base_of(account, wish)
        full = (wish.get("training_type") or LORA)["type"] == "Full"
        _, amount = self._price(wish, model, full, *reports)
        balance = self.world.settings.balance
        limit = 1000.0 if balance is None else max(0.0,
                                                   balance - account.spent)
        return {"estimation_available": True,
                "estimated_total_price": round(amount, 6),
                "allowed_to_proceed": amount <= limit, "user_limit": limit,
                "estimated_train_token_count": reports[0].tokens,
                "estimated_eval_token_count":
                    reports[1].tokens if reports[1] else 0}

    @route("GET", "/v1/fine-tunes/models/supported", "model.supported")
    async def supported_models(self, request):
        return {"models": list(MODELS)}

    @route("GET", "/v1/fine-tunes/models/limits", "model.limits")
    async def model_limits(self, request):
        name = request.query.get("model_name")
        if name not in MODELS:
            raise ApiError(404, "Model %s is not tunable" % name)
        return limits_json(name)

    @route("POST", "/v1/fine-tunes/preview", "preview")
    async def preview(self, request):
        wish = await self.json_body(request)
        stored = self.file_of(request.account, wish.get("training_file"))
        model, _ = self._base_of(request.account, wish)
        found = await self.reader.inspect(stored.blob)
        on_inputs = bool(wish.get("train_on_inputs"))
        return {"dataset_format": found.format or "general", "model": model,
                "max_seq_length": MODELS[model].sft,
                "train_on_inputs": on_inputs,
                "rows": [preview_row(row, on_inputs) for row in
                         found.rows[:wish.get("top_k", 5)]]}

    # ----------------------------------------------------------- downloads

    @route("GET", "/v1/fine-tunes/{ident}/download-tokenized-dataset",
           "job.dataset")
    async def tokenized_dataset(self, request, ident):
        job = self._job(request, ident)
        stored = self.file_of(request.account, job.request["training_file"])
        signature = self.world.ident("", 40)
        expires_at = self.now() + 3600
        self.world.blobs.sign(ident, signature, Ticket(
            "GET", expires_at, blob=stored.blob))
        return {"url": self._storage_url(ident, signature),
                "expires_at": rfc3339(expires_at),
                "filename": ident + ".parquet", "size": stored.blob.size,
                "content_type": "application/octet-stream"}

    @route("GET", "/v1/finetune/download", "job.download")
    async def download(self, request):
        query = request.query
        job = self._job(request, query.get("ft_id", ""))
        allowed = ("model_output_path",) if job.extra["full"] else (
            "merged", "adapter")
        if "checkpoint_step" not in query and \
                query.get("checkpoint") not in allowed:
            raise ApiError(400, "checkpoint must be one of "
                           + ", ".join(allowed))
        if job.terminal != "completed":
            raise ApiError(404, "Job %s has no output yet" % job.id)
        step = whole(query, "checkpoint_step", job.total_steps)
        model = await self.world.learner.model(job.trace.recipe, step)
        return ranged(request, self.world.blobs.from_bytes(
            repr(sorted(model.rows)).encode()))
