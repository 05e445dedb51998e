"""Resources of a request: who stands in for whom, who excludes whom, and what is over early."""

from typing import Any

import anyio
import pytest
from drivers.asgi import converse, exchange, exchange_failing
from drivers.own_routes import OwnHandler

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, WebSocket, routing
from pronghorn.exceptions import DeclarationError, FastAPIError
from pronghorn.params import Resource

pytestmark = pytest.mark.anyio


class Journal(list):
    """Sessions that write down what happens to them."""

    def __init__(self):
        super().__init__()

        async def write():
            self.append("begin writing")
            try:
                yield "writing"
            except BaseException as error:
                self.append(f"roll back after {type(error).__name__}")
                raise
            await anyio.lowlevel.checkpoint()
            self.append("commit")

        async def read():
            self.append("begin reading")
            yield "reading"
            self.append("end reading")

        self.write, self.read = write, read
        self.writing: Any = Resource(write, is_brief=True)
        self.reading: Any = Resource(read, yields_to=(write,), is_brief=True)

    def user(self) -> Any:
        """A dependency that reads, as one does that finds out who asks."""

        async def current_user(session=self.reading):
            self.append(f"user by {session}")
            return "user"

        return Depends(current_user)


@pytest.fixture
def journal():
    return Journal()


# --- standing in ---------------------------------------------------------------------------------


async def test_a_reading_session_is_its_own_where_nobody_writes(journal):
    app = FastAPI()

    @app.get("/")
    async def read(session=journal.reading, user=journal.user()):
        return session

    answer = await exchange(app, "GET", "/")
    assert answer.json == "reading"
    assert journal == ["begin reading", "user by reading", "end reading"]


@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler])
async def test_a_reading_session_is_the_writing_one_where_somebody_writes(journal, route_class):
    app = FastAPI()
    app.router.route_class = route_class

    @app.get("/")
    async def write(user=journal.user(), session=journal.writing, other=journal.reading):
        return [user, session, other]

    answer = await exchange(app, "GET", "/")
    assert answer.json == ["user", "writing", "writing"]
    assert journal == ["begin writing", "user by writing", "commit"]


async def test_whoever_writes_may_be_anywhere_in_the_tree(journal):
    app = FastAPI(dependencies=[journal.user()])

    def repository(session=journal.writing):
        return session

    router = APIRouter()

    @router.get("/")
    async def read(repository=Depends(repository)):
        return repository

    app.include_router(router, prefix="/in")
    answer = await exchange(app, "GET", "/in/")
    assert answer.json == "writing"
    assert journal == ["begin writing", "user by writing", "commit"]


async def test_a_dependency_that_an_include_adds_counts_too(journal):
    app, router = FastAPI(), APIRouter()

    @router.get("/")
    async def read(session=journal.reading):
        return session

    def log(session=journal.writing):
        pass

    app.include_router(router)
    app.include_router(router, prefix="/logged", dependencies=[Depends(log)])
    assert (await exchange(app, "GET", "/")).json == "reading"
    assert (await exchange(app, "GET", "/logged/")).json == "writing"


async def test_a_plain_depends_on_the_same_function_counts_too(journal):
    app = FastAPI()

    @app.get("/")
    async def read(a=journal.reading, b=Depends(journal.write, scope="function")):
        return [a, b]

    assert (await exchange(app, "GET", "/")).json == ["writing", "writing"]
    assert journal == ["begin writing", "commit"]


async def test_the_first_that_is_asked_for_stands_in():
    def first():
        return "first"

    def second():
        return "second"

    def third():
        return "third"

    app = FastAPI()
    mark: Any = Resource(third, yields_to=(first, second))

    @app.get("/both")
    async def both(value=mark, b=Depends(second), a=Depends(first)):
        return value

    @app.get("/one")
    async def one(value=mark, b=Depends(second)):
        return value

    assert (await exchange(app, "GET", "/both")).json == "first"
    assert (await exchange(app, "GET", "/one")).json == "second"


async def test_who_stands_in_may_stand_aside_itself():
    def first():
        return "first"

    def second():
        return "second"

    def third():
        return "third"

    app = FastAPI()
    second_mark: Any = Resource(second, yields_to=(first,))
    third_mark: Any = Resource(third, yields_to=(second,))

    @app.get("/")
    async def read(c=third_mark, b=second_mark, a=Depends(first)):
        return [a, b, c]

    assert (await exchange(app, "GET", "/")).json == ["first"] * 3


async def test_what_is_made_of_a_resource_does_not_stand_in_for_it():
    def inner():
        return "inner"

    mark: Any

    def outer(value=Depends(inner)):
        return f"outer of {value}"

    app = FastAPI()
    mark = Resource(inner, yields_to=(outer,))

    @app.get("/")
    async def read(value=mark, other=Depends(outer)):
        return [value, other]

    assert (await exchange(app, "GET", "/")).json == ["inner", "outer of inner"]


