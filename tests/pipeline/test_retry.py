"""Operations that are tried again: each attempt begins anew, and there is one answer."""

import asyncio
import logging
from contextlib import aclosing
from typing import Annotated, Any

import anyio
import pytest
from drivers.asgi import Answer, Client, exchange, exchange_failing, make_scope
from drivers.own_routes import OwnHandler
from pydantic import BaseModel
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    Depends,
    FastAPI,
    File,
    Form,
    HTTPException,
    Request,
    Response,
    Retry,
    UploadFile,
    routing,
)
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import PlainTextResponse, StreamingResponse
from pronghorn.routing import APIRoute

pytestmark = pytest.mark.anyio


class ConflictError(Exception):
    """What is tried again after."""


RETRY = Retry(on=ConflictError, attempts=3, wait=0)


class Failing:
    """Fails a number of times, and then no more."""

    def __init__(self, times: int, error: type[Exception] = ConflictError) -> None:
        self.times = times
        self.error = error
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error("too early")
        return self.calls


@pytest.fixture(params=["ours", "own handler", "open"])
def app(request, monkeypatch):
    """An application; its routes are compiled, called by a class of their own, or left open."""
    app = FastAPI()
    app.router.route_class = OwnHandler if request.param == "own handler" else APIRoute
    if request.param == "open":
        run = routing.run_endpoint_function

        async def replaced(**options):
            return await run(**options)

        monkeypatch.setattr(routing, "run_endpoint_function", replaced)
    return app


# --- how often -----------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [True, False])
async def test_an_operation_is_tried_again_until_it_succeeds(app, is_async):
    failing = Failing(2)

    async def endpoint():
        return failing()

    app.get("/", retry=RETRY)(endpoint if is_async else failing.__call__)
    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.json, failing.calls) == (200, 3, 3)


async def test_the_last_error_goes_on_as_if_nothing_had_been_tried_again(app):
    failing = Failing(9)
    seen = []

    @app.get("/", retry=RETRY)
    async def endpoint():
        return failing()

    @app.exception_handler(ConflictError)
    async def answer_conflict(request, error):
        seen.append(error)
        return PlainTextResponse("conflict", status_code=409)

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body, failing.calls) == (409, b"conflict", 3)
    assert seen[0].__context__ is None


async def test_what_nobody_handles_is_a_500_and_raised(app):
    @app.get("/", retry=RETRY)
    async def endpoint():
        raise ConflictError

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, type(error)) == (500, ConflictError)


async def test_other_exceptions_are_not_tried_again(app):
    failing = Failing(1, LookupError)

    @app.get("/", retry=RETRY)
    async def endpoint():
        return failing()

    _, error = await exchange_failing(app, "GET", "/")
    assert (type(error), failing.calls) == (LookupError, 1)


async def test_derived_classes_and_functions_count(app):
    class WorseError(ConflictError):
        pass

    derived, told = Failing(1, WorseError), Failing(1, OSError)
    retry = Retry(on=(ConflictError, lambda error: "early" in str(error)), wait=0)

    @app.get("/derived", retry=retry)
    async def endpoint():
        return derived()

    @app.get("/told", retry=retry)
    async def other():
        return told()

    assert (await exchange(app, "GET", "/derived")).json == 2
    assert (await exchange(app, "GET", "/told")).json == 2


async def test_an_answer_that_is_raised_is_tried_again_only_if_it_is_named(app):
    calls = []

    @app.get("/all", retry=Retry(on=Exception, wait=0))
    async def endpoint():
        calls.append("all")
        raise HTTPException(status_code=404)

    @app.get("/asked", retry=Retry(on=lambda error: True, wait=0))
    async def asked():
        calls.append("asked")
        raise HTTPException(status_code=404)

    @app.get("/named", retry=Retry(on=HTTPException, attempts=2, wait=0))
    async def named():
        calls.append("named")
        raise HTTPException(status_code=503)

    assert (await exchange(app, "GET", "/all")).status == 404
    assert (await exchange(app, "GET", "/asked")).status == 404
    assert (await exchange(app, "GET", "/named")).status == 503
    assert calls == ["all", "asked", "named", "named"]


async def test_a_request_that_is_refused_is_not_tried_again(app):
    calls = []

    async def count():
        calls.append("dependency")

    @app.get(
        "/", retry=Retry(on=(Exception, RequestValidationError)), dependencies=[Depends(count)]
    )
    async def endpoint(number: int):
        return number

    assert (await exchange(app, "GET", "/?number=x")).status == 422
    assert calls == ["dependency"]


