"""What Bedrock demands: of a job's request, and of training data."""

import json
import re

from dialect import ApiError
from training_file import Fault, check_strings, parse_line, same_format

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9+\-.])*$")
MODEL_NAME = re.compile(r"([0-9a-zA-Z][_-]?){1,63}$")
TOKEN = re.compile(r"[a-zA-Z0-9]([-a-zA-Z0-9]{0,254}[a-zA-Z0-9])?$")
ROLE = re.compile(r"arn:aws(-[^:]+)?:iam::\d{12}:role/.+$")
URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}(?:/[-!_*'().a-zA-Z0-9]+"
                 r"(?:/[-!_*'().a-zA-Z0-9]+)*)?/?$")
RESERVED = re.compile(r"System:|User:|Bot:|Assistant:|\[EOS\]|<image>|"
                      r"<video>")
KNOWN = {"jobName", "customModelName", "roleArn", "clientRequestToken",
         "baseModelIdentifier", "customizationType", "customModelKmsKeyId",
         "jobTags", "customModelTags", "trainingDataConfig",
         "validationDataConfig", "outputDataConfig", "hyperParameters",
         "vpcConfig", "customizationConfig"}


class Base:
    """A base model: its family's format, rows, hyperparameters (least, most,
    default), and dollars for a million tokens."""

    def __init__(self, family, least, most, keys, price, on_demand=True,
                 ends=None):
        self.family = family
        self.least = least
        self.most = most
        self.keys = keys
        self.price = price
        self.on_demand = on_demand
        self.ends = ends


NOVA = {"epochCount": (1, 5, 2), "learningRate": (1e-6, 1e-4, 1e-5),
        "learningRateWarmupSteps": (0, 100, 10)}
LLAMA = {"epochCount": (1, 10, 5), "batchSize": (1, 1, 1),
         "learningRate": (5e-6, 0.1, 1e-4)}
MODELS = {
    "amazon.nova-micro-v1:0:128k": Base("chat", 8, 20000, NOVA, 1.0),
    "amazon.nova-lite-v1:0:300k": Base("chat", 8, 20000, NOVA, 2.0),
    "amazon.nova-pro-v1:0:300k": Base("chat", 8, 20000, NOVA, 8.0),
    "amazon.nova-2-lite-v1:0:256k": Base("chat", 8, 20000, NOVA, 3.78),
    "meta.llama3-3-70b-instruct-v1:0:128k":
        Base("chat", 1, 10 ** 6, LLAMA, 3.3),
    "meta.llama3-1-8b-instruct-v1:0:128k":
        Base("prompt", 100, 10000, LLAMA, 1.0, on_demand=False,
             ends="2027-03-31T00:00:00Z")}


def invalid(message):
    return ApiError(400, message, "ValidationException")


def check_text(wish, name, pattern, most, required=True):
    value = wish.get(name)
    if value is None:
        if required:
            raise invalid("1 validation error detected: Value at '%s' failed "
                          "to satisfy constraint: Member must not be null"
                          % name)
        return
    if not isinstance(value, str) or len(value) > most \
            or not pattern.match(value):
        raise invalid("1 validation error detected: Value at '%s' failed to "
                      "satisfy constraint: Member must satisfy regular "
                      "expression pattern: %s" % (name, pattern.pattern))


def check_uri(wish, name):
    config = wish.get(name)
    if not isinstance(config, dict) \
            or not isinstance(config.get("s3Uri"), str) \
            or len(config["s3Uri"]) > 1024 or not URI.match(config["s3Uri"]):
        raise invalid("Value at '%s.s3Uri' failed to satisfy constraint"
                      % name)


def check_create(wish):
    """The shape of a CreateModelCustomizationJob."""
    unknown = set(wish) - KNOWN
    if unknown:
        raise invalid("Unknown members: %s" % ", ".join(sorted(unknown)))
    check_text(wish, "jobName", NAME, 63)
    check_text(wish, "customModelName", MODEL_NAME, 63)
    check_text(wish, "roleArn", ROLE, 2048)
    check_text(wish, "clientRequestToken", TOKEN, 256, required=False)
    check_text(wish, "baseModelIdentifier", re.compile(".+$"), 2048)
    for name in ("trainingDataConfig", "outputDataConfig"):
        check_uri(wish, name)
    validators = (wish.get("validationDataConfig") or {}) \
        .get("validators", [])
    for validator in validators:
        check_uri({"validators": validator}, "validators")
    if wish.get("customizationType", "FINE_TUNING") != "FINE_TUNING":
        raise invalid("The provided customizationType is not supported for "
                      "the model")


def resolved(wish, base):
    """The hyperparameters with defaults, all texts; refuses what is out of
    range."""
    asked = wish.get("hyperParameters") or {}
    for name, text in asked.items():
        if not isinstance(text, str):
            raise invalid("Value at 'hyperParameters' must be a map of "
                          "strings")
        if name not in base.keys:
            raise invalid("The hyperparameter %s is not supported for the "
                          "model" % name)
        least, most, _ = base.keys[name]
        try:
            value = float(text)
        except ValueError:
            value = None
        if value is None or "e" in text.lower() or not least <= value <= most:
            raise invalid("The provided value %s of hyperparameter %s is not "
                          "in the range of %s to %s" % (
                              text, name, least, most))
    return {name: asked.get(name, plain(default))
            for name, (_, _, default) in base.keys.items()}


def plain(number):
    return ("%.10f" % number).rstrip("0").rstrip(".")


# ---------------------------------------------------------- training data

def bedrock_rules(line, found):
    """One line of a conversation or prompt file, as the shape that the
    reader counts and the learner learns from."""
    example = parse_line(line)
    if "prompt" in example:
        same_format(found, "prompt")
        if set(example) != {"prompt", "completion"}:
            raise Fault("unexpected members beside prompt and completion")
        check_strings(example, ("prompt", "completion"))
        return example
    same_format(found, "chat")
    unknown = set(example) - {"schemaVersion", "system", "messages"}
    if unknown:
        raise Fault("unexpected member '%s'" % sorted(unknown)[0])
    if example.get("schemaVersion") != "bedrock-conversation-2024":
        raise Fault("schemaVersion must be bedrock-conversation-2024")
    messages = [{"role": "system", "content": text}
                for text in texts_of(example.get("system") or [])]
    turns = example.get("messages")
    if not isinstance(turns, list) or not turns:
        raise Fault("messages must be a non-empty list")
    for number, turn in enumerate(turns):
        role = ("user", "assistant")[number % 2]
        if not isinstance(turn, dict) or turn.get("role") != role:
            raise Fault("roles must alternate between user and assistant")
        messages.append({"role": role, "content": "\n".join(
            texts_of(turn.get("content")))})
    if messages[-1]["role"] != "assistant":
        raise Fault("the last message must be from the assistant")
    word = RESERVED.search(json.dumps(messages, ensure_ascii=False))
    if word:
        raise Fault("the reserved keyword %s is not allowed" % word.group())
    return {"messages": messages}


def texts_of(blocks):
    if not isinstance(blocks, list) or not all(
            isinstance(block, dict) and set(block) == {"text"}
            and isinstance(block["text"], str) for block in blocks):
        raise Fault("content must be a list of text blocks")
    return [block["text"] for block in blocks]
