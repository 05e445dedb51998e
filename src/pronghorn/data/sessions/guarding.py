"""Sessions that look at how they are used: outside of production only, as it costs something."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn._record import record
from pronghorn.data.errors import SharedSessionError
from pronghorn.data.sessions.beside import WatchedTransaction
from pronghorn.data.sessions.transactions import OneTransaction


@record
class Classes:
    """The classes of the sessions of one database."""

    asynchronous: type[AsyncSession]
    writing: type[OneTransaction] = OneTransaction


def guarded(session_class: type[AsyncSession]) -> Classes:
    """Those of sessions that refuse what goes well by luck."""
    return Classes(for_one_task(session_class), WatchedTransaction)


USING = (
    "commit",
    "connection",
    "delete",
    "execute",
    "flush",
    "get",
    "get_one",
    "merge",
    "refresh",
    "run_sync",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
)
"""The methods that use the connection; to give up must be possible whatever others do."""


def for_one_task(session_class: type[AsyncSession]) -> type[AsyncSession]:
    """*session_class*, refusing to be used by two tasks at once.

    SQLAlchemy refuses it only where a connection is being had; later the calls follow one
    another, so that what passes in a trial fails under load.
    """
    methods: dict[str, Any] = {
        name: one_task(getattr(session_class, name))
        for name in (*USING, "exec")
        if hasattr(session_class, name)
    }
    methods |= {"__module__": session_class.__module__, "_used_by": None}
    return type(session_class.__name__, (session_class,), methods)


def one_task(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def used(self: Any, *arguments: Any, **named: Any) -> Any:
        task, user = asyncio.current_task(), self._used_by
        if user is not None and user is not task:
            raise SharedSessionError
        self._used_by = task
        try:
            return await method(self, *arguments, **named)
        finally:
            self._used_by = user

    return used
