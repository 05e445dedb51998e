"""How many connections all workers of an application may open together."""

import os
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

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


def told(each: int, workers: int, place: str) -> str:
    """The line that is printed at start."""
    if workers == 1:
        return f"{place}: up to {each} connections."
    return f"{place}: up to {each * workers} connections ({workers} workers, {each} each)."


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
