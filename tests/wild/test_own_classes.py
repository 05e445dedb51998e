"""Classes that people derived from FastAPI's, which know nothing of the options that are ours."""

import inspect
from typing import Any

import pytest
from drivers.asgi import exchange

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI
from pronghorn.routing import APIRoute

pytestmark = pytest.mark.anyio


class TriesOfItsOwn(APIRoute):
    retry = 3

    def get_route_handler(self):
        handler = super().get_route_handler()

        async def tried(request):
            for _ in range(self.retry - 1):
                try:
                    return await handler(request)
                except TimeoutError:
                    pass
            return await handler(request)

        return tried


class SetsItsOwn(APIRoute):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.retry = 3
        self.query_budget = "none"


@pytest.mark.parametrize("is_included", [False, True])
async def test_a_route_class_may_have_a_retry_of_its_own(is_included):
    router = APIRouter(route_class=TriesOfItsOwn)
    calls = []

    @router.get("/")
    async def read():
        calls.append(1)
        if len(calls) < 3:
            raise TimeoutError
        return len(calls)

    app = FastAPI()
    if is_included:
        app.include_router(router)
    else:
        app.mount("", router)
    assert (await exchange(app, "GET", "/")).json == 3


async def test_what_a_route_class_sets_is_not_taken_for_our_options():
    router = APIRouter(route_class=SetsItsOwn)

    @router.get("/")
    async def read():
        return 1

    app = FastAPI(debug=True)
    app.include_router(router)
    assert (await exchange(app, "GET", "/")).json == 1
    assert app.routes[-1].original_router.routes[0].retry == 3


OF_APPS = {
    "access_log": "/var/log/shop.log",
    "query_budget": "none",
    "server_timing": print,
    "commit_before_response": True,
}


class AppWithItsOwn(FastAPI):
    access_log = "/var/log/shop.log"

    def __init__(self, **options: Any) -> None:
        self.query_budget = "none"
        super().__init__(**options)
        self.server_timing = print


def set_later() -> FastAPI:
    app = FastAPI()
    for name, value in OF_APPS.items():
        setattr(app, name, value)
    return app


@pytest.mark.parametrize("make", [AppWithItsOwn, set_later])
@pytest.mark.parametrize("is_mounted", [False, True])
async def test_what_an_application_sets_is_not_taken_for_our_options(make, is_mounted):
    app, router, journal = make(), APIRouter(), []

    async def session():
        yield
        journal.append("ends")

    @router.get("/", dependencies=[Depends(session)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(journal.append, "task")

    if is_mounted:
        app.mount("", router)
    else:
        app.include_router(router)
    answer = await exchange(app, "GET", "/")
    assert (answer.status, journal) == (200, ["task", "ends"])
    assert not {"x-request-id", "server-timing"} & set(answer.headers)
    assert (app.access_log, app.query_budget) == ("/var/log/shop.log", "none")


def test_an_application_has_no_attributes_of_ours_beside_private_ones():
    app = FastAPI(
        access_log="text", query_budget=1, server_timing=True, commit_before_response=True
    )
    assert not [name for name in OF_APPS if hasattr(app, name)]


OURS = {"retry", "query_budget"}


def written_out(method: Any) -> Any:
    """A method like *method*, each option of FastAPI's written out, as in FastAPI 0.165."""
    names = [name for name in inspect.signature(method).parameters if name not in OURS]
    options = [name for name in names if name not in ("self", "path", "endpoint")]
    positional = names[: len(names) - len(options)]
    text = (
        f"def call({', '.join(positional)}, *, {', '.join(f'{name}=unset' for name in options)}):\n"
        "    given = dict(locals())\n"
        "    given = {name: given[name] for name in given if given[name] is not unset}\n"
        "    return method(given.pop('self'), **given)\n"
    )
    known: dict[str, Any] = {"method": method, "unset": object()}
    exec(text, known)
    return known["call"]


@pytest.mark.parametrize("name", ["add_api_route", "api_route", "get"])
@pytest.mark.parametrize("kind", [APIRouter, FastAPI])
async def test_a_class_may_write_out_the_options_of_fastapi(kind, name):
    Own = type("Own", (kind,), {name: written_out(getattr(kind, name))})  # noqa: N806 - a class
    own = Own()

    @own.get("/")
    async def read():
        return 1

    app = own
    if kind is APIRouter:
        app = FastAPI()
        app.include_router(own)
    assert (await exchange(app, "GET", "/")).json == 1
