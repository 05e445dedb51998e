"""Lifespans and start-up functions: of the application, of what it includes, of what it mounts."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount

from pronghorn import APIRouter, FastAPI, Request
from pronghorn.testclient import TestClient


@pytest.fixture
def log():
    return []


@pytest.fixture
def living(log):
    """Makes lifespans that log their beginning and their end."""

    def make(who, **state):
        @asynccontextmanager
        async def lifespan(app):
            log.append(f"{who} begins")
            yield state or None
            log.append(f"{who} ends")

        return lifespan

    return make


@pytest.fixture
def eventful(log):
    """Makes routers whose functions log their beginning and their end."""

    def make(name, **options):
        return APIRouter(
            on_startup=[lambda: log.append(f"{name} starts")],
            on_shutdown=[lambda: log.append(f"{name} stops")],
            **options,
        )

    return make


def live(app):
    with TestClient(app):
        pass


# --- includes ---------------------------------------------------------------------------------


def test_a_router_begins_and_ends_once_however_often_it_is_included(log, living, eventful):
    app, branch = FastAPI(), eventful("branch")
    leaves = [eventful("leaf"), APIRouter(lifespan=living("other leaf"))]
    for prefix in ("/a", "/b"):
        for leaf in leaves:
            branch.include_router(leaf, prefix=prefix)
            app.include_router(leaf, prefix=prefix)
        app.include_router(branch, prefix=prefix)
    live(app)
    assert sorted(log) == [
        "branch starts",
        "branch stops",
        "leaf starts",
        "leaf stops",
        "other leaf begins",
        "other leaf ends",
    ]


def test_they_begin_from_the_outside_in_and_end_from_the_inside_out(log, living):
    app = FastAPI(lifespan=living("app"))
    branch = APIRouter(lifespan=living("branch"))
    branch.include_router(APIRouter(lifespan=living("leaf")))
    app.include_router(branch)
    live(app)
    begun = ["app begins", "branch begins", "leaf begins"]
    assert log == [*begun, "leaf ends", "branch ends", "app ends"]


def test_an_application_lives_as_often_as_it_is_started(log, eventful):
    app = FastAPI()
    app.include_router(eventful("router"))
    for _ in range(2):
        live(app)
    assert log == ["router starts", "router stops"] * 2


def test_two_lives_of_an_application_may_overlap(log, living):
    app = FastAPI(lifespan=living("app"))
    with TestClient(app), TestClient(app):
        pass
    assert log == ["app begins", "app begins", "app ends", "app ends"]


def test_what_is_included_late_begins_too(log, living, eventful):
    app, branch = FastAPI(), APIRouter()
    app.include_router(branch)
    branch.include_router(eventful("leaf"))
    branch.include_router(APIRouter(lifespan=living("other leaf")))
    live(app)
    assert log == ["leaf starts", "other leaf begins", "other leaf ends", "leaf stops"]


@pytest.mark.parametrize("has_lifespan", [False, True])
def test_functions_of_an_included_router_run_beside_its_lifespan(
    log, living, eventful, has_lifespan
):
    app = FastAPI(lifespan=living("app") if has_lifespan else None)
    app.include_router(eventful("router", lifespan=living("router")))
    live(app)
    assert log == [
        *["app begins"] * has_lifespan,
        *["router starts", "router begins", "router ends", "router stops"],
        *["app ends"] * has_lifespan,
    ]


def test_the_lifespan_of_an_application_takes_the_place_of_its_functions(log, living):
    app = FastAPI(lifespan=living("app"), on_startup=[lambda: log.append("starts")])
    live(app)
    assert log == ["app begins", "app ends"]


def test_a_failure_at_the_start_ends_what_has_begun(log, living):
    @asynccontextmanager
    async def failing(app):
        raise RuntimeError("no database")
        yield

    app = FastAPI(lifespan=living("app"))
    app.include_router(APIRouter(lifespan=failing))
    with pytest.raises(RuntimeError, match="no database"):
        live(app)
    assert log == ["app begins"]


def test_of_two_states_the_outer_one_counts(living):
    app = FastAPI(lifespan=living("app", name="app"))
    app.include_router(APIRouter(lifespan=living("router", name="router", size=1)))

    @app.get("/")
    def read(request: Request):
        return [request.state.name, request.state.size]

    with TestClient(app) as client:
        assert client.get("/").json() == ["app", 1]


# --- mounts -----------------------------------------------------------------------------------


def mount_plainly(app, sub):
    app.mount("/sub", sub)


def mount_with_middleware(app, sub):
    app.routes.append(Mount("/sub", sub, middleware=[Middleware(GZipMiddleware)]))


def mount_in_a_router(app, sub):
    router = APIRouter()
    app.include_router(router)
    router.mount("/sub", sub)


def mount_for_a_host(app, sub):
    app.routes.append(Host("testserver", FastAPI(routes=[Mount("/sub", sub)])))


@pytest.mark.parametrize(
    "mount", [mount_plainly, mount_with_middleware, mount_in_a_router, mount_for_a_host]
)
def test_a_mounted_application_lives_within_the_one_that_mounts_it(log, living, mount):
    app = FastAPI(lifespan=living("app", name="app", size=1))
    sub = FastAPI(lifespan=living("sub", name="sub"))

    @sub.get("/")
    def read(request: Request):
        return [request.state.name, request.state.size]

    mount(app, sub)
    app.add_api_route("/", read)
    with TestClient(app) as client:
        assert log == ["app begins", "sub begins"]
        assert client.get("/sub/").json() == ["sub", 1]
        assert client.get("/sub/").json() == ["sub", 1]
        if mount is not mount_for_a_host:
            assert client.get("/").json() == ["app", 1]
    assert log == ["app begins", "sub begins", "sub ends", "app ends"]
    with TestClient(sub) as client:
        assert client.app_state == {"name": "sub"}


def test_a_mounted_application_that_its_author_starts_is_not_started_again(log, living):
    sub = FastAPI(lifespan=living("sub"))

    @asynccontextmanager
    async def lifespan(app):
        async with sub.router.lifespan_context(sub):
            yield

    app = FastAPI(lifespan=lifespan)
    app.mount("/sub", sub)
    live(app)
    assert log == ["sub begins", "sub ends"]


def test_a_router_that_two_applications_include_lives_for_each(log):
    @asynccontextmanager
    async def lifespan(app):
        log.append(app.title)
        yield

    router = APIRouter(lifespan=lifespan)
    app, sub = FastAPI(title="app"), FastAPI(title="sub")
    app.include_router(router)
    sub.include_router(router)
    app.mount("/sub", sub)
    live(app)
    assert log == ["app", "sub"]


def test_a_foreign_application_that_is_mounted_looks_after_itself(log, living):
    app = FastAPI()
    app.mount("/sub", Starlette(lifespan=living("foreign")))
    live(app)
    assert log == []


# --- what others set --------------------------------------------------------------------------


def test_a_lifespan_that_is_set_takes_the_place_of_all_that_there_was(log, living, eventful):
    app = FastAPI(lifespan=living("app"))
    app.include_router(eventful("early"))
    app.mount("/early", FastAPI(lifespan=living("early mounted")))
    app.router.lifespan_context = living("set")
    app.include_router(eventful("late"))
    live(app)
    assert log == ["set begins", "late starts", "late stops", "set ends"]


def test_a_lifespan_that_is_set_may_call_the_one_that_was_there(log, living, eventful):
    app = FastAPI(lifespan=living("app"))
    app.include_router(eventful("router"))
    before = app.router.lifespan_context

    @asynccontextmanager
    async def around(app):
        log.append("around")
        async with before(app) as state:
            yield state

    app.router.lifespan_context = around
    live(app)
    assert log == ["around", "app begins", "router starts", "router stops", "app ends"]


@pytest.mark.parametrize("is_mounted_first", [True, False])
def test_who_sets_a_lifespan_begins_what_is_mounted(log, living, is_mounted_first):
    app, sub = FastAPI(lifespan=living("app")), FastAPI(lifespan=living("sub"))
    before = app.router.lifespan_context
    if is_mounted_first:
        app.mount("/sub", sub)

    @asynccontextmanager
    async def around(app):
        # As NiceGUI does it: what the lifespan of the mounted application would do.
        log.append("sub is started")
        async with before(app) as state:
            yield state

    app.router.lifespan_context = around
    if not is_mounted_first:
        app.mount("/sub", sub)
    live(app)
    assert log == ["sub is started", "app begins", "app ends"]


def test_an_application_that_is_mounted_twice_lives_once_and_keeps_its_state(log, living):
    app, sub = FastAPI(), FastAPI(lifespan=living("sub", name="sub"))

    @sub.get("/")
    def read(request: Request):
        return request.state.name

    app.mount("/one", sub)
    app.mount("/two", sub)
    with TestClient(app) as client:
        assert client.get("/one/").json() == client.get("/two/").json() == "sub"
    assert log == ["sub begins", "sub ends"]


def test_what_a_mounted_application_sets_in_the_state_is_seen_around_it(living):
    app, sub = (
        FastAPI(lifespan=living("app", name="app")),
        FastAPI(lifespan=living("sub", name="sub", own=1)),
    )
    seen = []

    @sub.get("/")
    def read(request: Request):
        request.state.user = "ann"
        return request.state.name

    class Look:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            await self.app(scope, receive, send)
            if scope["type"] == "http":
                state = scope["state"]
                seen.append((state["name"], state["user"], "own" in state))

    app.add_middleware(Look)
    app.mount("/sub", sub)
    with TestClient(app) as client:
        assert client.get("/sub/").json() == "sub"
    assert seen == [("app", "ann", False)]


def test_an_application_lives_in_each_event_loop(log, living):
    app = FastAPI(lifespan=living("app", name="app"))
    app.include_router(APIRouter(lifespan=living("router")))

    @app.get("/")
    def read(request: Request):
        return request.state.name

    def ask():
        with TestClient(app) as client:
            return client.get("/").json()

    async def main():
        # As a fixture of a test does it, around a client with a thread and a loop of its own.
        async with app.router.lifespan_context(app):
            return await asyncio.to_thread(ask)

    assert asyncio.run(main()) == "app"
    begins = ["app begins", "router begins"]
    ends = ["router ends", "app ends"]
    assert log == [*begins, *begins, *ends, *ends]