async def test_an_operation_without_retry_is_tried_once(app):
    failing = Failing(1)

    @app.get("/")
    async def endpoint():
        return failing()

    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, ConflictError)


async def test_a_route_keeps_its_retry_through_includes(app):
    failing = Failing(2)
    inner, outer = APIRouter(), APIRouter()
    inner.route_class = app.router.route_class

    @inner.get("/inner", retry=RETRY)
    async def endpoint():
        return failing()

    outer.include_router(inner, prefix="/outer")
    app.include_router(outer)
    assert (await exchange(app, "GET", "/outer/inner")).json == 3


async def test_each_new_attempt_is_logged_with_path_and_number(app, caplog):
    failing = Failing(1)

    @app.get("/here", retry=RETRY)
    async def endpoint():
        return failing()

    with caplog.at_level(logging.INFO, logger="fastapi"):
        await exchange(app, "GET", "/here")
    (record,) = caplog.records
    assert record.getMessage().startswith("Attempt 1 of 3 at /here failed")


async def test_there_is_a_wait_between_attempts(app, monkeypatch):
    waits = []
    sleep = anyio.sleep

    async def noted(seconds):
        waits.append(seconds)
        await sleep(0)

    monkeypatch.setattr(anyio, "sleep", noted)

    @app.get("/", retry=Retry(on=ConflictError, attempts=5, wait=0.5, longest_wait=1.5))
    async def endpoint():
        raise ConflictError

    class Bounds(tuple):
        def __mul__(self, _):
            return 0

    monkeypatch.setattr("pronghorn.retries.random.uniform", lambda low, high: Bounds((low, high)))
    await exchange_failing(app, "GET", "/")
    assert waits == [(0, 0.5), (0, 1.0), (0, 1.5), (0, 1.5)]


# --- dependencies --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_async", [True, False])
async def test_dependencies_are_left_with_the_error_and_entered_again(app, is_async):
    journal = []
    failing = Failing(1)

    def make(name):
        def blocking():
            journal.append(f"enter {name}")
            try:
                yield name
            except ConflictError:
                journal.append(f"{name} fails")
                raise
            journal.append(f"{name} ends")

        async def waiting():
            journal.append(f"enter {name}")
            try:
                yield name
            except ConflictError:
                journal.append(f"{name} fails")
                raise
            journal.append(f"{name} ends")

        return waiting if is_async else blocking

    outer, inner = make("outer"), make("inner")

    @app.get(
        "/",
        retry=RETRY,
        dependencies=[Depends(outer, scope="request"), Depends(inner, scope="function")],
    )
    async def endpoint():
        return failing()

    class Journaling(Client):
        async def send(self, message):
            journal.append(message["type"])
            await super().send(message)

    client = Journaling()
    await app(make_scope("GET", "/"), client.receive, client.send)
    assert client.answer.json == 2
    assert journal == [
        "enter outer",
        "enter inner",
        "inner fails",
        "outer fails",
        "enter outer",
        "enter inner",
        "inner ends",
        "http.response.start",
        "http.response.body",
        "outer ends",
    ]


async def test_a_commit_that_fails_at_the_exit_is_tried_again(app):
    commit, journal = Failing(2), []

    async def session():
        journal.append("begin")
        yield
        commit()
        journal.append("committed")

    @app.get("/", retry=RETRY, dependencies=[Depends(session, scope="function")])
    async def endpoint():
        return "written"

    assert (await exchange(app, "GET", "/")).json == "written"
    assert journal == ["begin", "begin", "begin", "committed"]


async def test_a_dependency_that_fails_is_called_again_and_so_is_what_it_is_given(app):
    failing, given = Failing(1), []

    async def below():
        given.append(len(given))
        return len(given)

    async def above(value: Annotated[int, Depends(below)]):
        failing()
        return value

    @app.get("/", retry=RETRY)
    async def endpoint(
        value: Annotated[int, Depends(above)], again: Annotated[int, Depends(below)]
    ):
        return [value, again]

    assert (await exchange(app, "GET", "/")).json == [2, 2]


