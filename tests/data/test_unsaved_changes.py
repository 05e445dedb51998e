"""A session that only reads says at its end what it would lose, before a client is told of it."""

from typing import Annotated

import pytest
from data.models import Post, User, UserOut
from data.watched import watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import event, select
from sqlalchemy.orm import Session as BlockingSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import flag_dirty

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException
from pronghorn.data import ReadSession, Repository, Session, SyncReadSession, SyncSession
from pronghorn.data.errors import ReadOnlySessionError

pytestmark = pytest.mark.anyio


@pytest.fixture
async def seen(address):
    async with watched(address) as seen:
        with BlockingSession(seen.outside) as session, session.begin():
            session.add(User(name="Ada", posts=[Post(title="first")]))
        yield seen


def application(seen, **options):
    app = FastAPI(lifespan=seen.db.lifespan, **options)
    app.state.database = seen.db
    return app


async def me(session: ReadSession) -> User:
    return await session.get_one(User, 1)


def blocking_me(session: SyncReadSession) -> User:
    return session.get_one(User, 1)


class Users(Repository[User]):
    pass


# --- in requests -------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("find", [me, blocking_me])
async def test_no_client_is_told_of_a_change_that_is_lost(seen, find, debug):
    app = application(seen, debug=debug)
    in_task = []

    @app.patch("/", response_model=UserOut)
    async def patch(user: Annotated[User, Depends(find)], tasks: BackgroundTasks):
        tasks.add_task(in_task.append, 1)
        user.name = "Eve"
        return user

    answer, error = await exchange_failing(app, "PATCH", "/")
    assert isinstance(error, ReadOnlySessionError)
    assert "`User.name`" in str(error)
    assert "Ask for `Session`" in str(error)
    assert "session.expunge(it)" in str(error)
    assert (answer.status, in_task) == (500, [])
    assert (seen.names(), seen.held()) == (["Ada"], 0)


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_nor_of_an_object_that_was_added_or_deleted(seen, kind):
    app = application(seen)

    if kind == "async":

        @app.post("/")
        async def create(session: ReadSession):
            session.add(Post(title="second", author_id=1))

        @app.delete("/")
        async def delete(session: ReadSession):
            await session.delete(await session.get_one(Post, 1))
    else:

        @app.post("/")
        def blocking_create(session: SyncReadSession):
            session.add(Post(title="second", author_id=1))

        @app.delete("/")
        def blocking_delete(session: SyncReadSession):
            session.delete(session.get_one(Post, 1))

    for method, what in (("POST", "added"), ("DELETE", "deleted")):
        answer, error = await exchange_failing(app, method, "/")
        assert isinstance(error, ReadOnlySessionError)
        assert what in str(error)
        assert "`Post`" in str(error)
        assert (answer.status, seen.held()) == (500, 0)


async def test_a_session_beside_a_blocking_one_looks_too(seen):
    app = application(seen)

    @app.patch("/")
    async def patch(user: Annotated[User, Depends(me)], session: SyncSession):
        user.name = "Eve"

    answer, error = await exchange_failing(app, "PATCH", "/")
    assert isinstance(error, ReadOnlySessionError)
    assert (answer.status, seen.names(), seen.held()) == (500, ["Ada"], 0)


async def test_a_repository_that_reads_saves_nothing_silently(seen):
    app = application(seen)

    @app.patch("/")
    async def patch(users: Annotated[Users, Depends(Users.reading)]):
        user = await users.get_or_404(1)
        user.name = "Eve"

    answer, error = await exchange_failing(app, "PATCH", "/")
    assert isinstance(error, ReadOnlySessionError)
    assert answer.status == 500


async def test_where_the_route_writes_all_is_saved(seen):
    app = application(seen)

    @app.patch("/", response_model=UserOut)
    async def patch(user: Annotated[User, Depends(me)], session: Session):
        user.name = "Eve"
        return user

    assert (await exchange(app, "PATCH", "/")).json == {"id": 1, "name": "Eve"}
    assert seen.names() == ["Eve"]


