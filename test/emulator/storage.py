"""Where bytes go: the blob store of all dialects, and the separate listener
that stands for a cloud's object store behind signed URLs.

A blob is hashed while it arrives and spooled to a temporary file, never held
in memory. Only its first `keep_bytes` are kept, the rest is hashed and counted
and dropped, so that a test of an upload of any size needs no disk.

The object store is another host as far as a client can tell (another port):
it accepts only a signature in the URL, and its requests in the ledger show
whether a bearer token came along that should not have.
"""

import asyncio
import hashlib
import tempfile
import xml.sax.saxutils

from wire import PIECE, Response

SPOOL_MEMORY = 1 << 20


class Blob:
    """Content with its size and hash. `whole` is False when only the first
    part was kept."""

    def __init__(self, directory, keep_bytes):
        self._keep = keep_bytes
        self._file = tempfile.SpooledTemporaryFile(SPOOL_MEMORY,
                                                   dir=directory)
        self._sha = hashlib.sha256()
        self.size = 0
        self.whole = True

    def write(self, piece):
        self._sha.update(piece)
        room = self._keep - self.size
        self.size += len(piece)
        if room >= len(piece):
            self._file.write(piece)
        else:
            self._file.write(piece[:max(0, room)])
            self.whole = False

    @property
    def sha256(self):
        return self._sha.hexdigest()

    @property
    def etag(self):
        """An entity tag, as opaque as an object store's."""
        return self.sha256[:32]

    async def md5(self):
        digest = hashlib.md5()
        async for piece in self.stream():
            digest.update(piece)
        return digest.hexdigest()

    def read(self, limit=-1):
        self._file.seek(0)
        return self._file.read(limit)

    def lines(self):
        """The lines that are kept, without their newline. Of a blob that was
        dropped the last, torn line is left out."""
        self._file.seek(0)
        for line in self._file:
            if not line.endswith(b"\n") and not self.whole:
                return
            yield line.rstrip(b"\n")

    async def stream(self, start=0):
        """The content in pieces, for an answer."""
        place = start
        while True:
            self._file.seek(place)
            piece = self._file.read(PIECE)
            if not piece:
                return
            place += len(piece)
            yield piece
            await asyncio.sleep(0)

    def close(self):
        self._file.close()


class BlobStore:
    """All blobs, and the signed places where one may be put."""

    def __init__(self, directory, keep_bytes):
        self.directory = directory
        self.keep_bytes = keep_bytes
        self.tickets = {}
        self._blobs = []

    def clear(self):
        for blob in self._blobs:
            blob.close()
        self._blobs.clear()
        self.tickets.clear()

    def new(self):
        blob = Blob(self.directory, self.keep_bytes)
        self._blobs.append(blob)
        return blob

    def from_bytes(self, data):
        blob = self.new()
        blob.write(data)
        return blob

    async def joined(self, blobs):
        """One blob of the content of several, in order; the parts are closed.
        When a part was not kept whole, the hash is of what was kept."""
        blob = self.new()
        for part in blobs:
            async for piece in part.stream():
                blob.write(piece)
            if not part.whole:
                break
        blob.size = sum(part.size for part in blobs)
        blob.whole = blob.whole and all(part.whole for part in blobs)
        for part in blobs:
            part.close()
        return blob

    async def receive(self, request):
        """The whole request body as a blob."""
        blob = self.new()
        async for piece in request.pieces():
            blob.write(piece)
        return blob

    def sign(self, ident, signature, ticket):
        """Allow what the ticket says on /storage/IDENT?signature=SIGNATURE."""
        self.tickets[(ident, signature)] = ticket


class Ticket:
    """What one signed URL allows: to PUT (then `on_put` is told of the blob)
    or to GET a blob, or what `answer` makes of the request (None: not there).
    `headers` must come exactly so with the request."""

    def __init__(self, method, expires_at, on_put=None, blob=None,
                 max_bytes=None, headers=None, answer=None):
        self.method = method
        self.expires_at = expires_at
        self.on_put = on_put
        self.blob = blob
        self.max_bytes = max_bytes
        self.headers = headers or {}
        self.answer = answer


class ObjectStore:
    """The second listener: PUT to and GET from signed URLs."""

    name = "storage"
    provider = "storage"

    def __init__(self, world):
        self.world = world

    def plan_for(self, request):
        request.dialect = self
        request.operation = "storage." + request.method.lower()
        return self.world.faults.plan_for(request)

    async def handle(self, request):
        parts = request.segments
        signature = request.query.get("signature", "")
        if len(parts) != 2 or parts[0] != "storage":
            return refuse(404, "NoSuchKey", "There is nothing here.")
        ticket = self.world.blobs.tickets.get((parts[1], signature))
        if ticket is None or ticket.method != request.method:
            return refuse(403, "SignatureDoesNotMatch",
                          "The signature does not match.")
        if self.world.clock.now() > ticket.expires_at:
            return refuse(403, "AccessDenied", "Request has expired")
        if any(request.headers.get(name.lower()) != value
               for name, value in ticket.headers.items()):
            return refuse(403, "SignatureDoesNotMatch",
                          "A signed header is missing or different.")
        if "authorization" in request.headers:
            return refuse(400, "InvalidArgument",
                          "Only one auth mechanism allowed.")
        if request.method == "GET":
            return await self._get(request, ticket)
        return await self._put(request, parts[1], ticket)

    async def _put(self, request, ident, ticket):
        if request.is_chunked:
            return refuse(501, "NotImplemented",
                          "A header you provided implies functionality that "
                          "is not implemented: Transfer-Encoding")
        if "content-length" not in request.headers:
            return refuse(411, "MissingContentLength",
                          "You must provide the Content-Length HTTP header.")
        if ticket.max_bytes and request.declared_bytes > ticket.max_bytes:
            return refuse(400, "EntityTooLarge",
                          "Your proposed upload exceeds the maximum size.")
        blob = await self.world.blobs.receive(request)
        self.world.ledger.add(request, "storage.put", ident, bytes=blob.size,
                              sha256=blob.sha256)
        ticket.on_put(blob)
        return Response(200, headers={"ETag": '"%s"' % blob.etag})

    async def _get(self, request, ticket):
        if ticket.answer is not None:
            return ticket.answer(request) or refuse(
                404, "NoSuchKey", "The specified key does not exist.")
        return ranged(request, ticket.blob)


def ranged(request, blob, content_type="application/octet-stream"):
    """The content of a blob, honouring `Range: bytes=N-`."""
    start, status, headers = 0, 200, {"Accept-Ranges": "bytes"}
    text = request.headers.get("range", "")
    if text.startswith("bytes=") and text.endswith("-") \
            and text[6:-1].isdigit() and int(text[6:-1]) < blob.size:
        start, status = int(text[6:-1]), 206
        headers["Content-Range"] = "bytes %d-%d/%d" % (
            start, blob.size - 1, blob.size)
    if not blob.whole:
        return refuse(410, "Gone", "The emulator kept only the hash.")
    return Response(status, blob.stream(start), headers, content_type,
                    length=blob.size - start)


def refuse(status, code, message):
    body = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s</Code>'
            "<Message>%s</Message></Error>" % (
                code, xml.sax.saxutils.escape(message)))
    return Response(status, body.encode(), content_type="application/xml")
