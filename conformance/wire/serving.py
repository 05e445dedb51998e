"""The process that serves all applications: `python -m wire.serving SUITE`.

It is run in the environment of FastAPI and in that of Pronghorn.  Its working folder is its own.
When requests may come, it prints its port.
"""

import asyncio
import contextlib
import importlib.metadata
import os
import socket
import sys
import warnings
from pathlib import Path

from wire import injected
from wire.applications import list_applications
from wire.dispatcher import Dispatcher, Hosted


def main() -> None:
    """Load the applications and serve them."""
    suite = Path(sys.argv[1])
    sys.path[1:1] = [str(suite), str(suite / "docs_src")]
    warnings.simplefilter("ignore")
    injected.seed_libraries()
    # Some tutorials print; what is read from here is the port alone.
    with contextlib.redirect_stdout(sys.stderr):
        dispatcher = load(suite)
    asyncio.run(serve(dispatcher))


def load(suite: Path) -> Dispatcher:
    """Import every application, and keep why one cannot be imported."""
    hosted: dict[str, Hosted] = {}
    unloaded: dict[str, list[str]] = {}
    for application in list_applications(suite):
        forget_tables()
        try:
            app = application.load()
        except Exception as error:  # noqa: BLE001  the two processes are compared in this, too
            unloaded[application.name] = [kind.__name__ for kind in type(error).__mro__]
            print(f"{application.name}: {error!r}", file=sys.stderr)
            continue
        if callable(app):
            hosted[application.name] = Hosted(application.name, app)
        else:
            unloaded[application.name] = ["no application"]
    return Dispatcher(hosted, unloaded)


def forget_tables() -> None:
    """Let the next application define a table that another one has: they share a registry."""
    if (sqlmodel := sys.modules.get("sqlmodel")) is not None:
        sqlmodel.SQLModel.metadata.clear()


async def serve(dispatcher: Dispatcher) -> None:
    """Serve on a port of the system's choice."""
    import uvicorn  # noqa: PLC0415  one of the applications may want to patch what it imports

    # With its protocol named, or the event loop leaves small answers waiting for company.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        dispatcher, log_level="error", lifespan="on", timeout_keep_alive=600,
        timeout_graceful_shutdown=5,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not (server.started or task.done()):
        await asyncio.sleep(0.01)
    version = importlib.metadata.version("fastapi")
    print(listener.getsockname()[1], version, os.getpid(), flush=True)
    await task


if __name__ == "__main__":
    main()
