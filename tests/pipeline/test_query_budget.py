"""Budgets of statements: what is measured, when it is checked, and what is said."""

import pytest
from drivers.asgi import exchange, exchange_failing
from drivers.own_routes import OwnHandler
from starlette.applications import Starlette
from starlette.routing import Mount

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Retry
from pronghorn.budgets import QueryBudgetError, QueryBudgetWarning
from pronghorn.metering import Place, Statement, meter
from pronghorn.responses import StreamingResponse
from pronghorn.routing import APIRoute

pytestmark = pytest.mark.anyio


def send(*texts, place=None):
    """Do what a database does when statements are sent."""
    metered = meter.get()
    statements = None if metered is None else metered.statements
    for text in texts:
        if statements is not None:
            statements.append(Statement(text, place))


@pytest.fixture(autouse=True)
def mode(monkeypatch):
    """Tests, until something else is said."""
    monkeypatch.setattr("pronghorn.mode._plugins", {"tests"})
    monkeypatch.setattr("pronghorn.budgets.seen", {})
    monkeypatch.delenv("FASTAPI_ENV", raising=False)

    def development(*, is_on=True):
        monkeypatch.setattr("pronghorn.mode._plugins", set())
        if is_on:
            monkeypatch.setenv("FASTAPI_ENV", "development")

    return development


@pytest.fixture(params=[APIRoute, OwnHandler])
def route_class(request):
    return request.param


def make_app(route_class=APIRoute, **options):
    app = FastAPI(**options)
    app.router.route_class = route_class
    return app


async def test_a_budget_of_a_route_is_held_against_what_it_sends(route_class):
    app = make_app(route_class)

    @app.get("/{number}", query_budget=2)
    def read(number: int):
        send(*["SELECT 1"] * number)
        return number

    assert (await exchange(app, "GET", "/2")).json == 2
    answer, error = await exchange_failing(app, "GET", "/3")
    assert (answer.status, type(error)) == (500, QueryBudgetError)
    assert "GET /{number} sent 3 statements; its query_budget is 2." in str(error)


async def test_that_of_the_application_counts_where_a_route_names_none(route_class):
    app = make_app(route_class, query_budget=1)
    router = APIRouter()
    router.route_class = route_class

    @router.get("/one")
    @router.get("/more", query_budget=2)
    async def read():
        send("SELECT 1", "SELECT 2")

    app.include_router(router)
    assert (await exchange(app, "GET", "/more")).status == 200
    _, error = await exchange_failing(app, "GET", "/one")
    assert "its query_budget is 1" in str(error)


async def test_a_budget_of_nothing_allows_nothing():
    app = make_app(query_budget=5)

    @app.get("/", query_budget=0)
    async def read():
        send("SELECT 1")

    _, error = await exchange_failing(app, "GET", "/")
    assert "its query_budget is 0" in str(error)


async def test_dependencies_and_their_ends_count_what_runs_later_does_not():
    app = make_app(query_budget=3)

    async def session():
        send("SELECT 1")
        yield
        send("SELECT 2")

    @app.get("/")
    async def read(tasks: BackgroundTasks):
        send("SELECT 3")
        tasks.add_task(send, "SELECT 4", "SELECT 5")

    @app.get("/more", dependencies=[Depends(session, scope="function")])
    async def read_more():
        send("SELECT 3", "SELECT 4")

    assert (await exchange(app, "GET", "/")).status == 200
    _, error = await exchange_failing(app, "GET", "/more")
    assert "sent 4 statements" in str(error)


async def test_a_stream_is_checked_at_its_end():
    app = make_app(query_budget=2)

    @app.get("/")
    async def lines():
        for number in range(4):
            send("SELECT 1")
            yield number

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.body == b"0\n1\n2\n3\n"
    assert "sent 4 statements" in str(error)


async def test_each_attempt_has_the_whole_budget_and_a_failure_is_not_tried_again(route_class):
    app, calls = make_app(route_class, query_budget=2), []

    @app.get("/{number}", retry=Retry(on=Exception, wait=0))
    async def read(number: int):
        calls.append(number)
        send(*["SELECT 1"] * number)
        if len(calls) < 3:
            raise LookupError

    assert (await exchange(app, "GET", "/2")).status == 200
    _, error = await exchange_failing(app, "GET", "/3")
    assert isinstance(error, QueryBudgetError)
    assert calls == [2, 2, 2, 3]


async def test_what_fails_by_itself_says_so():
    app = make_app(query_budget=0)

    @app.get("/")
    async def read():
        send("SELECT 1")
        raise LookupError

    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, LookupError)


async def test_in_development_there_is_a_warning_once_and_where_the_line_is(mode, recwarn):
    mode()
    app = make_app(query_budget=0)

    @app.get("/")
    async def read():
        send("SELECT 1", place=Place("shop.py", 7, "read"))

    for _ in range(2):
        assert (await exchange(app, "GET", "/")).status == 200
    (warning,) = [one for one in recwarn if one.category is QueryBudgetWarning]
    assert (warning.filename, warning.lineno) == ("shop.py", 7)


async def test_an_application_that_is_debugged_is_in_development_and_no_other(mode):
    mode(is_on=False)

    async def read():
        assert (meter.get() is None) is not app.debug

    for app in (make_app(query_budget=0), make_app(query_budget=0, debug=True)):
        app.get("/")(read)
        assert (await exchange(app, "GET", "/")).status == 200


