"""The classes of a database's sessions, in production and outside of it."""

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn._record import record
from pronghorn.data.sessions.beside import WatchedTransaction
from pronghorn.data.sessions.guarding import (
    BlockingRead,
    BlockingWatchedTransaction,
    for_one_task,
)
from pronghorn.data.sessions.transactions import OneTransaction, ReadTransaction


@record
class Classes:
    """The classes of the sessions of one database."""

    asynchronous: type[AsyncSession]
    writing: type[OneTransaction] = OneTransaction
    blocking_writing: type[OneTransaction] = OneTransaction
    blocking_reading: type[OneTransaction] = ReadTransaction


def guarded(session_class: type[AsyncSession]) -> Classes:
    """Those of sessions that look at how they are used."""
    return Classes(
        for_one_task(session_class), WatchedTransaction, BlockingWatchedTransaction, BlockingRead
    )
