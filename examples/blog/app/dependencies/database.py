"""Sessions of the database.

`scope="function"` ends a session before the answer is sent: what the client reads as
done is committed, and a commit that fails is never a 2xx.
"""

from collections.abc import AsyncIterator
from typing import Annotated

from pronghorn import Depends
from pronghorn.requests import HTTPConnection
from sqlalchemy.ext.asyncio import AsyncSession

from database import Database


def get_database(connection: HTTPConnection) -> Database:
    """The database that the lifespan opened."""
    database: Database = connection.app.state.database
    return database


OpenDatabase = Annotated[Database, Depends(get_database)]


async def get_db(database: OpenDatabase) -> AsyncIterator[AsyncSession]:
    """A session that commits, or rolls back if anything went wrong.

    BaseException: a cancelled request must not leave half of its work to the next one
    that gets this connection.
    """
    async with database.sessions() as session:
        try:
            yield session
            await session.commit()
        except BaseException:
            await session.rollback()
            raise


async def get_read_db(database: OpenDatabase) -> AsyncIterator[AsyncSession]:
    """A session for queries. It takes no lock, and nothing that it writes is kept."""
    async with database.read_sessions() as session:
        yield session


DbSession = Annotated[AsyncSession, Depends(get_db, scope="function")]
ReadSession = Annotated[AsyncSession, Depends(get_read_db, scope="function")]