async def test_two_that_yield_to_each_other_are_both_had():
    def one():
        return "one"

    def two():
        return "two"

    app = FastAPI()
    first: Any = Resource(one, yields_to=(two,))
    second: Any = Resource(two, yields_to=(one,))

    @app.get("/")
    async def read(a=first, b=second):
        return [a, b]

    assert (await exchange(app, "GET", "/")).json == ["one", "two"]


async def test_an_override_of_the_original_wins(journal):
    app = FastAPI()

    @app.get("/")
    async def write(user=journal.user(), session=journal.writing):
        return session

    app.dependency_overrides[journal.read] = lambda: "fake"
    assert (await exchange(app, "GET", "/")).json == "writing"
    assert journal == ["user by fake", "begin writing", "commit"]


async def test_an_override_of_who_stands_in_counts_for_both(journal):
    app = FastAPI()

    @app.get("/")
    async def write(user=journal.user(), session=journal.writing):
        return session

    app.dependency_overrides[journal.write] = lambda: "fake"
    assert (await exchange(app, "GET", "/")).json == "fake"
    assert journal == ["user by fake"]
    app.dependency_overrides.clear()
    assert (await exchange(app, "GET", "/")).json == "writing"


async def test_what_an_override_asks_for_counts(journal):
    app = FastAPI()

    def quiet():
        return "quiet"

    def writes(session=journal.writing):
        return session

    @app.get("/")
    async def read(session=journal.reading, other=Depends(quiet)):
        return session

    assert (await exchange(app, "GET", "/")).json == "reading"
    app.dependency_overrides[quiet] = writes
    assert (await exchange(app, "GET", "/")).json == "writing"


async def test_values_that_are_had_on_their_own_follow(journal):
    app = FastAPI()

    @app.get("/")
    async def write(request: Request, user=journal.user(), session=journal.writing):
        return session

    original = routing.solve_dependencies

    async def solve(**options):
        return await original(**options)

    routing.solve_dependencies = solve
    try:
        assert (await exchange(app, "GET", "/")).json == "writing"
    finally:
        routing.solve_dependencies = original
    assert journal == ["begin writing", "user by writing", "commit"]


async def test_tools_are_told_who_stands_in(journal):
    app = FastAPI()

    @app.get("/")
    async def write(reading=journal.reading, session=journal.writing):
        return session

    told = app.plan("GET /").root
    assert [below.call for below in told.dependencies] == [journal.write, journal.write]
    assert [below.overridden for below in told.dependencies] == [journal.read, None]


# --- excluding -----------------------------------------------------------------------------------


def excluding():
    def blocking():
        yield 1

    async def session():
        yield 2

    mark: Any = Resource(session, excludes=(blocking,))
    return mark, Depends(blocking)


async def test_what_an_application_brings_is_refused_where_the_route_is_added():
    session, blocking = excluding()
    app = FastAPI(dependencies=[blocking])

    async def create(session=session):
        pass

    with pytest.raises(DeclarationError, match=r"`blocking` among the dependencies in create\(\)"):
        app.post("/")(create)


async def test_what_an_include_of_a_websocket_brings_is_refused_there():
    session, blocking = excluding()
    app, router = FastAPI(), APIRouter()

    @router.websocket("/")
    async def talk(websocket: WebSocket, session=session):
        pass

    with pytest.raises(DeclarationError, match="exclude each other"):
        app.include_router(router, dependencies=[blocking])


async def test_what_comes_after_an_include_is_refused_by_the_first_request():
    session, blocking = excluding()
    app, router = FastAPI(), APIRouter()
    app.include_router(router, dependencies=[blocking])

    @router.get("/")
    async def read(session=session):
        pass

    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, DeclarationError)
    assert "exclude each other" in str(error)


async def test_two_requests_may_have_one_each():
    session, blocking = excluding()
    app = FastAPI()
    app.get("/one", dependencies=[blocking])(lambda: 1)
    app.get("/two", dependencies=[session])(lambda: 2)
    assert (await exchange(app, "GET", "/one")).json == 1
    assert (await exchange(app, "GET", "/two")).json == 2


# --- brief ---------------------------------------------------------------------------------------


def test_a_brief_mark_is_of_function_scope():
    assert Resource(print, is_brief=True).scope == "function"
    assert Resource(print).scope is None


async def test_what_is_brief_is_over_before_a_generator_streams(journal):
    app = FastAPI()

    @app.get("/")
    async def lines(user=journal.user()):
        journal.append("first item")
        yield user

    await exchange(app, "GET", "/")
    assert journal == ["begin reading", "user by reading", "end reading", "first item"]


async def test_what_is_brief_is_over_before_a_socket_is_talked_to(journal):
    app = FastAPI()

    async def room():
        journal.append("enter room")
        yield
        journal.append("leave room")

    @app.websocket("/")
    async def talk(
        websocket: WebSocket,
        room=Depends(room),
        user=journal.user(),
        inner=Depends(room, scope="function", use_cache=False),
    ):
        journal.append("talk")
        await websocket.accept()

    sent = await converse(app, "/")
    assert sent[0]["type"] == "websocket.accept"
    assert journal == [
        "enter room",
        "begin reading",
        "user by reading",
        "enter room",
        "end reading",
        "talk",
        "leave room",
        "leave room",
    ]