async def test_what_ends_after_the_answer_is_not_tried_again(app):
    late = Failing(1)

    async def session():
        yield
        late()

    @app.get("/", retry=RETRY, dependencies=[Depends(session, scope="request")])
    async def endpoint():
        return "sent"

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.json, type(error), late.calls) == ("sent", ConflictError, 1)


async def test_a_handler_of_its_own_is_called_once_around_all_attempts():
    calls, failing = [], Failing(2)

    class Around(APIRoute):
        def get_route_handler(self):
            handle = super().get_route_handler()

            async def around(request):
                calls.append("before")
                response = await handle(request)
                calls.append("after")
                return response

            return around

    async def session():
        calls.append("enter")
        yield
        calls.append("leave")

    app = FastAPI()
    app.router.route_class = Around

    @app.get("/", retry=RETRY, dependencies=[Depends(session)])
    async def endpoint():
        return failing()

    assert (await exchange(app, "GET", "/")).json == 3
    assert calls == ["before", "enter", "enter", "enter", "after", "leave"]


# --- what a failed attempt leaves ----------------------------------------------------------------


async def test_tasks_headers_cookies_and_status_of_a_failed_attempt_are_dropped(app):
    failing, done = Failing(1), []

    @app.get("/", retry=RETRY)
    async def endpoint(response: Response, tasks: BackgroundTasks):
        if not failing.calls:
            response.status_code = 418
            response.set_cookie("first", "1")
            response.headers["x-first"] = "1"
        tasks.add_task(done.append, failing.calls)
        failing()
        response.headers["x-last"] = "1"
        return "fine"

    answer = await exchange(app, "GET", "/")
    assert answer.status == 200
    assert set(answer.headers) == {"content-length", "content-type", "x-last"}
    assert done == [1]


async def test_the_state_of_a_failed_attempt_is_dropped(app):
    failing, seen = Failing(1), []

    @app.get("/{name}", retry=RETRY)
    async def endpoint(name: str, request: Request):
        seen.append((name, dict(request.state._state), "mine" in request.scope))
        request.state.user = "Ada"
        request.state.pool = "another"
        request.scope["mine"] = True
        request.path_params["name"] = "changed"
        del request.scope["raw_path"]
        return failing()

    state = {"pool": "the pool"}
    assert (await exchange(app, "GET", "/x", state=state)).json == 2
    assert seen == [("x", {"pool": "the pool"}, False)] * 2
    assert state == {"pool": "another", "user": "Ada"}


async def test_a_server_that_has_no_state_is_as_good(app):
    failing, seen = Failing(1), []

    @app.get("/", retry=RETRY)
    async def endpoint(request: Request):
        seen.append(dict(request.state._state))
        request.state.user = "Ada"
        return failing()

    scope = make_scope("GET", "/")
    del scope["state"]
    client = Client()
    await app(scope, client.receive, client.send)
    assert seen == [{}, {}]


async def test_the_session_of_a_failed_attempt_is_dropped():
    failing = Failing(1)
    app = FastAPI(middleware=[Middleware(SessionMiddleware, secret_key="secret")])

    @app.get("/", retry=RETRY)
    async def endpoint(request: Request):
        if failing.calls == 0:
            request.session["visits"] = [1]
        failing()
        return dict(request.session)

    answer = await exchange(app, "GET", "/")
    assert answer.json == {}
    assert "set-cookie" not in answer.headers


async def test_what_was_kept_on_the_request_is_dropped(app):
    failing, seen = Failing(1), []

    async def parsed(request: Request):
        body = await request.json()
        seen.append((list(body), hasattr(request, "mark")))
        body.append("changed")
        request.mark = "Ada"

    @app.post("/", retry=RETRY, dependencies=[Depends(parsed)])
    async def endpoint(body: list[str]):
        return [failing(), body]

    answer = await exchange(app, "POST", "/", json_body=["sent"])
    assert answer.json[0] == 2
    assert seen == [(["sent"], False)] * 2


# --- bodies --------------------------------------------------------------------------------------


class Order(BaseModel):
    name: str
    more: Any = None


class Counting(Client):
    """A client that counts how often it is asked for what it sends."""

    asked = 0

    async def receive(self):
        self.asked += 1
        return await super().receive()


async def post(app, target, chunks, content_type=b"application/json"):
    client = Counting(chunks)
    scope = make_scope("POST", target, headers=[(b"content-type", content_type)])
    # Else a stream asks for messages only to see whether the client has left.
    scope["asgi"] = {"version": "3.0", "spec_version": "2.4"}
    with anyio.fail_after(5):
        await app(scope, client.receive, client.send)
    return client


