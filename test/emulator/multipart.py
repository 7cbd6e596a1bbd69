"""multipart/form-data as it streams by.

Small parts become text fields; the part that carries the file goes to a blob
piece by piece, so an upload of any size passes through a bounded buffer.
"""

import re

from wire import BadRequest

FIELD_MAX = 64 * 1024
HEAD_MAX = 16 * 1024


class Form:
    """Fields by name, and the files: name -> (filename, type, blob)."""

    def __init__(self):
        self.fields = {}
        self.files = {}


async def read_form(request, new_blob, max_file=None):
    """Parse the body of `request`; files are written to blobs made by
    `new_blob`. A file above `max_file` bytes is refused with 413."""
    form = Form()
    parser = Parser(boundary_of(request), form, new_blob, max_file)
    async for piece in request.pieces():
        parser.feed(piece)
    parser.finish()
    return form


def boundary_of(request):
    kind = request.headers.get("content-type", "")
    found = re.search(r'boundary="?([^";]{1,200})', kind)
    if not kind.lower().startswith("multipart/form-data") or not found:
        raise BadRequest(400, "expected multipart/form-data with a boundary")
    return found.group(1).encode("latin-1")


class Parser:
    """A push parser: states are before, head, body, after."""

    def __init__(self, boundary, form, new_blob, max_file):
        self._delimiter = b"\r\n--" + boundary
        # The first delimiter has no newline of its own before it.
        self._buffer = bytearray(b"\r\n")
        self._state = self._preamble
        self._form = form
        self._new_blob = new_blob
        self._max_file = max_file
        self._name = None
        self._sink = None

    def feed(self, piece):
        self._buffer += piece
        while self._state():
            pass

    def finish(self):
        if self._state != self._after:
            raise BadRequest(400, "the multipart body ends too early")

    def _preamble(self):
        return self._take_until_delimiter(lambda data: None)

    def _take_until_delimiter(self, take):
        """Pass on what surely is content; True when the delimiter came."""
        at = self._buffer.find(self._delimiter)
        if at < 0:
            # Keep what may be the beginning of the delimiter.
            sure = len(self._buffer) - len(self._delimiter) + 1
            if sure > 0:
                take(bytes(self._buffer[:sure]))
                del self._buffer[:sure]
            return False
        take(bytes(self._buffer[:at]))
        del self._buffer[:at + len(self._delimiter)]
        self._state = self._delimited
        return True

    def _delimited(self):
        if len(self._buffer) < 2:
            return False
        self._state = self._after if self._buffer[:2] == b"--" \
            else self._head
        return True

    def _head(self):
        at = self._buffer.find(b"\r\n\r\n")
        if at < 0:
            if len(self._buffer) > HEAD_MAX:
                raise BadRequest(400, "the head of a part is too large")
            return False
        head = self._buffer[:at].decode("utf-8", "replace")
        del self._buffer[:at + 4]
        self._open(head)
        self._state = self._body
        return True

    def _open(self, head):
        disposition = re.search(
            r"(?im)^content-disposition:\s*form-data;(.*)$", head)
        if not disposition:
            raise BadRequest(400, "a part has no Content-Disposition")
        facts = dict(re.findall(r'(\w+\*?)="((?:[^"\\]|\\.)*)"',
                                disposition.group(1)))
        self._name = facts.get("name", "")
        if "filename" in facts:
            kind = re.search(r"(?im)^content-type:\s*(\S+)", head)
            blob = self._new_blob()
            self._form.files[self._name] = (
                facts["filename"], kind.group(1) if kind else None, blob)
            self._sink = self._to_file
        else:
            self._form.fields[self._name] = ""
            self._sink = self._to_field

    def _to_file(self, data):
        blob = self._form.files[self._name][2]
        blob.write(data)
        if self._max_file and blob.size > self._max_file:
            raise BadRequest(413, "the file is too large")

    def _to_field(self, data):
        text = self._form.fields[self._name] + data.decode("utf-8", "replace")
        if len(text) > FIELD_MAX:
            raise BadRequest(413, "a form field is too large")
        self._form.fields[self._name] = text

    def _body(self):
        return self._take_until_delimiter(self._sink)

    def _after(self):
        self._buffer.clear()
        return False
