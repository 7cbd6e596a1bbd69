"""Cloud Storage's JSON API as the Vertex dialect needs it: objects put in one
request or resumably, read, listed and deleted."""

import base64
import json
from urllib.parse import quote

from clock import rfc3339
from dialect import route
from storage import ranged
from wire import Response

GRAIN = 256 * 1024
NOT_YET = 308


def crc32c(data, value=0):
    """Castagnoli's CRC, as Cloud Storage shows it: base64, big endian."""
    value ^= 0xFFFFFFFF
    for byte in data:
        value = CRC_TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def make_table():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC_TABLE = make_table()
CRC_BYTES = 1 << 20             # of bigger objects it is left out


class Stored:
    """An object in a bucket."""

    def __init__(self, bucket, name, blob, facts, at, generation):
        self.bucket = bucket
        self.name = name
        self.blob = blob
        self.facts = facts
        self.created_at = at
        self.generation = generation

    async def as_json(self):
        shown = {
            "kind": "storage#object",
            "id": "%s/%s/%d" % (self.bucket, self.name, self.generation),
            "name": self.name, "bucket": self.bucket,
            "generation": str(self.generation), "metageneration": "1",
            "contentType": self.facts.get("contentType",
                                          "application/octet-stream"),
            "storageClass": "STANDARD", "size": str(self.blob.size),
            "timeCreated": rfc3339(self.created_at),
            "updated": rfc3339(self.created_at)}
        if self.facts.get("metadata"):
            shown["metadata"] = self.facts["metadata"]
        if self.blob.whole and self.blob.size <= CRC_BYTES:
            shown["md5Hash"] = base64.b64encode(
                bytes.fromhex(await self.blob.md5())).decode()
            shown["crc32c"] = base64.b64encode(crc32c(
                self.blob.read()).to_bytes(4, "big")).decode()
        return shown


class Session:
    """A resumable upload. Bytes arrive in order and are never taken back."""

    def __init__(self, account, bucket, name, facts, blob, until):
        self.account = account
        self.bucket = bucket
        self.name = name
        self.facts = facts
        self.blob = blob
        self.until = until
        self.stored = None
        self.parts = 0


def refuse(status, reason, message):
    return Response.json({"error": {
        "code": status, "message": message, "errors": [
            {"domain": "global", "reason": reason, "message": message}]}},
        status)


