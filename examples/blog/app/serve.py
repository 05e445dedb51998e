"""Bring the database up to date and serve the application: `python serve.py`.

`HOST` and `PORT` choose the address. For production call the two yourself, for example
`pronghorn db upgrade` and `uvicorn main:app --host 0.0.0.0 --port 8000 --workers 4`.
"""

import asyncio
import os
import socket

import uvicorn
from pronghorn.data.migrations import MigrationError, upgrade

from config import APP_DIR, settings
from database import db


def listen(host: str, port: int) -> socket.socket:
    """Take the address, or end the program and say how to choose another."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SystemExit(
            f"Cannot listen on {host}:{port}: {reason}.\nSet PORT to choose another port."
        ) from None


def upgrade_database() -> None:
    """Apply the migrations that the database has not seen, or end the program and say why not."""
    try:
        for line in asyncio.run(upgrade(db, APP_DIR / "migrations")):
            print(f"Database  {line}")
    except MigrationError as error:
        raise SystemExit(str(error)) from None


def main() -> None:
    # In development the framework warns of what costs too many queries, or is committed too late.
    os.environ.setdefault("FASTAPI_ENV", settings.environment)
    with listen(settings.host, settings.port) as listener:
        upgrade_database()
        address = "http://{}:{}".format(*listener.getsockname()[:2])
        print(f"{settings.app_name}  {address}")
        print(f"Docs  {address}/docs and {address}/redoc", flush=True)
        # The application has an access log of its own.
        uvicorn.Server(uvicorn.Config("main:app", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
