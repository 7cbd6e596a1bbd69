"""The part of S3 that training needs, path style: objects, uploads in parts,
listings. Signatures are checked, and so is the hash that they cover."""

import hashlib
import re
import time
import xml.etree.ElementTree as xml
from urllib.parse import unquote
from xml.sax.saxutils import escape

import sigv4
from clock import rfc3339
from dialect import ApiError, Dialect
from storage import ranged
from wire import Response

SPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
KEYS_A_PAGE = 1000


class Stored:
    """An object in a bucket."""

    def __init__(self, blob, at, etag=None):
        self.blob = blob
        self.at = at
        self.etag = etag or blob.etag


class Parts:
    """An upload that is under way."""

    def __init__(self, bucket, key):
        self.bucket = bucket
        self.key = key
        self.parts = {}


def buckets_of(account):
    """All objects of an account, by bucket and key."""
    if not hasattr(account, "buckets"):
        account.buckets = {}
    return account.buckets


class S3(Dialect):
    """The service; its account is that of Bedrock's."""

    name = "s3"
    provider = "bedrock"
    prefixes = ("/s3",)

    OPERATIONS = {
        ("PUT", "uploadId"): "s3.part", ("POST", "uploads"): "s3.begin",
        ("POST", "uploadId"): "s3.complete",
        ("DELETE", "uploadId"): "s3.abort", ("GET", "uploadId"): "s3.parts",
        ("PUT", None): "s3.put", ("GET", None): "s3.get",
        ("HEAD", None): "s3.head", ("DELETE", None): "s3.delete"}

    def _find(self, request):
        path = request.local_path.lstrip("/")
        bucket, _, key = path.partition("/")
        if not key:
            operation = "s3.list" if request.method == "GET" else None
        else:
            mark = next((name for name in ("uploadId", "uploads")
                         if name in request.query), None)
            operation = self.OPERATIONS.get((request.method, mark))
        if operation is None:
            return None
        return operation, getattr(self, operation[3:] + "_object"), {
            "bucket": unquote(bucket), "key": unquote(key)}

    # ------------------------------------------------------------- signing

    def authenticate(self, request):
        headers = request.headers
        key = sigv4.access_key_of(headers)
        if key is None:
            if headers.get("authorization", "").startswith("Bearer"):
                raise ApiError(400, "Unsupported Authorization Type",
                               "InvalidArgument")
            raise ApiError(403, "Access Denied", "AccessDenied")
        request.account = self.world.account(self, key)
        request.key = key
        if request.account is None:
            raise ApiError(403, "The AWS Access Key Id you provided does not "
                           "exist in our records.", "InvalidAccessKeyId")
        body_hash = headers.get("x-amz-content-sha256")
        if body_hash is None:
            raise ApiError(400, "Missing required header for this request: "
                           "x-amz-content-sha256", "InvalidRequest")
        check_token(headers, key, "InvalidToken")
        try:
            sigv4.check(request.method, request.target, headers, body_hash,
                        secret_of(key), time.time(),
                        self.world.settings.aws_region, "s3")
        except sigv4.Refused as refused:
            raise ApiError(403, refused.message, refused.code) from None

    def error_response(self, error):
        body = ('<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>%s'
                "</Code><Message>%s</Message><RequestId>EMULATOR</RequestId>"
                "<HostId>loopback</HostId></Error>" % (
                    error.code or "MethodNotAllowed", escape(error.message)))
        return Response(error.status, body.encode(), error.headers,
                        "application/xml")

    def finish(self, request, response):
        response.headers["x-amz-request-id"] = "EMULATOR"
        if request.method == "HEAD":
            response.body = b""

    # -------------------------------------------------------------- basics

    def _bucket(self, request, bucket):
        if not BUCKET.match(bucket) or bucket.startswith("missing"):
            raise ApiError(404, "The specified bucket does not exist",
                           "NoSuchBucket")
        if bucket.startswith("elsewhere"):
            raise ApiError(301, "The bucket you are attempting to access "
                           "must be addressed using the specified endpoint.",
                           "PermanentRedirect",
                           headers={"x-amz-bucket-region": "eu-west-1"})
        if bucket.startswith("forbidden"):
            raise ApiError(403, "Access Denied", "AccessDenied")
        return buckets_of(request.account).setdefault(bucket, {})

    def _stored(self, request, bucket, key):
        stored = self._bucket(request, bucket).get(key)
        if stored is None:
            raise ApiError(404, "The specified key does not exist.",
                           "NoSuchKey")
        return stored

    async def _receive(self, request):
        """The body, held against the hash that was signed."""
        blob = await self.world.blobs.receive(request)
        signed = request.headers["x-amz-content-sha256"]
        if signed != sigv4.UNSIGNED and signed != blob.sha256:
            raise ApiError(400, "The provided 'x-amz-content-sha256' header "
                           "does not match what was computed.",
                           "XAmzContentSHA256Mismatch")
        return blob

    def _refuse_existing(self, request, objects, key):
        if request.headers.get("if-none-match") == "*" and key in objects:
            raise ApiError(412, "At least one of the pre-conditions you "
                           "specified did not hold", "PreconditionFailed")

    def store(self, account, bucket, key, blob, at):
        """Put an object there by the service's own hand."""
        buckets_of(account).setdefault(bucket, {})[key] = Stored(blob, at)

    # ------------------------------------------------------------- objects

    async def put_object(self, request, bucket, key):
        objects = self._bucket(request, bucket)
        self._refuse_existing(request, objects, key)
        if "content-length" not in request.headers:
            raise ApiError(411, "You must provide the Content-Length HTTP "
                           "header.", "MissingContentLength")
        blob = await self._receive(request)
        self._refuse_existing(request, objects, key)
        objects[key] = Stored(blob, self.world.clock.now())
        self.world.ledger.add(request, "file.create", key, token=key,
                              bytes=blob.size, sha256=blob.sha256)
        return Response(200, headers={"ETag": '"%s"' % objects[key].etag})

    async def get_object(self, request, bucket, key):
        stored = self._stored(request, bucket, key)
        start, end = range_of(request, stored.blob.size)
        if start is None:
            response = ranged(request, stored.blob, "text/csv")
        elif start >= stored.blob.size:
            raise ApiError(416, "The requested range is not satisfiable",
                           "InvalidRange")
        else:
            text = stored.blob.read()[start:end + 1]
            response = Response(206, text, {
                "Content-Range": "bytes %d-%d/%d" % (
                    start, start + len(text) - 1, stored.blob.size)},
                "text/csv")
        response.headers["ETag"] = '"%s"' % stored.etag
        return response

    async def head_object(self, request, bucket, key):
        stored = self._stored(request, bucket, key)
        return Response(200, b"", {"ETag": '"%s"' % stored.etag},
                        "binary/octet-stream", length=stored.blob.size)

    async def delete_object(self, request, bucket, key):
        self._bucket(request, bucket).pop(key, None)
        self.world.ledger.add(request, "file.delete", key)
        return Response(204)

    async def list_object(self, request, bucket, key):
        objects = self._bucket(request, bucket)
        query = request.query
        if query.get("list-type") != "2":
            raise ApiError(501, "Only list-type=2 is here.", "NotImplemented")
        prefix = query.get("prefix", "")
        after = query.get("continuation-token") or query.get("start-after", "")
        keys = sorted(name for name in objects
                      if name.startswith(prefix) and name > after)
        most = min(int(query.get("max-keys", KEYS_A_PAGE)), KEYS_A_PAGE,
                   self.world.settings.s3_page_max)
        shown = keys[:most]
        more = len(keys) > len(shown)
        items = "".join(
            "<Contents><Key>%s</Key><LastModified>%s</LastModified><ETag>"
            "&quot;%s&quot;</ETag><Size>%d</Size><StorageClass>STANDARD"
            "</StorageClass></Contents>" % (
                escape(name), rfc3339(objects[name].at), objects[name].etag,
                objects[name].blob.size) for name in shown)
        token = "<NextContinuationToken>%s</NextContinuationToken>" % escape(
            shown[-1]) if more else ""
        return answer("ListBucketResult", "<Name>%s</Name><Prefix>%s</Prefix>"
                      "<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys>"
                      "<IsTruncated>%s</IsTruncated>%s%s" % (
                          bucket, escape(prefix), len(shown), most,
                          "true" if more else "false", token, items))

    # --------------------------------------------------------------- parts

    async def begin_object(self, request, bucket, key):
        self._bucket(request, bucket)
        upload = Parts(bucket, key)
        ident = self.world.ident("", 30) + "/+=="
        request.account.uploads[ident] = upload
        self.world.ledger.add(request, "upload.create", ident, token=key)
        return answer("InitiateMultipartUploadResult",
                      "<Bucket>%s</Bucket><Key>%s</Key><UploadId>%s"
                      "</UploadId>" % (bucket, escape(key), ident))

    def _upload(self, request, bucket, key):
        upload = request.account.uploads.get(request.query["uploadId"])
        if upload is None or (upload.bucket, upload.key) != (bucket, key):
            raise ApiError(404, "The specified upload does not exist. The "
                           "upload ID may be invalid, or the upload may have "
                           "been aborted or completed.", "NoSuchUpload")
        return upload

    async def part_object(self, request, bucket, key):
        upload = self._upload(request, bucket, key)
        number = request.query.get("partNumber", "")
        if not number.isdigit() or not 1 <= int(number) <= 10000:
            raise ApiError(400, "Part number must be an integer between 1 "
                           "and 10000, inclusive", "InvalidArgument")
        blob = await self._receive(request)
        upload.parts[int(number)] = blob
        return Response(200, headers={"ETag": '"%s"' % blob.etag})

    async def parts_object(self, request, bucket, key):
        upload = self._upload(request, bucket, key)
        return answer("ListPartsResult", "".join(
            "<Part><PartNumber>%d</PartNumber><ETag>&quot;%s&quot;</ETag>"
            "<Size>%d</Size></Part>" % (number, blob.etag, blob.size)
            for number, blob in sorted(upload.parts.items())))

    async def abort_object(self, request, bucket, key):
        self._upload(request, bucket, key)
        del request.account.uploads[request.query["uploadId"]]
        self.world.ledger.add(request, "upload.cancel",
                              request.query["uploadId"], token=key)
        return Response(204)

    async def complete_object(self, request, bucket, key):
        """A failure found late is told inside of a 200, behind blanks that
        kept the connection busy."""
        named = read_parts(await self._signed_text(request))
        upload = self._upload(request, bucket, key)
        objects = self._bucket(request, bucket)
        self._refuse_existing(request, objects, key)
        if self.world.settings.s3_late_errors > 0:
            self.world.settings.s3_late_errors -= 1
            late = self.error_response(ApiError(
                200, "We encountered an internal error. Please try again.",
                "InternalError"))
            late.body = b"   \n" + late.body
            late.length = len(late.body)
            return late
        blobs = self._ordered(upload, named)
        blob = await self.world.blobs.joined(blobs)
        objects[key] = Stored(blob, self.world.clock.now(),
                              "%s-%d" % (blob.etag, len(named)))
        del request.account.uploads[request.query["uploadId"]]
        self.world.ledger.add(request, "file.create", key, token=key,
                              bytes=blob.size, sha256=blob.sha256)
        return answer("CompleteMultipartUploadResult",
                      "<Bucket>%s</Bucket><Key>%s</Key><ETag>&quot;%s&quot;"
                      "</ETag>" % (bucket, escape(key), objects[key].etag))

    async def _signed_text(self, request):
        body = await request.body()
        signed = request.headers["x-amz-content-sha256"]
        if signed not in (sigv4.UNSIGNED, hashlib.sha256(body).hexdigest()):
            raise ApiError(400, "The hash of the body is another one.",
                           "XAmzContentSHA256Mismatch")
        return body

    def _ordered(self, upload, named):
        numbers = [number for number, _ in named]
        if numbers != sorted(set(numbers)):
            raise ApiError(400, "The list of parts was not in ascending "
                           "order.", "InvalidPartOrder")
        blobs = [upload.parts.get(number) for number in numbers]
        if not blobs or any(blob is None or blob.etag != etag
                            for blob, (_, etag) in zip(blobs, named)):
            raise ApiError(400, "One or more of the specified parts could "
                           "not be found.", "InvalidPart")
        least = self.world.settings.part_min
        if any(blob.size < least for blob in blobs[:-1]):
            raise ApiError(400, "Your proposed upload is smaller than the "
                           "minimum allowed size", "EntityTooSmall")
        return blobs


