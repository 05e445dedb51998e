"""A select that is built anew in each request says in each request what it says."""

from typing import Any

import pytest
from data import row_tables as tables
from data.row_tables import Artist, ArtistName, Base, Kiosk, KioskOut, Work, WorkOut
from sqlalchemy import Integer, bindparam, case, func, literal, or_, select
from sqlalchemy.exc import StatementError
from sqlalchemy.orm import aliased, with_loader_criteria

from pronghorn.data import Database, FromRows, rows
from pronghorn.data.row_json.statements import MOST

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(address):
    async with Database(address) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with db.sessions() as session:
            session.add_all(tables.fill())
        yield db


def cte(year):
    late = select(Work.artist_id).where(Work.year > year).cte()
    return select(Artist).where(Artist.id.in_(select(late.c.artist_id))).order_by(Artist.id)


def by_alias(name):
    artist = aliased(Artist)
    return select(artist).where(artist.name != name).order_by(artist.id)


def of_subquery(year):
    late = aliased(Work, select(Work).where(Work.year > year).subquery())
    return select(late).where(late.year < year + 7).order_by(late.id)


def limited(year):
    criteria = with_loader_criteria(Work, Work.year > year)
    return select(Work).options(criteria).order_by(Work.id)


# What builds a select of a value, and values.
BUILDERS: dict[str, tuple[Any, Any, Any, list[Any]]] = {
    "equal": (Artist, ArtistName, lambda n: select(Artist).where(Artist.id == n), [1, 2, 99, 1]),
    "null": (
        Artist,
        ArtistName,
        lambda n: select(Artist).where(Artist.mentor_id == n).order_by(Artist.id),
        [1, None, 2, None],
    ),
    "window": (
        Work,
        WorkOut,
        lambda n: select(Work).order_by(Work.id).offset(n).limit(n + 1),
        [0, 3, 1, 22, 0],
    ),
    "several": (
        Work,
        WorkOut,
        lambda ids: select(Work).where(Work.id.in_(ids)).order_by(Work.id),
        [[1], [2, 3, 4], [], [5, 1]],
    ),
    "words": (
        Work,
        WorkOut,
        lambda word: (
            select(Work)
            .where(or_(Work.title.startswith(word), Work.title.contains("9", autoescape=True)))
            .order_by(case((Work.title == word, literal(0)), else_=1), func.abs(Work.id - 3))
        ),
        ["w1", "w2", "w%", "w1"],
    ),
    "cte": (Artist, ArtistName, cte, [2000, 2013, 2014, 2000]),
    "alias": (Artist, ArtistName, by_alias, ["Ada", "Bo", "Ada"]),
    "subquery": (Work, WorkOut, of_subquery, [1995, 2005, 1995]),
    "criteria": (Work, WorkOut, limited, [2000, 2010, 2000]),
    "exists": (
        Artist,
        ArtistName,
        lambda year: select(Artist).where(Artist.works.any(Work.year == year)).order_by(Artist.id),
        [1991, 1992, 1993, 1994],
    ),
    "a class of some rows": (
        Kiosk,
        KioskOut,
        lambda height: select(Kiosk).where(Kiosk.height >= height),
        [1, 3, 2],
    ),
    "distinct": (
        Artist,
        ArtistName,
        lambda year: (
            select(Artist).join(Artist.works).where(Work.year > year).distinct().order_by(Artist.id)
        ),
        [1990, 2013, 1990],
    ),
}


@pytest.mark.parametrize("name", BUILDERS)
async def test_the_values_of_each_request_count(db, name):
    entity, model, build, values = BUILDERS[name]
    fetcher = FromRows(entity).__answer_fetcher__(list[model])
    key = fetcher.reading.identity
    for value in values:
        async with db.sessions.read() as session:
            objects = [item.id for item in (await session.scalars(build(value))).all()]
            found = await session.run_sync(ids, build(value), fetcher, key)
        async with db.sessions.read() as session:
            items = await fetcher.fetch(rows(session, build(value)))
        assert found == objects
        assert len(items) == len(objects)


def ids(session, statement, fetcher, key):
    selected, values = fetcher.statements.find(statement, {}, session.get_bind().dialect)
    return [key(row) for row in session.execute(selected, values)]


async def test_what_is_built_alike_is_rewritten_once(db):
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    dialect = db.read_engine.dialect
    found = [
        fetcher.statements.find(select(Artist).where(Artist.id == n), {}, dialect) for n in range(3)
    ]
    assert len({id(selected) for selected, _ in found}) == 1
    assert [list(values.values()) for _, values in found] == [[0], [1], [2]]


async def test_only_so_many_are_kept(db):
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    for number in range(MOST + 5):
        statement = select(Artist).where(or_(*[Artist.id == 1] * number, Artist.id == 2))
        fetcher.statements.find(statement, {}, db.read_engine.dialect)
    assert 0 < len(fetcher.statements.kept) <= MOST


async def test_a_parameter_without_a_value_is_missed(db):
    statement = select(Artist).where(Artist.id == bindparam("wanted"))
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    async with db.sessions.read() as session:
        with pytest.raises(StatementError, match="A value is required"):
            await fetcher.fetch(rows(session, statement))


async def test_a_statement_is_built_once_and_executed_with_the_values_of_each_request(db):
    statement = (
        select(Artist)
        .where(Artist.id.in_(bindparam("wanted", expanding=True)), Artist.name != "Nobody")
        .order_by(Artist.id)
        .limit(bindparam("most", type_=Integer))
        .offset(0)
    )
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    for params in (
        {"wanted": [1, 2, 3], "most": 2},
        {"wanted": [3], "most": 2},
        {"wanted": [], "most": 2},
        {"wanted": [1, 2, 3], "most": 1},
    ):
        async with db.sessions.read() as session:
            objects = (await session.scalars(statement, params)).all()
            items = await fetcher.fetch(rows(session, statement, params))
        assert [item["name"] for item in items] == [artist.name for artist in objects]
    assert len(fetcher.statements.kept) == 1
    async with db.sessions.read() as session:
        with pytest.raises(StatementError, match="A value is required"):
            await fetcher.fetch(rows(session, statement, {"wanted": [1]}))


async def test_whether_a_value_is_missing_is_asked_of_each_statement(db):
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    of = select(Artist)
    missing = of.where(Artist.id == bindparam("wanted"))
    async with db.sessions.read() as session:
        await fetcher.fetch(rows(session, missing, {"wanted": 1}))
    for statement in (of.where(Artist.id == bindparam("wanted", 2)), missing.params(wanted=2)):
        async with db.sessions.read() as session:
            objects = (await session.scalars(statement)).all()
            items = await fetcher.fetch(rows(session, statement))
        assert [item["name"] for item in items] == [artist.name for artist in objects] != []
