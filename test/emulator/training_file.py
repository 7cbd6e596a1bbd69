"""Reading a training file the way a provider does: every line parsed, every
fault named with its line, tokens counted, and the rows that the learner will
see extracted.

Files are read in slices, so that validating one does not stop the polls of
other jobs, and the result is kept by content hash: a thousand jobs on one file
read it once. Of a very big file the beginning is read (`inspect_bytes`) and
the counts are extended to the whole.
"""

import asyncio
import json
import re

from clock import Slices

ERRORS_KEPT = 20

MESSAGE_KEYS = {"role", "content", "name", "tool_calls", "tool_call_id",
                "function_call", "weight", "refusal"}
TOGETHER_KEYS = MESSAGE_KEYS | {"reasoning", "reasoning_content"}
SPECIAL = re.compile(r"<\|(?:endoftext|endofprompt|fim_prefix|fim_middle|"
                     r"fim_suffix|im_start|im_end)\|>")


class Fault(Exception):
    """What is wrong with one line."""


class Inspection:
    """What reading a file found. `rows` are (prompt, completion) pairs, at
    most as many as asked for; `errors` are (line number, message)."""

    def __init__(self):
        self.lines = 0
        self.tokens = 0
        self.rows = []
        self.errors = []
        self.error_count = 0
        self.format = None
        self.has_tools = False
        self.has_parallel_tool_calls = False
        self.has_message_weights = False
        self.has_sample_weights = False
        self.has_reasoning = False
        self.is_multimodal = False

    @property
    def valid(self):
        return not self.error_count

    def add_error(self, line, message):
        self.error_count += 1
        if len(self.errors) < ERRORS_KEPT:
            self.errors.append((line, message))


class Reader:
    """Reads files by the rules of one dialect and remembers the results."""

    def __init__(self, world, rules):
        self._world = world
        self._rules = rules
        self._known = {}

    async def inspect(self, blob):
        """The inspection of a blob; shared while it is being made."""
        settings = self._world.settings
        key = (blob.sha256, blob.size, settings.token_rule,
               settings.learner_rows, settings.inspect_bytes)
        if key not in self._known:
            self._known[key] = asyncio.ensure_future(self._read(blob))
        return await asyncio.shield(self._known[key])

    async def _read(self, blob):
        found = Inspection()
        rows_max = self._world.settings.learner_rows
        bytes_max = self._world.settings.inspect_bytes
        read = 0
        slices = Slices()
        for line in blob.lines():
            if read > bytes_max:
                break
            read += len(line) + 1
            found.lines += 1
            try:
                example = self._rules(line, found)
                found.tokens += self._count(example)
                if len(found.rows) < rows_max:
                    found.rows.append(prompt_and_completion(example))
            except Fault as fault:
                found.add_error(found.lines, str(fault))
            await slices.pause()
        if read and blob.size > read:
            found.tokens = int(found.tokens * blob.size / read)
            found.lines = int(found.lines * blob.size / read)
        return found

    def _count(self, example):
        return count_example(example, self._world.count_tokens)


def count_example(example, count):
    """Tokens of one example: of each text, with the chat overhead of three a
    message and one for its role, and three for the reply's beginning."""
    if "text" in example:
        return count(example["text"])
    if "prompt" in example:
        return count(example["prompt"]) + count(example["completion"])
    return 3 + sum(count_message(message, count)
                   for message in all_messages(example))


def count_message(message, count):
    total = 4 + count(text_of(message.get("content")))
    if message.get("name"):
        total += 1 + count(message["name"])
    for call in message.get("tool_calls") or ():
        function = call.get("function", {})
        total += 3 + count(function.get("name", "")) \
            + count(function.get("arguments", ""))
    return total


def all_messages(example):
    if "messages" in example:
        return example["messages"]
    return (example["input"]["messages"] + example["preferred_output"]
            + example["non_preferred_output"])