async def test_what_went_wrong_before_stays_what_is_answered(seen):
    app = application(seen)

    @app.patch("/")
    async def patch(user: Annotated[User, Depends(me)]):
        user.name = "Eve"
        raise HTTPException(409)

    assert (await exchange(app, "PATCH", "/")).status == 409
    assert seen.held() == 0


async def test_after_the_answer_a_change_is_nobodys(seen):
    app = application(seen)
    in_task = []

    @app.patch("/")
    async def patch(user: Annotated[User, Depends(me)], tasks: BackgroundTasks):
        def later():
            user.name = "Eve"
            in_task.append(user.name)

        tasks.add_task(later)

    assert (await exchange(app, "PATCH", "/")).status == 200
    assert in_task == ["Eve"]


# --- in blocks ---------------------------------------------------------------------------


async def test_a_block_that_reads_says_so_at_its_end(seen):
    with pytest.raises(ReadOnlySessionError, match=r"`Post\.title`, `User\.name`"):
        async with seen.db.sessions.read() as session:
            user, post = await session.get_one(User, 1), await session.get_one(Post, 1)
            user.name, post.title = "Eve", "changed"
    assert seen.held() == 0
    with pytest.raises(ReadOnlySessionError, match=r"`User\.name`"):
        with seen.db.sessions.sync_read() as session:
            session.get_one(User, 1).name = "Eve"
    assert (seen.names(), seen.held()) == (["Ada"], 0)


async def test_a_refusal_that_was_caught_is_told_again(seen):
    with pytest.raises(ReadOnlySessionError):
        async with seen.db.sessions.read() as session:
            session.add(User(name="Eve"))
            with pytest.raises(ReadOnlySessionError):
                await session.flush()
            with pytest.raises(ReadOnlySessionError):
                await session.commit()
    assert seen.held() == 0


async def test_a_change_of_a_relationship_is_one(seen):
    with pytest.raises(ReadOnlySessionError, match=r"`Post\.author`, `User\.posts`"):
        async with seen.db.sessions.read() as session:
            query = select(User).options(selectinload(User.posts))
            user = (await session.scalars(query)).one()
            user.posts.clear()


async def test_what_is_as_it_was_is_no_change(seen):
    async with seen.db.sessions.read() as session:
        user = await session.get_one(User, 1)
        user.name = user.name
        user.name = "Eve"
        user.name = "Ada"
        flag_dirty(user)
    with seen.db.sessions.sync_read() as session:
        user = session.get_one(User, 1)
        session.expire(user)
    assert seen.held() == 0


async def test_a_change_of_what_had_expired_is_one(seen):
    with pytest.raises(ReadOnlySessionError, match=r"`User\.name`"):
        async with seen.db.sessions.read() as session:
            user = await session.get_one(User, 1)
            session.expire(user)
            user.name = "Eve"


async def test_what_was_taken_out_or_given_up_is_nobodys(seen):
    async with seen.db.sessions.read() as session:
        user = await session.get_one(User, 1)
        session.expunge(user)
        user.name = "Eve"
        other = User(name="new")
        session.add(other)
        session.expunge(other)
    async with seen.db.sessions.read() as session:
        (await session.get_one(User, 1)).name = "Eve"
        session.add(User(name="new"))
        await session.rollback()
    async with seen.db.sessions.read() as session:
        (await session.get_one(User, 1)).name = "Eve"
        await session.close()
    assert (seen.names(), seen.held()) == (["Ada"], 0)


async def test_an_object_that_is_never_added_may_refer_to_one_that_was_read(seen):
    async with seen.db.sessions.read() as session:
        shown = Post(title="shown", author=await session.get_one(User, 1))
    assert shown.author.name == "Ada"


async def test_nothing_is_asked_of_the_database_to_find_a_change(seen):
    statements = []
    with pytest.raises(ReadOnlySessionError):
        async with seen.db.sessions.read() as session:
            user = await session.get_one(User, 1)
            session.expire(user)
            user.name = "Eve"
            event.listen(
                seen.db.read_engine.sync_engine,
                "before_cursor_execute",
                lambda *of: statements.append(of[2]),
            )
    assert statements == []
