"""Repositories of others, which take the same session as ours: the seed's, SQLModel, Advanced Alchemy."""

import warnings
from typing import Annotated

import pytest
from data.library import Author, AuthorOut, Authors, library
from drivers.asgi import exchange
from seed import preludes
from seed.aliased import aliased
from seed.blocks import run_block
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel, select
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelSession

from pronghorn import Depends, FastAPI
from pronghorn.data import Database, Paging, Repository, Session
from pronghorn.data.errors import ReadOnlySessionError, SessionOverError

with warnings.catch_warnings():
    # It uses what SQLAlchemy 2.1 has deprecated.
    warnings.simplefilter("ignore", DeprecationWarning)
    from advanced_alchemy.exceptions import InvalidRequestError, NotFoundError
    from advanced_alchemy.repository import SQLAlchemyAsyncRepository

pytestmark = pytest.mark.anyio


class Model(SQLModel, registry=registry()):
    """Tables of SQLModel's that are no other test's."""


class Hero(Model, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str


class AlchemyAuthors(SQLAlchemyAsyncRepository[Author]):
    model_type = Author


# --- Advanced Alchemy ----------------------------------------------------------------------------


async def test_advanced_alchemy_takes_the_session(address):
    async with library(address) as db:
        async with db.sessions() as session:
            theirs, ours = AlchemyAuthors(session=session), Authors(session)
            ada = await theirs.add(Author(name="Ada"))
            assert await ours.get(ada.id) is ada
            bob = await ours.create(name="Bob", age=3)
            assert await theirs.get_one(name="Bob") is bob
            rows, total = await theirs.get_many_and_count()
            assert ([row.name for row in rows], total) == (["Ada", "Bob"], 2)
            bob.age = 4
            await theirs.update(bob)
            await theirs.delete(ada.id)
        async with db.sessions.read() as session:
            assert [author.age for author in await Authors(session).list()] == [4]
            with pytest.raises(NotFoundError):
                await AlchemyAuthors(session=session).get(99)
        with pytest.raises(InvalidRequestError) as caught:
            async with db.sessions.read() as session:
                await AlchemyAuthors(session=session).add(Author(name="Eve"))
        assert isinstance(caught.value.__cause__, ReadOnlySessionError)


async def test_advanced_alchemy_is_a_dependency_beside_ours(address):
    async with library(address) as db:
        app = FastAPI()
        app.state.database = db

        async def alchemy_authors(session: Session) -> AlchemyAuthors:
            return AlchemyAuthors(session=session)

        @app.post("/")
        async def create(
            theirs: Annotated[AlchemyAuthors, Depends(alchemy_authors)],
            ours: Annotated[Authors, Depends()],
        ) -> int:
            await theirs.add(Author(name="Ada"))
            return await ours.count()

        assert (await exchange(app, "POST", "/")).json == 1
        async with db.sessions.read() as session:
            assert await Authors(session).count() == 1


# --- SQLModel ------------------------------------------------------------------------------------


@pytest.fixture
async def heroes_db(address):
    async with Database(address, session_class=SQLModelSession) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(Model.metadata.create_all)
        yield db


async def test_sqlmodel_has_its_own_session_class(heroes_db):
    async with heroes_db.sessions() as session:
        session.add(Hero(name="Deadpond"))
        hero = (await session.exec(select(Hero))).one()
        assert hero.name == "Deadpond"
    with pytest.raises(ReadOnlySessionError):
        async with heroes_db.sessions.read() as session:
            assert (await session.exec(select(Hero.name))).all() == ["Deadpond"]
            session.add(Hero(name="Rusty-Man"))
            await session.flush()
    with pytest.raises(SessionOverError):
        await session.exec(select(Hero))


async def test_our_repository_has_rows_of_sqlmodel(heroes_db):
    async with heroes_db.sessions() as session:
        heroes = Repository[Hero](session)
        made = await heroes.create(Hero(name="Deadpond"))
        assert await heroes.create({"name": "Rusty-Man"})
        assert await heroes.get(made.id) is made
        assert [hero.name for hero in await heroes.list(order_by=[Hero.name.desc()])] == [
            "Rusty-Man",
            "Deadpond",
        ]
        await heroes.update(made, name="Wade")
        assert (await heroes.one(Hero.name == "Wade")).id == made.id


async def test_a_model_of_sqlmodel_is_what_a_row_is_made_of(heroes_db):
    class HeroCreate(SQLModel):
        name: str

    class HeroUpdate(SQLModel):
        name: str | None = None

    async with heroes_db.sessions() as session:
        heroes = Repository[Hero](session)
        made = await heroes.create(HeroCreate(name="Deadpond"))
        await heroes.update(made, HeroUpdate())
        assert made.name == "Deadpond"
        await heroes.update(made, HeroUpdate(name="Wade"))
        assert made.name == "Wade"


# --- the seed ------------------------------------------------------------------------------------


@pytest.fixture
def seed():
    with aliased():
        models = run_block("Models")
        yield models, run_block("Repository Pattern", preludes.repository_pattern(models))


async def test_the_seeds_repository_works_beside_ours(address, seed):
    models, block = seed
    async with Database(address) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(models.Base.metadata.create_all)
        async with db.sessions() as session:
            theirs, ours = block.UserRepository(session), Repository[models.User](session)
            data = block.UserCreate(email="ada@example.com", name="Ada", hashed_password="x")
            ada = await theirs.create(data)
            assert await ours.get(ada.id) is ada
            bob = await ours.create(data, email="bob@example.com", name="Bob")
            assert await theirs.get_by_email("bob@example.com") is bob
            await theirs.update(bob, block.UserUpdate(name="Rob"))
            assert [user.name for user in await theirs.get_all()] == ["Ada", "Rob"]
            await theirs.delete(ada)
            await session.flush()
            assert await ours.count() == 1


async def test_what_the_seed_writes_by_hand_is_there(address, seed):
    """Each method of the seed's repository, and the one of ours that does the same."""
    models, block = seed

    class UserRepository(Repository[models.User]):
        async def get_by_email(self, email):
            return await self.one(models.User.email == email)

    async with Database(address) as db:
        async with db.engine.begin() as connection:
            await connection.run_sync(models.Base.metadata.create_all)
        async with db.sessions() as session:
            theirs, ours = block.UserRepository(session), UserRepository(session)
            data = block.UserCreate(email="ada@example.com", name="Ada", hashed_password="x")
            ada = await ours.create(data)
            assert ada.is_active is True
            assert await theirs.get_by_id(ada.id) is await ours.get(ada.id) is ada
            email = "ada@example.com"
            assert await theirs.get_by_email(email) is await ours.get_by_email(email) is ada
            assert await theirs.get_all(skip=0, limit=5) == await ours.list(offset=0, limit=5)
            await ours.update(ada, block.UserUpdate(name="Ada L."))
            assert (await theirs.get_by_id(ada.id)).name == "Ada L."
            await ours.delete(ada)
            assert await theirs.get_all() == []


def test_pages_answer_for_rows_of_sqlmodel():
    app = FastAPI()

    class HeroOut(SQLModel):
        id: int
        name: str

    @app.get("/heroes", response_model=list[HeroOut])
    async def read(paging: Paging): ...

    @app.get("/authors", response_model=list[AuthorOut])
    async def read_authors(paging: Paging): ...

    assert set(app.openapi()["components"]["schemas"]) >= {"HeroOut", "AuthorOut"}
