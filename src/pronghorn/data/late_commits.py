"""COMMITs that come after the answer: looked for in development, on all engines of SQLAlchemy's.

A transaction that began while a request was being answered, and is committed when the answer has
begun, is one that the client was told of too early.  What begins later, such as the transaction
of a background task, is nobody's business.
"""

from sqlalchemy import Connection, Engine, event

from pronghorn.answered import current

BEGUN = "pronghorn.begun"
"""Where on a connection the request is noted in which its transaction began."""


def listen() -> None:
    """Look at all transactions from now on."""
    if not event.contains(Engine, "commit", note_commit):
        event.listen(Engine, "begin", note_begin)
        event.listen(Engine, "commit", note_commit)


def note_begin(connection: Connection) -> None:
    watched = current.get()
    is_open = watched is not None and not watched.is_answered
    connection.info[BEGUN] = watched if is_open else None


def note_commit(connection: Connection) -> None:
    watched = connection.info.pop(BEGUN, None)
    if watched is None or not watched.is_answered:
        return
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        watched.route.tell()
