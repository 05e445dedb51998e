"""A server's process and its folder, which both end with the test run, however that ends.

A program that refuses to run as root is started as another user, in a folder that this user can
reach.  POSIX only.
"""

import os
import random
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

# Seconds until something is given up that takes less than one.
PATIENCE = 30

# A shell that waits for the end of its input: the pipe closes even if the test run is killed.
# Each line of its input names the process to be ended then, or none.
KEEPER = """
folder=$1
while read -r line; do server=$line; done
if [ "$server" ]; then
  kill -QUIT "$server"; kill -CONT "$server"
  tries=0
  while kill -0 "$server" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL "$server"
fi
cd /; rm -rf "$folder"
"""

# Below it are the ports that the system gives to clients.  A client that calls a port where nobody
# listens may be given this very port, and then talks to itself: no place for a server that stops.
LOWEST_PORT, CLIENTS_PORTS = 15_000, 32_768


class Identity(TypedDict, total=False):
    """As whom and where `subprocess` starts a program."""

    cwd: Path
    user: int
    group: int
    extra_groups: list[int]


class ServerEndedError(Exception):
    """A server ended, or did not get ready."""


class KeptServer:
    """A folder, and a process that lives in it."""

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=place_for_all()))
        self.log_path = self.folder / "log"
        self.identity: Identity = {"cwd": self.folder}
        self._process: subprocess.Popen[bytes] | None = None
        try:
            if os.geteuid() == 0:
                self._live_as(*unprivileged_user())
            # As whoever runs the tests: the folder's own user may not be allowed to remove it.
            self._keeper = subprocess.Popen(  # noqa: S603  our own command
                ["/bin/sh", "-c", KEEPER, "keeper", self.folder],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,  # Ctrl-C ends the tests, and they end the server
                cwd="/",
            )
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _live_as(self, user: int, group: int) -> None:
        os.chown(self.folder, user, group)
        self.identity |= {"user": user, "group": group, "extra_groups": []}

    @property
    def pid(self) -> int | None:
        """The number of the process, while it runs."""
        if self._process is None or self._process.poll() is not None:
            return None
        return self._process.pid

    def write(self, name: str, text: str) -> Path:
        """Write a file that the server alone may read."""
        path = self.folder / name
        path.touch(mode=0o600)
        path.write_text(text)
        if "user" in self.identity and "group" in self.identity:
            os.chown(path, self.identity["user"], self.identity["group"])
        return path

    def bring(self, programs: Path) -> Path:
        """The folder *programs* where the server's user can reach it: if need be, a copy."""
        if "user" not in self.identity or "group" not in self.identity or is_open_to_all(programs):
            return programs
        root, parts = with_libraries(programs)
        home = self.folder / "programs"
        for part in parts:
            shutil.copytree(part, home / part.relative_to(root), symlinks=True)
        for path in (home, *home.rglob("*")):
            os.chown(path, self.identity["user"], self.identity["group"], follow_symlinks=False)
        return home / programs.relative_to(root)

    def run(self, command: Sequence[str | Path]) -> None:
        """Run a program to its end.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        subprocess.run(  # noqa: S603  our own command
            command, check=True, capture_output=True, text=True, **self.identity
        )

    def start(self, command: Sequence[str | Path], is_ready: Callable[[int], bool]) -> None:
        """Start the server, and wait until it is ready.

        Raises:
            ServerEndedError: it ended, or took too long; with the end of its log.
        """
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  our own command
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.identity,
            )
        self._tell_keeper(str(self._process.pid))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            if is_ready(self._process.pid):
                return
            time.sleep(0.01)
        self.kill()
        raise ServerEndedError(self.log()[-2000:])

    def stop(self, how: signal.Signals) -> None:
        """Send a signal, and wait until the server has ended."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self.resume()
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
        self._forget()

    def kill(self) -> None:
        """Kill all its processes at once, and wait until they are gone."""
        processes = self.suspend()
        for process in processes:
            send(process, signal.SIGKILL)
        if self._process is not None:
            self._process.wait(PATIENCE)
        deadline = time.monotonic() + PATIENCE
        while any(map(is_running, processes)) and time.monotonic() < deadline:
            time.sleep(0.01)
        self._forget()

    def suspend(self) -> list[int]:
        """Stop all its processes where they are (SIGSTOP), and return their numbers."""
        first = self.pid
        stopped: list[int] = []
        found = [] if first is None else [first]
        # The first one starts the others.  Once it has stopped there will be no more of them.
        while found:
            for process in found:
                send(process, signal.SIGSTOP)
            stopped += found
            found = [process for process in descendants(stopped[0]) if process not in stopped]
        return stopped

    def resume(self) -> None:
        """Let its processes go on (SIGCONT)."""
        first = self.pid
        if first is not None:
            for process in (*descendants(first), first):
                send(process, signal.SIGCONT)

    def log(self) -> str:
        """All that it has written, over all its lives."""
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def close(self) -> None:
        """Remove the folder.  The server must have been stopped."""
        self._forget()
        self._keeper.communicate(timeout=PATIENCE)

    def _forget(self) -> None:
        self._process = None
        self._tell_keeper("")

    def _tell_keeper(self, line: str) -> None:
        if self._keeper.stdin and not self._keeper.stdin.closed:
            self._keeper.stdin.write(f"{line}\n")
            self._keeper.stdin.flush()


