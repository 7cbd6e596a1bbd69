"""The objects of the OpenAI dialect: its models as data (prices in dollars per
million tokens and the day a base model and its tunes are shut down, both as of
March 2026), tuned models, files, uploads, and pages of any of them."""

from collections import namedtuple

from dialect import ApiError

BaseModel = namedtuple("BaseModel",
                       "train input output context shutdown_date methods")

SFT_DPO = ("supervised", "dpo")
BASE_MODELS = {
    "gpt-4.1-2025-04-14":
        BaseModel(25.00, 3.00, 12.00, 65536, "2027-01-14", SFT_DPO),
    "gpt-4.1-mini-2025-04-14":
        BaseModel(5.00, 0.80, 3.20, 65536, "2027-01-14", SFT_DPO),
    "gpt-4.1-nano-2025-04-14":
        BaseModel(1.50, 0.20, 0.80, 65536, "2026-10-23", SFT_DPO),
    "gpt-4o-2024-08-06":
        BaseModel(25.00, 3.75, 15.00, 65536, "2027-01-14", SFT_DPO),
    "gpt-4o-mini-2024-07-18":
        BaseModel(3.00, 0.30, 1.20, 65536, "2027-01-14", SFT_DPO),
    "gpt-3.5-turbo-0125":
        BaseModel(8.00, 3.00, 6.00, 16385, "2026-10-23", ("supervised",)),
    "gpt-3.5-turbo-1106":
        BaseModel(8.00, 3.00, 6.00, 16385, "2026-10-23", ("supervised",)),
    "davinci-002":
        BaseModel(6.00, 12.00, 12.00, 16384, "2026-10-23", ("supervised",)),
    "babbage-002":
        BaseModel(0.40, 1.60, 1.60, 16384, "2026-10-23", ("supervised",)),
}
ALIASES = {"gpt-4.1": "gpt-4.1-2025-04-14",
           "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
           "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
           "gpt-4o": "gpt-4o-2024-08-06",
           "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
           "gpt-3.5-turbo": "gpt-3.5-turbo-0125"}
# Models that answer but cannot be tuned.
CHAT_ONLY = ("gpt-5", "gpt-5-mini", "gpt-6-luna")


class TunedModel:
    """A tuned model or checkpoint that an account may call. It shows up as
    not found for `hidden_calls` more calls, as one that still loads does."""

    def __init__(self, ident, base, job, step, created_at, hidden_calls):
        self.id = ident
        self.base = base
        self.job = job
        self.step = step
        self.created_at = created_at
        self.hidden_calls = hidden_calls


class StoredFile:
    """A file and how often it has been looked at."""

    def __init__(self, ident, blob, filename, purpose, created_at, expires_at,
                 status=None):
        self.id = ident
        self.blob = blob
        self.filename = filename
        self.purpose = purpose
        self.created_at = created_at
        self.expires_at = expires_at
        self.forced = status
        self.looks = 0

    def status(self, settings, now):
        if self.forced:
            return self.forced
        polls = settings.file_processing_polls
        if (not polls or self.looks > polls) and \
                now - self.created_at >= settings.file_processing_seconds:
            return "processed"
        return "uploaded"

    def as_json(self, settings, now):
        shown = {"object": "file", "id": self.id, "purpose": self.purpose,
                 "filename": self.filename, "bytes": self.blob.size,
                 "created_at": int(self.created_at),
                 "status": self.status(settings, now)}
        if self.expires_at:
            shown["expires_at"] = int(self.expires_at)
        if shown["status"] == "error":
            shown["status_details"] = "The file could not be processed."
        return shown


class Upload:
    """A begun upload in parts."""

    def __init__(self, ident, wish, created_at, expires_at):
        self.id = ident
        self.wish = wish
        self.created_at = created_at
        self.expires_at = expires_at
        self.status = "pending"
        self.parts = {}
        self.file = None

    def as_json(self, settings, now):
        if self.status == "pending" and now > self.expires_at:
            self.status = "expired"
        return {"id": self.id, "object": "upload",
                "bytes": self.wish["bytes"],
                "created_at": int(self.created_at),
                "filename": self.wish["filename"],
                "purpose": self.wish["purpose"], "status": self.status,
                "expires_at": int(self.expires_at),
                "file": self.file and self.file.as_json(settings, now)}


def organization(account):
    return "org-emulator%06d" % account.number


def paged(items, query, default, maximum):
    """The page of `items` after the id in `after`, and whether more follow."""
    try:
        limit = int(query.get("limit", default))
    except ValueError:
        limit = 0
    if limit < 1:
        raise ApiError(400, "Invalid 'limit': expected a positive integer.",
                       "invalid_value", param="limit")
    start = 0
    after = query.get("after")
    if after:
        places = [n for n, item in enumerate(items) if item.id == after]
        if not places:
            raise ApiError(404, "No such object: " + after, param="after")
        start = places[0] + 1
    end = start + min(limit, maximum)
    return items[start:end], end < len(items)
