"""Misbehaviour on command.

A rule is `{"match": {...}, "action": {...}}`. The first rule, in the order of
their creation, that matches a request *and* is due gives that request a Plan;
the server asks the plan what to do at four moments: before the body is read,
while it is read, after the effect, and while the answer is sent. The words of
both objects are listed in MATCH and ACTION below and explained in
docs/emulator.md; an unknown word is refused, so that a typing error cannot
make a test pass.

Delays here are real seconds and every stall is bounded.
"""

import asyncio
import json
import random
import re
import time
import zlib

from wire import Hangup, Response

MATCH = {"method", "path", "query", "dialect", "operation", "header",
         "listener", "reused", "nth", "every", "times", "after",
         "probability"}
ACTION = {"delay", "delay_effect", "hangup", "at", "how", "stall_seconds",
          "status", "headers", "body", "type", "effect", "generate", "size",
          "redirect", "set", "drop", "mutate", "slice", "slice_delay",
          "chunked", "http10", "content_length", "continue", "interim",
          "idle_close", "echo_bearer"}
HANGUPS = ("headers", "body", "effect", "answer")
MANNERS = ("reset", "close", "stall")
STALL_MAX = 600.0
MIB = 1 << 20


class Rule:
    """One rule and how often it has matched and fired."""

    def __init__(self, number, match, action, seed):
        unknown = (set(match) - MATCH) | (set(action) - ACTION)
        if unknown:
            raise ValueError("unknown words: " + ", ".join(sorted(unknown)))
        if action.get("hangup", "headers") not in HANGUPS:
            raise ValueError("hangup is one of " + ", ".join(HANGUPS))
        if action.get("how", "reset") not in MANNERS:
            raise ValueError("how is one of " + ", ".join(MANNERS))
        if action.get("generate", "html") not in GENERATORS:
            raise ValueError("generate is one of "
                             + ", ".join(sorted(GENERATORS)))
        if action.get("mutate", "bom") not in MUTATIONS:
            raise ValueError("mutate is one of "
                             + ", ".join(sorted(MUTATIONS)))
        self.number = number
        self.match = match
        self.action = action
        self.matched = 0
        self.fired = 0
        self._born = time.monotonic()
        self._path = re.compile(match.get("path", ""))
        self._query = re.compile(match.get("query", ""))
        self._headers = {name.lower(): re.compile(text)
                         for name, text in match.get("header", {}).items()}
        self._chance = random.Random(seed)

    def fires(self, request):
        """Whether this request is one the rule is waiting for."""
        if not self._matches(request):
            return False
        self.matched += 1
        match = self.match
        times = match.get("times", 1)
        due = (self.matched >= match.get("nth", 1)
               and (not times or self.fired < times)
               and (self.matched - match.get("nth", 1))
               % match.get("every", 1) == 0
               and time.monotonic() - self._born >= match.get("after", 0)
               and self._chance.random() < match.get("probability", 1.0))
        self.fired += due
        return due

    def _matches(self, request):
        match = self.match
        dialect = request.dialect.name if request.dialect else None
        return (match.get("method", request.method) == request.method
                and match.get("dialect", dialect) == dialect
                and match.get("operation",
                              request.operation) == request.operation
                and match.get("listener", request.connection.listener)
                == request.connection.listener
                and (not match.get("reused") or request.connection.served)
                and self._path.search(request.path)
                and self._query.search(request.query_text)
                and all(regex.search(request.headers.get(name, ""))
                        for name, regex in self._headers.items()))

    def describe(self):
        return {"id": self.number, "match": self.match, "action": self.action,
                "matched": self.matched, "fired": self.fired}


class Faults:
    """The rules in force."""

    def __init__(self):
        self.rules = []
        self._last = 0

    def add(self, match, action, seed=None):
        self._last += 1
        rule = Rule(self._last, match or {}, action or {},
                    self._last if seed is None else seed)
        self.rules.append(rule)
        return rule

    def clear(self, number=None):
        self.rules = [] if number is None else [
            rule for rule in self.rules if rule.number != number]

    def plan_for(self, request):
        for rule in self.rules:
            if rule.fires(request):
                return Plan(rule, request)
        return None


