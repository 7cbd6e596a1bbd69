"""What Vertex demands: training files in Gemini's shape, and the members of a
tuning job."""

from dialect import ApiError
from training_file import Fault, parse_line, same_format

SPECS = ("supervisedTuningSpec", "preferenceOptimizationSpec")
ADAPTERS = {"ADAPTER_SIZE_ONE": 1, "ADAPTER_SIZE_TWO": 2,
            "ADAPTER_SIZE_FOUR": 4, "ADAPTER_SIZE_EIGHT": 8,
            "ADAPTER_SIZE_SIXTEEN": 16, "ADAPTER_SIZE_THIRTY_TWO": 32}
SMALL = frozenset((1, 2, 4, 8))
MIDDLE = SMALL | {16}

# Adapter sizes and dollars per million training tokens.
MODELS = {
    "gemini-3.5-flash": (MIDDLE, 10.0),
    "gemini-3.5-flash-lite": (MIDDLE, 10.0),
    "gemini-3.1-flash-lite": (MIDDLE, 3.0),
    "gemini-2.5-pro": (SMALL, 25.0),
    "gemini-2.5-flash": (MIDDLE, 5.0),
    "gemini-2.5-flash-lite": (MIDDLE, 1.5),
}
MEMBERS = {"baseModel", "preTunedModel", "tunedModelDisplayName",
           "description", "labels", "encryptionSpec", "serviceAccount",
           *SPECS}
SPEC_MEMBERS = {"trainingDatasetUri", "validationDatasetUri",
                "hyperParameters", "exportLastCheckpointOnly"}
HYPER_MEMBERS = {"epochCount", "learningRateMultiplier", "adapterSize"}
LABEL = set("abcdefghijklmnopqrstuvwxyz0123456789_-")


class VertexError(ApiError):
    """A refusal; `fields` are violations, `retry` is a delay in seconds."""

    def __init__(self, status, message, fields=(), retry=None, word=None):
        super().__init__(status, message, headers={
            "Retry-After": str(retry)} if retry else None)
        self.fields = fields
        self.retry = retry
        self.word = word


def find_fields(wish):
    """The violations of a create's body, as (field, description)."""
    found = [(name, "Unknown name: cannot find field.")
             for name in sorted(set(wish) - MEMBERS)]
    specs = [name for name in SPECS if name in wish]
    if len(specs) != 1:
        return found + [("tuning_spec", "Exactly one spec is required.")]
    if ("baseModel" in wish) == ("preTunedModel" in wish):
        found.append(("base_model", "Either base_model or pre_tuned_model is "
                      "required."))
    if len(wish.get("tunedModelDisplayName", "")) > 128:
        found.append(("tuned_model_display_name", "It is longer than 128 "
                      "characters."))
    for key, value in wish.get("labels", {}).items():
        if len(key) > 64 or len(value) > 64 or set(key + value) - LABEL:
            found.append(("labels", "Labels are lower-case letters, digits, "
                          "_ and -, at most 64."))
    return found + spec_fields(wish, specs[0])


def spec_fields(wish, name):
    spec = wish[name]
    found = [(name, "Unknown name: %s." % key)
             for key in sorted(set(spec) - SPEC_MEMBERS)]
    hyper = spec.get("hyperParameters", {})
    known = HYPER_MEMBERS | ({"beta"} if name == SPECS[1] else set())
    found += [("hyper_parameters", "Unknown name: %s." % key)
              for key in sorted(set(hyper) - known)]
    if not isinstance(hyper.get("epochCount", "1"), str):
        found.append(("epoch_count", "int64 is a string in JSON."))
    for key in ("trainingDatasetUri", "validationDatasetUri"):
        uri = spec.get(key)
        if key == "trainingDatasetUri" and not uri:
            found.append(("training_dataset_uri", "It is required."))
        elif uri and not (uri.startswith("gs://")
                          and uri.endswith(".jsonl")):
            found.append((snake(key), "The dataset is not a JSONL file."))
    return found


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


# ------------------------------------------------------------ training files

def gemini_rules(line, found):
    """One line of a supervised or preference file, as the learner and the
    counter of tokens know examples."""
    example = parse_line(line)
    unknown = set(example) - {"systemInstruction", "contents", "tools",
                              "completions"}
    if unknown:
        raise Fault("unknown field '%s'" % sorted(unknown)[0])
    messages = []
    if "systemInstruction" in example:
        messages.append({"role": "system", "content": text_parts(
            example["systemInstruction"], "systemInstruction", False)})
    contents = example.get("contents")
    if not isinstance(contents, list) or not contents:
        raise Fault("'contents' must be a list that is not empty")
    for number, turn in enumerate(contents, 1):
        messages.append(read_turn(turn, "content %d" % number, found))
    roles = [turn["role"] for turn in contents]
    if roles[0] != "user":
        raise Fault("the first content must be the user's")
    found.has_tools |= "tools" in example
    if "completions" in example:
        same_format(found, "preference")
        return preference(example, messages, roles)
    same_format(found, "supervised")
    if roles[-1] != "model":
        raise Fault("the last content must be the model's")
    return {"messages": messages}


def preference(example, messages, roles):
    sides = example["completions"]
    if roles[-1] != "user" or not isinstance(sides, list) or \
            sorted(side.get("score") for side in sides) != [0, 1]:
        raise Fault("'completions' must be two, with the scores 0 and 1")
    texts = {side["score"]: text_parts(side["completion"], "completion",
                                       False) for side in sides}
    return {"input": {"messages": messages},
            "preferred_output": [{"role": "assistant", "content": texts[1]}],
            "non_preferred_output": [{"role": "assistant",
                                      "content": texts[0]}]}


def read_turn(turn, where, found):
    if not isinstance(turn, dict) or turn.get("role") not in ("user",
                                                              "model"):
        raise Fault(where + " has no role 'user' or 'model'")
    if set(turn) - {"role", "parts"}:
        raise Fault(where + " has an unknown field")
    role = "assistant" if turn["role"] == "model" else "user"
    found.has_tools |= any("functionCall" in part
                           for part in turn.get("parts", ())
                           if isinstance(part, dict))
    return {"role": role, "content": text_parts(turn, where, True)}


def text_parts(turn, where, tools):
    """The texts of a turn; calls and answers of functions count as theirs."""
    parts = turn.get("parts") if isinstance(turn, dict) else None
    if not isinstance(parts, list) or not parts:
        raise Fault(where + " has no parts")
    texts = []
    for part in parts:
        if not isinstance(part, dict) or len(part) != 1:
            raise Fault(where + " has a part that is not one thing")
        kind, value = next(iter(part.items()))
        if kind == "text" and isinstance(value, str):
            texts.append(value)
        elif tools and kind == "functionCall" and isinstance(
                value.get("args"), dict) and value.get("name"):
            texts.append("%s(%s)" % (value["name"], value["args"]))
        elif tools and kind == "functionResponse" and isinstance(
                value.get("response"), dict) and value.get("name"):
            texts.append(str(value["response"]))
        else:
            raise Fault("%s has a part '%s' that cannot be read"
                        % (where, kind))
    return "\n".join(texts)
