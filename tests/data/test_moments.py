"""All that one call of a session that reads loads is of one moment, however it is loaded."""

from contextlib import suppress

import pytest
from data.watched import is_in_transaction
from sqlalchemy import ForeignKey, create_engine, event, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    joinedload,
    mapped_column,
    relationship,
    selectin_polymorphic,
)
from sqlalchemy.pool import NullPool

from pronghorn.data import Database, answer_to

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


# --- after a snapshot --------------------------------------------------------------------


async def in_a_block(session):
    async with session.begin():
        await streamed(session)


async def in_a_block_that_fails(session):
    with suppress(LookupError):
        async with session.begin():
            await streamed(session)
            raise LookupError


async def then_reset(session):
    await streamed(session)
    await session.reset()


async def then_ended_by_its_transaction(session):
    transaction = await session.begin()
    await streamed(session)
    await transaction.rollback()


async def then_committed(session):
    await streamed(session)
    await session.commit()


async def left_open(session):
    await streamed(session)


async def streamed(session):
    return [shelf async for shelf in await session.stream_scalars(select(Shelf))]


ENDS = [
    in_a_block,
    in_a_block_that_fails,
    then_reset,
    then_ended_by_its_transaction,
    then_committed,
    left_open,
]


@pytest.fixture
async def shelves(address):
    async with Database(address, pool_size=1, max_overflow=0) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield db


async def count_twice(db, session):
    """What two statements count, between which another session adds a row."""
    before = await session.scalar(select(func.count()).select_from(Shelf))
    async with db.sessions() as other:
        other.add(Shelf())
    return await session.scalar(select(func.count()).select_from(Shelf)) - before


@pytest.mark.parametrize("stream", ENDS)
async def test_who_comes_after_a_snapshot_sees_what_is_new(shelves, stream):
    async with shelves.sessions.read() as session:
        await stream(session)
    async with shelves.sessions.read() as session:
        assert await count_twice(shelves, session) == 1


@pytest.mark.parametrize("stream", [in_a_block, then_reset, then_committed])
async def test_a_session_may_have_a_second_snapshot(shelves, stream):
    async with shelves.sessions.read() as session:
        await stream(session)
        assert await count_twice(shelves, session) == 1
        await streamed(session)
        assert is_in_transaction((await session.connection()).sync_connection)
        assert await count_twice(shelves, session) == 0


def test_who_comes_after_the_snapshot_of_a_blocking_session_sees_what_is_new(address):
    db = Database(address, pool_size=1, max_overflow=0)
    Base.metadata.create_all(db.sync_engine)
    with db.sessions.sync_read() as session, session.begin():
        list(session.scalars(select(Shelf).execution_options(yield_per=1)))
    with db.sessions.sync_read() as session:
        before = len(session.scalars(select(Shelf)).all())
        with db.sessions.sync() as other:
            other.add(Shelf())
        assert len(session.scalars(select(Shelf)).all()) == before + 1
    db.sync_engine.dispose()
    db.sync_read_engine.dispose()


async def test_a_server_that_is_away_when_a_snapshot_ends_is_known_to_be_away(shelves):
    if shelves.is_sqlite:
        pytest.skip("SQLite has no server that goes away")

    async def end_connection(session):
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        async with shelves.sessions() as other:
            await other.execute(text(f"SELECT pg_terminate_backend({pid})"))

    with pytest.raises(DBAPIError) as caught:
        async with shelves.sessions.read() as session:
            await streamed(session)
            await end_connection(session)
    assert answer_to(caught.value).status_code == 503
    with pytest.raises(DBAPIError) as caught:
        async with shelves.sessions.read() as session:
            await session.run_sync(lost_in_a_snapshot, shelves.address.sync_url)
    assert answer_to(caught.value).status_code == 503
    async with shelves.sessions.read() as session:
        assert await count_twice(shelves, session) == 1


def lost_in_a_snapshot(session, url):
    with session.snapshot():
        pid = session.scalar(text("SELECT pg_backend_pid()"))
        outside = create_engine(url, poolclass=NullPool)
        with outside.begin() as other:
            other.execute(text(f"SELECT pg_terminate_backend({pid})"))