class Plan:
    """What one rule does to one request."""

    def __init__(self, rule, request):
        self.rule = rule
        self.action = rule.action
        if self.action.get("hangup") == "body":
            request.body_limit = self.action.get("at", 1)

    def manner_of_continue(self):
        return self.action.get("continue", "send")

    async def hang_up(self):
        """End the connection in the manner asked for."""
        how = self.action.get("how", "reset")
        if how == "stall":
            await asyncio.sleep(min(STALL_MAX,
                                    self.action.get("stall_seconds", 60.0)))
        raise Hangup(reset=how == "reset")

    async def carry_out(self, request, handler):
        """Do, or do not do, what the request asks, and give the answer."""
        action = self.action
        if action.get("delay"):
            await asyncio.sleep(action["delay"])
        if action.get("hangup") == "headers":
            await self.hang_up()
        replaced = self._replacement(request)
        if replaced is None or action.get("effect"):
            response = await handler(request)
        else:
            await request.drain()
            response = None
        if action.get("delay_effect"):
            await asyncio.sleep(action["delay_effect"])
        if action.get("hangup") == "effect":
            await self.hang_up()
        response = replaced or response
        if response.length is not None and isinstance(response.body, bytes):
            change_answer(action, request, response)
        return response

    def _replacement(self, request):
        """The answer that the rule gives instead of the true one."""
        action = self.action
        headers = dict(action.get("headers") or {})
        bearer = request.headers.get("authorization", "")
        if action.get("generate"):
            response = GENERATORS[action["generate"]](action.get("size"))
            response.status = action.get("status", response.status)
        elif action.get("redirect"):
            response = Response(action.get("status", 307))
            headers.setdefault("Location", action["redirect"])
        elif "status" in action or "body" in action:
            response = canned(action, bearer)
        else:
            return None
        if action.get("echo_bearer"):
            headers["X-Echo"] = bearer
        response.headers.update(headers)
        return response

    async def transmit(self, connection, request, response):
        """Send the answer the way the rule says. True keeps the connection."""
        action = self.action
        writer = connection.writer
        for status in action.get("interim", ()):
            writer.write(Response(status).text_of_head().encode("latin-1"))
        head, framed = frame(action, request, response)
        sent = 0
        limit = action.get("at", 0) if action.get("hangup") == "answer" \
            else None
        step = action.get("slice") or 64 * 1024
        if limit is not None and limit < 0:
            await self.hang_up()
        await send_sliced(writer, head.encode("latin-1"),
                          action.get("slice"), action.get("slice_delay"))
        async for piece in framed:
            for start in range(0, len(piece), step):
                part = piece[start:start + step]
                if limit is not None and sent + len(part) >= limit:
                    writer.write(part[:limit - sent])
                    await writer.drain()
                    await self._leave_unfinished()
                writer.write(part)
                await writer.drain()
                sent += len(part)
                if action.get("slice_delay"):
                    await asyncio.sleep(action["slice_delay"])
        if limit is not None:
            await self._leave_unfinished()
        return not (action.get("http10") or action.get("idle_close")
                    or request.close or "content_length" in action)

    async def _leave_unfinished(self):
        """Give the kernel a moment to deliver, as RST discards what it has
        not delivered yet, then leave."""
        await asyncio.sleep(0.02)
        await self.hang_up()


def canned(action, bearer):
    """An answer written out in the rule; JSON unless `type` says otherwise."""
    body = action.get("body", "")
    kind = action.get("type")
    if not isinstance(body, str):
        body, kind = json.dumps(body), kind or "application/json"
    if action.get("echo_bearer"):
        body = body.replace("$BEARER", bearer)
    if kind is None:
        kind = "application/json" if body[:1] in "{[" and body else \
            "text/plain"
    return Response(action.get("status", 200), body.encode(),
                    content_type=kind)


async def send_sliced(writer, data, size, delay):
    if not size:
        writer.write(data)
        return
    for start in range(0, len(data), size):
        writer.write(data[start:start + size])
        await writer.drain()
        await asyncio.sleep(delay or 0)


def frame(action, request, response):
    """Head and body stream for the chosen framing."""
    extra = ["Connection: " + ("close" if request.close else "keep-alive")]
    pieces = as_stream(response.body)
    if action.get("http10"):
        return (response.text_of_head("HTTP/1.0"), pieces)
    if action.get("chunked") or response.length is None:
        extra.append("Transfer-Encoding: chunked")
        return (response.text_of_head(extra=extra),
                chunked(pieces, action.get("slice") or 16384))
    length = response.length
    if "content_length" in action:
        told = action["content_length"]
        length = length + int(told) if isinstance(told, str) else told
    return response.text_of_head(length=length, extra=extra), pieces


async def as_stream(body):
    if isinstance(body, bytes):
        if body:
            yield body
    else:
        async for piece in body:
            yield piece


async def chunked(pieces, size):
    async for piece in pieces:
        for start in range(0, len(piece), size):
            part = piece[start:start + size]
            yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


# ---------------------------------------------------------------- answers

def change_answer(action, request, response):
    """Apply set, drop and mutate to a JSON answer."""
    if not {"set", "drop", "mutate", "headers"} & action.keys():
        return
    response.headers.update(action.get("headers") or {})
    if "set" in action or "drop" in action:
        value = json.loads(response.body or b"{}")
        for path, new in action.get("set", {}).items():
            set_path(value, path.split("."), new)
        for path in action.get("drop", ()):
            drop_path(value, path.split("."))
        response.body = json.dumps(value).encode()
    if action.get("mutate"):
        response.body = MUTATIONS[action["mutate"]](response.body)
    response.length = len(response.body)


