"""The application under torture: it keeps notes, each once, in `$DATABASE_URL`."""

import os
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import FastAPI
from pronghorn.data import Database, ReadSession, Session


class Base(DeclarativeBase):
    pass


class Note(Base):
    __tablename__ = "notes"

    key: Mapped[str] = mapped_column(primary_key=True)
    text: Mapped[str]


class NoteIn(BaseModel):
    key: str
    text: str


db = Database(os.environ["DATABASE_URL"])
app = FastAPI(lifespan=db.lifespan)


@app.post("/notes", status_code=201)
async def create_note(note: NoteIn, session: Session) -> Any:
    session.add(Note(key=note.key, text=note.text))
    return {"key": note.key}


@app.get("/notes/{key}")
async def get_note(key: str, session: ReadSession) -> Any:
    return {"text": await session.scalar(select(Note.text).where(Note.key == key))}


@app.get("/alive")
async def alive() -> Any:
    return "yes"
