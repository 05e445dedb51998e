"""The example, a blog, behind a real server.

`running_blog("granian", database, folder)` starts it in a process of its own, on a free
port, with its database up to date, and ends it afterwards.
"""

import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from servers.ports import free_port

APP = Path(__file__).parents[2] / "examples" / "blog" / "app"

# Seconds to start, and to end.
PATIENCE = 60

SERVERS = {
    "uvicorn": ("-m", "uvicorn", "main:app"),
    "granian": ("-m", "granian", "--interface", "asgi", "main:app"),
}


@dataclass(frozen=True, slots=True)
class Blog:
    """Where a running blog is found, and what it writes."""

    address: str
    mailbox: Path
    log: Path


@contextmanager
def running_blog(server: str, database: str, folder: Path, *options: str) -> Iterator[Blog]:
    """Yield when the blog answers. The options are for the server's command line."""
    port = free_port()
    blog = Blog(f"127.0.0.1:{port}", folder / "mailbox", folder / "log")
    environment = {
        "DATABASE_URL": database,
        "DATA_DIR": str(folder),
        "ENVIRONMENT": "production",
        "SECRET_KEY": secrets.token_urlsafe(48),
    }
    with blog.log.open("w") as log:
        upgrade = [sys.executable, "-m", "pronghorn", "db", "upgrade"]
        subprocess.run(
            upgrade, cwd=APP, env=os.environ | environment, stdout=log, check=True, timeout=PATIENCE
        )
        process = subprocess.Popen(
            [
                sys.executable,
                *SERVERS[server],
                "--host",
                "127.0.0.1",
                "--port",
                str(port),
                *options,
            ],
            cwd=APP,
            env=os.environ | environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_for(blog, process)
        yield blog
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()


def wait_for(blog: Blog, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://{blog.address}/health", timeout=PATIENCE).close()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the blog did not start:\n{blog.log.read_text()}")
