"""The process that serves all applications: `python -m wire.serving SUITE`.

It is run in the environment of FastAPI and in that of Pronghorn.  Its working folder is its own.
When requests may come, it prints its port.
"""

import contextlib
import importlib.metadata
import os
import socket
import sys
import warnings
from pathlib import Path

import uvicorn

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
    serve(dispatcher)


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


class Server(uvicorn.Server):
    """A server that tells its port, the version of FastAPI's API, and its process."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell that requests may come."""
        await super().startup(sockets)
        version = importlib.metadata.version("fastapi")
        port = sockets[0].getsockname()[1] if sockets else 0
        print(port, version, os.getpid(), flush=True)


def serve(dispatcher: Dispatcher) -> None:
    """Serve on a port of the system's choice."""
    # With its protocol named, or the event loop leaves small answers waiting for company.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        dispatcher,
        log_level="error",
        lifespan="on",
        timeout_keep_alive=600,
        timeout_graceful_shutdown=5,
    )
    Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
