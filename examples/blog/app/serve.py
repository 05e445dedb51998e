"""Serve the application for development: `python serve.py`.

`HOST` and `PORT` choose the address. For production call the server yourself, for
example `uvicorn main:app --host 0.0.0.0 --port 8000 --workers 4`.
"""

import socket

import uvicorn

from config import settings


def listen(host: str, port: int) -> socket.socket:
    """Take the address, or end the program and say how to choose another."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SystemExit(
            f"Cannot listen on {host}:{port}: {reason}.\nSet PORT to choose another port."
        ) from None


def main() -> None:
    with listen(settings.host, settings.port) as listener:
        address = "http://{}:{}".format(*listener.getsockname()[:2])
        print(f"{settings.app_name}  {address}")
        print(f"Docs  {address}/docs and {address}/redoc", flush=True)
        uvicorn.Server(uvicorn.Config("main:app")).run(sockets=[listener])


if __name__ == "__main__":
    main()
