"""Together AI's API as its fact sheet has it: who am I, files in three ways,
models. Jobs are in together_jobs.py, dedicated endpoints and chat in
together_serving.py."""

import math
from urllib.parse import parse_qsl

from dialect import ApiError, Dialect, route
from multipart import read_form
from storage import Ticket, ranged
from together_jobs import TogetherJobs
from together_objects import MODELS, TogetherFile, project_id
from together_serving import TogetherServing
from training_file import Reader, together_rules
from wire import Response

PURPOSES = ("fine-tune", "eval", "eval-sample", "eval-output",
            "eval-summary", "batch-generated", "batch-api")
FILE_TYPES = ("jsonl", "parquet", "csv")
PARTS_MAX = 250
URL_SECONDS = 3600


class Together(TogetherJobs, TogetherServing, Dialect):
    """The platform; v1 and v2 live side by side."""

    name = provider = "together"
    prefixes = ("/together",)

    def __init__(self, world):
        super().__init__(world)
        self.reader = Reader(world, together_rules)

    def now(self):
        return self.world.clock.now()

    def finish(self, request, response):
        response.headers["cf-ray"] = "%016x-EMU" % \
            self.world.random.getrandbits(64)

    def bad_key(self, key):
        return ApiError(401, "Invalid API key provided. You can find your API "
                        "key in the account settings.", "invalid_api_key",
                        "invalid_request_error")

    @route("GET", "/v1/whoami", "whoami")
    async def whoami(self, request):
        account = request.account
        return {"api_key_id": "key_%06d" % account.number,
                "organization_id": "org_%06d" % account.number,
                "organization_name": account.name,
                "project_id": project_id(account),
                "project_name": account.name, "project_slug": account.name,
                "user_id": "user_%06d" % account.number}

    @route("GET", "/v1/models", "model.list")
    async def list_models(self, request):
        return [{"id": name, "object": "model", "created": 1770000000,
                 "type": "chat", "display_name": name.split("/")[1],
                 "organization": name.split("/")[0],
                 "context_length": limits.sft}
                for name, limits in MODELS.items()]

    # ----------------------------------------------------- files: redirect

    @route("POST", "/v1/files", "file.begin")
    async def begin_file(self, request):
        facts = dict(request.query)
        facts.update(await self._form(request))
        stored = self._known_or_new(request, facts)
        if isinstance(stored, Response):
            return stored
        url = self._signed_put(
            stored, self.world.settings.redirect_upload_max,
            lambda blob: self._arrived(request, stored, blob))
        return Response(302, headers={"Location": url,
                                      "X-Together-File-Id": stored.id})

    async def _form(self, request):
        """The fields of the body in any of the encodings that SDKs use."""
        if request.content_type == "multipart/form-data":
            return (await read_form(request, self.world.blobs.new)).fields
        body = await request.body()
        if request.content_type == "application/x-www-form-urlencoded":
            return dict(parse_qsl(body.decode("utf-8", "replace")))
        if body:
            raise ApiError(415, "expected a form")
        return {}

    def _known_or_new(self, request, facts):
        """A new file record, or the 409 that names the file which has the
        same content already."""
        check_facts(facts)
        if facts.get("checksum") and self.world.settings.checksum_known:
            for stored in request.account.files.values():
                if stored.blob and stored.blob.sha256 == facts["checksum"]:
                    return Response.json({
                        "file_id": stored.id,
                        "message": "File content already exists"}, 409)
        stored = TogetherFile("file-" + self.world.uuid(), facts, self.now())
        request.account.files[stored.id] = stored
        self.world.ledger.add(request, "file.begin", stored.id,
                              token=stored.filename, checksum=stored.checksum)
        return stored

    def _signed_put(self, stored, max_bytes, on_put, part=None, headers=None):
        signature = self.world.ident("", 40)
        ident = stored.id if part is None else "%s-%d" % (stored.id, part)
        self.world.blobs.sign(ident, signature, Ticket(
            "PUT", self.now() + URL_SECONDS, on_put, max_bytes=max_bytes,
            headers=headers))
        return self._storage_url(ident, signature)

    def _storage_url(self, ident, signature):
        return "%s://127.0.0.1:%d/storage/%s?signature=%s" % (
            self.world.scheme, self.world.storage_port, ident, signature)

    def _arrived(self, request, stored, blob):
        """The content is there: count the effect and begin to read it."""
        kind = "file.create" if stored.blob is None else "file.replace"
        stored.blob = blob
        stored.stored_at = self.now()
        stored.inspection = self.world.spawn(self.reader.inspect(blob))
        self.world.ledger.add(request, kind, stored.id,
                              token=stored.filename, bytes=blob.size,
                              sha256=blob.sha256)

    # ----------------------------------------------- files: in one request

    @route("POST", "/v1/files/upload", "file.create")
    async def upload_file(self, request):
        form = await read_form(request, self.world.blobs.new)
        if "file" not in form.files:
            raise ApiError(400, "file is required", param="file")
        filename, _, blob = form.files["file"]
        facts = dict(form.fields)
        facts.setdefault("file_name", filename)
        facts["checksum"] = None
        stored = self._known_or_new(request, facts)
        self._arrived(request, stored, blob)
        return stored.as_json(self.world.settings, self.now())

    # ---------------------------------------------------- files: multipart

    @route("POST", "/v1/files/multipart/initiate", "upload.create")
    async def initiate(self, request):
        wish = await self.json_body(request)
        size, parts = wish.get("file_size"), wish.get("num_parts")
        if not isinstance(size, int) or not isinstance(parts, int) \
                or size < 1 or not 1 <= parts <= PARTS_MAX:
            raise ApiError(400, "file_size and num_parts (1 to %d) are "
                           "required" % PARTS_MAX)
        part_size = math.ceil(size / parts)
        if parts > 1 and part_size < self.world.settings.part_min:
            raise ApiError(400, "parts are smaller than %d bytes"
                           % self.world.settings.part_min)
        stored = self._known_or_new(request, wish)
        if isinstance(stored, Response):
            return stored
        upload = MultipartUpload(self.world.ident("upload-"), stored, size,
                                 parts)
        request.account.uploads[upload.id] = upload
        self.world.ledger.add(request, "upload.create", upload.id,
                              file=stored.id, bytes=size)
        headers = {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
        return {"upload_id": upload.id, "file_id": stored.id, "parts": [
            {"PartNumber": number, "Headers": headers,
             "URL": self._signed_put(
                 stored, part_size,
                 lambda blob, number=number: upload.take(number, blob),
                 number, headers)}
            for number in range(1, parts + 1)]}

    def _upload_of(self, request, wish):
        upload = request.account.uploads.get(wish.get("upload_id"))
        if upload is None or upload.file.id != wish.get("file_id"):
            raise ApiError(404, "upload not found")
        return upload

    @route("POST", "/v1/files/multipart/complete", "upload.complete")
    async def complete(self, request):
        wish = await self.json_body(request)
        upload = self._upload_of(request, wish)
        named = [(part.get("part_number"), part.get("etag"))
                 for part in wish.get("parts", ())]
        blobs = upload.checked(named)
        if blobs is None:
            raise ApiError(400, "The list of parts is incomplete, out of "
                           "order, or has a wrong etag.", "InvalidPart")
        del request.account.uploads[upload.id]
        blob = await self.world.blobs.joined(blobs)
        self._arrived(request, upload.file, blob)
        self.world.ledger.add(request, "upload.complete", upload.id,
                              file=upload.file.id, bytes=blob.size)
        return {"file": upload.file.as_json(self.world.settings, self.now())}

    @route("POST", "/v1/files/multipart/abort", "upload.cancel")
    async def abort(self, request):
        upload = self._upload_of(request, await self.json_body(request))
        del request.account.uploads[upload.id]
        request.account.files.pop(upload.file.id, None)
        self.world.ledger.add(request, "upload.cancel", upload.id)
        return {}

    # ------------------------------------------------------ files: reading

    def file_of(self, account, ident):
        stored = account.files.get(ident)
        if stored is None:
            raise ApiError(404, "File not found: %s" % ident, "not_found")
        return stored

    @route("GET", "/v1/files", "file.list")
    async def list_files(self, request):
        now = self.now()
        return {"data": [stored.as_json(self.world.settings, now)
                         for stored in request.account.files.values()
                         if self.world.shown_in_lists(stored, now)]}

    @route("GET", "/v1/files/{ident}", "file.get")
    async def get_file(self, request, ident):
        stored = self.file_of(request.account, ident)
        stored.looks += 1
        await stored.settle()
        return stored.as_json(self.world.settings, self.now())

    @route("POST", "/v1/files/{ident}/preprocess", "file.preprocess")
    async def preprocess(self, request, ident):
        stored = self.file_of(request.account, ident)
        stored.preprocessed = True
        await stored.settle()
        return stored.as_json(self.world.settings, self.now())

    @route("GET", "/v1/files/{ident}/content", "file.content")
    async def get_content(self, request, ident):
        stored = self.file_of(request.account, ident)
        if stored.blob is None:
            raise ApiError(404, "The file has no content yet.", "not_found")
        return ranged(request, stored.blob)

    @route("DELETE", "/v1/files/{ident}", "file.delete")
    async def delete_file(self, request, ident):
        self.file_of(request.account, ident)
        del request.account.files[ident]
        self.world.ledger.add(request, "file.delete", ident)
        return {"id": ident, "deleted": True}


class MultipartUpload:
    """The parts that have arrived of a big file."""

    def __init__(self, ident, stored, size, count):
        self.id = ident
        self.file = stored
        self.size = size
        self.count = count
        self.parts = {}

    def take(self, number, blob):
        self.parts[number] = blob

    def checked(self, named):
        """The blobs in order, or None when `named` is not all of them."""
        if [number for number, _ in named] != list(range(1, self.count + 1)):
            return None
        blobs = [self.parts.get(number) for number, _ in named]
        if None in blobs or any(blob.etag != etag for blob, (_, etag)
                                in zip(blobs, named)):
            return None
        return blobs if sum(blob.size for blob in blobs) == self.size else None


def check_facts(facts):
    """Name, purpose, type and checksum of a file to be."""
    if not facts.get("file_name"):
        raise ApiError(400, "file_name is required", param="file_name")
    if facts.get("purpose") not in PURPOSES:
        raise ApiError(400, "purpose must be one of " + ", ".join(PURPOSES),
                       param="purpose")
    kind = facts.get("file_type") or "jsonl"
    if kind not in FILE_TYPES:
        raise ApiError(400, "file_type must be one of "
                       + ", ".join(FILE_TYPES), param="file_type")
    if kind != "jsonl" and facts["purpose"] == "fine-tune":
        raise ApiError(400, "The emulator reads only jsonl files for "
                       "fine-tuning.", param="file_type")
    checksum = facts.get("checksum")
    if checksum and (len(checksum) != 64
                     or set(checksum) - set("0123456789abcdef")):
        raise ApiError(400, "checksum must be the SHA-256 in lower-case hex",
                       param="checksum")
