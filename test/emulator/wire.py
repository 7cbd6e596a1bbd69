"""A small HTTP/1.1 server over asyncio streams.

It exists, instead of http.server, because a test has to reach the wire: a
fault may reset the connection in the middle of a body, lie about a length, or
never answer. The server therefore parses heads itself, streams request bodies
without holding them, and hands the sending of an answer to the fault plan of
the request when there is one.

Invariants: one request of a connection is handled at a time; a body that the
handler leaves unread is drained before the next head is parsed; an exception
in a handler becomes a 500 and never ends the server.
"""

import asyncio
import json
import socket
import struct
import sys
import time
import traceback
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

HEAD_MAX = 64 * 1024
PIECE = 1 << 20
JSON_MAX = 16 << 20

encode_json = json.JSONEncoder(ensure_ascii=False,
                               separators=(",", ":")).encode
REASONS = {status.value: status.phrase for status in HTTPStatus}


class Hangup(Exception):
    """End the connection now; with `reset` the peer sees RST, not FIN."""

    def __init__(self, reset=False):
        super().__init__("reset" if reset else "close")
        self.reset = reset


class BadRequest(Exception):
    """The bytes are not a request that HTTP/1.1 allows."""

    def __init__(self, status, text):
        super().__init__(text)
        self.status = status
        self.text = text


class Response:
    """An answer: `body` is bytes, or an async iterable of bytes whose total
    `length` is known."""

    __slots__ = ("status", "headers", "body", "length")

    def __init__(self, status=200, body=b"", headers=None,
                 content_type=None, length=None):
        self.status = status
        self.body = body
        self.headers = dict(headers or {})
        self.length = len(body) if length is None else length
        if content_type:
            self.headers.setdefault("Content-Type", content_type)

    @classmethod
    def json(cls, value, status=200, headers=None):
        body = encode_json(value).encode("utf-8", "replace")
        return cls(status, body, headers, "application/json")

    def text_of_head(self, version="HTTP/1.1", length=None, extra=()):
        """Status line and headers, ended by the empty line."""
        lines = ["%s %d %s" % (version, self.status,
                               REASONS.get(self.status, "Unknown"))]
        lines += ["%s: %s" % pair for pair in self.headers.items()]
        if length is not None:
            lines.append("Content-Length: %s" % length)
        lines += extra
        return "\r\n".join(lines) + "\r\n\r\n"


class Request:
    """A parsed head, and the means to read the body that follows it."""

    __slots__ = ("method", "target", "path", "query_text", "headers",
                 "version", "connection", "received", "body_limit", "plan",
                 "close", "invited",
                 "dialect", "operation", "account", "key", "local_path",
                 "found", "content",
                 "_left", "_chunked", "_query", "_finished")

    def __init__(self, connection, method, target, version, headers):
        self.connection = connection
        self.method = method
        self.target = target
        self.version = version
        self.headers = headers
        path, _, self.query_text = target.partition("?")
        self.path = path
        self.received = 0
        self.body_limit = None
        self.plan = None
        self.invited = False            # a waiting client was told to send
        self.close = (version == "HTTP/1.0"
                      or headers.get("connection", "").lower() == "close")
        self.dialect = self.operation = self.account = self.key = None
        self.local_path = path
        self.found = self.content = None
        self._query = None
        self._chunked = "chunked" in headers.get("transfer-encoding", "")
        self._left = self._declared_length()
        self._finished = not self._chunked and self._left == 0

    def _declared_length(self):
        text = self.headers.get("content-length", "0").strip()
        if not text.isdigit():
            raise BadRequest(400, "bad Content-Length")
        return int(text)

    @property
    def query(self):
        """Query parameters as a dict; a repeated name keeps its last value."""
        if self._query is None:
            self._query = dict(parse_qsl(self.query_text,
                                         keep_blank_values=True))
        return self._query

    @property
    def segments(self):
        return [unquote(part) for part in self.local_path.split("/") if part]

    @property
    def content_type(self):
        return self.headers.get("content-type", "").split(";")[0].strip()

    @property
    def declared_bytes(self):
        return None if self._chunked else self._left

    @property
    def is_chunked(self):
        return self._chunked

    async def pieces(self):
        """The body as it arrives. Ends the connection when a fault asked for
        that after so many bytes."""
        if self._finished:
            return
        if not self.invited:
            self.invited = True
            await self.connection.invite_body(self)
        source = self._chunk_pieces() if self._chunked else self._plain()
        async for piece in source:
            self.received += len(piece)
            if self.body_limit is not None \
                    and self.received >= self.body_limit:
                await self.plan.hang_up()
            yield piece
        self._finished = True

    async def _plain(self):
        reader = self.connection.reader
        while self._left:
            piece = await reader.read(min(self._left, PIECE))
            if not piece:
                raise ConnectionResetError("peer left in the middle of a body")
            self._left -= len(piece)
            yield piece

    async def _chunk_pieces(self):
        reader = self.connection.reader
        while True:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            while size:
                piece = await reader.read(min(size, PIECE))
                if not piece:
                    raise ConnectionResetError("peer left inside a chunk")
                size -= len(piece)
                yield piece
                if not size:
                    await reader.readexactly(2)
            if line.split(b";")[0].strip().strip(b"0") == b"":
                while (await reader.readuntil(b"\r\n")) != b"\r\n":
                    pass
                return

    async def body(self, limit=JSON_MAX):
        """The whole body; refuses one above `limit`."""
        parts = []
        async for piece in self.pieces():
            if self.received > limit:
                raise BadRequest(413, "request body too large")
            parts.append(piece)
        return b"".join(parts)

    async def drain(self):
        """Read what the handler left. A client that still waits to be told
        to send its body is answered instead, and the connection ends."""
        if self.expects_continue and not self.invited:
            self.close = True
            return
        async for _ in self.pieces():
            pass

    @property
    def expects_continue(self):
        return self.headers.get("expect", "").lower() == "100-continue"


