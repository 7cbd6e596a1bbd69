"""Google Vertex AI as its fact sheet has it: errors, tokens, and how
addresses are taken apart. Cloud Storage is in vertex_storage.py, tuning jobs
in vertex_jobs.py, their curves in vertex_board.py, endpoints and chat in
vertex_serving.py, training files in vertex_checks.py.

A verb behind a colon (`tuningJobs/1:cancel`) is a segment of its own in the
routes here: `tuningJobs/{ident}/:cancel`."""

import base64
import hashlib
import json
from urllib.parse import parse_qs

from dialect import Dialect, route
from training_file import Reader
from vertex_board import VertexBoard
from vertex_checks import VertexError, gemini_rules
from vertex_jobs import VertexJobs
from vertex_serving import VertexServing
from vertex_storage import VertexStorage
from wire import Response

GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
LIFETIME_MAX = 3600
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
STATUS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED",
          403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ABORTED",
          412: "FAILED_PRECONDITION", 429: "RESOURCE_EXHAUSTED",
          500: "INTERNAL", 503: "UNAVAILABLE"}
NOT_FOUND_PAGE = (
    b"<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"
    b"  <title>Error 404 (Not Found)!!1</title>\n"
    b"  <p><b>404.</b> <ins>That\xe2\x80\x99s an error.</ins>\n"
    b"  <p>The requested URL was not found on this server.\n")


