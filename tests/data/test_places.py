"""Which line of a program wanted a statement, or was it that an exception came through."""

import asyncio
import sys
from contextlib import contextmanager
from importlib import import_module
from textwrap import dedent

import pytest
from sqlalchemy import String, TypeDecorator, create_engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pronghorn.data import count_queries
from pronghorn.metering import metered
from pronghorn.places import place_of


@pytest.fixture
def engine():
    engine = count_queries(create_engine("sqlite://"))
    # What SQLAlchemy asks when it first connects is not counted.
    engine.connect().close()
    yield engine
    engine.dispose()


@contextmanager
def noted():
    """The lines that statements are wanted by."""
    places = []
    with metered() as meter:
        meter.statements = []
        yield places
        places += [statement.place for statement in meter.statements]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Installs a module of a text."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def install(name, text):
        (folder / f"{name}.py").write_text(dedent(text))
        monkeypatch.delitem(sys.modules, name, raising=False)
        return import_module(name)

    return install


ASKING = """
from sqlalchemy import select

def ask(engine):
    with engine.connect() as connection:
        return connection.scalar(select(1))
"""


def test_it_is_the_line_of_the_program_and_not_of_a_package_that_it_uses(engine, installed):
    library = installed("somebodys_queries", ASKING)

    def program():
        library.ask(engine)

    with noted() as places:
        program()
    (place,) = places
    assert (place.file, place.function) == (__file__, "program")


def test_it_is_the_line_of_a_program_that_was_installed_itself(engine, installed):
    """What runs its tasks is in no package, but that is no line that wanted a statement."""
    shop = installed("installed_shop", ASKING)

    async def run():
        asyncio.get_running_loop().call_soon(shop.ask, engine)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    with noted() as places:
        asyncio.run(run())
    assert places == [(shop.__file__, 6, "ask")]


async def ask_async(engine):
    async with engine.connect() as connection:
        await connection.execute(select(1))
    with noted() as places:
        async with engine.connect() as connection:
            await connection.execute(select(1))
    await engine.dispose()
    return places


def test_it_is_the_line_that_awaits_what_runs_in_a_greenlet():
    engine = count_queries(create_async_engine("sqlite+aiosqlite://"))
    (place,) = asyncio.run(ask_async(engine))
    assert (place.file, place.function) == (__file__, "ask_async")


def test_where_no_line_wanted_it_there_is_none(engine):

    async def run():
        connection = engine.connect()
        asyncio.get_running_loop().call_soon(connection.exec_driver_sql, "SELECT 1")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        connection.close()

    with noted() as places:
        asyncio.run(run())
    assert places == [None]


class Picky(TypeDecorator):
    impl = String
    cache_ok = True

    def process_bind_param(self, value, dialect):
        raise ValueError("not this one")


class Base(DeclarativeBase):
    pass


class Thing(Base):
    __tablename__ = "things"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Picky)


def test_an_exception_came_through_the_innermost_line(engine):
    with Session(engine) as session, pytest.raises(SQLAlchemyError) as caught:
        session.scalars(select(Thing).where(Thing.name == "a"))
    assert place_of(caught.value).function == "process_bind_param"
    with Session(engine) as session, pytest.raises(SQLAlchemyError) as caught:
        session.scalars(select(Thing.id))
    assert place_of(caught.value).file == __file__
    assert place_of(LookupError()) is None


def test_an_exception_came_through_a_package_that_may_be_the_program(installed):
    shop = installed("another_shop", ASKING)
    with pytest.raises(SQLAlchemyError) as caught:
        shop.ask(create_engine("sqlite:////nowhere/at/all.db"))
    # As if nothing of this file had called it.
    below = caught.value.__traceback__.tb_next
    assert place_of(caught.value.with_traceback(below)).function == "ask"