def set_path(value, path, new):
    *parents, last = path
    for name in parents:
        value = value[int(name)] if isinstance(value, list) \
            else value.setdefault(name, {})
    if isinstance(value, list):
        value[int(last)] = new
    else:
        value[last] = new


def drop_path(value, path):
    *parents, last = path
    for name in parents:
        value = value[int(name)] if isinstance(value, list) else value[name]
    if isinstance(value, list):
        del value[int(last)]
    else:
        value.pop(last, None)


def over_items(change):
    """A mutation of the list in `data` (or `metrics`) of a page."""
    def mutate(body):
        page = json.loads(body)
        name = "metrics" if "metrics" in page else "data"
        page[name] = change(page.get(name, []))
        return json.dumps(page).encode()
    return mutate


def shuffled(items):
    random.Random(len(items)).shuffle(items)
    return items


def repeated_keys(body):
    """Every top-level member of the object twice, the first with null."""
    value = json.loads(body)
    nulls = b",".join(json.dumps(name).encode() + b":null" for name in value)
    return b"{" + nulls + (b"," if nulls else b"") + body.lstrip()[1:]


MUTATIONS = {
    "bom": lambda body: b"\xef\xbb\xbf" + body,
    "nul": lambda body: body.replace(b'":"', b'":"\\u0000', 1),
    "raw_nul": lambda body: body[:1] + b"\0" + body[1:],
    "invalid_utf8": lambda body: body.replace(b'":"', b'":"\xc3\x28', 1),
    "lone_surrogate": lambda body: body.replace(b'":"', b'":"\\ud800', 1),
    "duplicate_keys": repeated_keys,
    "truncated_json": lambda body: body[:max(1, len(body) * 2 // 3)],
    "trailing_garbage": lambda body: body + b'{"x":',
    "unknown_fields": lambda body: body.rstrip()[:-1]
    + b',"new_thing":{"deep":[1,2,{"x":null}]}}',
    "duplicate_items": over_items(lambda items: items + items),
    "reverse_items": over_items(lambda items: items[::-1]),
    "shuffle_items": over_items(shuffled),
    "null_data": over_items(
        lambda items: [dict(item, data=None) for item in items]),
    "no_items": over_items(lambda items: []),
    "always_more": lambda body: json.dumps(
        dict(json.loads(body), has_more=True)).encode(),
}


# ------------------------------------------------------------- generators

def fixed(kind, make):
    return lambda size: Response(200, make(size), content_type=kind)


def streamed(kind, pieces, headers=None):
    """An answer of unknown length, sent chunked."""
    def make(size):
        response = Response(200, pieces(size or 256 * MIB), headers, kind,
                            length=0)
        response.length = None
        return response
    return make


async def drip(size):
    """A JSON text of one endless string."""
    yield b'{"message":"'
    for _ in range(size // 65536):
        yield b"x" * 65536
    yield b'"}'


async def gzip_bomb(size):
    """`size` bytes of JSON white space, compressed a thousand to one."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    spaces = b" " * MIB
    for _ in range(max(1, size // MIB)):
        yield squeeze.compress(spaces)
        await asyncio.sleep(0)
    yield squeeze.compress(b"{}") + squeeze.flush()


JSON = "application/json"
GENERATORS = {
    "html": fixed("text/html; charset=utf-8", lambda size: (
        b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>"
        b"<h1>Welcome to the hotel network</h1></body></html>")),
    "empty": fixed(JSON, lambda size: b""),
    "invalid_json": fixed(JSON, lambda size: b"{'status': ok,,}"),
    "not_an_object": fixed(JSON, lambda size: b'["succeeded"]'),
    "huge": fixed(JSON, lambda size: b'{"error":{"message":"%s"}}' % (
        b"x" * (size or 10 * MIB))),
    "nested": fixed(JSON, lambda size: b'{"a":%s%s}' % (
        b"[" * (size or 100000), b"]" * (size or 100000))),
    "fields": fixed(JSON, lambda size: b"{%s}" % b",".join(
        b'"f%d":%d' % (i, i) for i in range(size or 1000000))),
    "huge_number": fixed(JSON, lambda size: (
        b'{"id":"x","status":"running","trained_tokens":1e400,'
        b'"created_at":1e400}')),
    "long_id": fixed(JSON, lambda size: b'{"id":"%s","status":"running"}' % (
        b"i" * (size or 4096))),
    "drip": streamed(JSON, drip),
    "gzip_bomb": streamed(JSON, gzip_bomb, {"Content-Encoding": "gzip"}),
}
