"""On which connection rows are read: one of the engine's own where the session has not begun.

Such a connection serves one answer and goes back, and the session never has one.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Select
from sqlalchemy.orm import LoaderCriteriaOption, Mapper, Session

from pronghorn.data.sessions.snapshots import begin
from pronghorn.data.sessions.transactions import ReadTransaction

Done = TypeVar("Done")

BY_POSITION = {"_result_disable_adapt_to_context": True}
"""Nobody looks for a column in the rows; SQLAlchemy says so of its own objects, in this way."""


class Execution(Protocol):
    """Executes selects, and gives all rows of each."""

    @property
    def dialect(self) -> Dialect:
        """How the database is spoken to."""
        ...

    def __call__(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]: ...


class OnConnection:
    """Executes on a connection; nobody but the engine hears of it."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.dialect = connection.dialect

    def __call__(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        found = self.connection.execute(statement, values, execution_options=BY_POSITION)
        return found.all()


class OnSession:
    """Executes on a session, within its transaction, after it was flushed."""

    def __init__(self, session: Session, mapper: Mapper[Any]) -> None:
        self.session = session
        self.dialect = session.get_bind(mapper).dialect

    def __call__(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        return self.session.execute(statement, values).all()


class Carrying:
    """Executes with what the first statement has for those that it leads to."""

    def __init__(self, execute: Execution, criteria: Sequence[Any], options: Any) -> None:
        self.execute = execute
        self.dialect = execute.dialect
        self.criteria = criteria
        self.options = options

    def __call__(self, statement: Select[Any], values: Mapping[str, Any]) -> Sequence[Any]:
        carried = statement.options(*self.criteria).execution_options(**self.options)
        return self.execute(carried, values)


def carrying(execute: Execution, statement: Select[Any]) -> Execution:
    """What executes the statements that *statement* leads to; raises for options of loading."""
    criteria = statement._with_options  # there is no public way to see them
    options = statement.get_execution_options()
    if not all(isinstance(option, LoaderCriteriaOption) for option in criteria):
        raise TypeError(
            "A select whose rows are read takes no loader options: what the response model has is"
            " loaded, and nothing else. Leave out `.options(...)`. [rows-select]"
        )
    return Carrying(execute, criteria, options) if criteria or options else execute


def execute_in(
    session: Session, mapper: Mapper[Any], work: Callable[[Execution], Done], *, is_several: bool
) -> Done:
    """Do *work* with what executes one statement, or several that see one state of the database."""
    engine = idle_engine(session, mapper)
    if engine is not None:
        with engine.connect() as connection:
            if is_several:
                begin(connection)
            return work(OnConnection(connection))
    # In a session that writes, the transaction is what it is.
    if is_several and isinstance(session, ReadTransaction):
        with session.snapshot():
            return work(OnSession(session, mapper))
    return work(OnSession(session, mapper))


def idle_engine(session: Session, mapper: Mapper[Any]) -> Engine | None:
    """The engine, where a connection of it may serve in the session's place.

    So it is where the session reads only, has not begun and has no options, such as another schema,
    and nobody watches what it does.
    """
    if not isinstance(session, ReadTransaction) or session.in_transaction() or session.is_over:
        return None
    if session.dispatch.do_orm_execute or session.execution_options:
        return None
    # What is said when a session begins, such as whose rows may be seen, has to be said here, too.
    if list(session.dispatch.after_begin):
        return None
    bind = session.get_bind(mapper)
    return bind if isinstance(bind, Engine) else None