class Connection:
    """One peer: its streams and how many requests it has made."""

    __slots__ = ("reader", "writer", "served", "listener", "secure")

    def __init__(self, reader, writer, listener, secure):
        self.reader = reader
        self.writer = writer
        self.listener = listener
        self.secure = secure
        self.served = 0

    async def invite_body(self, request):
        """Answer Expect: 100-continue unless a fault says how not to."""
        if not request.expects_continue:
            return
        manner = request.plan.manner_of_continue() if request.plan else "send"
        if manner == "send":
            self.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        elif manner == "refuse":
            raise BadRequest(417, "expectation failed")

    def abort(self, reset):
        """Close without flushing; with `reset` make the kernel send RST."""
        sock = self.writer.get_extra_info("socket")
        if reset and sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                            struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def read_head(self):
        """The next request, or None when the peer is done."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError:
            raise BadRequest(431, "headers too large") from None
        if len(head) > HEAD_MAX:
            raise BadRequest(431, "headers too large")
        return self._parse(head.decode("latin-1"))

    def _parse(self, head):
        first, *lines = head.split("\r\n")[:-2]
        try:
            method, target, version = first.split(" ")
        except ValueError:
            raise BadRequest(400, "bad request line") from None
        if not version.startswith("HTTP/1."):
            raise BadRequest(505, "HTTP version not supported")
        headers = {}
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon or name != name.strip():
                raise BadRequest(400, "bad header line")
            name = name.lower()
            value = value.strip()
            if name in headers:
                if name == "content-length":
                    raise BadRequest(400, "repeated Content-Length")
                value = headers[name] + ", " + value
            headers[name] = value
        return Request(self, method, target, version, headers)


class HttpServer:
    """Listens on loopback and passes requests to `handler`, a coroutine
    function from Request to Response. `plan_for(request)` gives the fault plan
    or None; `seen(request, response)` is told about each answered request."""

    def __init__(self, listener, handler, plan_for, seen):
        self.listener = listener
        self._handler = handler
        self._plan_for = plan_for
        self._seen = seen
        self._server = None
        self._date = (0, "")
        self.secure = False

    async def listen(self, port, tls=None):
        self.secure = tls is not None
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", port, limit=PIECE, ssl=tls,
            backlog=1024)
        return self._server.sockets[0].getsockname()[1]

    def close(self):
        self._server.close()

    async def _serve(self, reader, writer):
        connection = Connection(reader, writer, self.listener, self.secure)
        try:
            while await self._exchange(connection):
                connection.served += 1
        except Hangup as hangup:
            connection.abort(hangup.reset)
        except (ConnectionError, asyncio.IncompleteReadError, OSError):
            connection.abort(False)
        finally:
            writer.close()

    async def _exchange(self, connection):
        """One request and its answer; False when the connection is over."""
        try:
            request = await connection.read_head()
        except BadRequest as bad:
            await self._send(connection, refusal(bad), close=True)
            return False
        if request is None:
            return False
        request.plan = plan = self._plan_for(request)
        response = await self._answer(request)
        self._seen(request, response)
        if plan is not None:
            return await plan.transmit(connection, request, response)
        await self._send(connection, response, request.close)
        return not request.close

    async def _answer(self, request):
        try:
            plan = request.plan
            if plan is None:
                response = await self._handler(request)
            else:
                response = await plan.carry_out(request, self._handler)
            if not request._finished:
                await request.drain()
            return response
        except BadRequest as bad:
            request.close = True    # what is left of the body is unread
            return refusal(bad)
        except (Hangup, ConnectionError, asyncio.IncompleteReadError):
            self._seen(request, None)
            raise
        except Exception:
            traceback.print_exc(file=sys.stderr)
            request.close = True
            return Response(500, b"the emulator failed; see its log\n",
                            content_type="text/plain")

    async def _send(self, connection, response, close):
        extra = ["Date: " + self._now(),
                 "Connection: " + ("close" if close else "keep-alive")]
        head = response.text_of_head(length=response.length, extra=extra)
        writer = connection.writer
        if isinstance(response.body, bytes):
            writer.write(head.encode("latin-1") + response.body)
        else:
            writer.write(head.encode("latin-1"))
            async for piece in response.body:
                writer.write(piece)
                await writer.drain()
        await writer.drain()

    def _now(self):
        second = int(time.time())
        if self._date[0] != second:
            self._date = (second, formatdate(second, usegmt=True))
        return self._date[1]


def refusal(bad):
    """The answer to a request that could not be understood."""
    return Response(bad.status, bad.text.encode() + b"\n",
                    content_type="text/plain")
