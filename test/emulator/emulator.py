#!/usr/bin/env python3
"""The emulator: fine-tuning providers with a memory, on loopback.

It speaks each platform's documented protocol, refuses what the platform
refuses, keeps a ledger of every effect, misbehaves on command, and really
learns. docs/emulator.md is the manual. Standard library only.

    python3 emulator.py --port 0 --port-file FILE

FILE then holds {"port":…,"storage_port":…,"pid":…}. The emulator ends when the
process --parent-pid does, and after --max-seconds in any case.
"""

import argparse
import asyncio
import contextlib
import gc
import json
import os
import shutil
import signal
import ssl
import sys
import tempfile

from azure_dialect import Azure, AzureDated
from azure_manager import AzureManager, Entra
from bedrock_dialect import Bedrock
from bedrock_s3 import S3
from control import Control
from fireworks_dialect import Fireworks
from openai_dialect import OpenAi, OpenAiCompatible
from storage import ObjectStore
from together_dialect import Together
from vertex_dialect import Vertex
from wire import HttpServer, Response
from world import Settings, World

DIALECTS = [OpenAi, OpenAiCompatible, Together, Fireworks, Azure, AzureDated,
            AzureManager, Entra, Vertex, Bedrock, S3]


class Router:
    """Which dialect a path belongs to, by its prefix."""

    def __init__(self, world, dialects):
        self._world = world
        self._control = Control(world)
        self._prefixes = sorted(
            ((prefix, dialect) for dialect in dialects
             for prefix in dialect.prefixes),
            key=lambda pair: -len(pair[0]))

    def plan_for(self, request):
        """The fault plan of a request; names its dialect and operation on
        the way, as rules are matched by them."""
        if request.path.startswith("/_control/"):
            return None
        for prefix, dialect in self._prefixes:
            if request.path.startswith(prefix + "/"):
                request.found = dialect.locate(
                    request, request.path[len(prefix):])
                break
        return self._world.faults.plan_for(request)

    async def handle(self, request):
        if request.path.startswith("/_control/"):
            return await self._control.handle(request)
        if request.dialect is None:
            return Response.json({"error": {
                "message": "no dialect is mounted at " + request.path,
                "type": "invalid_request_error", "param": None,
                "code": None}}, 404)
        return await request.dialect.handle(request, request.found)

    def seen(self, request, response):
        if not request.path.startswith("/_control/"):
            self._world.ledger.saw(request, response)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--storage-port", type=int, default=0)
    parser.add_argument("--port-file")
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    parser.add_argument("--seconds-per-job", type=float, default=2.0)
    parser.add_argument("--keep-bodies", type=int, default=1 << 30,
                        help="keep only so many bytes of a file; the rest is "
                        "hashed and counted")
    parser.add_argument("--parent-pid", type=int)
    parser.add_argument("--max-seconds", type=float, default=3600.0)
    return parser.parse_args()


def tls_context(options):
    if not options.tls_cert:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context


def write_port_file(path, facts):
    """Atomically: a reader sees the whole file or none."""
    text = json.dumps(facts)
    if not path:
        print(text, flush=True)
        return
    partial = "%s.%d" % (path, os.getpid())
    with open(partial, "w", encoding="ascii") as file:
        file.write(text + "\n")
    os.replace(partial, path)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


async def until_over(options):
    """Return when told to end, when the parent is gone, or at the end of the
    longest permitted life."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, over.set)
    end = loop.time() + options.max_seconds
    while loop.time() < end and not over.is_set():
        if options.parent_pid and not is_alive(options.parent_pid):
            return
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(over.wait(), 0.5)


async def serve(options, directory):
    settings = Settings(seconds_per_job=options.seconds_per_job)
    world = World(settings, directory, options.keep_bodies)
    tls = tls_context(options)
    router = Router(world, [dialect(world) for dialect in DIALECTS])
    store = ObjectStore(world)
    main = HttpServer("api", router.handle, router.plan_for, router.seen)
    side = HttpServer("storage", store.handle, store.plan_for, router.seen)
    port = await main.listen(options.port, tls)
    world.storage_port = await side.listen(options.storage_port, tls)
    world.scheme = "https" if tls else "http"
    write_port_file(options.port_file, {
        "port": port, "storage_port": world.storage_port,
        "pid": os.getpid()})
    await until_over(options)
    main.close()
    side.close()


def main():
    options = arguments()
    gc.set_threshold(50000, 20, 50)
    directory = tempfile.mkdtemp(prefix="hft-emulator-")
    try:
        asyncio.run(serve(options, directory))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
