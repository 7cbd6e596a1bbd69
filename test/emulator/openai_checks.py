"""What OpenAI refuses in a request for a job, and the small readings of its
parameters that the routes share."""

import re

from dialect import ApiError
from openai_objects import BASE_MODELS

CREATE_FIELDS = {"model", "training_file", "validation_file", "suffix",
                 "seed", "method", "hyperparameters", "integrations",
                 "metadata"}


def model_not_available(model):
    return ApiError(400, "Model %s is not available for fine-tuning or does "
                    "not exist." % model, "model_not_available",
                    param="model")


def invalid(param, text="Invalid value for '%s'."):
    return ApiError(400, text % param, "invalid_value", param=param)


def check_create(wish, strict):
    unknown = set(wish) - CREATE_FIELDS
    if unknown and strict:
        raise ApiError(400, "Unknown parameter: '%s'." % sorted(unknown)[0],
                       "unknown_parameter", param=sorted(unknown)[0])
    for name in ("model", "training_file"):
        if not isinstance(wish.get(name), str):
            raise ApiError(400, "Missing required parameter: '%s'." % name,
                           "missing_required_parameter", param=name)
    suffix = wish.get("suffix")
    if suffix is not None and not (isinstance(suffix, str)
                                   and 1 <= len(suffix) <= 64):
        raise invalid("suffix")
    seed = wish.get("seed")
    if seed is not None and not (is_int(seed) and 0 <= seed <= 2147483647):
        raise invalid("seed")
    check_metadata(wish.get("metadata"))
    check_integrations(wish.get("integrations"))


def check_metadata(metadata):
    if metadata is None:
        return
    if not isinstance(metadata, dict) or len(metadata) > 16 or not all(
            len(name) <= 64 and isinstance(value, str) and len(value) <= 512
            for name, value in metadata.items()):
        raise invalid("metadata")


def check_integrations(integrations):
    if integrations is None:
        return
    if not isinstance(integrations, list) or len(integrations) > 5 or not all(
            isinstance(one, dict) and one.get("type") == "wandb"
            and isinstance(one.get("wandb"), dict)
            and isinstance(one["wandb"].get("project"), str)
            for one in integrations):
        raise invalid("integrations")


def checked_method(wish, base):
    """The method and its hyperparameters, in the new form."""
    method = wish.get("method")
    if method is not None and wish.get("hyperparameters") is not None:
        raise ApiError(400, "'hyperparameters' cannot be given together with "
                       "'method'.", "invalid_value", param="hyperparameters")
    if method is None:
        method = {"type": "supervised", "supervised": {
            "hyperparameters": wish.get("hyperparameters") or {}}}
    kind = method.get("type") if isinstance(method, dict) else None
    if kind not in ("supervised", "dpo", "reinforcement"):
        raise invalid("method.type")
    if set(method) - {"type", kind}:
        raise invalid("method")
    if kind not in BASE_MODELS[base].methods:
        raise ApiError(400, "The model %s cannot be tuned with the method "
                       "'%s'." % (base, kind), "unsupported_method",
                       param="method.type")
    parameters = (method.get(kind) or {}).get("hyperparameters") or {}
    check_hyperparameters(parameters, kind)
    return {"type": kind, "hyperparameters": parameters}


def check_hyperparameters(parameters, kind):
    ranges = {"n_epochs": (1, 50, True), "batch_size": (1, 256, True),
              "learning_rate_multiplier": (0, 1e9, False)}
    if kind == "dpo":
        ranges["beta"] = (0, 2, False)
    for name, value in parameters.items():
        where = "method.%s.hyperparameters.%s" % (kind, name)
        if name not in ranges:
            raise ApiError(400, "Unknown parameter: '%s'." % where,
                           "unknown_parameter", param=where)
        low, high, whole = ranges[name]
        if value == "auto":
            continue
        if whole and not (is_int(value) and low <= value <= high):
            raise invalid(where)
        if not whole and not (is_number(value) and low < value <= high):
            raise invalid(where)


def is_int(value):
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def resolve(asked, n):
    """(epochs, batch, rate) for "auto", by the published rule of thumb."""
    epochs, batch, rate = (asked["n_epochs"], asked["batch_size"],
                           asked["learning_rate_multiplier"])
    if epochs == "auto":
        epochs = 3
        if epochs * n < 100:
            epochs = min(25, 100 // n)
        elif epochs * n > 25000:
            epochs = max(1, 25000 // n)
    if batch == "auto":
        batch = max(1, min(256, round(n * 0.002)))
    return epochs, batch, 1.0 if rate == "auto" else float(rate)


def metadata_filter(query):
    """A predicate over a job's metadata from `metadata[k]=v` and
    `metadata=null`, or None."""
    if query.get("metadata") == "null":
        return lambda metadata: not metadata
    pairs = {name[9:-1]: value for name, value in query.items()
             if name.startswith("metadata[") and name.endswith("]")}
    if not pairs:
        return None
    return lambda metadata: bool(metadata) and all(
        metadata.get(name) == value for name, value in pairs.items())


def clean(suffix):
    """A suffix as it appears in a model id."""
    return re.sub(r"[^a-z0-9-]+", "-", (suffix or "").lower()).strip("-")
