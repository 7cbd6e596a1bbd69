"""What Fireworks' accounts hold: data sets, models and deployments, with the
shapes in which they are shown, and the tables the dialect goes by.

JSON is proto3's: whole numbers of 64 bits are texts, and members that are
zero, false or empty are left out."""

import asyncio
import re
from collections import namedtuple

from clock import rfc3339
from dialect import ApiError
from training_file import Fault, check_messages, parse_line, same_format

ID = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
SMALL_FILE = 1 << 20
KEYS = {"role", "content", "name", "tool_calls", "tool_call_id", "weight",
        "reasoning_content"}
ROLES = {"system", "user", "assistant", "tool"}

# Billions of parameters, context of a training, day of retirement.
Facts = namedtuple("Facts", "size context retires")
MODELS = {
    "qwen3-0p6b": Facts(0.6, 32768, None),
    "qwen3-8b": Facts(8, 32768, None),
    "qwen3-14b": Facts(14, 32768, None),
    "qwen3p5-9b": Facts(9, 262144, None),
    "gemma-4-31b-it": Facts(31, 262144, None),
    "llama-v3p1-8b-instruct": Facts(8, 131072, (2027, 3, 31)),
}
PREFIX = "accounts/fireworks/models/"

# Dollars per million training tokens up to so many billions of parameters.
PRICES = ((16, 0.50), (80, 3.00), (1000, 10.00))
GPU_HOURS = {"NVIDIA_H100_80GB": 8.0, "NVIDIA_H200_141GB": 8.0,
             "NVIDIA_B200_180GB": 12.0, "NVIDIA_A100_80GB": 2.9}

NAMES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 6, 412: 9, 413: 3, 429: 8,
         500: 13, 503: 14}


class RpcError(ApiError):
    """A refusal by the control plane: google.rpc.Status."""

    def __init__(self, status, message, number=None, reason=None):
        super().__init__(status, message)
        self.number = NAMES[status] if number is None else number
        self.reason = reason


class InferenceError(ApiError):
    """A refusal by the inference plane, in OpenAI's shape."""


def known(facts):
    """The members that are not zero, false or empty."""
    return {name: value for name, value in facts.items()
            if value not in (None, "", 0, False, [], {}, "0")}


def check_id(ident, what):
    if not isinstance(ident, str) or not ID.fullmatch(ident):
        raise RpcError(400, "invalid %s: 1-63 lower-case letters, digits and "
                       "inner hyphens, beginning with a letter" % what)


