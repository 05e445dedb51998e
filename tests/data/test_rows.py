"""Answers made of rows are the answers that objects would have given."""

from typing import Annotated, Any, ClassVar

import pytest
from data import row_tables as tables
from data.row_tables import (
    Artist,
    ArtistName,
    ArtistOut,
    Band,
    Base,
    Copy,
    CopyWithEdition,
    Edition,
    Gallery,
    GalleryOut,
    Kiosk,
    KioskOut,
    Page,
    Work,
    WorkOut,
    WorkTitle,
)
from drivers.asgi import exchange, exchange_failing
from pydantic import BaseModel
from sqlalchemy import ForeignKey, String, event, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    aliased,
    defer,
    mapped_column,
    relationship,
    selectinload,
    undefer,
    with_loader_criteria,
)
from sqlalchemy.util import immutabledict

from pronghorn import FastAPI
from pronghorn.data import Database, FromRows, ReadSession, Session, SyncSession, rows
from pronghorn.metering import metered

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(address):
    async with Database(address) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with db.sessions() as session:
            session.add_all(tables.fill())
        yield db


def application(db):
    app = FastAPI()
    app.state.database = db
    return app


async def answers(db, model, entity, statement, load=(), **options):
    """What objects give, and what rows give: status and body of each."""
    app = application(db)

    @app.get("/objects", response_model=list[model], **options)
    async def by_objects(session: ReadSession):
        return (await session.scalars(statement.options(*load))).all()

    @app.get("/rows", response_model=Annotated[list[model], FromRows(entity)], **options)
    async def by_rows(session: ReadSession):
        return rows(session, statement)

    both = [await exchange(app, "GET", path) for path in ("/objects", "/rows")]
    return [(answer.status, answer.body) for answer in both]


async def assert_same(db, model, entity, statement, load=(), **options):
    by_objects, by_rows = await answers(db, model, entity, statement, load, **options)
    assert by_objects[0] == 200
    assert by_rows == by_objects


ARTIST_LOADS = (
    undefer(Artist.notes),
    selectinload(Artist.mentor),
    selectinload(Artist.pupils),
    selectinload(Artist.works),
    selectinload(Artist.late_works),
    selectinload(Artist.bands).selectinload(Band.artists),
    selectinload(Artist.page),
)
WORK_LOADS = (
    selectinload(Work.artist),
    selectinload(Work.editions).selectinload(Edition.copies),
)


# --- what is read ------------------------------------------------------------------------


async def test_columns_and_relationships_of_every_kind(db):
    await assert_same(db, ArtistOut, Artist, select(Artist).order_by(Artist.id), ARTIST_LOADS)


async def test_relationships_below_relationships_and_keys_of_two_columns(db):
    await assert_same(db, WorkOut, Work, select(Work).order_by(Work.id), WORK_LOADS)
    loads = [selectinload(Copy.edition).selectinload(Edition.copies)]
    await assert_same(db, CopyWithEdition, Copy, select(Copy).order_by(Copy.id), loads)


async def test_nothing_found_is_an_empty_list(db):
    statement = select(Artist).where(Artist.id > 99)
    assert (await answers(db, ArtistOut, Artist, statement, ARTIST_LOADS))[1] == (200, b"[]")


async def test_classes_that_nothing_is_derived_from_may_be_derived(db):
    await assert_same(db, GalleryOut, Gallery, select(Gallery))
    await assert_same(db, KioskOut, Kiosk, select(Kiosk))


STATEMENTS = {
    "window": select(Work).order_by(Work.year.desc(), Work.id).offset(3).limit(5),
    "condition": select(Work).where(Work.year.in_([1993, 2004]), Work.title != "w3"),
    "join": select(Work).join(Work.artist).where(Artist.name == "Ada").order_by(Work.id),
    "duplicates": select(Artist).join(Artist.works).order_by(Artist.id, Work.id),
    "distinct": select(Artist).join(Artist.works).distinct().order_by(Artist.mentor_id, Artist.id),
    "grouped": select(Artist).join(Artist.works).group_by(Artist.id).order_by(func.count(Work.id)),
    "subquery": select(Artist).where(Artist.works.any(Work.year > 2005)).order_by(Artist.id),
}


