"""Dependencies with `yield`: what is left, when, with which exception, and in which order."""

from contextlib import contextmanager, suppress

import anyio
import pytest
from drivers.asgi import Answer, Client, exchange, exchange_failing, make_scope

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from pronghorn.exceptions import FastAPIError
from pronghorn.responses import StreamingResponse

pytestmark = pytest.mark.anyio


class Journal(list):
    """What happened, in order: entries of dependencies, of the endpoint, and of the answer."""

    def dependency(self, name, *, is_async):
        """A generator that writes down how it is entered and left."""

        def sync_generator():
            self.append(f"enter {name}")
            try:
                yield name
            except BaseException as error:
                self.append(f"{name} sees {type(error).__name__}")
                raise
            finally:
                self.append(f"leave {name}")

        async def async_generator():
            with contextmanager(sync_generator)() as value:
                yield value

        return async_generator if is_async else sync_generator


class JournalClient(Client):
    """A client that writes down what it gets."""

    def __init__(self, journal):
        super().__init__()
        self.journal = journal

    async def send(self, message):
        if message["type"] == "http.response.start":
            self.journal.append("answer begins")
        elif not message.get("more_body", False):
            self.journal.append("answer ends")
        await super().send(message)


async def get(app, journal, target="/"):
    """The answer, and what the server would see raised."""
    client = JournalClient(journal)
    try:
        await app(make_scope("GET", target), client.receive, client.send)
    except Exception as error:  # noqa: BLE001  What is raised is what is tested.
        return client.answer, error
    return client.answer, None


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request):
    return request.param


@pytest.fixture
def journal():
    return Journal()


@pytest.fixture
def both(journal, is_async):
    """A request-scope and a function-scope dependency, as arguments for an endpoint."""
    outer = journal.dependency("outer", is_async=is_async)
    inner = journal.dependency("inner", is_async=is_async)
    return [Depends(outer, scope="request"), Depends(inner, scope="function")]