async def test_no_meter_is_left_when_a_request_has_ended():
    app = make_app(query_budget=1)

    @app.get("/")
    async def read():
        return StreamingResponse(iter([b"x"]))

    await exchange(app, "GET", "/")
    assert meter.get() is None


# --- where nobody knows the application -------------------------------------------------------


def mounting(route_class, *, app=None, route=None, is_included=False, outer=FastAPI):
    """An application that mounts a router: *app* and *route* say its options, and the route's."""
    router = APIRouter(route_class=route_class)

    @router.get("/{number}", **(route or {}))
    def read(number: int):
        send(*["SELECT 1"] * number)
        return number

    if outer is Starlette:
        return Starlette(routes=[Mount("/mounted", router)], **(app or {}))
    made = outer(**(app or {}))
    if is_included:
        between = APIRouter()
        between.mount("/mounted", router)
        made.include_router(between)
    else:
        made.mount("/mounted", router)
    return made


MOUNTS = [
    {"app": {"query_budget": 2}},
    {"app": {"query_budget": 2}, "is_included": True},
    {"app": {"query_budget": 9}, "route": {"query_budget": 2}},
    {"route": {"query_budget": 2}},
    {"route": {"query_budget": 2}, "outer": Starlette},
]


@pytest.mark.parametrize("options", MOUNTS)
async def test_routes_of_a_mounted_router_have_a_budget(route_class, options):
    app = mounting(route_class, **options)
    assert (await exchange(app, "GET", "/mounted/2")).json == 2
    _, error = await exchange_failing(app, "GET", "/mounted/3")
    assert isinstance(error, QueryBudgetError)


@pytest.mark.parametrize("options", MOUNTS)
async def test_an_application_that_is_debugged_warns_for_mounted_routers_too(
    mode, route_class, options
):
    mode(is_on=False)
    app = mounting(route_class, **{**options, "app": {**options.get("app", {}), "debug": True}})
    with pytest.warns(QueryBudgetWarning, match="its query_budget is 2"):
        assert (await exchange(app, "GET", "/mounted/3")).json == 3


async def test_a_mounted_router_serves_applications_with_and_without_a_budget(route_class):
    app = mounting(route_class, app={"query_budget": 2})
    other = FastAPI()
    other.router.routes.extend(app.router.routes)
    assert (await exchange(other, "GET", "/mounted/3")).json == 3
    assert isinstance((await exchange_failing(app, "GET", "/mounted/3"))[1], QueryBudgetError)


async def test_a_mounted_application_has_a_budget_of_its_own():
    app, own, none = FastAPI(query_budget=2), FastAPI(query_budget=4), FastAPI()
    for path, mounted in (("/own", own), ("/none", none)):
        mounted.get("/{number}")(lambda number: send(*["SELECT 1"] * int(number)))
        app.mount(path, mounted)
    assert (await exchange(app, "GET", "/own/4")).status == 200
    assert isinstance((await exchange_failing(app, "GET", "/own/5"))[1], QueryBudgetError)
    assert (await exchange(app, "GET", "/none/9")).status == 200


# --- what is said --------------------------------------------------------------------------------


async def said(*texts, place=Place("/elsewhere/shop.py", 7, "read")):
    app = make_app(query_budget=1)

    @app.get("/shop")
    async def read():
        send(*texts, place=place)

    _, error = await exchange_failing(app, "GET", "/shop")
    return str(error).splitlines()


async def test_the_statement_that_was_repeated_most_is_shown():
    lines = await said("SELECT a", "SELECT b\n  FROM c", "SELECT b\n  FROM c")
    assert lines[:3] == [
        "GET /shop sent 3 statements; its query_budget is 1.",
        "  2 times: SELECT b FROM c",
        "  in read() at /elsewhere/shop.py:7",
    ]
    assert "`selectinload(...)` or `joinedload(...)`" in lines[3]
    assert lines[4:] == ["  [query-budget]"]


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("INSERT INTO a VALUES (?)", "add_all"),
        ("update a SET b = ?", "by one statement"),
        ("DELETE FROM a WHERE b = ?", "by one statement"),
        ("PRAGMA a", "raise `query_budget`"),
    ],
)
async def test_the_remedy_is_one_for_the_kind_of_statement(text, remedy):
    assert remedy in (await said(text, text))[3]


async def test_where_none_was_repeated_the_first_ones_are_shown():
    lines = await said("SELECT a", "SELECT b", "SELECT c", "SELECT d")
    assert [line for line in lines if "once:" in line] == [
        "  once: SELECT a",
        "  once: SELECT b",
        "  once: SELECT c",
    ]
    assert lines[-2] == "  Ask for less, or for several things at once; or raise `query_budget`."


async def test_a_long_statement_is_cut():
    lines = await said("SELECT " + "a" * 999, "SELECT " + "a" * 999)
    assert len(lines[1]) < 330


async def test_a_statement_that_no_line_wanted_was_sent_by_what_writes_the_answer():
    lines = await said("SELECT a", "SELECT a", place=None)
    assert lines[2] == "  by no line of yours: while the answer was written"