def place_for_all() -> Path:
    """Where folders are made: the usual place, unless others cannot reach it and have to."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]  # noqa: S108  mkdtemp
    if os.geteuid() != 0:
        return places[0]
    return next((place for place in places if place.is_dir() and is_open_to_all(place)), places[0])


def is_open_to_all(folder: Path) -> bool:
    """Whether any user can reach what is in *folder*."""
    path = folder.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in (path, *path.parents))


def with_libraries(programs: Path) -> tuple[Path, list[Path]]:
    """What the programs in `…/bin` need: a folder, and which folders below it."""
    parts = [programs.with_name(name) for name in ("bin", "lib", "share")]
    # Wheels have the libraries of a package beside it.
    for package in programs.parents:
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            return package.parent, [libraries, *filter(Path.is_dir, parts)]
    return programs.parent, [*filter(Path.is_dir, parts)]


def unprivileged_user() -> tuple[int, int]:
    """User and group for a program that refuses to run as root."""
    import pwd  # noqa: PLC0415  Windows has none, and can import this module

    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return user.pw_uid, user.pw_gid
    raise ServerEndedError("this is root, and there is neither `postgres` nor `nobody` to start as")


def free_port() -> int:
    """A port that nobody listens on, and that no client is given by the system."""
    while True:
        port = random.randrange(LOWEST_PORT, CLIENTS_PORTS)  # noqa: S311  no secret
        with socket.socket() as listener:
            # As servers do it: a port that was left a moment ago is free.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def send(process: int, how: signal.Signals) -> None:
    """Send a signal to a process that may be gone."""
    try:
        os.kill(process, how)
    except ProcessLookupError:
        return


def is_running(process: int) -> bool:
    """Whether a process has not ended; it may still have to be waited for by its parent."""
    status = next((row for row in all_processes() if row[0] == process), None)
    return status is not None and status[2] != "Z"


def descendants(process: int) -> list[int]:
    """Its children, and theirs."""
    rows = all_processes()
    found = [process]
    for ancestor in found:
        found += [child for child, parent, _ in rows if parent == ancestor]
    return found[1:]


def all_processes() -> list[tuple[int, int, str]]:
    """Number, parent and state of each process of this machine."""
    if not Path("/proc/self/stat").exists():
        listing = subprocess.run(
            ["/bin/ps", "-A", "-o", "pid=,ppid=,stat="], check=True, capture_output=True, text=True
        ).stdout
        rows = [line.split() for line in listing.splitlines()]
        return [(int(number), int(parent), state[:1]) for number, parent, state in rows]
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            # proc_pid_stat(5): number (name) state parent …; the name may have parentheses.
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.append((int(path.parent.name), int(parent), state))
    return found
