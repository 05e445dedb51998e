"""`commit_before_response`: what nobody said to live longer ends before the first byte."""

import re
import warnings
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import anyio
import pytest
from drivers.asgi import Answer, Client, converse, exchange, exchange_failing, make_scope
from drivers.own_routes import OwnHandle, OwnHandler

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    Response,
    Retry,
    UploadFile,
    answered,
    mode,
    routing,
)
from pronghorn._pipeline.handler import build
from pronghorn._serve import target
from pronghorn.exceptions import FastAPIError, LateCommitWarning
from pronghorn.responses import FileResponse, JSONResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio


class Journal(list):
    """What happened, in order."""

    def generator(self, name, *, fails=None, is_async=True):
        def sync_generator():
            try:
                yield name
            except BaseException as error:
                self.append(f"{name} sees {type(error).__name__}")
                raise
            self.append(f"{name} ends")
            if fails is not None:
                raise fails

        async def async_generator():
            with contextmanager(sync_generator)() as value:
                yield value
                await anyio.lowlevel.checkpoint()

        return async_generator if is_async else sync_generator

    async def get(self, app, target="/", method="GET"):
        """The answer to a request, and what the server would see raised."""
        client = Client()
        send = client.send

        async def noting_send(message):
            if message["type"] == "http.response.start":
                self.append("answer begins")
            elif not message.get("more_body", False):
                self.append("answer ends")
            await send(message)

        try:
            await app(make_scope(method, target), client.receive, noting_send)
        except Exception as error:  # noqa: BLE001  What is raised is what is tested.
            return client.answer, error
        return client.answer, None


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def app():
    return FastAPI(commit_before_response=True)


@pytest.mark.parametrize("is_async", [False, True])
async def test_an_exit_runs_before_the_answer_and_the_tasks(app, journal, is_async):
    @app.get("/")
    async def read(
        tasks: BackgroundTasks, a=Depends(journal.generator("session", is_async=is_async))
    ):
        tasks.add_task(journal.append, "task")

    await journal.get(app)
    assert journal == ["session ends", "answer begins", "answer ends", "task"]


async def test_without_the_option_it_runs_after_the_tasks(journal):
    app = FastAPI()

    @app.get("/")
    async def read(tasks: BackgroundTasks, a=Depends(journal.generator("session"))):
        tasks.add_task(journal.append, "task")

    await journal.get(app)
    assert journal == ["answer begins", "answer ends", "task", "session ends"]


async def test_all_that_is_moved_keeps_its_order(app, journal):
    @app.get("/")
    async def read(
        a=Depends(journal.generator("a")),
        b=Depends(journal.generator("b", is_async=False)),
        inner=Depends(journal.generator("inner"), scope="function"),
        c=Depends(journal.generator("c")),
    ):
        journal.append("endpoint")

    await journal.get(app)
    order = ["endpoint", "inner ends", "c ends", "b ends", "a ends"]
    assert journal == [*order, "answer begins", "answer ends"]


async def test_what_is_marked_stays_with_all_that_it_depends_on(app, journal):
    connection = journal.generator("connection")
    session = journal.generator("session")

    def named(connection=Depends(connection)):
        return connection

    async def lock(named=Depends(named)):
        yield
        journal.append("lock ends")

    @app.get("/")
    async def read(
        first=Depends(connection), session=Depends(session), lock=Depends(lock, scope="request")
    ):
        pass

    await journal.get(app)
    late = ["lock ends", "connection ends"]
    assert journal == ["session ends", "answer begins", "answer ends", *late]


async def test_an_exit_that_raises_decides_the_answer(app, journal):
    @app.get("/")
    async def read(
        tasks: BackgroundTasks,
        lock=Depends(journal.generator("lock"), scope="request"),
        outer=Depends(journal.generator("outer")),
        session=Depends(journal.generator("session", fails=LookupError("commit"))),
    ):
        tasks.add_task(journal.append, "task")
        return "well"

    answer, error = await journal.get(app)
    assert answer.status == 500
    assert isinstance(error, LookupError)
    seen = ["session ends", "outer sees LookupError", "lock sees LookupError"]
    assert journal == [*seen, "answer begins", "answer ends"]


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler])
async def test_a_commit_that_fails_is_not_acknowledged_though_an_exit_swallows_it(
    app, journal, route_class, is_async
):
    app.router.route_class = route_class

    async def swallow():
        with suppress(LookupError):
            yield

    session = journal.generator("session", fails=LookupError("no commit"), is_async=is_async)

    @app.get("/")
    async def read(tasks: BackgroundTasks, _=Depends(swallow), session=Depends(session)):
        tasks.add_task(journal.append, "task")

    answer, error = await journal.get(app)
    assert (answer.status, type(error)) == (500, FastAPIError)
    assert journal == ["session ends", "answer begins", "answer ends"]


