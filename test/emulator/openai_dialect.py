"""OpenAI's API as its fact sheet has it: files, uploads, models and chat. The
jobs are in openai_jobs.py, permissions and graders in openai_admin.py.

`/openai/v1` is the platform itself; `/compat/v1` is "anything that speaks
OpenAI's job API", with accounts of its own.
"""

import json
from datetime import date, datetime, timezone

from dialect import ApiError, Dialect, route
from multipart import read_form
from openai_admin import OpenAiAdmin
from openai_jobs import OpenAiJobs
from openai_objects import (ALIASES, BASE_MODELS, CHAT_ONLY, Upload,
                            organization, paged)
from storage import ranged
from training_file import Reader, count_message, openai_rules, prompt_of
from wire import Response

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
EXPIRY_MIN, EXPIRY_MAX = 3600, 2592000


class OpenAi(OpenAiJobs, OpenAiAdmin, Dialect):
    """The platform."""

    name = provider = "openai"
    prefixes = ("/openai/v1",)

    def __init__(self, world):
        super().__init__(world)
        self.reader = Reader(world, openai_rules)

    def finish(self, request, response):
        headers = response.headers
        headers["x-request-id"] = "req_%08x" % self.world.random.getrandbits(
            32)
        headers["openai-version"] = "2020-10-01"
        headers["openai-processing-ms"] = "3"
        if request.account is not None:
            headers["openai-organization"] = organization(request.account)

    def now(self):
        return self.world.clock.now()

    # --------------------------------------------------------------- files

    @route("POST", "/files", "file.create")
    async def create_file(self, request):
        settings = self.world.settings
        form = await read_form(request, self.world.blobs.new,
                               settings.file_max)
        if "file" not in form.files:
            raise ApiError(400, "'file' is a required property",
                           param="file")
        filename, _, blob = form.files["file"]
        purpose = form.fields.get("purpose")
        check_file(filename, purpose, blob.size)
        stored = self._store(request, blob, filename, purpose,
                             self._expiry(form.fields))
        return stored.as_json(settings, self.now())

    def _expiry(self, fields):
        anchor = fields.get("expires_after[anchor]")
        seconds = fields.get("expires_after[seconds]")
        if anchor is None and seconds is None:
            return None
        return self._expires_at({"anchor": anchor, "seconds":
                                 int(seconds) if (seconds or "").isdigit()
                                 else None})

    def _expires_at(self, wish):
        if not wish:
            return None
        seconds = wish.get("seconds")
        if wish.get("anchor") != "created_at" or not isinstance(seconds, int) \
                or not EXPIRY_MIN <= seconds <= EXPIRY_MAX:
            raise ApiError(400, "Invalid 'expires_after'.",
                           "invalid_value", param="expires_after")
        return self.now() + seconds

    def _store(self, request, blob, filename, purpose, expires_at):
        stored = self.FILE(self.world.ident("file-"), blob, filename,
                           purpose, self.now(), expires_at)
        request.account.files[stored.id] = stored
        self.world.ledger.add(request, "file.create", stored.id,
                              token=filename, bytes=blob.size,
                              sha256=blob.sha256)
        return stored

    def file_of(self, account, ident):
        """A file that is there; one past its expiry is not."""
        stored = account.files.get(ident)
        if stored is None or (stored.expires_at
                              and self.now() > stored.expires_at):
            raise ApiError(404, "No such File object: " + ident,
                           param="id")
        return stored

    @route("GET", "/files", "file.list")
    async def list_files(self, request):
        settings, now, query = self.world.settings, self.now(), request.query
        items = [stored for stored in request.account.files.values()
                 if query.get("purpose") in (None, stored.purpose)
                 and (not stored.expires_at or now <= stored.expires_at)
                 and self.world.shown_in_lists(stored, now)]
        if query.get("order", "desc") == "desc":
            items.reverse()
        page, more = paged(items, query, 10000, 10000)
        data = [stored.as_json(settings, now) for stored in page]
        return {"object": "list", "data": data,
                "first_id": data[0]["id"] if data else "",
                "last_id": data[-1]["id"] if data else "", "has_more": more}

    @route("GET", "/files/{ident}", "file.get")
    async def get_file(self, request, ident):
        stored = self.file_of(request.account, ident)
        stored.looks += 1
        return stored.as_json(self.world.settings, self.now())

    @route("DELETE", "/files/{ident}", "file.delete")
    async def delete_file(self, request, ident):
        self.file_of(request.account, ident)
        del request.account.files[ident]
        self.world.ledger.add(request, "file.delete", ident)
        return {"id": ident, "object": "file", "deleted": True}

    @route("GET", "/files/{ident}/content", "file.content")
    async def get_content(self, request, ident):
        stored = self.file_of(request.account, ident)
        return ranged(request, stored.blob)

    # ------------------------------------------------------------- uploads

    @route("POST", "/uploads", "upload.create")
    async def create_upload(self, request):
        wish = await self.json_body(request)
        for name in ("filename", "purpose", "bytes", "mime_type"):
            if name not in wish:
                raise ApiError(400, "Missing required parameter: '%s'." % name,
                               "missing_required_parameter", param=name)
        size = wish["bytes"]
        if not isinstance(size, int) or not \
                0 < size <= self.world.settings.upload_max:
            raise ApiError(400, "Invalid 'bytes'.", "invalid_value",
                           param="bytes")
        check_file(wish["filename"], wish["purpose"], size)
        self._expires_at(wish.get("expires_after"))
        now = self.now()
        upload = Upload(self.world.ident("upload_"), wish, now,
                        now + self.world.settings.upload_seconds)
        request.account.uploads[upload.id] = upload
        self.world.ledger.add(request, "upload.create", upload.id,
                              token=wish["filename"], bytes=size)
        return upload.as_json(self.world.settings, now)

    def _upload_of(self, request, ident):
        """A pending upload of this account."""
        upload = request.account.uploads.get(ident)
        if upload is None:
            raise ApiError(404, "No such Upload object: " + ident)
        status = upload.as_json(self.world.settings, self.now())["status"]
        if status != "pending":
            raise ApiError(400, "Upload %s is %s." % (ident, status),
                           "invalid_upload_status")
        return upload

    @route("POST", "/uploads/{ident}/parts", "upload.part")
    async def add_part(self, request, ident):
        upload = self._upload_of(request, ident)
        form = await read_form(request, self.world.blobs.new,
                               self.world.settings.part_max)
        if "data" not in form.files:
            raise ApiError(400, "'data' is a required property", param="data")
        blob = form.files["data"][2]
        part = self.world.ident("part_")
        upload.parts[part] = blob
        self.world.ledger.add(request, "upload.part", part, upload=ident,
                              bytes=blob.size, sha256=blob.sha256)
        return {"id": part, "object": "upload.part", "upload_id": ident,
                "created_at": int(self.now())}

    @route("POST", "/uploads/{ident}/complete", "upload.complete")
    async def complete_upload(self, request, ident):
        wish = await self.json_body(request)
        upload = self._upload_of(request, ident)
        parts = wish.get("part_ids")
        if not isinstance(parts, list) or not parts or \
                len(set(parts)) != len(parts) or \
                not all(part in upload.parts for part in parts):
            raise ApiError(400, "Invalid 'part_ids'.", "invalid_value",
                           param="part_ids")
        blobs = [upload.parts[part] for part in parts]
        total = sum(blob.size for blob in blobs)
        if total != upload.wish["bytes"]:
            raise ApiError(400, "The parts have %d bytes in total but %d were "
                           "expected." % (total, upload.wish["bytes"]),
                           "invalid_value", param="part_ids")
        upload.status = "completed"     # two completes must not both pass
        blob = await self.world.blobs.joined(blobs)
        if wish.get("md5") and blob.whole and await blob.md5() != wish["md5"]:
            upload.status = "cancelled"
            raise ApiError(400, "The md5 does not match.", "invalid_value",
                           param="md5")
        upload.file = self._store(
            request, blob, upload.wish["filename"], upload.wish["purpose"],
            self._expires_at(upload.wish.get("expires_after")))
        self.world.ledger.add(request, "upload.complete", ident,
                              file=upload.file.id, bytes=blob.size)
        return upload.as_json(self.world.settings, self.now())

    @route("POST", "/uploads/{ident}/cancel", "upload.cancel")
    async def cancel_upload(self, request, ident):
        upload = self._upload_of(request, ident)
        upload.status = "cancelled"
        upload.parts.clear()
        self.world.ledger.add(request, "upload.cancel", ident)
        return upload.as_json(self.world.settings, self.now())

    # -------------------------------------------------------------- models

    @route("GET", "/models", "model.list")
    async def list_models(self, request):
        data = [base_model_json(name) for name in
                (*BASE_MODELS, *ALIASES, *CHAT_ONLY)]
        data += [tuned_model_json(model, request.account)
                 for model in request.account.models.values()]
        return {"object": "list", "data": data}

    @route("GET", "/models/{ident}", "model.get")
    async def get_model(self, request, ident):
        model = request.account.models.get(ident)
        if model is not None:
            return tuned_model_json(model, request.account)
        if ident in BASE_MODELS or ident in ALIASES or ident in CHAT_ONLY:
            return base_model_json(ident)
        raise no_such_model(ident)

    @route("DELETE", "/models/{ident}", "model.delete")
    async def delete_model(self, request, ident):
        if ident not in request.account.models:
            raise no_such_model(ident)
        for name in list(request.account.models):
            if name == ident or name.startswith(ident + ":ckpt-step-"):
                del request.account.models[name]
        self.world.ledger.add(request, "model.delete", ident)
        return {"id": ident, "object": "model", "deleted": True}

    # ---------------------------------------------------------------- chat

    @route("POST", "/chat/completions", "chat")
    async def chat(self, request):
        return await self.answer_chat(request, await self.json_body(request))

    async def answer_chat(self, request, wish):
        messages = checked_messages(wish)
        model = wish.get("model")
        if not isinstance(model, str):
            raise ApiError(400, "you must provide a model parameter",
                           "missing_required_parameter", param="model")
        base, answer = await self._answer(request.account, model, messages)
        self._check_balance(request.account)
        usage = self._usage(wish, messages, answer)
        price = BASE_MODELS.get(ALIASES.get(base, base))
        amount = 0 if price is None else (
            usage["prompt_tokens"] * price.input
            + usage["completion_tokens"] * price.output) / 1e6
        request.account.spent += amount
        ident = self.world.ident("chatcmpl-")
        self.world.ledger.add(request, "chat", ident, model=model,
                              tokens=usage["total_tokens"],
                              amount=round(amount, 12))
        return chat_response(ident, model, answer, usage, self.now(),
                             wish.get("stream"))

    async def _answer(self, account, name, messages):
        """(base model, text) that `name` gives to a conversation."""
        model = account.models.get(name)
        if model is None:
            if name in BASE_MODELS or name in ALIASES or name in CHAT_ONLY:
                return name, prompt_of(messages)[1][:400]
            raise no_such_model(name)
        if self._is_retired(model.base):
            raise ApiError(404, "The model `%s` has been deprecated." % name,
                           "model_not_found")
        if model.hidden_calls > 0:
            model.hidden_calls -= 1
            raise no_such_model(name)
        learned = await self.world.learner.model(model.job.trace.recipe,
                                                 model.step)
        return model.base, learned.answer(prompt_of(messages))

    def _usage(self, wish, messages, answer):
        count = self.world.count_tokens
        prompt = 3 + sum(count_message(message, count)
                         for message in messages)
        limit = wish.get("max_completion_tokens") or wish.get("max_tokens")
        completion = min(max(1, count(answer)), limit or 1 << 30)
        return {"prompt_tokens": prompt, "completion_tokens": completion,
                "total_tokens": prompt + completion,
                "prompt_tokens_details": {"cached_tokens": 0}}

    def _is_retired(self, base):
        known = BASE_MODELS.get(base)
        today = datetime.fromtimestamp(self.now(), timezone.utc).date()
        return bool(self.world.settings.enforce_retirement and known
                    and today >= date.fromisoformat(known.shutdown_date))

    def _check_balance(self, account):
        balance = self.world.settings.balance
        if balance is not None and account.spent >= balance:
            raise ApiError(429, "You exceeded your current quota, please "
                           "check your plan and billing details.",
                           "insufficient_quota", "insufficient_quota")


