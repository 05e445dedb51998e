"""The subjects: who answers a case, and where its applications come from."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

Builders = dict[str, Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Subject:
    """One of those that are compared."""

    name: str
    title: str
    is_peer: bool = False  # another framework: it answers few cases, and in its own words


SUBJECTS = {
    subject.name: subject
    for subject in (
        Subject("fastapi", "FastAPI"),
        Subject("floor", "floor"),
        Subject("pronghorn", "Pronghorn"),
        Subject("old", "old"),
        Subject("starlette", "Starlette", is_peer=True),
        Subject("litestar", "Litestar", is_peer=True),
        Subject("blacksheep", "BlackSheep", is_peer=True),
        Subject("falcon", "Falcon", is_peer=True),
    )
}
# Which of them have a case, so that no process is started to find it out.
PEER_CASES = {
    "starlette": {
        "hello", "params", "body", "list100", "route300", "notfound",
        "sync", "sync32", "sync_uvloop", "sync32_uvloop", "404", "405",
    },
    "litestar": {"hello", "params", "body", "list100"},
    "blacksheep": {"hello", "params", "body", "list100"},
    "falcon": {"hello", "params", "body", "list100"},
}  # fmt: skip


def find_builders(subject: str) -> Builders:
    """What builds the subject's applications, by name."""
    if subject == "floor":
        floors: dict[str, Any] = import_module("bench.floors").FLOORS
        return {name: partial(_itself, floor) for name, floor in floors.items()}
    if SUBJECTS[subject].is_peer:
        peers: Builders = import_module(f"bench.peers.{subject}_routes").APPLICATIONS
        return peers
    framework = import_module("fastapi" if subject == "fastapi" else "pronghorn")
    import_module(f"{framework.__name__}.security")
    applications: dict[str, Callable[[Any], Any]] = import_module("bench.applications").APPLICATIONS
    return {name: partial(builder, framework) for name, builder in applications.items()}


def _itself(floor: Any) -> Any:
    return floor
