"""Lifespans: what runs before the first request and after the last."""

import inspect
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette._utils import is_async_callable
from starlette.types import Lifespan


def as_lifespan(lifespan: Any) -> Lifespan[Any]:
    """*lifespan* as a function to an async context manager; generators are accepted."""
    if inspect.isasyncgenfunction(lifespan):
        return asynccontextmanager(lifespan)
    if inspect.isgeneratorfunction(lifespan):
        return lifted(contextmanager(lifespan))
    result: Lifespan[Any] = lifespan
    return result


def lifted(blocking: Callable[[Any], Any]) -> Lifespan[Any]:
    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Any]:
        with blocking(app) as state:
            yield state

    return lifespan


def merged(outer: Any, inner: Any) -> Any:
    """Both lifespans; where both yield a state with the same key, that of *outer* counts."""

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[Mapping[str, Any] | None]:
        async with outer(app) as outer_state, inner(app) as inner_state:
            if outer_state is None and inner_state is None:
                yield None
            else:
                yield {**(inner_state or {}), **(outer_state or {})}

    return lifespan


class EventLifespan:
    """The lifespan of a router that has none: its `on_startup` and `on_shutdown` functions."""

    def __init__(self, router: Any) -> None:
        self.router = router

    def __call__(self, app: object) -> "EventLifespan":  # noqa: ARG002 - as lifespans are called
        return self

    async def __aenter__(self) -> None:
        await self.router._startup()

    async def __aexit__(self, *exc_info: object) -> None:
        await self.router._shutdown()


async def run_all(functions: Sequence[Callable[[], Any]]) -> None:
    for function in functions:
        if is_async_callable(function):
            await function()
        else:
            function()
