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

from answers import GENERATORS, MUTATIONS, change_answer
from wire import Hangup, Response

MATCH = {"method", "path", "query", "dialect", "operation", "header",
         "listener", "reused", "nth", "every", "times", "after",
         "probability"}
ACTION = {"delay", "delay_effect", "hangup", "at", "how", "stall_seconds",
          "status", "headers", "body", "type", "effect", "generate", "size",
          "redirect", "set", "drop", "mutate", "slice", "slice_delay",
          "chunked", "http10", "content_length", "continue", "interim",
          "idle_close", "echo_bearer", "repeat_page", "advance"}
HANGUPS = ("headers", "body", "effect", "answer")
MANNERS = ("reset", "close", "stall")
STALL_MAX = 600.0


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

    def __init__(self, clock):
        self._clock = clock
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
                return Plan(rule, request, self._clock)
        return None


class Plan:
    """What one rule does to one request."""

    def __init__(self, rule, request, clock):
        self.rule = rule
        self.action = rule.action
        self._clock = clock
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
        if action.get("advance"):
            self._clock.advance(action["advance"])
        if action.get("repeat_page"):
            request.query.pop("after", None)
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