async def test_a_handler_may_answer_for_an_exit_that_raises(app, journal):
    @app.exception_handler(LookupError)
    async def explain(request, error):
        return JSONResponse({"failed": str(error)}, status_code=409)

    @app.get("/")
    async def read(session=Depends(journal.generator("session", fails=LookupError("commit")))):
        return "well"

    answer, error = await journal.get(app)
    assert (answer.status, answer.json, error) == (409, {"failed": "commit"}, None)


async def test_an_http_exception_of_an_exit_is_the_answer(app, journal):
    @app.get("/")
    def read(session=Depends(journal.generator("session", fails=HTTPException(503)))) -> str:
        return "well"

    assert (await journal.get(app))[0].status == 503


async def test_an_answer_that_is_not_what_it_should_be_is_seen_by_the_exit(app, journal):
    @app.get("/", response_model=int)
    async def read(session=Depends(journal.generator("session"))):
        return "no number"

    answer, _ = await journal.get(app)
    assert answer.status == 500
    assert journal[0] == "session sees ResponseValidationError"


async def test_a_response_that_is_returned_is_sent_after_the_exit(app, journal):
    @app.get("/")
    async def read(session=Depends(journal.generator("session"))):
        return JSONResponse({"a": 1}, status_code=201)

    answer, _ = await journal.get(app)
    assert (answer.status, answer.json) == (201, {"a": 1})
    assert journal == ["session ends", "answer begins", "answer ends"]


async def test_tasks_that_an_exit_adds_run(app, journal):
    async def session(tasks: BackgroundTasks):
        yield
        tasks.add_task(journal.append, "task of the exit")

    @app.get("/", dependencies=[Depends(session)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(journal.append, "task")

    await journal.get(app)
    assert journal == ["answer begins", "answer ends", "task", "task of the exit"]


async def test_an_exit_that_is_cancelled_comes_to_its_end(app, journal):
    started = anyio.Event()

    async def session():
        yield
        started.set()
        await anyio.sleep(0.01)
        journal.append("commit")

    @app.get("/", dependencies=[Depends(session)])
    async def read():
        journal.append("endpoint")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(journal.get, app)
        await started.wait()
        tasks.cancel_scope.cancel()
    assert journal == ["endpoint", "commit"]


async def test_an_override_is_left_when_the_original_would_be(app, journal):
    session, fake = journal.generator("session"), journal.generator("fake")

    @app.get("/")
    async def read(session=Depends(session)):
        return session

    app.dependency_overrides[session] = fake
    answer, _ = await journal.get(app)
    assert answer.json == "fake"
    assert journal == ["fake ends", "answer begins", "answer ends"]


# --- where it reaches ----------------------------------------------------------------------------

EARLY = ["session ends", "answer begins", "answer ends"]
LATE = ["answer begins", "answer ends", "session ends"]


@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler, OwnHandle])
async def test_it_reaches_included_routers(app, journal, route_class):
    router, inner = APIRouter(), APIRouter(route_class=route_class)

    @inner.get("/items", dependencies=[Depends(journal.generator("session"))])
    async def read(): ...

    router.include_router(inner, prefix="/inner")
    app.include_router(router)
    await journal.get(app, "/inner/items")
    assert journal == EARLY


async def test_it_reaches_mounted_routers_and_the_application_that_serves_decides(app, journal):
    router = APIRouter()

    @router.get("/items", dependencies=[Depends(journal.generator("session"))])
    async def read(): ...

    late = FastAPI()
    for one in (app, late):
        one.mount("/mounted", router)
    for one, order in ((late, LATE), (app, EARLY), (late, LATE)):
        journal.clear()
        await journal.get(one, "/mounted/items")
        assert journal == order


async def test_what_is_mounted_is_watched_for_late_commits_where_the_application_is_debugged(
    app, journal, monkeypatch
):
    monkeypatch.setattr(mode, "_plugins", set())
    monkeypatch.setattr(answered, "beginners", [partial(journal.append, "watched")])
    router = APIRouter()

    @router.get("/items", dependencies=[Depends(journal.generator("session"))])
    async def read(): ...

    debugged, late = FastAPI(debug=True), FastAPI()
    for one in (debugged, late):
        one.mount("/mounted", router)
    for one, is_watched in ((debugged, True), (late, False), (debugged, True)):
        journal.clear()
        await journal.get(one, "/mounted/items")
        assert ("watched" in journal) == is_watched


async def test_a_change_while_a_mounted_route_is_compiled_is_in_it(app, journal, monkeypatch):
    router, late, builds = APIRouter(), FastAPI(), []
    late.mount("/mounted", router)

    @router.get("/items")
    async def read():
        return "as it was"

    async def replaced(**_: Any):
        return "replaced"

    def build_and_change(plan):
        handler = build(plan)
        if not builds:
            builds.append(plan)
            monkeypatch.setattr(routing, "run_endpoint_function", replaced)
        return handler

    monkeypatch.setattr(target, "build", build_and_change)
    await journal.get(late, "/mounted/items")
    answer, _ = await journal.get(late, "/mounted/items")
    assert answer.json == "replaced"


