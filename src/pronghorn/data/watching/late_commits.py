"""COMMITs that come after the answer: looked for in development, on all engines of SQLAlchemy's.

A transaction that began while a request was being answered, has written, and is committed when the
answer has begun, is one that the client was told of too early.  What begins later, such as the
transaction of a background task, is nobody's business.  A session's transaction begins when the
first object is added: its connection may begin as late as in the commit.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from pronghorn.answered import Watched, current
from pronghorn.data.watching.places import caller

BEGUN = "pronghorn.begun"
"""Where on a connection and on a session the request is noted in which its transaction began."""
WROTE = "pronghorn.wrote"
"""Where on a connection it is noted that its transaction has written."""

READING: Final = re.compile(
    r"(?:\s|--[^\n]*+|/\*.*?\*/|\()*+"
    r"(?:SELECT|WITH|VALUES|TABLE|SHOW|SET|RESET|PRAGMA|EXPLAIN|DECLARE|FETCH|CLOSE|LOCK"
    r"|BEGIN|SAVEPOINT|RELEASE|ROLLBACK|COMMIT)\b",
    re.IGNORECASE | re.DOTALL,
)
"""How statements begin, below comments, that change nothing."""
WITH_WRITING: Final = re.compile(
    r"\bWITH\b.*\b(?:INSERT\s+INTO|(?<!FOR )(?<!KEY )UPDATE|DELETE\s+FROM|MERGE\s+INTO)\b",
    re.IGNORECASE | re.DOTALL,
)
"""`WITH` may begin one that does."""


def listen() -> None:
    """Look at all transactions from now on."""
    if not event.contains(Engine, "commit", note_commit):
        for target, name, note in LISTENERS:
            event.listen(target, name, note)


def open_request() -> Watched | None:
    """The watched request that is being answered, if its answer has not begun."""
    watched = current.get()
    return None if watched is None or watched.is_answered else watched


def note_begin(connection: Connection) -> None:
    connection.info[BEGUN] = open_request()
    connection.info[WROTE] = False


# Any: what SQLAlchemy tells of each statement, of which only its text is looked at.
def note_statement(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
    if not READING.match(statement) or WITH_WRITING.search(statement):
        connection.info[WROTE] = True


def note_session(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info[BEGUN] = open_request()


def note_session_begin(
    session: Session, _transaction: SessionTransaction, connection: Connection
) -> None:
    watched = session.info.get(BEGUN)
    if watched is not None:
        connection.info[BEGUN] = watched


def note_commit(connection: Connection) -> None:
    watched = connection.info.pop(BEGUN, None)
    has_written = connection.info.pop(WROTE, False)
    if watched is None or not watched.is_answered or not has_written:
        return
    is_meant = connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
    if is_meant and not watched.route.is_told:
        watched.route.tell(caller())


LISTENERS: Final[tuple[tuple[type, str, Callable[..., Any]], ...]] = (
    (Engine, "begin", note_begin),
    (Engine, "before_cursor_execute", note_statement),
    (Engine, "commit", note_commit),
    (Session, "after_transaction_create", note_session),
    (Session, "after_begin", note_session_begin),
)
