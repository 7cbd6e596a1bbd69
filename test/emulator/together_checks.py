"""What Together refuses in a request for a job, and the small readings of its
parameters that the routes share."""

from dialect import ApiError
from together_objects import MODELS

CREATE_FIELDS = {
    "training_file", "validation_file", "model", "n_epochs", "n_checkpoints",
    "n_evals", "batch_size", "gradient_accumulation_steps", "max_seq_length",
    "packing", "learning_rate", "lr_scheduler", "warmup_ratio",
    "max_grad_norm", "weight_decay", "random_seed", "suffix",
    "training_method", "train_on_inputs", "training_type",
    "multimodal_params", "from_checkpoint", "from_hf_model",
    "hf_model_revision", "hf_api_token", "hf_output_repo_name",
    "early_stopping_enabled", "early_stopping_patience",
    "early_stopping_min_delta", "early_stopping_warmup_evals",
    "wandb_api_key", "wandb_key", "wandb_base_url", "wandb_project_name",
    "wandb_name", "wandb_entity"}
LORA = {"type": "Lora", "lora_r": 64, "lora_alpha": 128, "lora_dropout": 0,
        "lora_trainable_modules": "all-linear"}


def invalid(name, text):
    return ApiError(400, "%s: %s" % (name, text), "invalid_value", param=name)


def check_create(wish, settings):
    unknown = set(wish) - CREATE_FIELDS
    if unknown and settings.strict_fields:
        raise ApiError(422, "Unknown field: " + sorted(unknown)[0],
                       "unknown_field", param=sorted(unknown)[0])
    if not isinstance(wish.get("training_file"), str):
        raise invalid("training_file", "is required")
    if not wish.get("model") and not wish.get("from_checkpoint"):
        raise invalid("model", "is required")
    if settings.batch_size_required and "batch_size" not in wish:
        raise ApiError(500, "Internal server error", kind="server_error")
    suffix = wish.get("suffix")
    if suffix is not None and not (isinstance(suffix, str)
                                   and len(suffix) <= 64):
        raise invalid("suffix", "must be at most 64 characters")
    evals = wish.get("n_evals") or 0
    if bool(wish.get("validation_file")) != bool(evals):
        raise invalid("validation_file", "must be given exactly when n_evals "
                      "is above 0")
    check_method(wish.get("training_method"))
    check_type(wish.get("training_type"))
    check_ranges(wish)
    if wish.get("early_stopping_enabled") and evals < (
            wish.get("early_stopping_patience", 2)
            + wish.get("early_stopping_warmup_evals", 1) + 1):
        raise invalid("early_stopping_enabled", "needs more n_evals")


def check_method(method):
    if method is None:
        return
    if not isinstance(method, dict) or method.get("method") not in ("sft",
                                                                    "dpo"):
        raise invalid("training_method", "method must be sft or dpo")
    if method["method"] == "sft" and \
            method.get("train_on_inputs") not in (True, False, "auto"):
        raise invalid("training_method", "train_on_inputs is required")


def check_type(kind):
    if kind is None:
        return
    if not isinstance(kind, dict) or kind.get("type") not in ("Full", "Lora"):
        raise invalid("training_type", "type must be Full or Lora")
    if kind["type"] == "Lora":
        if not all(isinstance(kind.get(name), int)
                   for name in ("lora_r", "lora_alpha")):
            raise invalid("training_type", "lora_r and lora_alpha are "
                          "required integers")
        if not 0 <= kind.get("lora_dropout", 0) < 1:
            raise invalid("training_type", "lora_dropout must be in [0, 1)")


RANGES = (("n_epochs", 1, 20, True), ("n_checkpoints", 1, 10, True),
          ("n_evals", 0, 100, True), ("learning_rate", 1e-8, 0.01, False),
          ("warmup_ratio", 0, 1, False), ("max_grad_norm", 0, 1e9, False),
          ("weight_decay", 0, 1e9, False),
          ("gradient_accumulation_steps", 0, 1 << 20, True),
          ("random_seed", 0, (1 << 63) - 1, True))


def check_ranges(wish):
    for name, low, high, is_whole in RANGES:
        value = wish.get(name)
        if value is None:
            continue
        kinds = int if is_whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) \
                or not low <= value <= high:
            raise invalid(name, "must be between %s and %s" % (low, high))


def check_limits(wish, model):
    """What depends on the model."""
    limits = MODELS[model]
    kind = wish.get("training_type") or LORA
    largest = limits.max_batch
    if kind["type"] == "Full":
        if limits.full_batch is None:
            raise invalid("training_type", "%s supports only LoRA" % model)
        largest = limits.full_batch
    elif kind["lora_r"] > limits.max_rank:
        raise invalid("training_type", "lora_r must be at most %d"
                      % limits.max_rank)
    batch = wish.get("batch_size", "max")
    least = 1 if kind["type"] == "Full" else limits.min_batch
    if batch != "max" and (isinstance(batch, bool)
                           or not isinstance(batch, int)
                           or not least <= batch <= largest):
        raise invalid("batch_size", "must be \"max\" or between %d and %d"
                      % (least, largest))
    length = wish.get("max_seq_length")
    if length is not None and not 2048 <= length <= limits.sft:
        raise invalid("max_seq_length", "must be between 2048 and %d"
                      % limits.sft)


def whole(query, name, default):
    text = query.get(name)
    if text is None:
        return default
    if not text.isdigit():
        raise ApiError(400, "%s must be an integer" % name, param=name)
    return int(text)


def learner_rate(rate):
    """The learner's multiplier for a learning rate of a language model: 1 at
    1e-4, and four times the one is twice the other."""
    return min(8.0, max(0.1, (rate / 1e-4) ** 0.5))


def preview_row(row, on_inputs):
    """The text cut every four bytes, as the token rule counts."""
    prompt, answer = row
    head = pieces("\n".join(part for part in prompt if part))
    tail = pieces(answer)
    ids = [sum(piece.encode()) for piece in head + tail]
    labels = ids if on_inputs else [-100] * len(head) + ids[len(head):]
    start = 0 if on_inputs else len(head)
    return {"input_ids": ids, "labels": labels, "tokens": head + tail,
            "trained_spans": [[start, len(ids)]], "num_tokens": len(ids),
            "num_trained_tokens": len(ids) - start, "truncated": False}


def pieces(text):
    return [text[start:start + 4] for start in range(0, len(text), 4)]
