"""Mounted applications: which database `Session` means in them."""

from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Host, Mount

from pronghorn import APIRouter, FastAPI
from pronghorn.data import Database, ReadSession, SessionFactory
from pronghorn.data.errors import WhichDatabaseError
from pronghorn.data.sessions.finding import standing
from pronghorn.testclient import TestClient


@pytest.fixture
def outer():
    return Database("sqlite://")


@pytest.fixture
def inner():
    return Database("sqlite://")


@pytest.fixture
def application(outer, inner):
    """Makes applications whose answer is the name of their database."""
    names = {outer.address.file: "outer", inner.address.file: "inner"}

    def make(**options):
        app = FastAPI(**options)

        @app.get("/")
        async def read(session: ReadSession, sessions: SessionFactory):
            async with sessions.read() as other:
                return [names[it.bind.url.database] for it in (session, other)]

        return app

    return make


def answers(app, *targets):
    with TestClient(app) as client:
        found = [client.get(target).json() for target in targets]
    assert all(one == other for one, other in found)
    assert not standing
    return [one for one, _ in found]


def test_each_application_has_the_database_of_its_own_lifespan(application, outer, inner):
    app, sub = application(lifespan=outer.lifespan), application(lifespan=inner.lifespan)
    app.mount("/sub", sub)
    assert answers(app, "/", "/sub/") == ["outer", "inner"]


def test_without_a_lifespan_of_its_own_it_has_that_of_the_one_around_it(application, outer):
    app = application(lifespan=outer.lifespan)
    app.mount("/sub", application())
    assert answers(app, "/", "/sub/") == ["outer", "outer"]


def test_of_several_around_it_the_nearest_one_counts(application, outer, inner):
    app, between = application(lifespan=outer.lifespan), application(lifespan=inner.lifespan)
    between.mount("/sub", application())
    app.mount("/between", between)
    app.mount("/beside", application())
    found = answers(app, "/", "/between/", "/between/sub/", "/beside/")
    assert found == ["outer", "inner", "inner", "outer"]


def test_a_lifespan_that_was_not_run_counts_for_nothing(application, outer, inner):
    """Who sets another lifespan begins what is mounted, or does not."""
    app = application()
    app.mount("/sub", application(lifespan=inner.lifespan))
    app.router.lifespan_context = outer.lifespan
    assert answers(app, "/", "/sub/") == ["outer", "outer"]


def test_a_lifespan_of_one_s_own_may_open_all(application, outer, inner):
    sub = application()

    @asynccontextmanager
    async def lifespan(app):
        async with inner.lifespan(sub), outer.lifespan(app):
            yield

    app = application(lifespan=lifespan)
    app.mount("/sub", sub)
    assert answers(app, "/", "/sub/") == ["outer", "inner"]


def test_it_is_found_however_it_is_mounted(application, outer):
    app = application(lifespan=outer.lifespan)
    app.router.routes += [
        Mount("/packed", application(), middleware=[Middleware(GZipMiddleware)]),
        Mount("/list", routes=[Mount("/sub", application())]),
        Host("other.example", application()),
    ]
    app.mount("/foreign", Starlette(routes=[Mount("/sub", application())]))
    router = APIRouter()
    router.mount("/included", application())
    app.mount("/router", router)
    found = answers(app, "/packed/", "/list/sub/", "/foreign/sub/", "/router/included/")
    assert found == ["outer"] * 4
    with TestClient(app, base_url="http://other.example") as client:
        assert client.get("/").json() == ["outer", "outer"]


def test_an_application_of_starlette_s_may_be_around_it(application, outer):
    app = Starlette(routes=[Mount("/sub", application())], lifespan=outer.lifespan)
    assert answers(app, "/sub/") == ["outer"]


def test_an_application_that_mounts_itself_is_no_trap(application, outer):
    app = application(lifespan=outer.lifespan)
    app.mount("/again", app)
    assert answers(app, "/", "/again/", "/again/again/") == ["outer"] * 3


def test_of_two_around_it_that_are_apart_neither_is_taken(application, outer, inner):
    sub = application()
    one, other = application(lifespan=outer.lifespan), application(lifespan=inner.lifespan)
    one.mount("/sub", sub)
    other.mount("/sub", sub)
    with TestClient(one) as client:
        assert client.get("/sub/").json() == ["outer", "outer"]
        with TestClient(other), pytest.raises(WhichDatabaseError):
            client.get("/sub/")
        assert client.get("/sub/").json() == ["outer", "outer"]
    with TestClient(other) as client:
        assert client.get("/sub/").json() == ["inner", "inner"]