def text_of(content):
    """Content as text: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part.get("text", "") for part in content
                         if isinstance(part, dict))
    return ""


def prompt_of(messages):
    """What the learner sees of a conversation: the system message and the
    last user message."""
    system = user = ""
    for message in messages:
        if message.get("role") in ("system", "developer"):
            system = text_of(message.get("content"))
        elif message.get("role") == "user":
            user = text_of(message.get("content"))
    return system, user


def prompt_and_completion(example):
    if "text" in example:
        return ("", ""), example["text"]
    if "prompt" in example:
        return ("", example["prompt"]), example["completion"]
    if "preferred_output" in example:
        messages = example["input"]["messages"]
        answer = example["preferred_output"][-1]
    else:
        messages = example["messages"]
        answer = messages[-1]
    return prompt_of(messages), answer_text(answer)


def answer_text(message):
    if message.get("tool_calls"):
        return json.dumps(message["tool_calls"], ensure_ascii=False)
    return text_of(message.get("content"))


# ------------------------------------------------------------ shared rules

def parse_line(line):
    """The object on a line; raises Fault."""
    if not line.strip():
        raise Fault("the line is blank")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("the line is not valid UTF-8") from None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise Fault("the line is not valid JSON") from None
    if not isinstance(value, dict):
        raise Fault("the line is not a JSON object")
    return value


def check_messages(messages, keys, roles, found):
    if not isinstance(messages, list) or not messages:
        raise Fault("'messages' must be a non-empty list")
    for number, message in enumerate(messages, 1):
        where = "message %d" % number
        if not isinstance(message, dict):
            raise Fault(where + " is not an object")
        unknown = set(message) - keys
        if unknown:
            raise Fault("%s has the unrecognized key '%s'"
                        % (where, sorted(unknown)[0]))
        role = message.get("role")
        if role is None:
            raise Fault(where + " is missing the required key 'role'")
        if role not in roles:
            raise Fault("%s has the unrecognized role '%s'" % (where, role))
        check_content(message, where, found)
        check_weight(message, where, found)


def check_content(message, where, found):
    content = message.get("content")
    calls = message.get("tool_calls")
    if calls is not None:
        check_tool_calls(calls, where)
        found.has_tools = True
        found.has_parallel_tool_calls |= len(calls) > 1
    found.has_reasoning |= bool(message.get("reasoning")
                                or message.get("reasoning_content"))
    if isinstance(content, list):
        if not all(isinstance(part, dict) and "type" in part
                   for part in content):
            raise Fault(where + " has a content part without 'type'")
        images = [part for part in content if part["type"] == "image_url"]
        if images and message["role"] != "user":
            raise Fault(where + " has an image outside a user message")
        found.is_multimodal |= bool(images)
    elif content is None:
        if not (message["role"] == "assistant"
                and (calls or message.get("function_call"))):
            raise Fault(where + " has no content")
    elif not isinstance(content, str):
        raise Fault(where + " has a content that is neither text nor a list")
    elif not content and message["role"] == "assistant" and not calls:
        raise Fault(where + " has an empty content")


def check_tool_calls(calls, where):
    for call in calls if isinstance(calls, list) else [None]:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict) \
                or not isinstance(function.get("name"), str) \
                or not isinstance(function.get("arguments"), str):
            raise Fault(where + " has a malformed tool call")
        try:
            json.loads(function["arguments"])
        except ValueError:
            raise Fault(where + " has tool call arguments that are not JSON") \
                from None


def check_weight(message, where, found):
    if "weight" not in message:
        return
    found.has_message_weights = True
    if message["role"] != "assistant" or message["weight"] not in (0, 1) \
            or isinstance(message["weight"], bool):
        raise Fault(where + " has a 'weight' that is not 0 or 1 on an "
                    "assistant message")


def same_format(found, name):
    if found.format is None:
        found.format = name
    elif found.format != name:
        raise Fault("the line is a '%s' example in a '%s' file"
                    % (name, found.format))


def check_preference(example, keys, roles, found):
    source = example.get("input")
    if not isinstance(source, dict):
        raise Fault("'input' must be an object")
    check_messages(source.get("messages"), keys, roles, found)
    for name in ("preferred_output", "non_preferred_output"):
        side = example.get(name)
        check_messages(side, keys, roles, found)
        if len(side) != 1 or side[0]["role"] != "assistant":
            raise Fault("'%s' must be exactly one assistant message" % name)


def check_strings(example, names):
    for name in names:
        if not isinstance(example.get(name), str):
            raise Fault("'%s' must be a string" % name)


# ------------------------------------------------------- rules per dialect

OPENAI_ROLES = {"system", "developer", "user", "assistant", "tool",
                "function"}
TOGETHER_ROLES = {"system", "user", "assistant", "tool"}


def openai_rules(line, found):
    """One line of a chat, preference or completion file for OpenAI."""
    example = parse_line(line)
    for old in ("preferred", "non_preferred"):
        if old + "_completion" in example:
            example[old + "_output"] = example.pop(old + "_completion")
    if "preferred_output" in example:
        same_format(found, "preference")
        check_preference(example, MESSAGE_KEYS, OPENAI_ROLES, found)
    elif "prompt" in example and "messages" not in example:
        same_format(found, "completion")
        check_strings(example, ("prompt", "completion"))
    else:
        same_format(found, "chat")
        check_openai_chat(example, found)
    if SPECIAL.search(line.decode("utf-8")):
        raise Fault("the example contains an invalid token")
    return example


def check_openai_chat(example, found):
    unknown = set(example) - {"messages", "tools", "parallel_tool_calls",
                              "functions"}
    if "messages" not in example:
        raise Fault("the example is missing the key 'messages'")
    if unknown:
        raise Fault("the example has the unrecognized key '%s'"
                    % sorted(unknown)[0])
    check_messages(example["messages"], MESSAGE_KEYS, OPENAI_ROLES, found)
    roles = [message["role"] for message in example["messages"]]
    if "assistant" not in roles:
        raise Fault("the example has no assistant message")
    if roles[-1] != "assistant":
        raise Fault("the last message must be from the assistant")


def together_rules(line, found):
    """One line of any of Together's JSONL formats."""
    example = parse_line(line)
    weight = example.pop("weight", None)
    if weight is not None:
        found.has_sample_weights = True
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) \
                or weight < 0:
            raise Fault("'weight' must be a number that is not negative")
    tools = example.pop("tools", None)
    found.has_tools |= tools is not None
    columns = frozenset(example)
    if columns == {"messages"}:
        same_format(found, "conversation")
        check_conversation(example["messages"], found)
    elif columns == {"prompt", "completion"}:
        same_format(found, "instruction")
        check_strings(example, ("prompt", "completion"))
    elif columns == {"text"}:
        same_format(found, "general")
        check_strings(example, ("text",))
    elif columns == {"input", "preferred_output", "non_preferred_output"}:
        same_format(found, "preference")
        check_preference(example, TOGETHER_KEYS, TOGETHER_ROLES, found)
    else:
        raise Fault("the columns {%s} fit no known format"
                    % ", ".join(sorted(columns)))
    return example


def check_conversation(messages, found):
    check_messages(messages, TOGETHER_KEYS, TOGETHER_ROLES, found)
    roles = [message["role"] for message in messages]
    if roles[0] not in ("system", "user"):
        raise Fault("the first message must be from the system or the user")
    if "assistant" not in roles:
        raise Fault("the example has no assistant message")
    turns = [role for role in roles if role in ("user", "assistant")]
    if "tool" not in roles and any(
            one == two for one, two in zip(turns, turns[1:])):
        raise Fault("user and assistant messages must alternate")
