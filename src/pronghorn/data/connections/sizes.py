"""How many connections all workers of an application may open together."""

import hashlib
import os
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.data.connections.drivers import has_psycopg
from pronghorn.data.connections.engines import PoolSettings, is_behind_pooler
from pronghorn.data.connections.readiness import ask_room
from pronghorn.data.connections.urls import Address
from pronghorn.logger import logger

try:
    import fcntl
except ImportError:  # on Windows: there each worker tells it
    fcntl = None  # type: ignore[assignment]  # asked before it is used

OPTIONS: Final = ("--workers",)
SHORT: Final = ("-w",)
"""gunicorn's; to other programs it means other things."""
VARIABLES: Final = ("GRANIAN_WORKERS", "WEB_CONCURRENCY")


def count_workers(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] | None = None
) -> int:
    """How many processes serve this application, as far as they were told to us."""
    arguments = sys.argv if arguments is None else arguments
    environment = os.environ if environment is None else environment
    said = [*arguments[1:], *split(environment.get("GUNICORN_CMD_ARGS", ""))]
    names: tuple[str, ...] = OPTIONS
    if arguments and "gunicorn" in Path(arguments[0]).parts[-2:]:
        names += SHORT
    for index, word in enumerate(said):
        for name in names:
            following = said[index + 1] if index + 1 < len(said) else ""
            found = following if word == name else word.removeprefix(f"{name}=")
            if found != word and found.isdigit():
                return max(int(found), 1)
    for variable in VARIABLES:
        if environment.get(variable, "").isdigit():
            return max(int(environment[variable]), 1)
    return 1


def split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # A quote that does not end: gunicorn complains itself.
        return []


async def tell_size(
    engine: AsyncEngine, address: Address, settings: PoolSettings, *, pools: int
) -> None:
    """Say how many connections all workers may open to a server, and warn if it has fewer.

    *pools* are those of asynchronous sessions.  Whether there are blocking ones is not known: an
    endpoint may ask a factory for them, and their pools are made by the first that is asked for.
    """
    each = pools * settings.per_engine
    workers = count_workers()
    place = f"{address.url!r}"
    if workers > 1 and not is_first_worker(place):
        return
    line = told(each, workers, place, may_block=has_psycopg())
    # A logger that nobody listens to would keep it to itself.
    sys.stderr.write(f"{line}\n")
    if not is_behind_pooler(address, settings):
        with suppress(DBAPIError, OSError):  # that it is away was told when it was opened
            warning = too_many(each, workers, await ask_room(engine))
            if warning is not None:
                logger.warning(warning)


def told(each: int, workers: int, place: str, *, may_block: bool) -> str:
    """The line that is printed at start."""
    total = each * workers
    split = "" if workers == 1 else f" ({workers} workers, {each} each)"
    further = f" Blocking sessions, if there are any, open up to {total} more." if may_block else ""
    return f"{place}: up to {total} connections{split}.{further}"


def is_first_worker(place: str) -> bool:
    """Whether no other worker, of those that have this one's parent, tells of *place*.

    The first one locks a file for as long as it lives: nothing has to be tidied up after it, and
    the one that is started in its stead tells it again.
    """
    if fcntl is None or place in told_of:
        return True
    name = hashlib.sha256(f"{os.getppid()} {place}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir(), f"pronghorn-workers-{name}")
    try:
        # What another user has put there is not followed.
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        return True  # better twice than never
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return False
    told_of[place] = file
    return True


told_of: Final[dict[str, int]] = {}
"""What this process tells of, with the files that it has locked."""


def too_many(each: int, workers: int, available: int) -> str | None:
    """The warning, where the server does not have so many."""
    total = each * workers
    if total <= available:
        return None
    return (
        f"The workers of this application may open {total} connections to the database together"
        f" ({workers} times {each}), and its server has {available} for all of its clients."
        f" Under load some requests would be refused. Make the pools smaller:"
        f" `Database(url, pool_size={max(available // workers // 4, 1)}, max_overflow="
        f"{max(available // workers // 4, 1)})`, start fewer workers, or put a pooler before the"
        " server. [too-many-connections]"
    )
