"""All that one call of a session that reads loads is of one moment, however it is loaded."""

import pytest
from data.watched import is_in_transaction
from sqlalchemy import ForeignKey, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectin_polymorphic,
)

from pronghorn.data import Database

pytestmark = pytest.mark.anyio


class Base(DeclarativeBase):
    id: Mapped[int] = mapped_column(primary_key=True)


class Shelf(Base):
    __tablename__ = "shelves"
    boxes: Mapped[list["Box"]] = relationship(lazy="selectin")


class Box(Base):
    __tablename__ = "boxes"
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))


class Label(Base):
    __tablename__ = "labels"
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship()


class Sign(Base):
    __tablename__ = "signs"
    shelf_id: Mapped[int] = mapped_column(ForeignKey("shelves.id"))
    shelf: Mapped[Shelf] = relationship(lazy="joined")


class Animal(Base):
    __tablename__ = "animals"
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012


class Cat(Animal):
    __tablename__ = "cats"
    id: Mapped[int] = mapped_column(ForeignKey("animals.id"), primary_key=True)
    lives: Mapped[int]
    __mapper_args__ = {"polymorphic_identity": "cat"}  # noqa: RUF012


class Plant(Base):
    __tablename__ = "plants"
    kind: Mapped[str]
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "plant"}  # noqa: RUF012


class Tree(Plant):
    __tablename__ = "trees"
    id: Mapped[int] = mapped_column(ForeignKey("plants.id"), primary_key=True)
    rings: Mapped[int]
    __mapper_args__ = {  # noqa: RUF012
        "polymorphic_identity": "tree",
        "polymorphic_load": "selectin",
    }


WAYS = {
    "what is always loaded with what an option joins": select(Label).options(
        joinedload(Label.shelf)
    ),
    "what is always loaded with what is always joined": select(Sign),
    "derived classes, by an option": select(Animal).options(selectin_polymorphic(Animal, [Cat])),
    "derived classes, by the mapping": select(Plant),
}


@pytest.mark.parametrize("statement", WAYS.values(), ids=WAYS.keys())
async def test_further_statements_are_in_one_snapshot(address, statement):
    async with Database(address) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with db.sessions() as session:
            shelf = Shelf(boxes=[Box()])
            session.add_all([Label(shelf=shelf), Sign(shelf=shelf), Cat(lives=9), Tree(rings=3)])
        selects = []

        def note(connection, _cursor, text, *_):
            if text.startswith("SELECT"):
                selects.append(is_in_transaction(connection))

        event.listen(db.read_engine.sync_engine, "after_cursor_execute", note)
        async with db.sessions.read() as session:
            assert len((await session.scalars(statement)).unique().all()) == 1
            event.remove(db.read_engine.sync_engine, "after_cursor_execute", note)
            assert selects == [True] * len(selects)
            assert len(selects) > 1
            # The transaction ends when all is loaded.
            assert not is_in_transaction((await session.connection()).sync_connection)
