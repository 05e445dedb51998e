"""Blocks: at its beginning each gives a session, which is over for good at its end."""

from abc import abstractmethod
from collections.abc import Generator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, ClassVar, NoReturn

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pronghorn.data.errors import NoBlockAwaitedError, NoBlockError
from pronghorn.data.sessions.asynchronous import end, give_up, to_the_end
from pronghorn.data.sessions.blocking import roll_back
from pronghorn.data.sessions.guarding import beneath
from pronghorn.data.sessions.transactions import refuse_changes


class Written:
    """A block that says how it is written, to who takes it for the session itself."""

    written: ClassVar[str]

    def __getattr__(self, name: str) -> NoReturn:
        raise NoBlockError(self.written)


# --- asynchronous ------------------------------------------------------------------------


class Block(Written, AbstractAsyncContextManager[AsyncSession]):
    """Gives a session, and rolls back after any exception."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def __await__(self) -> Generator[Any, Any, NoReturn]:
        raise NoBlockAwaitedError(self.written)

    async def __aenter__(self) -> AsyncSession:
        return self._session

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        # A cancelled request must not leave half of its work to the next one on this connection.
        if error is not None:
            await to_the_end(give_up(self._session))
            return
        try:
            await self.finish()
        except BaseException:
            await to_the_end(give_up(self._session))
            raise
        await end(self._session)

    @abstractmethod
    async def finish(self) -> None:
        """What is done at an orderly end; if it raises, all is rolled back."""


class Writing(Block):
    """Commits at the end, if there is anything to be committed."""

    written = "async with sessions() as session:"

    async def finish(self) -> None:
        if self._session.in_transaction():
            await self._session.commit()


class Reading(Block):
    """Refuses at the end to lose what was changed."""

    written = "async with sessions.read() as session:"

    async def finish(self) -> None:
        refuse_changes(self._session.sync_session)


# --- blocking ----------------------------------------------------------------------------


class SyncBlock(Written, AbstractContextManager[Session]):
    """Gives a blocking session, with the same promises."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        try:
            if error is not None:
                roll_back(self._session)
                return
            try:
                self.finish()
            except BaseException:
                roll_back(self._session)
                raise
        finally:
            beneath(self._session).close()

    @abstractmethod
    def finish(self) -> None:
        """As for asynchronous sessions."""


class SyncWriting(SyncBlock):
    """Commits at the end, if there is anything to be committed."""

    written = "with sessions.sync() as session:"

    def finish(self) -> None:
        if self._session.in_transaction():
            self._session.commit()


class SyncReading(SyncBlock):
    """Refuses at the end to lose what was changed."""

    written = "with sessions.sync_read() as session:"

    def finish(self) -> None:
        refuse_changes(self._session)
