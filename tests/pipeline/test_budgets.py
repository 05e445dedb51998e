"""What a request and an import may cost, counted; the budgets are in `tests/budgets.toml`."""

import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import starlette
from drivers.asgi import make_scope

import pronghorn
from pronghorn import FastAPI

FILE = Path(__file__).parents[1] / "budgets.toml"
BUDGETS = tomllib.loads(FILE.read_text())
PACKAGES = tuple(str(Path(package.__file__).parent) for package in (pronghorn, starlette))
HANDLER = "<pronghorn handler"

# What was promised for `GET /items/7?q=x`, however the budget is moved.
MOST_FRAMES = 10
MOST_FILES = 7


def make_app():
    app = FastAPI()

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, q: str | None = None):
        return {"item_id": item_id, "q": q}

    return app


async def receive():
    raise AssertionError("a GET request is answered without its body")


def drive(app, scope):
    """Run *app* by hand: without an event loop there are no frames but those of the request."""
    sent = []

    async def send(message):
        sent.append(message)

    coroutine = app(scope, receive, send)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    return sent


def frames_of(app, make):
    """The Python frames of ours and of Starlette that one warm request enters."""
    entered = []

    def profile(frame, event, argument):
        file = frame.f_code.co_filename
        if event == "call" and (file.startswith((*PACKAGES, HANDLER)) or is_generated(frame)):
            entered.append((HANDLER if file.startswith(HANDLER) else file, frame.f_code.co_name))

    for _ in range(3):
        drive(app, make())
    sent = []

    async def send(message):
        sent.append(message)

    coroutine = app(make(), receive, send)
    sys.setprofile(profile)
    try:
        coroutine.send(None)
    except StopIteration:
        pass
    finally:
        sys.setprofile(None)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    return sent, entered


def is_generated(frame):
    """Whether *frame* is of a method that a dataclass or the like of ours was given."""
    module = str(frame.f_globals.get("__name__", ""))
    is_ours = module.partition(".")[0] in ("pronghorn", "starlette")
    return frame.f_code.co_filename == "<string>" and is_ours


@pytest.mark.parametrize("situation", ["warm_get", "warm_get_unheard"])
def test_a_warm_request_enters_few_frames_in_few_files(situation, monkeypatch):
    if situation == "warm_get":
        # Whichever test came before: nobody has imported OpenTelemetry, as in most processes.
        monkeypatch.delitem(sys.modules, "opentelemetry", raising=False)
    else:
        importlib.import_module("opentelemetry.trace")

    def make():
        return make_scope("GET", "/items/7?q=x")

    sent, entered = frames_of(make_app(), make)
    assert sent[0]["status"] == 200
    assert json.loads(sent[1]["body"]) == {"item_id": 7, "q": "x"}
    budget = BUDGETS[situation]
    frames, files = len(entered), len({file for file, _ in entered})
    listed = "\n".join(f"{Path(file).name}: {name}" for file, name in entered)
    assert frames <= budget["frames"], listed
    assert files <= budget["files"], listed
    if situation == "warm_get":
        assert budget["frames"] <= MOST_FRAMES
        assert budget["files"] <= MOST_FILES


def test_an_unknown_path_is_refused_in_few_frames(monkeypatch):
    monkeypatch.delitem(sys.modules, "opentelemetry", raising=False)
    sent, entered = frames_of(make_app(), lambda: make_scope("GET", "/unknown"))
    assert sent[0]["status"] == 404
    listed = "\n".join(f"{Path(file).name}: {name}" for file, name in entered)
    assert len(entered) <= BUDGETS["unknown_path"]["frames"], listed
    assert len({file for file, _ in entered}) <= BUDGETS["unknown_path"]["files"], listed


def test_the_frames_of_a_request_do_not_grow_with_the_number_of_routes():
    def make():
        return make_scope("GET", "/items/7?q=x")

    small = make_app()
    large = make_app()
    for number in range(300):
        large.add_api_route(f"/other/{number}/{{x}}", lambda x: x)
    assert len(frames_of(large, make)[1]) == len(frames_of(small, make)[1])


LIST_MODULES = """
import sys, json
before = set(sys.modules)
import pronghorn
loaded = {name for name in set(sys.modules) - before}
ours = {name for name in loaded if name.startswith("pronghorn")}
others = {name for name in loaded - ours if name.partition(".")[0] not in sys.stdlib_module_names}
# What `sysconfig` reads is a module of the platform's own name.
others = {name for name in others if not name.startswith("_sysconfigdata")}
json.dump({"ours": sorted(ours), "others": sorted(others)}, sys.stdout)
"""


@pytest.fixture(scope="module")
def modules():
    command = [sys.executable, "-c", LIST_MODULES]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    return json.loads(done.stdout)


def test_an_import_loads_few_modules(modules):
    budget = BUDGETS["import"]
    assert len(modules["ours"]) <= budget["ours"], modules["ours"]
    assert len(modules["others"]) <= budget["others"], modules["others"]


def test_an_import_opens_no_room(modules):
    rooms = ("cli", "doctor", "testclient", "staticfiles", "templating", "middleware")
    opened = [
        name for name in modules["ours"] if name.startswith(tuple(f"pronghorn.{r}" for r in rooms))
    ]
    assert opened == []


def test_an_import_needs_none_of_the_extras(modules):
    # Starlette looks for `python_multipart` by itself.
    extras = {"uvicorn", "httpx", "httpx2", "jinja2", "uvloop", "sqlalchemy", "jwt", "pwdlib"}
    extras |= {"email_validator", "websockets", "fastapi_cli", "pydantic_settings"}
    extras |= {"opentelemetry"}
    assert {name.partition(".")[0] for name in modules["others"]} & extras == set()


def test_an_import_loads_nothing_that_most_processes_never_need(modules):
    waiting = {
        "pronghorn.introspection",
        "pronghorn.openapi.document",
        "pronghorn.openapi.docs",
        "pronghorn.openapi.models",
        "pronghorn.security.http",
        "pronghorn.security.oauth2",
        "pydantic.networks",
        # The first model that is built loads this, and it looks through all that is installed.
        "pydantic.plugin._loader",
    }
    assert waiting.isdisjoint(modules["ours"] + modules["others"])


WEIGH_ROUTES = """
import gc, sys, tracemalloc
from pydantic import BaseModel
from pronghorn import FastAPI

class Item(BaseModel):
    name: str

def make_endpoint():
    async def endpoint(item_id: int, item: Item, q: str | None = None): ...
    return endpoint

def add(app, numbers):
    for number in numbers:
        path = f"/{number}/{{item_id}}"
        app.post(path, response_model=Item)(endpoints[number])

endpoints = [make_endpoint() for _ in range(600)]
app = FastAPI()
add(app, range(100))
gc.collect()
tracemalloc.start()
add(app, range(100, 600))
gc.collect()
print(tracemalloc.get_traced_memory()[0] // 500)
"""


def test_a_route_keeps_little():
    command = [sys.executable, "-c", WEIGH_ROUTES]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert int(done.stdout) <= BUDGETS["route"]["bytes"]