async def test_who_holds_what_is_brief_is_over_before_it(journal):
    app = FastAPI()

    async def unit(session=journal.writing):
        yield session
        journal.append("flush")

    def name(unit=Depends(unit, scope="function")):
        return unit

    @app.websocket("/")
    async def talk(websocket: WebSocket, name=Depends(name)):
        journal.append("talk")
        await websocket.accept()

    await converse(app, "/")
    assert journal == ["begin writing", "flush", "commit", "talk"]


async def test_a_commit_that_fails_refuses_the_socket(journal):
    app = FastAPI()

    async def write():
        yield 1
        raise HTTPException(status_code=503)

    @app.websocket("/", dependencies=[Resource(write, is_brief=True)])
    async def talk(websocket: WebSocket):
        journal.append("talk")
        await websocket.accept()

    extensions = {"websocket.http.response": {}}
    sent = await converse(app, "/", extensions=extensions)
    assert sent[0]["type"] == "websocket.http.response.start"
    assert sent[0]["status"] == 503
    assert journal == []


async def test_a_refused_socket_rolls_back(journal):
    app = FastAPI()

    def refuse(session=journal.writing):
        raise HTTPException(status_code=403)

    @app.websocket("/", dependencies=[Depends(refuse)])
    async def talk(websocket: WebSocket):
        journal.append("talk")

    await converse(app, "/")
    assert journal == ["begin writing", "roll back after HTTPException"]


async def test_an_error_of_a_parameter_rolls_back(journal):
    app = FastAPI()

    @app.websocket("/", dependencies=[journal.writing])
    async def talk(websocket: WebSocket, number: int):
        journal.append("talk")

    await converse(app, "/?number=x")
    assert journal == ["begin writing", "roll back after WebSocketRequestValidationError"]


async def test_an_exit_that_swallows_ends_the_request(journal):
    app = FastAPI()

    async def swallow():
        try:
            yield
        except LookupError:
            journal.append("swallow")

    async def fail(session=Resource(swallow, is_brief=True)):
        raise LookupError

    @app.websocket("/", dependencies=[Depends(fail)])
    async def talk(websocket: WebSocket):
        journal.append("talk")

    with pytest.raises(FastAPIError, match="Response not awaited"):
        await converse(app, "/")
    assert journal == ["swallow"]


@pytest.mark.parametrize("is_outer", [False, True])
async def test_an_exit_that_is_cancelled_comes_to_its_end(journal, is_outer):
    app = FastAPI()
    started = anyio.Event()

    async def slow():
        yield
        started.set()
        await anyio.sleep(0.01)
        journal.append("commit")

    async def room():
        try:
            yield
        finally:
            journal.append("leave room")

    mark: Any = Resource(slow, is_brief=True)
    outer = [Depends(room)] if is_outer else []

    @app.websocket("/", dependencies=[*outer, mark])
    async def talk(websocket: WebSocket):
        journal.append("talk")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(converse, app, "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert journal == ["commit", *(["leave room"] if is_outer else [])]


async def test_a_cancelled_dependency_rolls_back(journal):
    app = FastAPI()
    started = anyio.Event()

    async def wait(session=journal.writing):
        started.set()
        await anyio.sleep_forever()

    @app.websocket("/", dependencies=[Depends(wait)])
    async def talk(websocket: WebSocket):
        journal.append("talk")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(converse, app, "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert journal[0] == "begin writing"
    assert journal[1].startswith("roll back after Cancel")
    assert len(journal) == 2


async def test_what_an_override_opens_is_as_brief(journal):
    app = FastAPI()

    async def fake():
        journal.append("begin fake")
        yield "fake"
        journal.append("end fake")

    @app.websocket("/")
    async def talk(websocket: WebSocket, user=journal.user()):
        journal.append("talk")

    app.dependency_overrides[journal.read] = fake
    await converse(app, "/")
    assert journal == ["begin fake", "user by fake", "end fake", "talk"]


@pytest.mark.parametrize("how", ["alone", "open"])
async def test_a_socket_that_is_solved_by_others_is_left_early_too(journal, how, monkeypatch):
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, user=journal.user()):
        journal.append("talk")
        await websocket.accept()

    if how == "open":
        original = routing.solve_dependencies

        async def solve(**options):
            return await original(**options)

        monkeypatch.setattr(routing, "solve_dependencies", solve)
        await converse(app, "/")
    else:
        await converse(app.routes[-1].app, "/")
    assert journal == ["begin reading", "user by reading", "end reading", "talk"]


async def test_dependants_keep_what_a_mark_says(journal):
    app = FastAPI()

    @app.get("/")
    async def write(user=journal.user(), session=journal.writing):
        return session

    # Who asks for it may change it, so from here on it is what counts.
    assert len(app.routes[-1].dependant.dependencies) == 2
    await exchange(app, "GET", "/")
    assert journal == ["begin writing", "user by writing", "commit"]