async def test_the_body_is_received_once_and_values_are_made_anew(app):
    failing, seen = Failing(2), []

    @app.post("/model", retry=RETRY)
    async def model(order: Order):
        seen.append(order.model_copy(deep=True))
        order.name = "changed"
        order.more["list"].append("changed")
        failing()
        return order

    client = await post(app, "/model", [b'{"name":"sent",', b'"more":{"list":[1]}}'])
    assert client.answer.json == {"name": "changed", "more": {"list": [1, "changed"]}}
    assert client.asked == 2
    assert seen == [Order(name="sent", more={"list": [1]})] * 3


@pytest.mark.parametrize("wanted", [dict, Any, dict[str, Any]])
async def test_plain_data_that_was_changed_is_as_it_was_sent(app, wanted):
    failing, seen = Failing(2), []

    async def endpoint(body):
        seen.append({key: list(value) for key, value in body.items()})
        body["list"].append("changed")
        return failing()

    endpoint.__annotations__["body"] = wanted
    endpoint.__defaults__ = (Body(),)
    app.post("/", retry=RETRY)(endpoint)
    assert (await exchange(app, "POST", "/", json_body={"list": [1]})).json == 3
    assert seen == [{"list": [1]}] * 3


@pytest.mark.parametrize("how", ["body", "stream"])
async def test_a_body_that_nobody_declared_can_be_read_by_each_attempt(app, how):
    failing, seen = Failing(1), []

    @app.post("/", retry=RETRY)
    async def endpoint(request: Request):
        if how == "body":
            seen.append(await request.body())
        else:
            seen.append(b"".join([chunk async for chunk in request.stream()]))
        return failing()

    client = await post(app, "/", [b"one", b"two"])
    assert client.answer.json == 2
    assert seen == [b"onetwo"] * 2
    assert client.asked == 2


async def test_an_attempt_may_read_what_the_one_before_left_unread(app):
    failing, seen = Failing(1), []

    @app.post("/", retry=RETRY)
    async def endpoint(request: Request):
        async with aclosing(request.stream()) as chunks:
            async for chunk in chunks:
                if not failing.calls:
                    break
                seen.append(chunk)
        return failing()

    client = await post(app, "/", [b"one", b"two", b"three"])
    assert client.answer.json == 2
    assert seen == [b"one", b"two", b"three", b""]


async def test_an_answer_may_stream_what_a_failed_attempt_has_received(app):
    failing = Failing(1)

    @app.post("/", retry=RETRY)
    async def endpoint(request: Request):
        if not failing.calls:
            async with aclosing(request.stream()) as chunks:
                assert await anext(chunks) == b"one"
        failing()
        return StreamingResponse(request.stream())

    client = await post(app, "/", [b"one", b"two", b"three"])
    assert client.answer.body == b"onetwothree"
    assert client.asked == 3


async def test_what_surrounds_the_attempts_may_read_what_a_failed_one_has_received(app):
    failing, seen = Failing(1), []

    class Reading(APIRoute):
        def get_route_handler(self):
            handle = super().get_route_handler()

            async def own(request):
                response = await handle(request)
                seen.append(await request.body())
                return response

            return own

    app.router.route_class = Reading

    @app.post("/", retry=RETRY)
    async def endpoint(request: Request):
        if not failing.calls:
            async with aclosing(request.stream()) as chunks:
                assert await anext(chunks) == b"one"
        return failing()

    client = await post(app, "/", [b"one", b"two", b"three"])
    assert (client.answer.json, client.asked) == (2, 3)
    assert seen == [b"onetwothree"]


async def test_handlers_of_exceptions_can_read_the_body_after_the_last_attempt(app):
    @app.post("/", retry=RETRY)
    async def endpoint(order: Order, request: Request):
        raise ConflictError

    @app.exception_handler(ConflictError)
    async def answer_conflict(request, error):
        return Response(await request.body(), status_code=409)

    answer = await exchange(app, "POST", "/", body=b'{"name":"sent"}', headers=JSON)
    assert (answer.status, answer.body) == (409, b'{"name":"sent"}')


JSON = [(b"content-type", b"application/json")]
FORM = (
    b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nsent\r\n'
    b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\ncontent\r\n--x--\r\n'
)


