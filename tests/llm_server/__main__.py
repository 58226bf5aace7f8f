"""`python tests/llm_server [--port 0] [--config JSON] [--ledger FILE]`: says its port on stdout and serves.

It ends on SIGTERM, and when its stdin closes, so that a killed test leaves no server behind.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading
from pathlib import Path

import orjson

if not __package__:
    # Started by its path, as LLMServer does: then the interpreter knows of no package around this file.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.llm_server.config import Config
from tests.llm_server.door import Door
from tests.llm_server.server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="llm_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--config", default="{}", help="JSON object, the keys of config.Config")
    parser.add_argument("--ledger", type=Path, help="append every finished entry to this file as a JSON line")
    options = parser.parse_args()
    config = Config().changed(orjson.loads(options.config))
    asyncio.run(_serve(Server(config, options.ledger), options.port))


async def _serve(server: Server, port: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    threading.Thread(target=_await_end_of_stdin, args=(loop, stop), daemon=True).start()
    control = Door(server.connected)
    await control.open()
    await server.open(port)
    where = {"port": server.door.port, "control_port": control.port, "pid": os.getpid()}
    print(orjson.dumps(where).decode(), flush=True)
    await stop.wait()
    for door in (server.door, control):
        door.close()  # what still hangs is cancelled when asyncio.run ends


def _await_end_of_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """In a thread: stdin may be a pipe, a terminal or a file, and asyncio cannot wait for all of them.

    os.read and not sys.stdin: a daemon thread that holds the lock of sys.stdin aborts the interpreter at its end.
    """
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    main()
