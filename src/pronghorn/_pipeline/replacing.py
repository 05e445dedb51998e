"""Who is called in the place of whom: by an override, or because a resource stands aside."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pronghorn._pipeline.callables import key_of
from pronghorn._pipeline.declaration import Dependency, declare

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class Replacing:
    """The replacements in the requests to one route."""

    def __init__(self, root: Dependency, overrides: Overrides | None) -> None:
        self.root = root
        self.overrides = overrides or {}
        self.asked: dict[Any, Dependency] = {}
        """What is asked for, by its callable; known where somebody might stand aside for it."""
        if self.overrides or root.has_resources:
            for wanted in self.walk():
                self.asked.setdefault(wanted.key[0], wanted)

    def walk(self) -> Iterator[Dependency]:
        """All that is asked for below the root, as it would be without stand-ins; each once."""
        seen: set[Any] = set()
        waiting = list(reversed(self.root.dependencies))
        while waiting:
            wanted = waiting.pop()
            if wanted.key not in seen:
                seen.add(wanted.key)
                yield wanted
                waiting.extend(reversed(self.used_for(wanted).dependencies))

    def had_for(self, asked: Dependency) -> Dependency:
        """Whose value is had where *asked* stands: its own, or that of whom it stands aside for.

        An override of *asked* wins over its standing aside; an override of the other counts for
        both.
        """
        passed: set[Any] = set()
        wanted = asked
        while wanted.resource is not None and wanted.key[0] not in {*passed, *self.overrides}:
            passed.add(wanted.key[0])
            found = (self.asked.get(key_of(other)) for other in wanted.resource.yields_to)
            # What is made of the resource itself cannot stand in for it.
            wanted = next((one for one in found if one and not is_below(asked, one)), wanted)
        return asked if wanted is asked else dataclasses.replace(wanted, name=asked.name)

    def used_for(self, wanted: Dependency) -> Dependency:
        return overridden(wanted, self.overrides)


def is_below(dependency: Dependency, other: Dependency) -> bool:
    below = (one for one in other.unique() if one is not other)
    return any(one.key[0] == dependency.key[0] for one in below)


def overridden(wanted: Dependency, overrides: Overrides) -> Dependency:
    """What is called in the place of *wanted*: itself, unless it is overridden."""
    call = overrides.get(wanted.key[0], wanted.call) if overrides else wanted.call
    if call is wanted.call:
        return wanted
    return declare(
        call,
        path=wanted.path,
        name=wanted.name,
        scope=wanted.scope,
        limit=wanted.limit,
        parent_scopes=wanted.oauth_scopes,
    )