async def test_the_function_scope_ends_before_the_answer_and_the_request_scope_after(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint():
        journal.append("endpoint")
        return 1

    answer, error = await get(app, journal)
    assert (answer.json, error) == (1, None)
    assert journal == [
        "enter outer",
        "enter inner",
        "endpoint",
        "leave inner",
        "answer begins",
        "answer ends",
        "leave outer",
    ]


async def test_background_tasks_run_before_the_request_scope_ends(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(journal.append, "task")
        return 1

    await get(app, journal)
    assert journal[-4:] == ["answer begins", "answer ends", "task", "leave outer"]


async def test_a_stream_runs_within_the_request_scope_and_after_the_function_scope(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint():
        async def chunks():
            journal.append("chunk")
            yield b"a"
            journal.append("last chunk")
            yield b"b"

        return StreamingResponse(chunks())

    answer, error = await get(app, journal)
    assert (answer.body, error) == (b"ab", None)
    assert journal == [
        "enter outer",
        "enter inner",
        "leave inner",
        "answer begins",
        "chunk",
        "last chunk",
        "answer ends",
        "leave outer",
    ]


async def test_an_endpoint_that_yields_runs_within_the_request_scope(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint():
        journal.append("item")
        yield 1

    answer, _ = await get(app, journal)
    assert answer.body == b"1\n"
    assert journal[2:] == ["leave inner", "answer begins", "item", "answer ends", "leave outer"]


async def test_an_exception_of_the_endpoint_passes_all_from_the_inside_out(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint():
        raise LookupError("gone")

    answer, error = await get(app, journal)
    assert answer.status == 500
    assert isinstance(error, LookupError)
    assert journal == [
        "enter outer",
        "enter inner",
        "inner sees LookupError",
        "leave inner",
        "outer sees LookupError",
        "leave outer",
        "answer begins",
        "answer ends",
    ]


async def test_an_http_exception_passes_all_and_is_answered_afterwards(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    def endpoint():
        raise HTTPException(418)

    answer, error = await get(app, journal)
    assert (answer.status, error) == (418, None)
    assert journal[2:] == [
        "inner sees HTTPException",
        "leave inner",
        "outer sees HTTPException",
        "leave outer",
        "answer begins",
        "answer ends",
    ]


async def test_an_exception_while_the_answer_is_sent_reaches_the_request_scope_only(journal, both):
    app = FastAPI(dependencies=both)

    @app.get("/")
    async def endpoint():
        async def chunks():
            yield b"a"
            raise LookupError("gone")

        return StreamingResponse(chunks())

    answer, error = await get(app, journal)
    assert answer.status == 200
    assert isinstance(error, LookupError)
    assert journal == [
        "enter outer",
        "enter inner",
        "leave inner",
        "answer begins",
        "outer sees LookupError",
        "leave outer",
    ]


async def test_a_later_dependency_that_raises_is_seen_by_the_earlier_ones(journal, both):
    app = FastAPI()

    def fail():
        raise HTTPException(403)

    @app.get("/", dependencies=[*both, Depends(fail)])
    async def endpoint():
        journal.append("endpoint")

    answer, _ = await get(app, journal)
    assert answer.status == 403
    assert journal[2:-2] == [
        "inner sees HTTPException",
        "leave inner",
        "outer sees HTTPException",
        "leave outer",
    ]


@pytest.mark.parametrize("scope", ["function", "request"])
async def test_a_dependency_may_turn_one_exception_into_another(scope, is_async):
    app = FastAPI()

    def turn_sync():
        try:
            yield
        except LookupError as error:
            raise HTTPException(404, "Not here") from error

    async def turn_async():
        try:
            yield
        except LookupError as error:
            raise HTTPException(404, "Not here") from error

    turn = turn_async if is_async else turn_sync

    @app.get("/", dependencies=[Depends(turn, scope=scope)])
    async def endpoint():
        raise LookupError("gone")

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, answer.json, error) == (404, {"detail": "Not here"}, None)


@pytest.mark.parametrize("scope", ["function", "request"])
async def test_a_dependency_that_swallows_an_exception_leaves_no_answer(scope, is_async):
    app = FastAPI()

    def swallow_sync():
        with suppress(LookupError):
            yield

    async def swallow_async():
        with suppress(LookupError):
            yield

    swallow = swallow_async if is_async else swallow_sync

    @app.get("/", dependencies=[Depends(swallow, scope=scope)])
    async def endpoint():
        raise LookupError("gone")

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, FastAPIError)
    assert "Response not awaited" in str(error)
    assert "[response-not-awaited]" in str(error)


async def test_a_function_scope_that_fails_at_its_end_leaves_no_success(journal, is_async):
    app = FastAPI()

    def commit_sync():
        yield
        raise HTTPException(409, "Somebody was faster")

    async def commit_async():
        yield
        raise HTTPException(409, "Somebody was faster")

    commit = commit_async if is_async else commit_sync
    outer = journal.dependency("outer", is_async=is_async)

    @app.post("/", dependencies=[Depends(outer), Depends(commit, scope="function")])
    async def endpoint():
        return "saved"

    answer, error = await exchange_failing(app, "POST", "/")
    assert (answer.status, answer.json, error) == (409, {"detail": "Somebody was faster"}, None)
    assert journal == ["enter outer", "outer sees HTTPException", "leave outer"]


async def test_a_request_scope_that_fails_at_its_end_comes_too_late_for_the_answer(is_async):
    app = FastAPI()

    def fail_sync():
        yield
        raise HTTPException(409)

    async def fail_async():
        yield
        raise HTTPException(409)

    @app.get("/", dependencies=[Depends(fail_async if is_async else fail_sync)])
    async def endpoint():
        return 1

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, answer.json) == (200, 1)
    assert answer.is_complete
    assert isinstance(error, RuntimeError)
    assert str(error) == "Caught handled exception, but response already started."
    assert isinstance(error.__cause__, HTTPException)


async def test_a_failing_exit_does_not_keep_the_others_from_theirs(journal, is_async):
    app = FastAPI()

    def fail():
        yield
        raise LookupError("inner")

    outer = journal.dependency("outer", is_async=is_async)
    last = journal.dependency("last", is_async=is_async)

    @app.get("/", dependencies=[Depends(outer), Depends(fail), Depends(last)])
    async def endpoint():
        return 1

    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, LookupError)
    assert journal == [
        "enter outer",
        "enter last",
        "leave last",
        "outer sees LookupError",
        "leave outer",
    ]


async def test_a_dependency_is_left_after_those_that_depend_on_it(journal, is_async):
    app = FastAPI()
    below = journal.dependency("below", is_async=is_async)

    def above(value=Depends(below)):
        journal.append(f"enter above with {value}")
        yield
        journal.append("leave above")

    @app.get("/")
    async def endpoint(above=Depends(above), below=Depends(below)):
        return below

    await exchange(app, "GET", "/")
    assert journal == [
        "enter below",
        "enter above with below",
        "leave above",
        "leave below",
    ]


async def test_a_generator_that_yields_twice_is_an_error(is_async):
    app = FastAPI()

    def twice_sync():
        yield 1
        yield 2

    async def twice_async():
        yield 1
        yield 2

    @app.get("/")
    async def endpoint(value=Depends(twice_async if is_async else twice_sync, scope="function")):
        return value

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, RuntimeError)


async def test_the_injected_response_can_be_changed_until_the_function_scope_ends():
    app = FastAPI()

    def stamp(response: Response):
        response.headers["x-entered"] = "yes"
        yield
        response.headers["x-left"] = "yes"

    @app.get("/")
    async def endpoint(stamp=Depends(stamp, scope="function")):
        return 1

    answer = await exchange(app, "GET", "/")
    assert answer.headers["x-entered"] == "yes"
    # The response was made when the endpoint returned.
    assert "x-left" not in answer.headers


async def test_a_handler_of_the_exception_runs_after_all_exits(journal, both):
    app = FastAPI(dependencies=both)

    @app.exception_handler(LookupError)
    async def handle(request, error):
        journal.append("handler")
        return Response(status_code=404)

    @app.get("/")
    async def endpoint():
        raise LookupError

    answer, _ = await get(app, journal)
    assert answer.status == 404
    assert journal[-5:] == [
        "outer sees LookupError",
        "leave outer",
        "handler",
        "answer begins",
        "answer ends",
    ]


async def test_answers_of_different_scopes_do_not_mix():
    app = FastAPI()
    open_now = set()

    def resource(number: int):
        open_now.add(number)
        yield number
        open_now.discard(number)

    @app.get("/")
    async def endpoint(number=Depends(resource)):
        assert number in open_now
        return number

    answers = {}

    async def ask(number):
        answers[number] = await exchange(app, "GET", f"/?number={number}", answer=Answer())

    async with anyio.create_task_group() as tasks:
        for number in range(32):
            tasks.start_soon(ask, number)
    assert {number: answer.json for number, answer in answers.items()} == {n: n for n in range(32)}
    assert open_now == set()