class Vertex(VertexStorage, VertexJobs, VertexBoard, VertexServing, Dialect):
    """The platform: tuning, serving, storage and tokens, all below one
    address, told apart by their paths."""

    name = provider = "vertex"
    prefixes = ("/vertex",)

    def __init__(self, world):
        super().__init__(world)
        self.reader = Reader(world, gemini_rules)
        self.tokens = {}

    def now(self):
        return self.world.clock.now()

    # ------------------------------------------------------------ requests

    def _find(self, request):
        parts = []
        for part in request.segments:
            name, colon, verb = part.rpartition(":")
            if colon and verb.isalpha() and name:
                parts += [name, ":" + verb]
            else:
                parts.append(part)
        for pattern, operation, handler in self._routes.get(
                (request.method, len(parts)), ()):
            names = {}
            for want, have in zip(pattern, parts):
                if want[0] == "{" and have[0] != ":":
                    names[want[1:-1]] = have
                elif want != have:
                    break
            else:
                return operation, handler, names
        return None

    async def handle(self, request, found):
        if found is None:
            return Response(404, NOT_FOUND_PAGE,
                            content_type="text/html; charset=UTF-8")
        names = found[2]
        where = names.get("place")
        if where and where != self.world.settings.vertex_location:
            return Response(404, NOT_FOUND_PAGE,
                            content_type="text/html; charset=UTF-8")
        return await super().handle(request, found)

    def authenticate(self, request):
        if request.operation in ("token", "metadata.token",
                                 "metadata.project", "object.part",
                                 "object.cancel"):
            return
        scheme, _, key = request.headers.get("authorization", "") \
            .partition(" ")
        account = None
        if scheme.lower() == "bearer" and key not in self.world.revoked:
            name, until = self.tokens.get(key, (None, 0))
            if name and self.now() < until:
                account = self.world.account(self, "test-key-" + name)
            elif name is None:
                account = self.world.account(self, key)
        if account is None:
            raise VertexError(
                401, "Request had invalid authentication credentials. "
                "Expected OAuth 2 access token, login cookie or other valid "
                "authentication credential.")
        request.account = account
        request.key = key

    def error_response(self, error):
        details = []
        if getattr(error, "fields", ()):
            details.append({
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                "fieldViolations": [{"field": field, "description": text}
                                    for field, text in error.fields]})
        if getattr(error, "retry", None):
            details.append({
                "@type": "type.googleapis.com/google.rpc.RetryInfo",
                "retryDelay": "%ds" % error.retry})
        body = {"code": error.status, "message": error.message,
                "status": getattr(error, "word", None)
                or STATUS.get(error.status, "UNKNOWN")}
        if details:
            body["details"] = details
        return Response.json({"error": body}, error.status, error.headers)

    def finish(self, request, response):
        response.headers.setdefault("Vary", "Origin, X-Origin, Referer")
        response.headers["Server-Timing"] = "gfet4t7; dur=1"

    # -------------------------------------------------------------- tokens

    def _grant(self, request, name):
        self.tokens = {token: entry for token, entry in self.tokens.items()
                       if entry[1] > self.now() - 60}
        token = "ya29." + self.world.ident("", 60)
        seconds = self.world.settings.token_seconds
        self.tokens[token] = (name, self.now() + seconds)
        self.world.ledger.add(request, "token", name)
        return Response.json({"access_token": token, "expires_in": seconds,
                              "token_type": "Bearer"})

    @route("POST", "/token", "token")
    async def exchange(self, request):
        """RFC 7523: a signed assertion for a token."""
        form = parse_qs((await request.body()).decode("ascii", "replace"))
        if form.get("grant_type") != [GRANT]:
            return refuse_grant("unsupported_grant_type",
                                "Invalid grant_type: %s"
                                % form.get("grant_type"))
        problem, name = self._check_assertion(
            form.get("assertion", [""])[0])
        if problem:
            return refuse_grant("invalid_grant", problem)
        return self._grant(request, name)

    def _check_assertion(self, assertion):
        """(what is wrong, account)"""
        try:
            head, claims, signature = assertion.split(".")
            header = json.loads(unpadded(head))
            claim = json.loads(unpadded(claims))
            number = int.from_bytes(unpadded(signature), "big")
        except (ValueError, TypeError):
            return "Invalid JWT: it is malformed.", None
        email = claim.get("iss", "")
        known = self.world.settings.service_accounts.get(email)
        if known is None or email in self.world.revoked:
            return "Invalid grant: account not found", None
        if header.get("alg") != "RS256" or not verifies(
                "%s.%s" % (head, claims), number, known["n"],
                known.get("e", 65537)):
            return "Invalid JWT Signature.", None
        issued, expires = claim.get("iat", 0), claim.get("exp", 0)
        if not issued <= self.now() < expires:
            return ("Invalid JWT: Token must be a short-lived token (60 "
                    "minutes) and in a reasonable timeframe.", None)
        if expires - issued > LIFETIME_MAX:
            return "Invalid JWT: exp is more than an hour after iat.", None
        if not claim.get("aud", "").endswith("/token"):
            return "Invalid JWT: Failed audience check.", None
        if SCOPE not in claim.get("scope", "").split():
            return "Invalid OAuth scope or ID token audience provided.", None
        return None, email.split("@")[0]

    @route("GET", "/computeMetadata/v1/instance/service-accounts/default/"
           "token", "metadata.token")
    async def metadata_token(self, request):
        if request.headers.get("metadata-flavor") != "Google":
            return Response(403, b"Missing Metadata-Flavor:Google header.\n",
                            content_type="text/plain")
        name = self.world.settings.metadata_account
        if name is None:
            return Response(404, b"The requested service account is not "
                            b"attached.\n", content_type="text/plain")
        response = self._grant(request, name)
        response.headers["Metadata-Flavor"] = "Google"
        return response

    @route("GET", "/computeMetadata/v1/project/project-id",
           "metadata.project")
    async def metadata_project(self, request):
        return Response(200, b"emulated-project", {
            "Metadata-Flavor": "Google"}, "application/text")


def refuse_grant(code, text):
    return Response.json({"error": code, "error_description": text}, 400)


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verifies(text, signature, modulus, exponent):
    """RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2)."""
    modulus = int(modulus, 16)
    size = (modulus.bit_length() + 7) // 8
    tail = SHA256_INFO + hashlib.sha256(text.encode()).digest()
    wanted = b"\0\1" + b"\xff" * (size - len(tail) - 3) + b"\0" + tail
    return pow(signature, exponent, modulus).to_bytes(size, "big") == wanted