class OpenAiCompatible(OpenAi):
    """A gateway that speaks the same protocol."""

    name = provider = "compat"
    prefixes = ("/compat/v1",)


def check_file(filename, purpose, size):
    if purpose not in PURPOSES:
        raise ApiError(400, "'%s' is not one of %s - 'purpose'"
                       % (purpose, list(PURPOSES)), param="purpose")
    if not filename:
        raise ApiError(400, "The file has no name.", param="file")
    if purpose == "fine-tune" and not filename.endswith(".jsonl"):
        raise ApiError(400, "Invalid file format for Fine-Tuning API. Must "
                       "be .jsonl", "invalid_file_format", param="file")
    if not size:
        raise ApiError(400, "The file is empty.", param="file")


def base_model_json(name):
    known = BASE_MODELS.get(ALIASES.get(name, name))
    return {"id": name, "object": "model", "created": 1720000000,
            "owned_by": "system",
            "shutdown_date": known.shutdown_date if known else None}


def tuned_model_json(model, account):
    known = BASE_MODELS.get(model.base)
    return {"id": model.id, "object": "model",
            "created": int(model.created_at),
            "owned_by": organization(account),
            "shutdown_date": known.shutdown_date if known else None}


def no_such_model(name):
    return ApiError(404, "The model `%s` does not exist or you do not have "
                    "access to it." % name, "model_not_found")