def secret_of(key):
    """The secret that belongs to an access key here."""
    return "secret-of-" + key


def check_token(headers, key, code):
    """Keys with .temp in them are temporary: they need their token."""
    token = headers.get("x-amz-security-token")
    wanted = "token-of-" + key if ".temp" in key else None
    if token != wanted:
        raise ApiError(403, "The security token included in the request is "
                       "invalid.", code)


def range_of(request, size):
    """(first, last) byte of `Range: bytes=A-B`, (None, None) without."""
    found = re.match(r"bytes=(\d+)-(\d+)$", request.headers.get("range", ""))
    if not found:
        return None, None
    return int(found.group(1)), min(int(found.group(2)), size - 1)


def answer(root, inside):
    return Response(200, ('<?xml version="1.0" encoding="UTF-8"?>\n'
                          '<%s xmlns="%s">%s</%s>' % (
                              root, SPACE, inside, root)).encode(),
                    content_type="application/xml")


def read_parts(body):
    """[(number, etag)] of a CompleteMultipartUpload."""
    try:
        root = xml.fromstring(body)
        return [(int(part.find("{*}PartNumber").text),
                 part.find("{*}ETag").text.strip('"'))
                for part in root.findall("{*}Part")]
    except (xml.ParseError, AttributeError, ValueError):
        raise ApiError(400, "The XML you provided was not well-formed or did "
                       "not validate against our published schema",
                       "MalformedXML") from None
