"""The two servers: their folders, their processes, their ends."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from environments import FOLDER, HERE, SUITE, Kind, SetupError
from suite import suite_environment

from wire.injected import STILL

WIRE = FOLDER / "wire"
# What the tutorials look for in their working folder.
FILES = {
    "static/styles.css": b"h1 { color: green; }\n",
    "static/notes.txt": b"static notes\n",
    "dist/index.html": b"<!doctype html><title>index</title>\n",
    "dist/404.html": b"<!doctype html><title>not there</title>\n",
    "dist/assets/app.js": b"console.log('app')\n",
    "dist/guide/index.html": b"<!doctype html><title>guide</title>\n",
    "large-video-file.mp4": bytes(range(256)) * 300,
}
SETTINGS = {"ADMIN_EMAIL": "admin@example.com", "APP_NAME": "wire"}


@dataclass(frozen=True, slots=True)
class Server:
    """One process that serves all applications."""

    name: str
    port: int
    version: str
    folder: Path
    process: subprocess.Popen[str]


def lay_out() -> Path:
    """Make the folder that both servers get a copy of: file times are in the answers."""
    shutil.rmtree(WIRE, ignore_errors=True)
    template = WIRE / "template"
    for name, content in FILES.items():
        file = template / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    shutil.copytree(SUITE / "docs_src" / "templates" / "templates", template / "templates")
    return template


@contextmanager
def serving(kinds: tuple[Kind, ...]) -> Iterator[tuple[Server, ...]]:
    """Start a server for each kind, side by side, and end them."""
    template = lay_out()
    now = int(time.time())
    processes = [start(kind, template, now) for kind in kinds]
    try:
        yield tuple(wait_for(kind, process) for kind, process in zip(kinds, processes, strict=True))
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def start(kind: Kind, template: Path, now: int) -> subprocess.Popen[str]:
    """Start one server in a folder of its own."""
    folder = WIRE / kind.name
    shutil.copytree(template, folder)
    variables = suite_environment(kind) | SETTINGS | {STILL: str(now), "PYTHONPATH": str(HERE)}
    # Sets come in the same order in both.
    variables["PYTHONHASHSEED"] = "0"
    variables.pop("NO_COLOR", None)
    with (WIRE / f"{kind.name}.log").open("w") as log:
        return subprocess.Popen(  # noqa: S603  our own command
            [str(kind.python), "-m", "wire.serving", str(SUITE)],
            cwd=folder, env=variables, text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log,
        )  # fmt: skip


def wait_for(kind: Kind, process: subprocess.Popen[str]) -> Server:
    """Wait until a server can be asked."""
    line = process.stdout.readline() if process.stdout else ""
    try:
        port, version, _ = line.split()
        return Server(kind.name, int(port), version, WIRE / kind.name, process)
    except ValueError:
        log = (WIRE / f"{kind.name}.log").relative_to(FOLDER.parent)
        message = f"the server of {kind.says} did not start; see {log}{os.linesep}{line}"
        raise SetupError(message) from None
