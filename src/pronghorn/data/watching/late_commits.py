"""COMMITs that come after the answer: looked for in development, on all engines of SQLAlchemy's.

A transaction that began while a request was being answered, and is committed when the answer has
begun, is one that the client was told of too early.  What begins later, such as the transaction
of a background task, is nobody's business.  A session's transaction begins when the first object
is added: its connection may begin as late as in the commit.
"""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction

from pronghorn.answered import Watched, current
from pronghorn.data.watching.places import caller

BEGUN = "pronghorn.begun"
"""Where on a connection and on a session the request is noted in which its transaction began."""


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
    if watched is None or not watched.is_answered:
        return
    is_meant = connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
    if is_meant and not watched.route.is_told:
        watched.route.tell(caller())


LISTENERS: Final[tuple[tuple[type, str, Callable[..., Any]], ...]] = (
    (Engine, "begin", note_begin),
    (Engine, "commit", note_commit),
    (Session, "after_transaction_create", note_session),
    (Session, "after_begin", note_session_begin),
)
