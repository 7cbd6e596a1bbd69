"""Spoilt and made-up answers: what a fault rule's `set`, `drop`, `mutate` and
`generate` do."""

import asyncio
import json
import random
import zlib

from wire import Response

MIB = 1 << 20

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
