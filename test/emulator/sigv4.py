"""AWS Signature Version 4, from its specification: what a service does with
an Authorization header. Written without a look at the extension's signer, so
that the two can only agree by both being right."""

import hashlib
import hmac
import re
from datetime import datetime, timezone
from urllib.parse import quote, unquote

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED = "UNSIGNED-PAYLOAD"
SKEW_SECONDS = 300
S3_SKEW_SECONDS = 900
CREDENTIAL = re.compile(
    ALGORITHM + r"\s+Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)"
    r"/aws4_request,\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$")


class Refused(Exception):
    """Why a signature is not good: a code and words for people."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code
        self.message = message


def remove_dots(path):
    """RFC 3986's dot segments resolved, and empty ones left out."""
    kept = []
    for part in path.split("/")[1:]:
        if part == "..":
            kept = kept[:-1]
        elif part not in (".", ""):
            kept.append(part)
    tail = "/" if kept and path.endswith(("/", "/.", "/..")) else ""
    return "/" + "/".join(kept) + tail


def canonical_path(path, service):
    """`path` as on the wire. S3 takes it as it is; others encode it again."""
    if service == "s3":
        return path or "/"
    return quote(remove_dots(path or "/"), safe="/-._~")


def canonical_query(query):
    pairs = []
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            pairs.append((quote(unquote(name), safe="-._~"),
                          quote(unquote(value), safe="-._~")))
    return "&".join("%s=%s" % pair for pair in sorted(pairs))


def canonical_headers(headers, names):
    """The signed headers; `headers` has lower-case names."""
    return "".join("%s:%s\n" % (name, " ".join(headers[name].split()))
                   for name in names)


def canonical_request(method, target, headers, names, body_hash, service):
    path, _, query = target.partition("?")
    return "\n".join((method, canonical_path(path, service),
                      canonical_query(query),
                      canonical_headers(headers, names), ";".join(names),
                      body_hash))


def signature(secret, stamp, region, service, canonical):
    """The hex signature of a canonical request."""
    key = ("AWS4" + secret).encode()
    for part in (stamp[:8], region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    text = "\n".join((ALGORITHM, stamp, "%s/%s/%s/aws4_request" % (
        stamp[:8], region, service),
        hashlib.sha256(canonical.encode()).hexdigest()))
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def seconds_of(stamp):
    """A stamp as Unix seconds."""
    try:
        moment = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    except ValueError:
        raise Refused("IncompleteSignature",
                      "Date must be in ISO-8601 'basic format'.") from None
    return moment.replace(tzinfo=timezone.utc).timestamp()


def access_key_of(headers):
    """Whose signature it says it is; None when it is no SigV4."""
    found = CREDENTIAL.match(headers.get("authorization", ""))
    return found.group(1) if found else None


def check(method, target, headers, body_hash, secret, now, region, service):
    """Raise Refused unless the request was signed with this secret for this
    service. `now` is real time: a signature ages by it."""
    found = CREDENTIAL.match(headers.get("authorization", ""))
    if not found:
        raise Refused("IncompleteSignature",
                      "Authorization header requires Credential, "
                      "SignedHeaders and Signature.")
    _, date, their_region, their_service, names, theirs = found.groups()
    names = names.split(";")
    stamp = headers.get("x-amz-date", "")
    skew = S3_SKEW_SECONDS if service == "s3" else SKEW_SECONDS
    if abs(now - seconds_of(stamp)) > skew:
        raise Refused("RequestTimeTooSkewed" if service == "s3"
                      else "InvalidSignatureException",
                      "Signature expired or not yet current: %s" % stamp)
    if stamp[:8] != date or (their_region, their_service) != (region,
                                                              service):
        raise Refused("SignatureDoesNotMatch" if service == "s3"
                      else "InvalidSignatureException",
                      "Credential should be scoped to %s/%s/%s." % (
                          stamp[:8], region, service))
    must = [name for name in headers
            if name.startswith("x-amz-") or name in ("host", "content-type")]
    missing = sorted(set(must) - set(names))
    if missing or names != sorted(names) or set(names) - set(headers):
        raise Refused("SignatureDoesNotMatch" if service == "s3"
                      else "InvalidSignatureException",
                      "Headers are not signed or not sorted: %s" % missing)
    canonical = canonical_request(method, target, headers, names, body_hash,
                                  service)
    if not hmac.compare_digest(
            theirs, signature(secret, stamp, region, service, canonical)):
        raise Refused("SignatureDoesNotMatch" if service == "s3"
                      else "InvalidSignatureException",
                      "The request signature we calculated does not match "
                      "the signature you provided.")
