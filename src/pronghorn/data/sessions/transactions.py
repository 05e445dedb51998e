"""The session classes: one transaction each, over for good when it is closed.

They are SQLAlchemy's blocking sessions.  An asynchronous session has one inside, so whatever
is decided here holds for both.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.orm import (
    Mapper,
    ORMExecuteState,
    RelationshipProperty,
    Session,
    SessionTransaction,
    UOWTransaction,
)

from pronghorn.data.errors import ReadOnlySessionError, SessionOverError

BEGIN_SNAPSHOT = {
    "sqlite": "BEGIN DEFERRED",
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
}
FURTHER = frozenset({"selectin", "subquery", "immediate", "select"})
"""Ways of loading a relationship that take statements of their own."""


class OneTransaction(Session):
    """A session that cannot be used once it was closed."""

    is_over = False

    def close(self) -> None:
        super().close()
        self.is_over = True

    def _autobegin_t(self, begin: bool = False) -> SessionTransaction:
        # Whatever uses the database, or takes objects in for it, comes through here.
        if self.is_over:
            raise SessionOverError
        return super()._autobegin_t(begin)


class ReadTransaction(OneTransaction):
    """A session that sends no writes.

    Its connection commits each statement by itself, so a single one costs no round trip more.
    Where several have to see one state of the database, they are put into a snapshot: a
    transaction that is read-only and REPEATABLE READ.
    """

    _snapshot: Connection | None = None

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Within the block all statements see the database as it is at the first of them."""
        if self._snapshot is not None:
            yield
            return
        self.begin_snapshot()
        try:
            yield
        except BaseException:
            self.end_snapshot()
            raise
        self.end_snapshot()

    def begin_snapshot(self) -> None:
        """From here on all statements see one state, until the session is closed."""
        if self._snapshot is None:
            connection = self.connection()
            # Behind a pooler the whole session is a snapshot already.
            if commits_each_statement(connection):
                connection.exec_driver_sql(BEGIN_SNAPSHOT[connection.dialect.name])
                self._snapshot = connection

    def end_snapshot(self) -> None:
        connection, self._snapshot = self._snapshot, None
        if connection is None or connection.invalidated or connection.closed:
            return
        try:
            connection.exec_driver_sql("COMMIT")
        except BaseException:
            # Nobody must get a connection that is still within it.
            connection.invalidate()
            raise

    def read_alone(self, _state: ORMExecuteState) -> Any:
        """Execute a single statement in a way of one's own; None: in the usual way."""
        return None

    # The connection goes back to the pool in each of these.

    def commit(self) -> None:
        self.end_snapshot()
        super().commit()

    def rollback(self) -> None:
        self.end_snapshot()
        super().rollback()

    def close(self) -> None:
        try:
            self.end_snapshot()
        finally:
            super().close()


def commits_each_statement(connection: Connection) -> bool:
    driver_level = connection.connection.dbapi_connection
    return driver_level is None or connection.dialect.detect_autocommit_setting(driver_level)


class PassingReadTransaction(ReadTransaction):
    """One that gives its connection back after each statement, so that others may have it."""

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        is_inner = self._snapshot is not None
        with super().snapshot():
            yield
        if not is_inner:
            self.commit()

    def read_alone(self, state: ORMExecuteState) -> Any:
        kept = state.invoke_statement(execution_options=BUFFERED).freeze()
        self.commit()
        return kept()


BUFFERED = {"prebuffer_rows": True}


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
    """Refuse what writes; put into a snapshot what is read by several statements."""
    if state.is_insert or state.is_update or state.is_delete:
        raise ReadOnlySessionError("A statement that writes was executed")
    session = state.session
    if not isinstance(session, ReadTransaction) or session._snapshot is not None:
        return None
    if state.execution_options.get("stream_results"):
        session.begin_snapshot()
        return None
    if not state.is_select or not takes_several(state):
        return session.read_alone(state)
    with session.snapshot():
        # All rows are loaded before the snapshot ends.
        return state.invoke_statement(execution_options=BUFFERED)


def takes_several(state: ORMExecuteState) -> bool:
    """Whether loading the rows takes further statements: an eager load is asked for."""
    options = getattr(state.statement, "_with_options", ())
    if any(map(loads_further, options)):
        return True
    return any(loads_eagerly(mapper) for mapper in state.all_mappers)


def loads_further(option: Any) -> bool:
    """Whether *option* loads a relationship by a statement of its own."""
    for element in getattr(option, "context", ()):
        strategy = dict(element.strategy or ())
        if strategy.get("lazy") in FURTHER or "selectinload_polymorphic" in strategy:
            return True
        # A join brings in what the other side always loads.
        joined = (part for part in element.path if isinstance(part, RelationshipProperty))
        if any(loads_eagerly(relation.mapper) for relation in joined):
            return True
    return False


@cache
def loads_eagerly(mapper: Mapper[Any]) -> bool:
    """Whether something is always loaded with *mapper*, by a statement of its own."""
    return any(
        any(derived.polymorphic_load == "selectin" for derived in reached.self_and_descendants)
        or any(it.lazy in ("selectin", "subquery", "immediate") for it in reached.relationships)
        for reached in reached_by_joins(mapper)
    )


def reached_by_joins(mapper: Mapper[Any]) -> list[Mapper[Any]]:
    """*mapper*, and those that are always loaded with it by the same statement."""
    reached = [mapper]
    for one in reached:
        reached += {
            relation.mapper
            for relation in one.relationships
            if relation.lazy in ("joined", False) and relation.mapper not in reached
        }
    return reached