@pytest.mark.parametrize("name", STATEMENTS)
async def test_the_select_may_say_what_it_likes(db, name):
    statement = STATEMENTS[name]
    is_work = statement.column_descriptions[0]["entity"] is Work
    model, entity = (WorkTitle, Work) if is_work else (ArtistName, Artist)
    await assert_same(db, model, entity, statement)
    model, loads = (WorkOut, WORK_LOADS) if is_work else (ArtistOut, ARTIST_LOADS)
    await assert_same(db, model, entity, statement, loads)


async def test_an_alias_of_the_entity_is_read_as_well(db):
    mentor = aliased(Artist)
    statement = select(mentor).join(Artist, Artist.mentor_id == mentor.id).order_by(Artist.id)
    await assert_same(db, ArtistName, Artist, statement)


async def test_a_row_without_the_entity_is_null_as_an_object_is(db):
    statement = select(Artist).select_from(Work).outerjoin(Work.artist).order_by(Work.id)
    app = application(db)
    annotation = ArtistName | None

    @app.get("/objects", response_model=list[annotation])
    async def by_objects(session: ReadSession):
        return (await session.scalars(statement)).all()

    # A list of models or None is no list of rows; what is read is told apart all the same.
    fetcher = FromRows(Artist).__answer_fetcher__(list[ArtistName])
    async with db.sessions.read() as session:
        items = await fetcher.fetch(rows(session, statement))
    assert items == (await exchange(app, "GET", "/objects")).json
    assert None in items


async def test_more_keys_than_fit_into_one_statement(db):
    async with db.sessions() as session:
        session.add_all(Artist(id=number, name="n", mentor_id=1) for number in range(100, 1300))
    loads = ARTIST_LOADS
    await assert_same(db, ArtistOut, Artist, select(Artist).order_by(Artist.id), loads)


async def test_criteria_limit_what_is_read_of_relationships_too(db):
    statement = select(Artist).order_by(Artist.id)
    criteria = with_loader_criteria(Work, Work.year < 2000)
    await assert_same(db, ArtistOut, Artist, statement.options(criteria), ARTIST_LOADS)


async def test_execution_options_are_those_of_all_statements(db):
    seen = []
    event.listen(
        db.read_engine.sync_engine,
        "before_execute",
        lambda connection, statement, values, more, options: seen.append(options.get("tag")),
    )
    statement = select(Work).where(Work.id == 1).execution_options(tag="mine")
    fetcher = FromRows(Work).__answer_fetcher__(list[WorkOut])
    async with db.sessions.read() as session:
        await fetcher.fetch(rows(session, statement))
    assert seen == ["mine"] * 4


# --- one row -----------------------------------------------------------------------------


def one_row(db, annotation, statement):
    app = application(db)

    @app.get("/", response_model=Annotated[annotation, FromRows(Artist)])
    async def read(session: ReadSession):
        return rows(session, statement)

    return app


async def test_one_model_is_the_only_row(db):
    statement = select(Artist).where(Artist.id == 2)
    for annotation in (ArtistName, ArtistName | None):
        answer = await exchange(one_row(db, annotation, statement), "GET", "/")
        assert (answer.status, answer.json) == (200, {"id": 2, "name": "Bo"})


async def test_no_row_is_not_found_or_null(db):
    statement = select(Artist).where(Artist.id == 99)
    answer = await exchange(one_row(db, ArtistName, statement), "GET", "/")
    assert (answer.status, answer.json) == (404, {"detail": "Artist not found"})
    answer = await exchange(one_row(db, ArtistName | None, statement), "GET", "/")
    assert (answer.status, answer.body) == (200, b"null")


async def test_several_rows_for_one_model_are_a_server_error(db):
    app = one_row(db, ArtistName, select(Artist))
    with pytest.raises(Exception, match=r"found 4 rows.*\[rows-several\]"):
        await exchange(app, "GET", "/")


# --- sessions ----------------------------------------------------------------------------