async def test_a_mounted_application_decides_for_itself(app, journal):
    inner = FastAPI()

    @inner.get("/", dependencies=[Depends(journal.generator("session"))])
    async def read(): ...

    app.mount("/inner", inner)
    await journal.get(app, "/inner/")
    assert journal == LATE


async def test_what_is_solved_by_a_replaced_function_is_left_early_too(app, journal, monkeypatch):
    original = routing.solve_dependencies

    async def solve(**options):
        return await original(**options)

    @app.get("/", dependencies=[Depends(journal.generator("session"))])
    async def read(): ...

    monkeypatch.setattr(routing, "solve_dependencies", solve)
    await journal.get(app)
    assert journal == EARLY


async def test_a_form_keeps_its_files_until_the_end(app, journal):
    files = []

    @app.post("/")
    async def read(file: UploadFile, tasks: BackgroundTasks, a=Depends(journal.generator("a"))):
        tasks.add_task(lambda: journal.append("closed" if file.file.closed else "open"))
        files.append(file)

    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ntext\r\n--x--'
    await exchange(
        app, "POST", "/", body=body, headers=[(b"content-type", b"multipart/form-data; boundary=x")]
    )
    assert journal == ["a ends", "open"]
    assert files[0].file.closed


# --- what answers with a stream -----------------------------------------------------------------------


def stream():
    yield "a"
    yield "b"


class Lines(Response):
    """Sends line by line, and has the empty body of its base."""

    def __init__(self, lines):
        super().__init__()
        self.lines = lines

    async def __call__(self, scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        async for line in self.lines:
            await send({"type": "http.response.body", "body": line, "more_body": True})
        await send({"type": "http.response.body"})


@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler])
async def test_a_response_that_sends_in_a_way_of_its_own_keeps_all_open(app, journal, route_class):
    app.router.route_class = route_class

    @app.get("/")
    async def read(session=Depends(journal.generator("session"))):
        async def lines():
            journal.append("first line")
            yield b"line"

        return Lines(lines())

    with pytest.warns(LateCommitWarning):
        answer, _ = await journal.get(app)
    assert answer.body == b"line"
    assert journal == ["answer begins", "first line", "answer ends", "session ends"]


async def test_a_stream_that_is_returned_keeps_all_open_and_is_warned_of_once(app, journal):
    @app.get("/")
    async def read(
        session=Depends(journal.generator("session")),
        lock=Depends(journal.generator("lock"), scope="request"),
    ):
        async def lines():
            journal.append("first line")
            yield "line"

        return StreamingResponse(lines())

    with pytest.warns(LateCommitWarning) as caught:
        answer, _ = await journal.get(app)
    assert answer.body == b"line"
    await journal.get(app)
    once = ["answer begins", "first line", "answer ends", "session ends", "lock ends"]
    assert journal == [*once, *once]
    (warning,) = caught
    text = str(warning.message)
    assert text.startswith("'/' answers with a stream or a file, so")
    place = re.search(r"in read\(\) at tests/pipeline/test_commit_before_response.py:(\d+)", text)
    assert (warning.filename, warning.lineno) == (__file__, int(place[1]))


@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler])
async def test_a_file_that_is_returned_keeps_all_open(app, journal, tmp_path, route_class):
    file = tmp_path / "file"
    file.write_text("text")
    app.router.route_class = route_class

    @app.get("/")
    async def read(session=Depends(journal.generator("session"))):
        return FileResponse(file)

    with pytest.warns(LateCommitWarning, match="'/' answers with a stream"):
        answer, _ = await journal.get(app)
    assert answer.body == b"text"
    assert journal == LATE


async def test_an_exit_after_a_stream_that_fails_sees_it(app, journal):
    @app.get("/")
    async def read(session=Depends(journal.generator("session"))):
        def lines():
            yield "line"
            raise LookupError

        return StreamingResponse(lines())

    with pytest.warns(LateCommitWarning):
        _, error = await journal.get(app)
    assert isinstance(error, LookupError)
    assert journal == ["answer begins", "session sees LookupError"]


def add_generator(router, session):
    @router.get("/")
    async def lines(session=Depends(session)):
        yield session


def add_events(router, session):
    @router.get("/", response_class=EventSourceResponse)
    async def events(session=Depends(session)):
        yield {"data": session}


def add_stream_class(router, session):
    @router.get("/", response_class=StreamingResponse)
    def returned(session=Depends(session)):
        return StreamingResponse(stream())


