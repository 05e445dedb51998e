"""The attempts at one request: when there is another one, and what the one before leaves behind.

Nothing is left of it: the scope, `request.state`, the session and the request are put back, the
files of a form are rewound, and what was received is received again.
"""

from asyncio import current_task
from collections.abc import MutableMapping
from copy import deepcopy
from typing import Any

import anyio
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from pronghorn._pipeline.replying import STARTED
from pronghorn._pipeline.stack import is_asyncio_running
from pronghorn.logger import logger
from pronghorn.retries import Retry

SHALLOW = ("state", "path_params")
"""Dicts in the scope whose values belong to others, too."""
DEEP = ("session",)
"""Dicts in the scope whose values are plain data."""


class Attempts:
    """What handlers of operations with a `retry` have, made before the first attempt."""

    def __init__(
        self,
        retry: Retry,
        scope: Scope,
        receive: Receive,
        request: Request | None,
        form: Any,
    ) -> None:
        self.retry = retry
        self.failed = 0
        self.scope = scope
        self.receive_new = receive
        self.received: list[Message] = []
        self.position = 0
        self.request = request
        if request is not None:
            request._receive = self.receive
        values = form.multi_items() if isinstance(form, FormData) else ()
        self.files = [value for _, value in values if isinstance(value, UploadFile)]
        self.kept = Kept(scope, request)
        self.cancellations = cancellations()

    async def receive(self) -> Message:
        """What the server gives; for a later attempt from the beginning on."""
        if self.position == len(self.received):
            self.received.append(await self.receive_new())
        self.position += 1
        return self.received[self.position - 1]

    def go_on(self, error: Exception) -> bool:
        """Whether there is another attempt after *error*."""
        self.failed += 1
        return (
            self.failed < self.retry.attempts
            and not self.scope.get(STARTED)
            and self.retry.wants(error)
            # Somebody may have turned the cancellation into another exception.
            and cancellations() == self.cancellations
            and not any(file.file.closed for file in self.files)
        )

    async def begin_another(self) -> None:
        """Wait, and let all be as it was before the first attempt."""
        pause = self.retry.pause(self.failed)
        logger.info(
            "Attempt %d of %d at %s failed; trying again in %d ms",
            self.failed,
            self.retry.attempts,
            self.scope["path"],
            pause * 1000,
        )
        await anyio.sleep(pause)
        self.position = 0
        self.kept.put_back()
        for file in self.files:
            await file.seek(0)

    def end(self) -> None:
        """Let go, after an attempt that went well."""
        if self.request is not None:
            # Not by `self`: the request would know what knows the request.
            left = self.received[self.position :]
            self.request._receive = (
                receive_first(left, self.receive_new) if left else self.receive_new
            )
            self.request = None
        self.kept.put_stacks_back()


def receive_first(messages: list[Message], receive: Receive) -> Receive:
    """*receive*, after *messages*: an attempt that failed had them, and the last one had not.

    Whoever comes after the attempts may read on, such as the stream that is the answer.
    """

    async def receive_next() -> Message:
        return messages.pop(0) if messages else await receive()

    return receive_next


class Kept:
    """The scope and the request as they were."""

    def __init__(self, scope: Scope, request: Request | None) -> None:
        self.scope = scope
        self.before = dict(scope)
        self.shallow = [(scope[key], dict(scope[key])) for key in SHALLOW if key in scope]
        # Sessions have flags beside what is in them.
        self.deep = [
            (scope[key], deepcopy(dict(scope[key])), dict(attributes_of(scope[key])))
            for key in DEEP
            if isinstance(scope.get(key), dict)
        ]
        self.attributes: MutableMapping[str, Any] = {} if request is None else vars(request)
        self.attributes_before = dict(self.attributes)
        if "_json" in self.attributes_before:
            # A class of somebody's has parsed it already, and who gets it may change it.
            self.attributes_before["_json"] = deepcopy(self.attributes_before["_json"])

    def put_back(self) -> None:
        """Let all be as it was; of what can be changed itself, in place: others hold it, too."""
        exchange(self.scope, self.before)
        for mapping, before in self.shallow:
            exchange(mapping, before)
        for session, before, flags in self.deep:
            dict.clear(session)
            dict.update(session, deepcopy(before))
            exchange(attributes_of(session), flags)
        exchange(self.attributes, self.attributes_before)
        if "_json" in self.attributes:
            self.attributes["_json"] = deepcopy(self.attributes["_json"])

    def put_stacks_back(self) -> None:
        """Let others find the stacks of who called, if that is somebody else."""
        for key in ("fastapi_inner_astack", "fastapi_function_astack"):
            if key in self.before:
                self.scope[key] = self.before[key]


def attributes_of(thing: Any) -> MutableMapping[str, Any]:
    """Those of *thing*, which may be changed; none for what has none."""
    return getattr(thing, "__dict__", {})


def exchange(mapping: MutableMapping[str, Any], values: dict[str, Any]) -> None:
    for key in [key for key in mapping if key not in values]:
        del mapping[key]
    mapping.update(values)


def cancellations() -> int:
    """How often the current task was told to end, and was not told otherwise."""
    task: Any = current_task() if is_asyncio_running() else None
    return 0 if task is None else task.cancelling()