def money(amount):
    nanos = round(amount * 1e9)
    return known({"currencyCode": "USD", "units": str(nanos // 10**9),
                  "nanos": nanos % 10**9})


def price_of(model):
    for size, price in PRICES:
        if MODELS[model].size <= size:
            return price
    raise KeyError(model)


def fireworks_rules(line, found):
    """One line of a CHAT data set."""
    example = parse_line(line)
    unknown = set(example) - {"messages", "tools", "weight"}
    if "messages" not in example:
        raise Fault("the example is missing the key 'messages'")
    if unknown:
        raise Fault("the example has the unrecognized key '%s'"
                    % sorted(unknown)[0])
    same_format(found, "chat")
    found.has_tools |= "tools" in example
    check_messages(example["messages"], KEYS, ROLES, found)
    roles = [message["role"] for message in example["messages"]]
    if "system" in roles[1:]:
        raise Fault("a system message must come first")
    if roles[-1] != "assistant":
        raise Fault("the last message must be from the assistant")
    weighted = "weight" in example
    if found.lines > 1 and weighted != found.has_sample_weights:
        raise Fault("all rows have a root 'weight', or none")
    found.has_sample_weights = weighted
    return example


class Dataset:
    """A data set, which exists before its content does."""

    def __init__(self, account, ident, wish, created_at):
        self.id = ident
        self.name = "accounts/%s/datasets/%s" % (account.name, ident)
        self.wish = wish
        self.created_at = created_at
        self.blob = None
        self.validated_at = None
        self.looks = 0
        self.forced = None
        self.inspection = None
        self.filename = None

    @property
    def found(self):
        if self.inspection is not None and self.inspection.done():
            return self.inspection.result()
        return None

    async def settle(self):
        """Wait for the reading of a small file, so that states depend on
        settings and not on the machine's speed."""
        if self.inspection is not None and self.blob.size <= SMALL_FILE:
            await asyncio.shield(self.inspection)

    def fault(self):
        """What is wrong with the content, or None."""
        found = self.found
        if found is None:
            return None
        if not found.valid:
            line, text = found.errors[0]
            return "line %d: %s" % (line, text)
        if found.lines < 3:
            return "a data set needs at least 3 examples"
        if str(found.lines) != self.wish.get("exampleCount"):
            return "exampleCount is %s, the file has %d lines" % (
                self.wish.get("exampleCount"), found.lines)
        return None

    def is_ready(self, settings, now):
        if self.forced:
            return self.forced == "READY"
        if self.validated_at is None or settings.dataset_stuck \
                or self.found is None or self.fault():
            return False
        waited = now - self.validated_at >= settings.file_processing_seconds
        return waited and self.looks > settings.file_processing_polls

    def as_json(self, settings, now):
        ready = self.is_ready(settings, now)
        fault = self.fault() if self.validated_at is not None else None
        found = self.found
        return known({
            "name": self.name, "displayName": self.wish.get("displayName"),
            "createTime": rfc3339(self.created_at),
            "updateTime": rfc3339(self.validated_at or self.created_at),
            "state": "READY" if ready else "UPLOADING",
            "status": {"code": "INVALID_ARGUMENT", "message": fault}
            if fault else {"code": "OK"},
            "exampleCount": self.wish.get("exampleCount"),
            "format": self.wish.get("format"), "userUploaded": {},
            "estimatedTokenCount": str(found.tokens) if ready and found
            else None})


class Adapter:
    """A model loaded onto a deployment that takes adapters."""

    def __init__(self, account, ident, wish, now, seconds):
        self.id = ident
        self.name = "accounts/%s/deployedModels/%s" % (account.name, ident)
        self.wish = wish
        self.created_at = now
        self.seconds = seconds

    def state(self, now):
        return "DEPLOYED" if now - self.created_at >= self.seconds \
            else "DEPLOYING"

    def as_json(self, now):
        return known({
            "name": self.name, "displayName": self.wish.get("displayName"),
            "model": self.wish["model"],
            "deployment": self.wish["deployment"],
            "default": self.wish.get("default"), "state": self.state(now),
            "status": {"code": "OK"},
            "createTime": rfc3339(self.created_at),
            "updateTime": rfc3339(self.created_at)})


class Deployment:
    """GPUs that cost money while replicas stand. Replicas follow from when
    it was last asked something."""

    def __init__(self, account, ident, wish, seconds, now):
        self.id = ident
        self.account = account
        self.name = "accounts/%s/deployments/%s" % (account.name, ident)
        self.wish = wish
        self.seconds = seconds
        self.created_at = self.used_at = now
        self.woken_at = None            # when a sleeping one was called
        self.forced = None
        self.deleted_at = None
        self.billed_until = now
        self.amount = 0.0

    @property
    def gpus(self):
        return self.wish.get("acceleratorCount", 1)

    @property
    def minimum(self):
        return self.wish.get("minReplicaCount", 0)

    def window(self):
        """Idle seconds after which it sleeps."""
        text = self.wish.get("autoscalingPolicy", {}).get(
            "scaleToZeroWindow", "3600s")
        return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]

    def state(self, now):
        if self.forced:
            return self.forced
        if self.deleted_at is not None:
            return "DELETED" if now - self.deleted_at >= self.seconds \
                else "DELETING"
        return "READY" if now - self.created_at >= self.seconds \
            else "CREATING"

    def replicas(self, now):
        """How many stand."""
        if self.deleted_at is not None or self.state(now) != "READY":
            return 0
        if self.woken_at is not None:
            return max(1, self.minimum) \
                if now - self.woken_at >= self.seconds else 0
        if self.minimum == 0 and now - self.used_at > self.window():
            return 0
        return max(1, self.minimum)

    def is_awake(self, now):
        """Whether it answers; a call to one that sleeps wakes it."""
        awake = self.replicas(now) > 0
        if awake:
            self.used_at, self.woken_at = now, None
        elif self.woken_at is None:
            self.woken_at = now
        return awake

    @property
    def deployments(self):
        """As something that deployments hang on, it is its only one."""
        return {self.id: self}

    def standing(self, now, settings):
        """For the control endpoint."""
        return {"id": self.id, "name": self.wish.get("displayName"),
                "endpoint": self.name, "state": self.state(now),
                "replicas": self.replicas(now),
                "amount": round(self.cost_until(now), 6)}

    def cost_until(self, now):
        """Dollars for what has stood since the last bill, and before."""
        hours = (now - self.billed_until) / 3600
        return self.amount + hours * self.replicas(now) * self.gpus \
            * GPU_HOURS.get(self.wish.get("acceleratorType"), 8.0)

    def as_json(self, now):
        state = self.state(now)
        shown = dict(self.wish)
        shown.setdefault("acceleratorType", "NVIDIA_H100_80GB")
        shown.update({
            "name": self.name, "state": state,
            "status": {"code": "INTERNAL", "message": "no capacity"}
            if state == "FAILED" else {"code": "OK"},
            "createTime": rfc3339(self.created_at),
            "updateTime": rfc3339(self.used_at),
            "acceleratorCount": self.gpus,
            "replicaCount": self.replicas(now),
            "desiredReplicaCount": self.replicas(now),
            "replicaStats": known({"readyReplicaCount": self.replicas(now)})})
        return known(shown)