async def test_a_session_that_writes_reads_what_it_has_not_committed(db):
    app = application(db)

    @app.post("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def create(session: Session):
        session.add(Artist(id=50, name="New", works=[Work(id=90, title="w", year=2020)]))
        return rows(session, select(Artist).where(Artist.id == 50))

    answer = await exchange(app, "POST", "/")
    assert answer.json[0]["works"] == [{"title": "w"}]
    async with db.sessions.read() as session:
        assert await session.get(Artist, 50) is not None


async def test_rows_may_be_locked(db):
    app = application(db)

    @app.get("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def read(session: Session):
        return rows(session, select(Artist).order_by(Artist.id).with_for_update())

    names = [found["name"] for found in (await exchange(app, "GET", "/")).json]
    assert names == ["Ada", "Bo", "Cy", "Di"]


async def test_blocking_sessions_are_read_in_their_thread(db):
    app = application(db)
    statement = select(Artist).order_by(Artist.id)

    @app.get("/def", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    def blocking(session: SyncSession):
        return rows(session, statement)

    @app.get("/async", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def waiting(session: SyncSession):
        return rows(session, statement)

    found = [await exchange(app, "GET", path) for path in ("/def", "/async")]
    by_objects, _ = await answers(db, ArtistOut, Artist, statement, ARTIST_LOADS)
    assert [(answer.status, answer.body) for answer in found] == [by_objects, by_objects]


async def test_an_asynchronous_session_in_a_blocking_endpoint_is_named(db):
    app = application(db)

    @app.get("/", response_model=Annotated[list[ArtistName], FromRows(Artist)])
    def read(session: ReadSession):
        return rows(session, select(Artist))

    with pytest.raises(TypeError, match=r"Ask for `SyncSession`.*\[rows-session\]"):
        await exchange(app, "GET", "/")


async def test_who_watches_what_a_session_executes_is_heard(db):
    app = application(db)

    def limit(state):
        if state.is_select:
            criteria = with_loader_criteria(Artist, Artist.name != "Ada")
            state.statement = state.statement.options(criteria)

    @app.get("/", response_model=Annotated[list[ArtistName], FromRows(Artist)])
    async def read(session: ReadSession):
        event.listen(session.sync_session, "do_orm_execute", limit)
        return rows(session, select(Artist).order_by(Artist.id))

    assert [found["name"] for found in (await exchange(app, "GET", "/")).json] == ["Bo", "Cy", "Di"]


async def test_what_is_said_when_a_session_begins_is_said_for_rows_too(db):
    app = application(db)
    told = []

    @app.get("/", response_model=Annotated[list[ArtistName], FromRows(Artist)])
    async def read(session: ReadSession):
        event.listen(session.sync_session, "after_begin", lambda *_: told.append(1))
        return rows(session, select(Artist))

    assert (await exchange(app, "GET", "/")).status == 200
    assert told == [1]


async def test_keys_that_only_the_database_takes_for_equal_put_nothing_together(tmp_path):
    class Case(DeclarativeBase):
        pass

    class Town(Case):
        __tablename__ = "towns"
        code: Mapped[str] = mapped_column(String(9, collation="NOCASE"), primary_key=True)
        streets: Mapped[list["Street"]] = relationship()

    class Street(Case):
        __tablename__ = "streets"
        id: Mapped[int] = mapped_column(primary_key=True)
        town: Mapped[str] = mapped_column(String(9, collation="NOCASE"), ForeignKey("towns.code"))

    class StreetOut(BaseModel):
        id: int

    class TownOut(BaseModel):
        streets: list[StreetOut]

    async with Database(f"sqlite:///{tmp_path / 'case.db'}") as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Case.metadata.create_all)
        async with db.sessions() as session:
            session.add(Town(code="A"))
            await session.flush()
            session.add_all([Street(town="A"), Street(town="a")])
        load = [selectinload(Town.streets)]
        by_objects, by_rows = await answers(db, TownOut, Town, select(Town), load)
    assert by_rows == by_objects


async def test_no_object_is_made_and_no_connection_is_kept(db):
    made, held = [], []
    app = application(db)

    @app.get("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def read(session: ReadSession):
        return rows(session, select(Artist))

    async def watch(scope, receive, send):
        async def watched(message):
            held.append(db.read_engine.pool.checkedout())
            await send(message)

        await app(scope, receive, watched)

    def note(target, _):
        made.append(target)

    await exchange(app, "GET", "/")  # compiled before anybody listens, which would be refused
    event.listen(Base, "load", note, propagate=True)
    try:
        assert len((await exchange(watch, "GET", "/")).json) == 4
    finally:
        event.remove(Base, "load", note)
    assert made == []
    assert held == [0, 0]


async def test_outside_of_production_where_lines_are_remembered_rows_are_answers_too(db):
    app = FastAPI(debug=True)

    @app.get("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def read(session: ReadSession):
        return rows(session, select(Artist))

    async with db.lifespan(app):
        assert len((await exchange(app, "GET", "/")).json) == 4


async def test_all_statements_of_an_answer_see_one_state(db):
    """Somebody writes between the two statements, and the answer does not see it."""
    app = application(db)
    writer = Database(db.address.sync_url.render_as_string(hide_password=False))

    @app.get("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def read(session: ReadSession):
        return rows(session, select(Artist).where(Artist.id == 4))

    def interfere(_connection, _cursor, statement, *_):
        if "FROM artist" in statement and not interfered:
            interfered.append(statement)
            with writer.sessions.sync() as session:
                session.add(Work(id=77, title="late", year=2025, artist_id=4))

    interfered = []
    event.listen(db.read_engine.sync_engine, "after_cursor_execute", interfere)
    answer = await exchange(app, "GET", "/")
    await writer.close()
    assert interfered
    assert answer.json[0]["works"] == []
    assert (await exchange(app, "GET", "/")).json[0]["works"] == [{"title": "late"}]


async def test_statements_are_told_to_be_wanted_where_rows_were_returned(db):
    app = application(db)

    @app.get("/", response_model=Annotated[list[ArtistOut], FromRows(Artist)])
    async def read(session: ReadSession):
        return rows(session, select(Artist))

    await exchange(app, "GET", "/")
    with metered() as found:
        found.statements = []
        await exchange(app, "GET", "/")
    assert found.database.count == 8
    assert {statement.place.function for statement in found.statements} == {"read"}
    assert {statement.place.file for statement in found.statements} == {__file__}


# --- what is no select of rows -------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (select(Band), "takes a select of Artist"),
        (select(Artist.id), "takes a select of Artist"),
        (select(Artist, Band), "takes a select of Artist"),
        ("SELECT 1", "takes a select of Artist"),
        (select(Artist).options(selectinload(Artist.works)), "Leave out `.options"),
        (select(Artist).options(defer(Artist.name)), "Leave out `.options"),
    ],
)
async def test_what_cannot_be_read_so_is_a_server_error_with_a_remedy(db, statement, words):
    app = one_row(db, ArtistName, statement)
    with pytest.raises(TypeError, match=words):
        await exchange(app, "GET", "/")


async def test_rows_without_a_reader_say_so(db):
    app = application(db)

    @app.get("/", response_model=list[ArtistName])
    async def read(session: ReadSession):
        return rows(session, select(Artist))

    with pytest.raises(Exception, match="the response model needs `FromRows`"):
        await exchange(app, "GET", "/")


async def test_a_class_derived_after_the_declaration_is_noticed(db):
    class Base2(tables.DeclarativeBase):
        pass

    class Animal(Base2):
        __tablename__ = "animal"
        id: tables.Mapped[int] = tables.mapped_column(primary_key=True)
        kind: tables.Mapped[str]
        __mapper_args__: ClassVar[dict[str, Any]] = {
            "polymorphic_on": "kind",
            "polymorphic_identity": "animal",
        }

    class AnimalOut(tables.Out):
        id: int

    app = application(db)

    @app.get("/", response_model=Annotated[list[AnimalOut], FromRows(Animal)])
    async def read(session: ReadSession) -> Any:
        return rows(session, select(Animal))

    class Dog(Animal):
        __mapper_args__: ClassVar[dict[str, Any]] = {"polymorphic_identity": "dog"}

    with pytest.raises(Exception, match="derived from it"):
        await exchange(app, "GET", "/")
    assert Page.__mapper__.class_ is Page


async def test_what_a_session_says_of_all_its_statements_is_said_for_rows_too(db):
    app = application(db)

    @app.get("/", response_model=Annotated[list[ArtistName], FromRows(Artist)])
    async def read(session: ReadSession):
        session.sync_session.execution_options = immutabledict(
            {"schema_translate_map": {None: "elsewhere"}}
        )
        return rows(session, select(Artist))

    reply, error = await exchange_failing(app, "GET", "/")
    assert reply.status == 500
    assert "elsewhere" in str(error)