class VertexStorage:
    """The routes under /storage/v1 and /upload/storage/v1."""

    def _bucket(self, request, bucket):
        """The objects of a bucket, or None when it is somebody else's. A
        bucket is made by its first use and belongs to that account."""
        owners = self.world.settings.buckets
        if owners is not None and bucket not in owners:
            return None
        return request.account.files

    # --------------------------------------------------------------- write

    @route("POST", "/upload/storage/v1/b/{bucket}/o", "object.create")
    async def insert(self, request, bucket):
        query = request.query
        if self._bucket(request, bucket) is None:
            return refuse(404, "notFound", "The specified bucket does not "
                          "exist.")
        kind = query.get("uploadType")
        facts = {"contentType": request.content_type}
        if kind == "resumable":
            body = await request.body()
            facts = json.loads(body) if body else {}
        name = query.get("name") or facts.get("name")
        if not name:
            return refuse(400, "required", "Required")
        if self._exists(request, bucket, name):
            return refuse(412, "conditionNotMet", "At least one of the "
                          "pre-conditions you specified did not hold.")
        if kind == "media":
            blob = await self.world.blobs.receive(request)
            return await self._store(request, request.account, bucket, name,
                                     facts, blob)
        if kind != "resumable":
            return refuse(400, "invalid", "The emulator knows uploadType "
                          "media and resumable.")
        return self._begin(request, bucket, name, facts)

    def _exists(self, request, bucket, name):
        return request.query.get("ifGenerationMatch") == "0" and \
            "%s/%s" % (bucket, name) in request.account.files

    def _begin(self, request, bucket, name, facts):
        ident = self.world.ident("", 60)
        facts.setdefault("contentType",
                         request.headers.get("x-upload-content-type"))
        request.account.uploads[ident] = Session(
            request.account, bucket, name, facts, self.world.blobs.new(),
            self.now() + self.world.settings.upload_seconds)
        self.world.ledger.add(request, "upload.create", ident, token=name)
        place = "%s://%s/vertex/upload/storage/v1/b/%s/o/session/%s?name=%s" \
            "&uploadType=resumable&upload_id=%s" % (
                self.world.scheme, request.headers["host"], bucket, ident,
                quote(name, safe=""), ident)
        return Response(200, headers={"Location": place,
                                      "X-GUploader-UploadID": ident})

    def _session(self, ident):
        for account in self.world.accounts.values():
            session = account.uploads.get(ident)
            if session is not None and account is session.account:
                return session
        return None

    @route("PUT", "/upload/storage/v1/b/{bucket}/o/session/{ident}",
           "object.part")
    async def put_part(self, request, bucket, ident):
        session = self._session(ident)
        if session is None:
            return Response(404, b"Not Found", content_type="text/plain")
        if self.now() > session.until:
            return Response(410, b"Gone", content_type="text/plain")
        if "authorization" in request.headers:
            self.world.ledger.add(request, "session.token", ident)
        first, last, total = parse_range(
            request.headers.get("content-range", ""))
        if first is None and last is None and total is None:
            return Response(400, b"Invalid Content-Range",
                            content_type="text/plain")
        if session.stored is not None:
            return Response.json(await session.stored.as_json())
        if first is None:
            return await self._progress(request, session, total)
        return await self._take(request, session, first, last, total)

    async def _take(self, request, session, first, last, total):
        length = last - first + 1
        if first > session.blob.size or (
                request.declared_bytes not in (None, length)):
            return Response(400, b"Invalid request. The number of bytes "
                            b"uploaded is required to be equal or greater "
                            b"than 262144, except for the final request.",
                            content_type="text/plain")
        if (total is None or last + 1 < total) and length % GRAIN:
            return Response(400, b"Invalid request. The part is no multiple "
                            b"of 262144 bytes.", content_type="text/plain")
        session.parts += 1
        keep = self.world.settings.upload_keep
        room = length if keep is None else keep - keep % GRAIN
        if last + 1 == total and session.parts > 1 and keep is None:
            room = length
        skip, place = session.blob.size - first, 0
        async for piece in request.pieces():
            new = piece[max(0, skip - place):max(0, room - place)]
            session.blob.write(new)
            place += len(piece)
        return await self._progress(request, session, total)

    async def _progress(self, request, session, total):
        if total is not None and session.blob.size == total:
            response = await self._store(
                request, session.account, session.bucket, session.name,
                session.facts, session.blob)
            session.stored = session.account.files[
                "%s/%s" % (session.bucket, session.name)]
            return response
        headers = {}
        if session.blob.size:
            headers["Range"] = "bytes=0-%d" % (session.blob.size - 1)
        return Response(NOT_YET, headers=headers)

    @route("DELETE", "/upload/storage/v1/b/{bucket}/o/session/{ident}",
           "object.cancel")
    async def cancel_upload(self, request, bucket, ident):
        session = self._session(ident)
        if session is not None:
            del session.account.uploads[ident]
        return Response(499)

    async def _store(self, request, account, bucket, name, facts, blob):
        if request.account is None:
            request.account = account
        self.generation = getattr(self, "generation", 1760000000000000) + 1
        stored = Stored(bucket, name, blob, facts, self.now(),
                        self.generation)
        account.files["%s/%s" % (bucket, name)] = stored
        self.world.ledger.add(request, "file.create", name,
                              token=name.rsplit("/", 1)[-1], bytes=blob.size,
                              sha256=blob.sha256)
        return Response.json(await stored.as_json())

    # ---------------------------------------------------------------- read

    @route("GET", "/storage/v1/b/{bucket}", "bucket.get")
    async def get_bucket(self, request, bucket):
        return {"kind": "storage#bucket", "id": bucket, "name": bucket,
                "location": self.world.settings.vertex_location.upper(),
                "locationType": "region", "storageClass": "STANDARD"}

    @route("GET", "/storage/v1/b/{bucket}/o/{name}", "object.get")
    async def get_object(self, request, bucket, name):
        stored = request.account.files.get("%s/%s" % (bucket, name))
        if stored is None:
            return refuse(404, "notFound", "No such object: %s/%s"
                          % (bucket, name))
        if request.query.get("alt") == "media":
            return ranged(request, stored.blob,
                          stored.facts.get("contentType"))
        return await stored.as_json()

    @route("GET", "/storage/v1/b/{bucket}/o", "object.list")
    async def list_objects(self, request, bucket):
        query = request.query
        prefix = bucket + "/" + query.get("prefix", "")
        found = sorted(key for key in request.account.files
                       if key.startswith(prefix))
        start = int(query.get("pageToken") or 0)
        end = start + min(1000, int(query.get("maxResults", 1000)))
        shown = {"kind": "storage#objects", "items": [
            await request.account.files[key].as_json()
            for key in found[start:end]]}
        if end < len(found):
            shown["nextPageToken"] = str(end)
        return shown

    @route("DELETE", "/storage/v1/b/{bucket}/o/{name}", "object.delete")
    async def delete_object(self, request, bucket, name):
        if request.account.files.pop("%s/%s" % (bucket, name), None) is None:
            return refuse(404, "notFound", "No such object: %s/%s"
                          % (bucket, name))
        self.world.ledger.add(request, "file.delete", name)
        return Response(204)


def parse_range(text):
    """(first, last, total) of `bytes 0-9/20`, `bytes 0-9/*`, `bytes */20`;
    what is not said is None."""
    unit, _, rest = text.partition(" ")
    span, slash, total = rest.partition("/")
    if unit != "bytes" or not slash:
        return None, None, None
    total = int(total) if total.isdigit() else None
    if span == "*":
        return None, -1, total
    first, _, last = span.partition("-")
    if not (first.isdigit() and last.isdigit()) or int(last) < int(first):
        return None, None, None
    return int(first), int(last), total