async def test_uploads_are_rewound_and_closed_after_all_attempts(app):
    failing, seen, files = Failing(2), [], []

    @app.post("/", retry=RETRY)
    async def endpoint(title: Annotated[str, Form()], file: UploadFile, tasks: BackgroundTasks):
        seen.append((title, await file.read()))
        files.append(file)
        tasks.add_task(lambda: seen.append(file.file.closed))
        return failing()

    client = await post(app, "/", [FORM], b"multipart/form-data; boundary=x")
    assert client.answer.json == 3
    assert client.asked == 1
    assert seen == [("sent", b"content")] * 3 + [False]
    assert [file.file.closed for file in files] == [True] * 3


async def test_files_as_bytes_and_texts_of_a_form_are_read_by_each_attempt(app):
    failing, seen = Failing(1), []

    @app.post("/", retry=RETRY)
    async def endpoint(title: Annotated[str, Form()], file: Annotated[bytes, File()]):
        seen.append((title, file))
        return failing()

    client = await post(app, "/", [FORM], b"multipart/form-data; boundary=x")
    assert client.answer.json == 2
    assert seen == [("sent", b"content")] * 2


async def test_a_form_of_texts_is_read_once(app):
    failing = Failing(2)

    @app.post("/", retry=RETRY)
    async def endpoint(title: Annotated[str, Form()], request: Request):
        return [failing(), title, (await request.form())["title"]]

    client = await post(app, "/", [b"title=sent"], b"application/x-www-form-urlencoded")
    assert client.answer.json == [3, "sent", "sent"]
    assert client.asked == 1


async def test_with_a_file_that_was_closed_there_is_no_further_attempt(app):
    failing = Failing(9)

    @app.post("/", retry=RETRY)
    async def endpoint(file: UploadFile):
        await file.close()
        return failing()

    with pytest.raises(ConflictError):
        await post(app, "/", [FORM], b"multipart/form-data; boundary=x")
    assert failing.calls == 1


# --- what has begun ------------------------------------------------------------------------------


async def test_nothing_is_tried_again_once_the_answer_has_begun(app):
    failing = Failing(1)

    @app.get("/", retry=RETRY)
    async def endpoint():
        async def chunks():
            yield b"begun"
            failing()

        return StreamingResponse(chunks())  # It tells nobody before.

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, answer.body, type(error)) == (200, b"begun", ConflictError)
    assert failing.calls == 1


async def test_a_response_that_fails_before_it_begins_is_tried_again():
    app = FastAPI()
    failing = Failing(1)

    class Prepared(PlainTextResponse):
        async def __call__(self, scope, receive, send):
            failing()
            await super().__call__(scope, receive, send)

    @app.get("/", retry=RETRY)
    async def endpoint():
        return Prepared("fine")

    assert (await exchange(app, "GET", "/")).body == b"fine"


async def test_background_tasks_that_fail_are_not_tried_again(app):
    failing = Failing(1)

    @app.get("/", retry=RETRY)
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(failing)
        return "sent"

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.json, type(error), failing.calls) == ("sent", ConflictError, 1)


# --- cancellation --------------------------------------------------------------------------------


async def test_a_cancellation_is_not_tried_again(app):
    calls, is_waiting = [], anyio.Event()

    @app.get("/", retry=Retry(on=Exception, wait=0))
    async def endpoint():
        calls.append("called")
        is_waiting.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
        await is_waiting.wait()
        tasks.cancel_scope.cancel()
    assert calls == ["called"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_what_a_cancellation_was_made_of_is_not_tried_again(app, anyio_backend):
    calls, is_waiting = [], anyio.Event()

    @app.get("/", retry=RETRY)
    async def endpoint():
        calls.append("called")
        is_waiting.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise ConflictError from None

    task = asyncio.ensure_future(exchange(app, "GET", "/", answer=Answer()))
    await is_waiting.wait()
    task.cancel()
    with pytest.raises(ConflictError):
        await task
    assert calls == ["called"]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_timeout_within_an_attempt_is_an_error_like_others(app, anyio_backend):
    calls = []

    @app.get("/", retry=Retry(on=TimeoutError, wait=0))
    async def endpoint():
        calls.append("called")
        with anyio.fail_after(0.01 if len(calls) == 1 else 60):
            await anyio.sleep(0.02 if len(calls) == 1 else 0)
        return len(calls)

    assert (await exchange(app, "GET", "/")).json == 2
