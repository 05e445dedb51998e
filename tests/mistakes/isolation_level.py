"""A session with an isolation level that no database has."""

from typing import Annotated

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.data import session_with

FASTAPI_RAISES = ValueError

Repeatable = Annotated[AsyncSession, session_with(isolation_level="REPEATABLE")]