def add_annotated(router, session):
    @router.get("/")
    def annotated(session=Depends(session)) -> FileResponse:
        return FileResponse(__file__)


KNOWN = [add_generator, add_events, add_stream_class, add_annotated]


@pytest.mark.parametrize("add", KNOWN)
async def test_what_is_known_to_be_sent_in_parts_is_warned_of_at_once(app, journal, add):
    session = journal.generator("session")
    with pytest.warns(
        LateCommitWarning, match="exits of `async_generator` come at the end"
    ) as caught:
        add(app, session)
    assert caught[0].filename == __file__
    await journal.get(app)
    assert journal == LATE


@pytest.mark.parametrize("add", KNOWN)
async def test_it_is_warned_of_where_a_router_is_included(app, journal, add):
    router = APIRouter()
    add(router, journal.generator("session"))
    with pytest.warns(LateCommitWarning, match="'/in/' answers with a stream") as caught:
        app.include_router(router, prefix="/in")
    assert caught[0].filename == __file__
    await journal.get(app, "/in/")
    assert journal == LATE


async def test_what_is_mounted_is_warned_of_by_the_first_request(app, journal):
    router = APIRouter()
    add_generator(router, journal.generator("session"))
    app.mount("/in", router)
    with pytest.warns(LateCommitWarning) as caught:
        await journal.get(app, "/in/")
    assert len(caught) == 1
    await journal.get(app, "/in/")


async def test_a_socket_keeps_all_open_and_is_warned_of(app, journal):
    with pytest.warns(LateCommitWarning, match="'/' is a WebSocket, so"):

        @app.websocket("/")
        async def talk(websocket: Any, session=Depends(journal.generator("session"))): ...

    app.router.routes.clear()
    with pytest.warns(LateCommitWarning):
        app.add_api_websocket_route("/talk", make_talk(journal))
    await converse(app, "/talk")
    assert journal == ["talk", "session ends"]


def make_talk(journal):
    async def talk(session=Depends(journal.generator("session"))):
        journal.append("talk")

    return talk


async def test_nothing_is_warned_of_where_nothing_would_have_moved(app, journal):
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        @app.get("/")
        async def lines(
            a=Depends(journal.generator("a"), scope="function"),
            b=Depends(journal.generator("b"), scope="request"),
        ):
            yield 1

        await journal.get(app)
    assert journal == ["a ends", "answer begins", "answer ends", "b ends"]


async def test_a_failing_exit_of_a_custom_route_decides_the_answer(app, journal):
    app.router.route_class = OwnHandler

    @app.get("/")
    async def read(
        request: Request, session=Depends(journal.generator("session", fails=HTTPException(503)))
    ):
        return 1

    answer, _ = await journal.get(app)
    assert answer.status == 503
    assert isinstance(answer, Answer)


@pytest.mark.parametrize("route_class", [routing.APIRoute, OwnHandler])
async def test_a_commit_that_fails_may_be_tried_again(app, journal, route_class):
    failures = [LookupError("first"), None]

    async def session():
        yield
        failure = failures.pop(0)
        journal.append("fails" if failure else "commits")
        if failure:
            raise failure

    app.router.route_class = route_class

    @app.post("/", retry=Retry(on=LookupError, wait=0))
    async def write(
        session=Depends(session), lock=Depends(journal.generator("lock"), scope="request")
    ):
        journal.append("endpoint")
        return 1

    answer, error = await journal.get(app, method="POST")
    assert (answer.status, error) == (200, None)
    first = ["endpoint", "fails", "lock sees LookupError"]
    second = ["endpoint", "commits", "answer begins", "answer ends", "lock ends"]
    assert journal == [*first, *second]


async def test_a_frontend_is_warned_of(journal, tmp_path):
    (tmp_path / "index.html").write_text("page")
    session = Depends(journal.generator("session"))
    app = FastAPI(commit_before_response=True, dependencies=[session])
    with pytest.warns(LateCommitWarning, match="answers with a stream or a file") as caught:
        app.frontend("/", directory=tmp_path)
    assert caught[0].filename == __file__
    answer, _ = await journal.get(app)
    assert answer.body == b"page"
    assert journal == LATE


@pytest.mark.parametrize("is_early", [False, True])
async def test_an_exit_that_swallows_leaves_a_custom_route_without_an_answer(is_early):
    app = FastAPI(commit_before_response=is_early)
    app.router.route_class = OwnHandler

    async def swallow():
        with suppress(LookupError):
            yield

    for number, scope in enumerate(("function", None)):

        @app.get(f"/{number}", dependencies=[Depends(swallow, scope=scope)])
        async def fail():
            raise LookupError

        _, error = await exchange_failing(app, "GET", f"/{number}")
        assert isinstance(error, FastAPIError)
        assert "Response not awaited" in str(error)
