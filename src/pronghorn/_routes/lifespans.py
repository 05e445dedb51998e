"""Lifespans: what runs before the first request and after the last."""

import inspect
from asyncio import get_running_loop
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from anyio.lowlevel import current_token
from starlette._utils import is_async_callable
from starlette.routing import BaseRoute, Host, Mount
from starlette.types import Lifespan

from pronghorn._routes.including import IncludedRouter
from pronghorn._serve.mounted_state import MOUNTED

State = Mapping[str, Any] | None
Running = list[tuple[int, int]]
begun: ContextVar[tuple[Any, Running] | None] = ContextVar("pronghorn_lifespans", default=None)
"""An event loop, and the lifespans that run in it, each with the application that it is for."""


class RouterLifespan:
    """The lifespan of a router, and of all that it includes and mounts, each once.

    What is included and mounted is looked up when it begins, so nothing that comes late is lost;
    but the routes *replaced* have nothing to say.
    """

    def __init__(self, router: Any, own: Any, replaced: Sequence[BaseRoute] | None = None) -> None:
        self.router = router
        self.own = None if own is None else as_lifespan(own)
        self.replaced = replaced or ()
        self.is_set = replaced is not None

    @asynccontextmanager
    async def __call__(self, app: Any) -> AsyncIterator[State]:
        """Run it for *app*."""
        running, key = running_here(), (id(self), id(app))
        running.append(key)
        try:
            async with AsyncExitStack() as stack:
                state = await self.enter(stack, app)
                self.grow_early(app)
                yield state
        finally:
            running.remove(key)

    async def enter(self, stack: AsyncExitStack, app: Any) -> State:
        """Begin all that is to run for *app*; where two yield the same key, the first counts."""
        # An application's lifespan takes the place of its functions, as Starlette has it.
        is_included = getattr(app, "router", self.router) is not self.router
        if self.own is None or is_included:
            await stack.enter_async_context(events(self.router))
        states = [await stack.enter_async_context(self.own(app))] if self.own else []
        states += [
            await stack.enter_async_context(router.lifespan_context(app))
            for router in included_in(self.routes)
            if not is_running(router, app)
        ]
        mounted = {
            id(below): await stack.enter_async_context(below.router.lifespan_context(below))
            for below in (mounted_in(self.routes) if self.begins_mounted else ())
            if not is_running(below.router, below)
        }
        return joined(states, mounted)

    def grow_early(self, app: Any) -> None:
        """Have the tree of paths before the first request, which would wait for it.

        What is wrong with the routes is raised by the first request, with or without a lifespan.
        """
        is_included = getattr(app, "router", None) is not self.router
        if not is_included:
            with suppress(Exception):
                _ = self.router._grown

    @property
    def begins_mounted(self) -> bool:
        """Whether nobody set another lifespan: who does so begins what they mount themselves."""
        return not self.is_set and self.router.lifespan_context is self

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of the router, but for those replaced."""
        replaced = set(map(id, self.replaced))
        return [route for route in self.router.routes if id(route) not in replaced]


def joined(states: Sequence[State], mounted: Mapping[int, State]) -> State:
    """All *states* in one, with those of *mounted* applications under a key of their own."""
    given = [state for state in reversed(states) if state is not None]
    kept = {app: state for app, state in mounted.items() if state is not None}
    for state in given:
        kept |= state.get(MOUNTED, {})
    if not given and not kept:
        return None
    return {
        **{key: value for state in given for key, value in state.items()},
        **({MOUNTED: kept} if kept else {}),
    }


def running_here() -> Running:
    """What runs in this event loop and was begun by this task, or by one that it is from."""
    loop, known = running_loop(), begun.get()
    if known is None or known[0] != loop:
        # A thread may have the context of another one, as that of a test client has.
        begun.set(known := (loop, []))
    return known[1]


def running_loop() -> Any:
    try:
        return get_running_loop()
    except RuntimeError:
        # AnyIO knows other libraries', but to ask it on asyncio imports much.
        return current_token()


def is_running(router: Any, app: Any) -> bool:
    """Whether the lifespan of *router* runs for *app* already, perhaps by the author's call."""
    return (id(router.lifespan_context), id(app)) in running_here()


def included_in(routes: Sequence[BaseRoute]) -> Iterator[Any]:
    """The routers that are included by one of *routes*."""
    for route in routes:
        if isinstance(route, IncludedRouter):
            yield route.original_router


def mounted_in(routes: Sequence[BaseRoute]) -> Iterator[Any]:
    """The applications of ours that one of *routes* mounts."""
    for route in routes:
        app = mounted_by(route)
        if app is not None:
            yield app


def mounted_by(route: BaseRoute) -> Any:
    """The application of ours that *route* mounts, or None: others look after themselves."""
    if not isinstance(route, (Mount, Host)):
        return None
    # Starlette keeps it there when a mount puts middleware around it.
    app = getattr(route, "_base_app", route.app)
    lifespan = getattr(getattr(app, "router", None), "lifespan_context", None)
    return app if isinstance(lifespan, RouterLifespan) else None


@asynccontextmanager
async def events(router: Any) -> AsyncIterator[None]:
    """The functions of *router* for its start and its end."""
    await router._startup()
    try:
        yield
    finally:
        await router._shutdown()


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


def _merge_lifespan_context(original_context: Any, nested_context: Any) -> Any:
    """Both lifespans; where both yield the same key, the first counts.

    FastAPI's function of this name: packages put a lifespan of their own beside that of an
    application by it.
    """

    @asynccontextmanager
    async def lifespan(app: Any) -> AsyncIterator[State]:
        async with original_context(app) as own, nested_context(app) as nested:
            is_empty = own is None and nested is None
            yield None if is_empty else {**(nested or {}), **(own or {})}

    return lifespan


async def run_all(functions: Sequence[Callable[[], Any]]) -> None:
    for function in functions:
        if is_async_callable(function):
            await function()
        else:
            function()
