"""The session classes: one transaction each, over for good when it is closed.

They are SQLAlchemy's blocking sessions.  An asynchronous session has one inside, so whatever
is decided here holds for both.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

from sqlalchemy import Connection, Result, event, inspect
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.orm import ORMExecuteState, Session, SessionTransaction, UOWTransaction

from pronghorn.data.errors import (
    ReadOnlySessionError,
    RefusedBeforeError,
    RowNotFoundError,
    SessionOverError,
)
from pronghorn.data.sessions import snapshots
from pronghorn.data.sessions.eager_loads import takes_several

Options = Mapping[str, Any]
NONE: Options = {}
WRITING = "A statement that writes was executed"

said_of_selects: list[Callable[[], Options]] = []
"""What gives further execution options for each select."""


class OneTransaction(Session):
    """A session that cannot be used once it was closed."""

    is_over = False

    def get_one(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As SQLAlchemy's, but its exception knows what was asked for."""
        found = self.get(entity, ident, **options)
        if found is None:
            raise RowNotFoundError(inspect(entity).mapper.class_.__name__)
        return found

    def close(self) -> None:
        super().close()
        self.is_over = True

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:
        # Whatever uses the database, or takes objects in for it, comes through here.
        if self.is_over:
            raise SessionOverError
        return super()._autobegin_t(begin)

    # All of `execute`, `scalars`, `get`, `refresh` and lazy loads come through here.  The event
    # `do_orm_execute` would be the public way, and costs a tenth of the smallest statement.
    def _execute_internal(self, statement: Any, params: Any = None, **named: Any) -> Any:
        if said_of_selects and getattr(statement, "is_select", False):
            options = dict(named.get("execution_options", NONE))
            for say in said_of_selects:
                options |= say()
            named["execution_options"] = options
        try:
            return super()._execute_internal(statement, params, **named)
        except PendingRollbackError as error:
            raise RefusedBeforeError from error

    def commit(self) -> None:
        try:
            super().commit()
        except PendingRollbackError as error:
            raise RefusedBeforeError from error


class ReadTransaction(OneTransaction):
    """A session that sends no writes.

    Its connection commits each statement by itself, so a single one costs no round trip more.
    Where several have to see one state of the database, they are put into a snapshot: a
    transaction that is read-only and REPEATABLE READ.
    """

    _snapshot: Connection | None = None
    """The connection that was put into a snapshot; it is closed when the transaction ends."""

    @property
    def is_in_snapshot(self) -> bool:
        return self._snapshot is not None and not self._snapshot.closed

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block all statements see the database as it is at the first of them."""
        if self.is_in_snapshot:
            yield
            return
        self.begin_snapshot()
        try:
            yield
        except BaseException:
            # What led here is what is raised.
            with suppress(Exception):
                self.end_snapshot()
            raise
        self.end_snapshot()

    def begin_snapshot(self) -> None:
        """From here on all statements see one state, until the connection is given back."""
        connection = self.connection()
        if snapshots.begin(connection):
            self._snapshot = connection

    def end_snapshot(self) -> None:
        connection, self._snapshot = self._snapshot, None
        if connection is not None:
            snapshots.end(connection)

    def _execute_internal(self, statement: Any, params: Any = None, **named: Any) -> Any:
        if self.dispatch.do_orm_execute and named.get("_parent_execute_state") is None:
            # Listeners may make another statement of it, and that is the one to be looked at.  So
            # a last one after them executes what they have made, which comes through here again
            # with a parent.
            named["_add_event"] = ORMExecuteState.invoke_statement
            return super()._execute_internal(statement, params, **named)
        execute = partial(super()._execute_internal, statement, params, **named)
        try:
            return self.read(statement, named.get("execution_options", NONE), execute)
        except DBAPIError as error:
            # It stays what the driver says, for whoever looks at that.
            if is_refused_write(error):
                error.add_note(str(ReadOnlySessionError(WRITING)))
            raise

    def read(self, statement: Any, options: Options, execute: Callable[..., Any]) -> Any:
        """Refuse what writes; put into a snapshot what is read by several statements."""
        if getattr(statement, "is_dml", False):
            raise ReadOnlySessionError(WRITING)
        if self.is_in_snapshot:
            return execute()
        if is_streamed(options, statement, self):
            self.begin_snapshot()
            return execute()
        if not takes_several(statement):
            return self.read_alone(options, execute)
        with self.snapshot():
            # All rows are loaded before the snapshot ends.
            return execute(execution_options={**options, **BUFFERED})

    def read_alone(self, _options: Options, execute: Callable[..., Any]) -> Any:
        """Execute a statement that is the only one to be executed."""
        return execute()


class PassingReadTransaction(ReadTransaction):
    """One that gives its connection back after each statement, so that others may have it."""

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        is_inner = self.is_in_snapshot
        with super().snapshot():
            yield
        if not is_inner:
            self.commit()

    def read_alone(self, options: Options, execute: Callable[..., Any]) -> Any:
        kept = execute(execution_options={**options, **BUFFERED})
        # A scalar is not a result, and there are results without rows.
        has_rows = isinstance(kept, Result) and getattr(kept, "returns_rows", True)
        again = kept.freeze() if has_rows else lambda: kept
        self.commit()
        return again()


def is_refused_write(error: DBAPIError) -> bool:
    """Whether the database refused a statement of raw SQL, since it writes."""
    driver: Any = error.driver_exception
    # As PostgreSQL and SQLite call it.
    codes = (getattr(driver, "sqlstate", None), getattr(driver, "sqlite_errorname", None))
    return "25006" in codes or "SQLITE_READONLY" in codes


BUFFERED = {"prebuffer_rows": True}
STREAMED = ("stream_results", "yield_per")


def is_streamed(options: Options, statement: Any, session: Session) -> bool:
    """Whether rows are had while further ones are still to come."""
    said = (options, getattr(statement, "_execution_options", NONE), session.execution_options)
    return any(each.get(name) for each in said if each for name in STREAMED)


def refuse_changes(session: Session) -> None:
    """Refuse what was added, deleted or changed in *session*, as nothing of it is ever sent.

    An object that was touched, and is as it was before, is no change.
    """
    # Of an identity map of any size these are only the few that matter.
    if session._is_clean():
        return
    for what, names in (
        ("Something was added", map(class_name, session.new)),
        ("Something was deleted", map(class_name, session.deleted)),
        ("Something was changed", changed_in(session)),
    ):
        named = sorted(set(names))
        if named:
            raise ReadOnlySessionError(what, named)


def class_name(instance: object) -> str:
    return type(instance).__name__


def changed_in(session: Session) -> Iterator[str]:
    """The attributes whose changes a flush would send."""
    for item in session.dirty:
        if session.is_modified(item):
            for attribute in inspect(item).attrs:
                if attribute.history.has_changes():
                    yield f"{class_name(item)}.{attribute.key}"


@event.listens_for(ReadTransaction, "before_flush")
def refuse_flush(session: Session, _context: UOWTransaction, _objects: Any) -> None:
    refuse_changes(session)