def checked_messages(wish):
    messages = wish.get("messages")
    if not isinstance(messages, list) or not messages:
        raise ApiError(400, "Invalid 'messages': expected a non-empty array.",
                       "invalid_type", param="messages")
    for number, message in enumerate(messages):
        where = "messages[%d]" % number
        if not isinstance(message, dict) or message.get("role") not in (
                "system", "developer", "user", "assistant", "tool",
                "function"):
            raise ApiError(400, "Invalid value for '%s.role'." % where,
                           "invalid_value", param=where + ".role")
        content = message.get("content")
        if not isinstance(content, (str, list)) and not (
                content is None and message["role"] == "assistant"):
            raise ApiError(400, "Invalid type for '%s.content'." % where,
                           "invalid_type", param=where + ".content")
    return messages


def chat_response(ident, model, answer, usage, now, stream):
    """The completion, whole or as server-sent events."""
    shown = {"id": ident, "object": "chat.completion", "created": int(now),
             "model": model, "choices": [{
                 "index": 0, "finish_reason": "stop", "logprobs": None,
                 "message": {"role": "assistant", "content": answer,
                             "refusal": None}}],
             "usage": usage, "system_fingerprint": "fp_emulator"}
    if not stream:
        return Response.json(shown)
    chunk = dict(shown, object="chat.completion.chunk")
    del chunk["usage"]
    deltas = [({"role": "assistant", "content": answer}, None), ({}, "stop")]
    lines = []
    for delta, reason in deltas:
        chunk["choices"] = [{"index": 0, "delta": delta,
                             "finish_reason": reason}]
        lines.append("data: %s\n\n" % json.dumps(chunk))
    lines.append("data: [DONE]\n\n")
    return Response(200, "".join(lines).encode(),
                    content_type="text/event-stream")
