"""The same notes by the recipe of most tutorials: the control, which loses what it acknowledged.

It says `fastapi`, and is run in an environment that has it.
"""

import os
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Depends, FastAPI  # pyright: ignore[reportMissingImports]
from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    key: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class NoteIn(BaseModel):
    key: str
    text: str


url = os.environ["DATABASE_URL"]
url = url.replace("sqlite://", "sqlite+aiosqlite://").replace(
    "postgresql://", "postgresql+asyncpg://"
)
engine = create_async_engine(url)
async_session_maker = async_sessionmaker(engine, expire_on_commit=False)


async def get_db() -> AsyncIterator[AsyncSession]:
    async with async_session_maker() as session:
        try:
            yield session
            await session.commit()
        except Exception:
            await session.rollback()
            raise


DbSession = Annotated[AsyncSession, Depends(get_db)]
app = FastAPI()
flushing = FastAPI()
"""The same, whose endpoint flushes, as most do that answer with a key made by the database."""


@app.post("/notes", status_code=201)
async def create_note(note: NoteIn, session: DbSession) -> Any:
    session.add(Note(key=note.key, text=note.text))
    return {"key": note.key}


@flushing.post("/notes", status_code=201)
async def create_note_and_flush(note: NoteIn, session: DbSession) -> Any:
    session.add(Note(key=note.key, text=note.text))
    await session.flush()
    return {"key": note.key}


@app.get("/notes/{key}")
@flushing.get("/notes/{key}")
async def get_note(key: str, session: DbSession) -> Any:
    return {"text": await session.scalar(select(Note.text).where(Note.key == key))}


@app.get("/alive")
@flushing.get("/alive")
async def alive() -> Any:
    return "yes"
