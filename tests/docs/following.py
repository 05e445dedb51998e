"""A page followed as its readers follow it: files are written, and commands are run, in order.

A block of Python is a file, named by its first line: `# main.py`, or `# main.py, continued`.  A
block of `diff` changes one.  A block of the console is commands, each behind `$ `, with what they print
below; `…` in it stands for anything.  What cannot be as the page has it is replaced: where this
checkout is, the port, the address of PostgreSQL.  `pronghorn dev` goes on while the rest is done,
and begins anew before a request when files have changed, for which readers have its reloader.
"""

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path

from servers.ports import free_port

ROOT = Path(__file__).parents[2]
PATIENCE = 60
BLOCK = re.compile(
    r"^(?:<!-- (?P<before>[^\n]+) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
FILE = re.compile(r"# ([\w.]+)(?:, (continued))?\n")
REVISION = re.compile(r"(?<![0-9a-f])[0-9a-f]{12}(?![0-9a-f])")


def blocks_of(page: Path) -> Iterator[tuple[str, str, str]]:
    """Each block: what it is, its text, and what a comment before it says."""
    for block in BLOCK.finditer(page.read_text()):
        yield block["kind"], block["text"], block["before"] or ""


def pattern_of(shown: str) -> re.Pattern[str]:
    """What a command must print, if the page shows *shown*."""
    lines = [
        "(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + "\n"
        for line in shown.strip().splitlines()
    ]
    text = REVISION.sub("[0-9a-f]{12}", "".join(lines))
    return re.compile(re.sub(r"\d+\\\.\d+s", r"[\\d.]+s", text))


class Follower:
    """Somebody with a folder, a terminal for the server, and one for everything else."""

    def __init__(self, folder: Path, replaced: dict[str, str]) -> None:
        self.folder = folder
        self.port = free_port()
        self.replaced = {
            "path/to/this/checkout": str(ROOT),
            "127.0.0.1:8000": f"127.0.0.1:{self.port}",
            **replaced,
        }
        self.environment = {
            **os.environ,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": str(ROOT / "src"),
            "COLUMNS": "80",
            # Readers have no plugins that they did not install.
            "PYTEST_ADDOPTS": "-p no:asyncio -p no:cacheprovider",
        }
        for name in ("CI", "DATABASE_URL", "FASTAPI_ENV"):
            self.environment.pop(name, None)
        self.server: subprocess.Popen[bytes] | None = None
        self.is_changed = False

    def with_replaced(self, text: str) -> str:
        for shown, real in self.replaced.items():
            text = text.replace(shown, real)
        return text

    # --- files -------------------------------------------------------------------------------

    def write(self, text: str) -> None:
        named = FILE.match(text)
        assert named is not None, f"the block does not name its file:\n{text}"
        file, how = self.folder / named[1], named[2]
        assert file.exists() == (how is not None), f"is {named[1]} new, or is it {how}?"
        before = file.read_text() + "\n\n" if how else ""
        file.write_text(before + self.with_replaced(text))
        self.is_changed = True

    def change(self, text: str) -> None:
        """Put lines behind or in place of others; the first one names the file."""
        named, *lines = text.splitlines(keepends=True)
        file = self.folder / named.removeprefix(" # ").strip()
        old, new = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
        assert file.read_text().count(old) == 1, f"where in {file.name} is this?\n{old}"
        file.write_text(file.read_text().replace(old, new))
        self.is_changed = True

    # --- commands ----------------------------------------------------------------------------

    def run_all(self, text: str, seconds: float = 0) -> None:
        """Run the commands of a block, and compare what they print with what is shown.

        With *seconds*, it is true within these.
        """
        end = time.monotonic() + seconds
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            expected = pattern_of(self.with_replaced(shown))
            printed = self.run(command)
            while not expected.fullmatch(printed) and time.monotonic() < end:
                time.sleep(0.05)
                printed = self.run(command)
            assert expected.fullmatch(printed), (
                f"$ {command}\n{printed}\nin place of\n{shown}\n{self.log()}"
            )

    def run(self, command: str) -> str:
        real = self.with_replaced(command)
        words = shlex.split(real)
        match words:
            case ["mkdir", name, "&&", "cd", other] if name == other:
                self.folder /= name
                self.folder.mkdir()
                return ""
            case ["export", assignment]:
                name, _, value = assignment.partition("=")
                self.environment[name] = value
                return ""
            case ["pip", "install", *_]:
                # All that it would bring is in this environment already: pip must find it so.
                options = "--dry-run --no-index --no-build-isolation --quiet"
                self.call(f"{sys.executable} -m {real} {options}")
                return ""
            case ["pronghorn", "dev", file]:
                self.serve(file)
                return ""
        if self.is_changed and f":{self.port}" in real:
            self.serve("main.py")
        return self.call(real)

    def call(self, command: str) -> str:
        ran = subprocess.run(
            command,
            shell=True,
            executable="/bin/bash",
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return f"{ran.stdout.strip()}\n" if ran.stdout.strip() else ""

    # --- the server --------------------------------------------------------------------------

    def serve(self, file: str) -> None:
        """Begin anew, and wait until it answers."""
        self.stop()
        with (self.folder.parent / "server.log").open("w") as log:
            self.server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "pronghorn", "dev", file),
                    *("--no-reload", "--port", str(self.port)),
                ],
                cwd=self.folder,
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        self.is_changed = False
        end = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.server.poll() is None, self.log()
            assert time.monotonic() < end, self.log()
            time.sleep(0.05)

    def answers(self) -> bool:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        with suppress(OSError), closing(connection):
            connection.request("GET", "/openapi.json")
            connection.getresponse().read()
            return True
        return False

    def log(self) -> str:
        log = self.folder.parent / "server.log"
        return log.read_text() if log.exists() else ""

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            try:
                self.server.wait(PATIENCE)
            finally:
                self.server.kill()
            self.server = None
