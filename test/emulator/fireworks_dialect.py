"""Fireworks' API as its fact sheet has it: accounts, data sets in their two
ways of being filled, models. Jobs are in fireworks_jobs.py, deployments and
chat in fireworks_serving.py.

Verbs stand behind a colon in the last segment: "datasets/d:upload". They are
routed as a segment of their own."""

import json

from clock import rfc3339
from dialect import Dialect, route
from fireworks_jobs import FireworksJobs
from fireworks_objects import (MODELS, PREFIX, Dataset, InferenceError,
                               RpcError, check_id, fireworks_rules, known)
from fireworks_serving import FireworksServing
from multipart import read_form
from storage import Ticket
from training_file import Reader
from wire import Response

ACCOUNT = "/v1/accounts/{account}"
PAGE_MAX = 200


class Fireworks(FireworksJobs, FireworksServing, Dialect):
    """The platform: control plane below v1, inference beside it."""

    name = provider = "fireworks"
    prefixes = ("/fireworks",)

    def __init__(self, world):
        super().__init__(world)
        self.reader = Reader(world, fireworks_rules)

    def now(self):
        return self.world.clock.now()

    def parts_of(self, request):
        *parents, last = request.segments or [""]
        ident, colon, verb = last.partition(":")
        return parents + [ident] + ([":" + verb] if colon else [])

    def authenticate(self, request):
        """The key, and the account in the path: another's is refused in the
        platform's classic way, without a word."""
        super().authenticate(request)
        parts = request.segments
        if parts[:2] == ["v1", "accounts"] and len(parts) > 2 and \
                parts[2].partition(":")[0] != request.account.name and \
                not request.operation == "model.get":
            raise RpcError(403, "")

    def bad_key(self, key):
        return RpcError(401, "The API key you provided is invalid.")

    def error_response(self, error):
        if isinstance(error, InferenceError):
            return Response.json({"error": {
                "message": error.message, "code": error.code,
                "type": error.kind or "error", "object": "error"}},
                error.status, error.headers)
        body = {"code": getattr(error, "number", 5 if error.status == 404
                                else 3), "message": error.message}
        if getattr(error, "reason", None):
            body["details"] = [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": error.reason, "domain": "training.fireworks.ai"}]
        return Response.json(body, error.status, error.headers)

    def page(self, request, name, items):
        """One page of a list of shown things."""
        query = request.query
        try:
            size = int(query.get("pageSize") or 50)
            start = int(query.get("pageToken") or 0)
        except ValueError:
            size = 0
        if not 1 <= size <= PAGE_MAX:
            raise RpcError(400, "invalid page")
        size = min(size, self.world.settings.job_page_max)
        end = start + size
        return known({name: items[start:end], "totalSize": len(items),
                      "nextPageToken": str(end) if end < len(items)
                      else None})

    def check_payment(self, account):
        """What every creation is refused for."""
        settings = self.world.settings
        if settings.account_suspended:
            raise RpcError(412, "account is suspended: "
                           + settings.account_suspended)
        if settings.balance is not None and account.spent >= settings.balance:
            raise RpcError(402, "add a payment method", 9)

    def claim_id(self, account, taken, ident, what):
        """The id is free: never used, or at least not lately."""
        check_id(ident, what)
        if ident in taken or (what, ident) in account.deleted:
            raise RpcError(409, "%s %s already exists" % (what, ident))

    @route("GET", "/v1/accounts", "account.list")
    async def list_accounts(self, request):
        account = request.account
        return {"accounts": [known({
            "name": "accounts/" + account.name, "state": "READY",
            "displayName": account.name, "email": "ops@example.com",
            "createTime": rfc3339(0), "status": {"code": "OK"},
            "suspendState": self.world.settings.account_suspended
            or "UNSUSPENDED"})], "totalSize": 1}

    # ------------------------------------------------------------ data sets

    @route("POST", ACCOUNT + "/datasets", "dataset.create")
    async def create_dataset(self, request, account):
        wish = await self.json_body(request)
        facts = wish.get("dataset")
        owner = request.account
        if not isinstance(facts, dict):
            raise RpcError(400, "dataset is required")
        self.claim_id(owner, owner.files, wish.get("datasetId"), "dataset")
        count = facts.get("exampleCount")
        if not isinstance(count, str) or not count.isdigit():
            raise RpcError(400, "exampleCount must be a 64-bit integer")
        if facts.get("format") not in ("CHAT", "COMPLETION", "RL"):
            raise RpcError(400, "format must be CHAT, COMPLETION or RL")
        stored = Dataset(owner, wish["datasetId"], facts, self.now())
        owner.files[stored.id] = stored
        self.world.ledger.add(request, "file.begin", stored.id,
                              token=facts.get("displayName"))
        return self._shown(stored)

    def _shown(self, stored):
        return stored.as_json(self.world.settings, self.now())

    def dataset_of(self, request, ident):
        stored = request.account.files.get(ident)
        if stored is None:
            raise RpcError(404, "dataset %s not found" % ident)
        return stored

    def _to_fill(self, request, ident):
        """A data set that still takes content."""
        stored = self.dataset_of(request, ident)
        if stored.is_ready(self.world.settings, self.now()):
            raise RpcError(400, "dataset %s is immutable" % ident, 9)
        return stored

    def _arrived(self, request, stored, blob, filename):
        """The content is there: count the effect and begin to read it."""
        kind = "file.create" if stored.blob is None else "file.replace"
        stored.blob, stored.filename = blob, filename
        stored.inspection = self.world.spawn(self.reader.inspect(blob))
        self.world.ledger.add(request, kind, stored.id,
                              token=stored.wish.get("displayName"),
                              bytes=blob.size, sha256=blob.sha256)

    @route("POST", ACCOUNT + "/datasets/{ident}/:upload", "file.create")
    async def upload_dataset(self, request, account, ident):
        stored = self._to_fill(request, ident)
        form = await read_form(request, self.world.blobs.new,
                               self.world.settings.dataset_post_max)
        if "file" not in form.files:
            raise RpcError(400, "the part \"file\" is missing")
        filename, _, blob = form.files["file"]
        self._arrived(request, stored, blob, filename)
        stored.validated_at = self.now()
        return {"id": ident, "object": "file", "bytes": blob.size,
                "created_at": int(self.now()), "filename": filename,
                "purpose": "fine-tune"}

    @route("POST", ACCOUNT + "/datasets/{ident}/:getUploadEndpoint",
           "upload.create")
    async def upload_endpoint(self, request, account, ident):
        stored = self._to_fill(request, ident)
        sizes = (await self.json_body(request)).get("filenameToSize")
        if not isinstance(sizes, dict) or len(sizes) != 1 or \
                not all(isinstance(size, str) and size.isdigit()
                        for size in sizes.values()):
            raise RpcError(400, "filenameToSize must name one file and its "
                           "size as a 64-bit integer")
        (filename, size), = sizes.items()
        signature = self.world.ident("", 40) + \
            "&X-Goog-SignedHeaders=content-type%3Bhost%3B" \
            "x-goog-content-length-range"
        self.world.blobs.sign(ident, signature.partition("&")[0], Ticket(
            "PUT", self.now() + self.world.settings.signed_url_seconds,
            lambda blob: self._arrived(request, stored, blob, filename),
            max_bytes=int(size), headers={
                "Content-Type": "application/octet-stream",
                "x-goog-content-length-range": "%s,%s" % (size, size)}))
        self.world.ledger.add(request, "upload.create", ident)
        return {"filenameToSignedUrls": {
            filename: self.storage_url(ident, signature)}}

    def storage_url(self, ident, signature):
        return "%s://127.0.0.1:%d/storage/%s?signature=%s" % (
            self.world.scheme, self.world.storage_port, ident, signature)

    @route("POST", ACCOUNT + "/datasets/{ident}/:validateUpload",
           "upload.complete")
    async def validate_upload(self, request, account, ident):
        stored = self._to_fill(request, ident)
        if stored.blob is None:
            raise RpcError(400, "no file was uploaded", 9)
        stored.validated_at = self.now()
        self.world.ledger.add(request, "upload.complete", ident)
        return {}

    @route("GET", ACCOUNT + "/datasets/{ident}", "file.get")
    async def get_dataset(self, request, account, ident):
        stored = self.dataset_of(request, ident)
        stored.looks += stored.validated_at is not None
        await stored.settle()
        return self._shown(stored)

    @route("GET", ACCOUNT + "/datasets", "file.list")
    async def list_datasets(self, request, account):
        return self.page(request, "datasets", [
            self._shown(one) for one in request.account.files.values()])

    @route("GET", ACCOUNT + "/datasets/{ident}/:getDownloadEndpoint",
           "file.content")
    async def download_dataset(self, request, account, ident):
        stored = self.dataset_of(request, ident)
        if stored.blob is None:
            raise RpcError(400, "the dataset is empty", 9)
        return {"filenameToSignedUrls": {
            stored.filename: self.signed_get(ident, stored.blob)}}

    def signed_get(self, ident, blob):
        signature = self.world.ident("", 40)
        self.world.blobs.sign(ident, signature, Ticket(
            "GET", self.now() + self.world.settings.signed_url_seconds,
            blob=blob))
        return self.storage_url(ident, signature)

    @route("DELETE", ACCOUNT + "/datasets/{ident}", "file.delete")
    async def delete_dataset(self, request, account, ident):
        self.dataset_of(request, ident)
        del request.account.files[ident]
        request.account.deleted.add(("dataset", ident))
        self.world.ledger.add(request, "file.delete", ident)
        return {}

    # --------------------------------------------------------------- models

    @route("GET", ACCOUNT + "/models", "model.list")
    async def list_models(self, request, account):
        return self.page(request, "models", [
            self.tuned_json(job) for job in request.account.models.values()])

    @route("GET", ACCOUNT + "/models/{ident}", "model.get")
    async def get_model(self, request, account, ident):
        if account == "fireworks" and ident in MODELS:
            return base_json(ident)
        if account != request.account.name:
            raise RpcError(403, "")
        return self.tuned_json(self.tuned(request, ident))

    def tuned(self, request, ident):
        """The job that made a model of the account's."""
        for job in request.account.jobs.values():
            job.advance(self.now())
        job = request.account.models.get(ident)
        if job is None:
            raise RpcError(404, "model %s not found" % ident)
        return job

    def tuned_json(self, job):
        name = job.request["outputModel"]
        refs = [{"name": one.name, "deployment": one.wish["deployment"],
                 "state": one.state(self.now())}
                for one in job.account.adapters.values()
                if one.wish["model"] == name]
        rank = job.request.get("loraRank", 8)
        shown = {
            "name": name, "displayName": name.split("/")[-1],
            "createTime": rfc3339(job.finished_at), "state": "READY",
            "status": {"code": "OK"}, "deployedModelRefs": refs,
            "kind": "HF_PEFT_ADDON" if rank else "HF_BASE_MODEL",
            "fineTuningJob": job.extra["name"], "public": False,
            "updateTime": rfc3339(job.finished_at)}
        if rank:
            shown["peftDetails"] = {"baseModel": PREFIX + job.model,
                                    "r": rank, "targetModules": ["q_proj"]}
        return known(shown)

    @route("GET", ACCOUNT + "/models/{ident}/:getDownloadEndpoint",
           "model.download")
    async def download_model(self, request, account, ident):
        job = self.tuned(request, ident)
        model = await self.world.learner.model(job.trace.recipe,
                                               job.total_steps)
        weights = repr(sorted(model.rows)).encode()
        config = json.dumps({"r": job.request.get("loraRank", 8)}).encode()
        blobs = self.world.blobs
        return {"filenameToSignedUrls": {
            "adapter_model.safetensors": self.signed_get(
                ident, blobs.from_bytes(weights)),
            "adapter_config.json": self.signed_get(
                ident, blobs.from_bytes(config))}}

    @route("DELETE", ACCOUNT + "/models/{ident}", "model.delete")
    async def delete_model(self, request, account, ident):
        self.tuned(request, ident)
        del request.account.models[ident]
        self.world.ledger.add(request, "model.delete", ident)
        return {}


def base_json(ident):
    facts = MODELS[ident]
    shown = {
        "name": PREFIX + ident, "displayName": ident, "kind": "HF_BASE_MODEL",
        "state": "READY", "status": {"code": "OK"}, "public": True,
        "contextLength": facts.context, "trainingContextLength":
            facts.context, "supportsLora": True, "supportsTools": True,
        "tunable": True, "supervisedLoraTunable": True,
        "baseModelDetails": {"parameterCount": str(int(facts.size * 1e9))}}
    if facts.retires:
        year, month, day = facts.retires
        shown["deprecationDate"] = {"year": year, "month": month, "day": day}
    return known(shown)
