"""Asynchronous sessions: one transaction each, over for good when it ends."""

from asyncio import current_task
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import wraps
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction
from sqlalchemy.sql.base import Executable

from pronghorn.data.errors import ReadOnlySessionError, SessionOverError, SharedSessionError


class OneTransaction(Session):
    """A session that cannot be used once it was closed."""

    is_over = False

    def close(self) -> None:
        super().close()
        self.is_over = True

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:
        # Everything that uses the database, or takes objects in for it, begins here.
        if self.is_over:
            raise SessionOverError
        return super()._autobegin_t(begin)


class ReadTransaction(OneTransaction):
    """A session that sends no writes, and for which several statements see one state of things."""

    snapshot_depth = 0

    def has_eager_loads(self, statement: Executable) -> bool:
        """Whether loading the rows of *statement* may take further statements."""
        return bool(getattr(statement, "_with_options", ()))

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block all statements see the database as it is at the first one."""
        if self.snapshot_depth:
            yield
            return
        connection = self.connection()
        connection.exec_driver_sql(BEGIN_SNAPSHOT[connection.dialect.name])
        self.snapshot_depth += 1
        try:
            yield
        except BaseException:
            self.snapshot_depth -= 1
            end_or_invalidate(connection, "ROLLBACK")
            raise
        self.snapshot_depth -= 1
        end_or_invalidate(connection, "COMMIT")


BEGIN_SNAPSHOT = {
    "sqlite": "BEGIN DEFERRED",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}


def end_or_invalidate(connection: Connection, statement: str) -> None:
    """End a snapshot; a connection on which that fails is no good to anybody."""
    try:
        connection.exec_driver_sql(statement)
    except BaseException:
        connection.invalidate()
        raise


@event.listens_for(ReadTransaction, "before_flush")
def refuse_flush(session: Session, _context: UOWTransaction, _objects: Any) -> None:
    changed = [item for item in session.dirty if session.is_modified(item)]
    for objects, what in (
        (list(session.new), "An object was added"),
        (list(session.deleted), "An object was deleted"),
        (changed, "An object was changed"),
    ):
        if objects:
            raise ReadOnlySessionError(f"{what} ({type(objects[0]).__name__})")


@event.listens_for(ReadTransaction, "do_orm_execute")
def read(state: ORMExecuteState) -> Any:
    if state.is_insert or state.is_update or state.is_delete:
        raise ReadOnlySessionError("A statement that writes was executed")
    session = state.session
    if (
        isinstance(session, ReadTransaction)
        and state.is_select
        and not session.snapshot_depth
        and session.has_eager_loads(state.statement)
    ):
        with session.snapshot():
            return state.invoke_statement(execution_options={"prebuffer_rows": True})
    return None


def make_session(
    engine: AsyncEngine,
    session_class: type[AsyncSession],
    sync_class: type[OneTransaction],
    **options: Any,
) -> AsyncSession:
    """A session of *session_class* for one transaction on *engine*."""
    return session_class(
        engine,
        sync_session_class=sync_class,
        expire_on_commit=False,
        close_resets_only=False,
        **options,
    )


@asynccontextmanager
async def transaction(session: AsyncSession) -> AsyncIterator[AsyncSession]:
    """Commit what *session* did in the block, or roll it back after any exception.

    BaseException: a cancelled request must not leave half of its work to the next one that
    gets this connection.
    """
    try:
        yield session
        await commit(session)
    except BaseException:
        await session.rollback()
        raise
    finally:
        await end(session)


async def commit(session: AsyncSession) -> None:
    """Commit, if there is anything to be committed."""
    if session.in_transaction():
        await session.commit()


async def end(session: AsyncSession) -> None:
    """Give the connection back; the session is over for good."""
    if session.in_transaction():
        await session.close()
    else:
        session.sync_session.close()


def guarded(session_class: type[AsyncSession]) -> type[AsyncSession]:
    """*session_class*, refusing to be used by two tasks at once."""
    methods = {name: one_task(getattr(session_class, name)) for name in USING}
    return type(f"Guarded{session_class.__name__}", (session_class,), methods)


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
    "rollback",
    "run_sync",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
)
"""The methods that use the connection."""


def one_task(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def used(self: Any, *arguments: Any, **named: Any) -> Any:
        task = current_task()
        user = self.__dict__.get("_used_by")
        if user is not None and user is not task:
            raise SharedSessionError
        self._used_by = task
        try:
            return await method(self, *arguments, **named)
        finally:
            self._used_by = user

    return used
