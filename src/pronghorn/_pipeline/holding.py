"""How long what is entered is held: the scopes of a plan, one within the other."""

from collections.abc import Sequence
from typing import Any

from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.replacing import Replacing
from pronghorn._pipeline.steps import (
    Arguments,
    Enter,
    Hold,
    Life,
    NoteAnswer,
    Release,
    ReleaseEarly,
    Send,
    Step,
    Watch,
)


class Lives:
    """How long each generator lives that is entered for one route."""

    def __init__(
        self, replacing: Replacing, *, is_websocket: bool, commits_early: bool = False
    ) -> None:
        self.is_websocket = is_websocket
        self.commits_early = commits_early
        self.staying = staying(replacing) if commits_early else set()
        self.brief: set[int] = set()
        """The slots of values that are over before the endpoint of a WebSocket runs."""

    def of(self, wanted: Dependency, slot: int, arguments: Arguments) -> Life:
        """How long the generator lives that has the value of *slot*, which *wanted* asks for."""
        if wanted.scope == "function":
            if not self.is_websocket or not self.is_brief(wanted, arguments):
                return "function"
            self.brief.add(slot)
            return "brief"
        moves = self.commits_early and wanted.scope is None and wanted.key not in self.staying
        return "commit" if moves else "request"

    def is_brief(self, wanted: Dependency, arguments: Arguments) -> bool:
        # Who holds a brief value in a generator of the same scope has to be left before it is.
        is_own = wanted.resource is not None and wanted.resource.is_brief
        return is_own or any(slot in self.brief for _, slot in arguments)


def staying(replacing: Replacing) -> set[Any]:
    """The keys of all whose author said that it lives as long as the request, or that such need."""
    keys: set[Any] = set()
    waiting = [one for one in replacing.walk() if one.scope not in (None, "function")]
    while waiting:
        wanted = waiting.pop()
        if wanted.key not in keys:
            keys.add(wanted.key)
            waiting.extend(map(replacing.had_for, replacing.used_for(wanted).dependencies))
    return keys


def moved(root: Dependency) -> list[Dependency]:
    """The generators of *root* whose exits would move to before the answer."""
    replacing = Replacing(root, None)
    kept = staying(replacing)
    return [
        wanted
        for wanted in replacing.walk()
        if wanted.kind.is_generator and wanted.scope is None and wanted.key not in kept
    ]


def held(
    steps: Sequence[Step],
    ready: Sequence[Step],
    ending: Sequence[Step],
    after: Sequence[Step],
    *,
    is_held: bool = False,
    is_watched: bool = False,
) -> list[Step]:
    """All these steps, within the scopes that *steps* enter.

    *ready* is the end of what is done before the endpoint, *ending* is the endpoint and its
    answer, and *after* is what comes when that is made.  *is_held*: something else ends with the
    request.  *is_watched*: it is noted when the answer begins.
    """
    entered = [step for step in steps if isinstance(step, Enter)]
    lives = {step.scope for step in entered}
    is_late = "request" in lives
    if is_held or "commit" in lives:
        lives.add("request")
    outermost = next((life for life in ("request", "function", "brief") if life in lives), None)
    has_async = any(step.is_async for step in entered)

    def hold(life: Life) -> Hold:
        # What shields cleanup must surround all that is cleaned up, so it is the outermost one's.
        return Hold(life, has_async and life == outermost)

    def release(life: Life) -> Release:
        within = [step for step in entered if step.scope == life]
        # What is alone has nobody around it who would swallow what its end raises.
        is_strict = len(within) > 1 and any(step.is_brief for step in within)
        return Release(life, is_strict=is_strict)

    result = [*steps, *ready]
    if "brief" in lives:
        result = [hold("brief"), *result, release("brief")]
    result = [*result, *ending]
    if "function" in lives:
        result = [hold("function"), *result, release("function")]
    if "commit" in lives:
        result = [hold("commit"), *result, ReleaseEarly()]
    if is_watched and is_late and Send() in after:
        result = [Watch(), *result, NoteAnswer()]
    result = [*result, *after]
    if "request" in lives:
        result = [hold("request"), *result, Release("request")]
    return result
