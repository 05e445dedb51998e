"""NiceGUI: pages whose events are answered over socket.io, by its own client and in a browser.

It runs in an application of ours (`ui.run_with`), and as an application of its own (`ui.run`).
"""

import ast
import asyncio
import html
import json
import re
import sys
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

import httpx
import pytest
import socketio
from browsed import LIMIT_IN_SECONDS, browsing, in_browser, visiting
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import APIRouter, app, events, ui
from playwright.sync_api import Browser, expect
from served import Served, find_port, running, serving
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint

MODULE = Path(__file__).stem
router = APIRouter(prefix="/routed")
log: list[str] = []

# The application ------------------------------------------------------------------------------


def find_agent(user_agent: Annotated[str, Header()] = "") -> str:
    return user_agent


@ui.page("/hello/{name}")
async def greet(request: Request, name: str, times: int = 1) -> None:
    count = ui.label(f"hello {name} {times}")
    ui.label(f"path {request.url.path}")

    async def click() -> None:
        await asyncio.sleep(0)
        count.text = f"clicked by {name}"

    ui.button("click", on_click=click)
    typed = ui.label("typed nothing")
    ui.input("text", on_change=lambda event: typed.set_text(f"typed {event.value}"))


@ui.page("/guarded")
def greet_agent(agent: Annotated[str, Depends(find_agent)]) -> None:
    ui.label(f"agent {agent}")


@ui.page("/elsewhere")
def go_elsewhere() -> RedirectResponse:
    return RedirectResponse("/hello/ann")


@ui.page("/kept")
def keep() -> None:
    app.storage.user["visits"] = app.storage.user.get("visits", 0) + 1
    ui.label(f"visit {app.storage.user['visits']}")


@ui.page("/upload")
def receive() -> None:
    async def weigh(event: events.UploadEventArguments) -> None:
        size.text = f"{event.file.name} has {len(await event.file.read())} bytes"

    ui.upload(on_upload=weigh, auto_upload=True)
    size = ui.label("nothing yet")


@ui.page("/broken")
def break_down() -> None:
    raise RuntimeError("broken page")


@ui.page("/ticking")
def tick() -> None:
    ticks = ui.label("0")
    ui.timer(0.1, lambda: ticks.set_text(str(min(int(ticks.text) + 1, 7))))


@router.page("/page")
def show() -> None:
    ui.label("routed page")


@app.get("/api/items/{item_id}")
def read_item(item_id: int) -> dict[str, int]:
    if item_id == 0:
        raise HTTPException(404, "no such item")
    return {"item": item_id}


@app.get("/api/log")
def read_log() -> list[str]:
    return log


app.include_router(router)
app.add_static_files("/files", Path(__file__).parent)
app.on_connect(lambda: log.append("connected"))
app.on_startup(lambda: log.append("started"))


OPTIONS = {"title": "Shop", "storage_secret": "secret", "show_welcome_message": False}


def make_app() -> FastAPI:
    """Make an application of ours with NiceGUI in it."""

    @asynccontextmanager
    async def lifespan(outer: FastAPI) -> AsyncIterator[None]:
        log.append("outer started")
        yield

    outer = FastAPI(lifespan=lifespan)

    @outer.get("/own")
    def read_own() -> str:
        return "own"

    ui.run_with(outer, **OPTIONS)
    return outer


class AskForLogin(BaseHTTPMiddleware):
    """Sends who is not known to another page, as NiceGUI's examples do."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.path == "/gui/secret" and not app.storage.user.get("is_known"):
            return RedirectResponse("/gui/login")
        return await call_next(request)


def make_app_below_a_path() -> FastAPI:
    """Make an application of ours with NiceGUI below a path, and pages that ask for a login."""

    @ui.page("/login")
    def log_in() -> None:
        app.storage.user["is_known"] = True
        ui.label("logged in")

    @ui.page("/secret")
    def tell_secret() -> None:
        ui.label("the secret")

    app.add_middleware(AskForLogin)
    outer = FastAPI()

    @outer.get("/names/{name}")
    def read_name(name: str) -> str:
        return name

    ui.run_with(outer, mount_path="/gui", **OPTIONS)
    return outer


def run_alone(port: int) -> None:
    """Run NiceGUI's own application."""
    app.get("/own")(lambda: "own")
    ui.run(host="127.0.0.1", port=port, reload=False, show=False, **OPTIONS)


# The checks -----------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["ui.run_with", "ui.run"])
def served(request: pytest.FixtureRequest, folder: Path) -> Iterator[Served]:
    if request.param == "ui.run_with":
        with serving(f"{MODULE}:make_app", folder) as served:
            yield served
    else:
        port = find_port()
        start = f"import {MODULE} as module; module.run_alone({port})"
        with running([sys.executable, "-c", start], port, folder) as served:
            yield served


def check_a_page_is_served(served: Served) -> None:
    answer = httpx.get(f"{served.url}/hello/ann?times=3")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-nicegui-content"] == "page"
    assert "<title>Shop</title>" in answer.text
    texts = [e.get("text") for e in find_elements(answer.text).values()]
    assert "hello ann 3" in texts
    assert "path /hello/ann" in texts


def check_what_a_page_loads_is_there(served: Served) -> None:
    page = httpx.get(f"{served.url}/hello/ann").text
    paths = set(re.findall(r'(?:src|href)="(/_nicegui/[^"]+)"', page))
    paths |= set(re.findall(r'"(/_nicegui/[^"]+\.js)"', page))
    assert len(paths) > 5
    with httpx.Client(base_url=served.url) as client:
        assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 200)


def check_a_page_may_have_parameters_dependencies_and_routers(served: Served) -> None:
    answer = httpx.get(f"{served.url}/guarded", headers={"user-agent": "checks"})
    assert "agent checks" in answer.text
    assert "routed page" in httpx.get(f"{served.url}/routed/page").text
    assert httpx.get(f"{served.url}/hello/ann?times=many").status_code == 422


def check_a_page_may_answer_with_a_response(served: Served) -> None:
    answer = httpx.get(f"{served.url}/elsewhere")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/hello/ann"


def check_errors_have_pages(served: Served) -> None:
    missing = httpx.get(f"{served.url}/nowhere")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    broken = httpx.get(f"{served.url}/broken")
    assert broken.status_code == 500
    assert "broken page" in broken.text


def check_operations_and_files_are_served_beside_pages(served: Served) -> None:
    assert httpx.get(f"{served.url}/own").json() == "own"
    assert httpx.get(f"{served.url}/api/items/2").json() == {"item": 2}
    missing = httpx.get(f"{served.url}/api/items/0")
    assert (missing.status_code, missing.json()) == (404, {"detail": "no such item"})
    part = httpx.get(f"{served.url}/files/{MODULE}.py", headers={"range": "bytes=0-9"})
    assert part.content == b'"""NiceGUI'


def check_what_is_stored_belongs_to_a_browser(served: Served) -> None:
    with httpx.Client(base_url=served.url) as client:
        assert "visit 1" in client.get("/kept").text
        assert "visit 2" in client.get("/kept").text
    assert "visit 1" in httpx.get(f"{served.url}/kept").text


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def check_an_event_is_answered_over_socket_io(served: Served, transport: str) -> None:
    page = httpx.get(f"{served.url}/hello/ann").text
    elements = find_elements(page)
    (number, button) = next((k, e) for k, e in elements.items() if e["tag"] == "q-btn")
    query = find_query(page)

    async def talk() -> dict[str, Any]:
        client = socketio.AsyncClient()
        updated: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        client.on("update", updated.set_result)
        asked = {**query, "tab_id": uuid.uuid4(), "document_id": uuid.uuid4()}
        await client.connect(
            f"{served.url}?{urlencode(asked)}",
            transports=[transport],
            socketio_path="/_nicegui_ws/socket.io",
        )
        message = {
            "id": int(number),
            "client_id": query["client_id"],
            "listener_id": button["events"][0]["listener_id"],
            "args": [],
        }
        await client.emit("event", message)
        try:
            return await asyncio.wait_for(updated, LIMIT_IN_SECONDS)
        finally:
            await client.disconnect()

    # Playwright has a loop running in this thread.
    with ThreadPoolExecutor(1) as thread:
        updates = thread.submit(asyncio.run, talk()).result()
    texts = [e.get("text") for e in updates.values() if isinstance(e, dict)]
    assert "clicked by ann" in texts
    kept = httpx.get(f"{served.url}/api/log").json()
    assert kept.count("started") == 1
    assert "connected" in kept


def find_elements(page: str) -> dict[str, Any]:
    """Find the elements of a page, which are written into it as JSON."""
    found = re.search(r"parseElements\(String\.raw`(.*?)`\)", page, re.DOTALL)
    assert found, page
    elements: dict[str, Any] = json.loads(html.unescape(found[1]))
    return elements


def find_query(page: str) -> dict[str, Any]:
    """Find what a page says to be sent when its socket is opened."""
    found = re.search(r"query: (\{.*\}),", page)
    assert found, page
    query: dict[str, Any] = ast.literal_eval(found[1])
    # It is written for JavaScript.
    return {name: str(value).lower() for name, value in query.items()}


# Below a path ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def below(folder: Path) -> Iterator[Served]:
    with serving(f"{MODULE}:make_app_below_a_path", folder) as served:
        yield served


def check_pages_may_be_below_a_path(below: Served) -> None:
    assert httpx.get(f"{below.url}/gui").headers["location"] == f"{below.url}/gui/"
    assert "hello ann 1" in httpx.get(f"{below.url}/gui/hello/ann").text
    assert httpx.get(f"{below.url}/names/ann").json() == "ann"
    page = httpx.get(f"{below.url}/gui/hello/ann").text
    paths = set(re.findall(r'"(/gui/_nicegui/[^"]+\.(?:js|css))"', page))
    assert len(paths) > 5
    assert {httpx.get(f"{below.url}{path}").status_code for path in paths} == {200}


def check_middleware_may_ask_for_a_login(below: Served) -> None:
    with httpx.Client(base_url=below.url) as client:
        refused = client.get("/gui/secret")
        assert (refused.status_code, refused.headers["location"]) == (307, "/gui/login")
        assert "logged in" in client.get("/gui/login").text
        assert "the secret" in client.get("/gui/secret").text


# In a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@in_browser
def check_a_click_and_a_text_are_answered_in_a_browser(served: Served, browser: Browser) -> None:
    with visiting(browser, f"{served.url}/hello/bob") as page:
        expect(page.get_by_text("hello bob 1")).to_be_visible()
        page.get_by_role("button", name="click").click()
        expect(page.get_by_text("clicked by bob")).to_be_visible()
        page.get_by_label("text").fill("some words")
        expect(page.get_by_text("typed some words")).to_be_visible()


@in_browser
def check_a_file_is_uploaded_in_a_browser(served: Served, browser: Browser) -> None:
    with visiting(browser, f"{served.url}/upload") as page:
        content = {"name": "note.txt", "mimeType": "text/plain", "buffer": b"12345"}
        page.locator("input[type=file]").set_input_files(content)
        expect(page.get_by_text("note.txt has 5 bytes")).to_be_visible()


@in_browser
def check_a_page_changes_by_itself_in_a_browser(served: Served, browser: Browser) -> None:
    with visiting(browser, f"{served.url}/ticking") as page:
        expect(page.get_by_text("7", exact=True)).to_be_visible(timeout=LIMIT_IN_SECONDS * 1000)


@in_browser
def check_a_click_below_a_path_is_answered_in_a_browser(below: Served, browser: Browser) -> None:
    with visiting(browser, f"{below.url}/gui/hello/bob") as page:
        page.get_by_role("button", name="click").click()
        expect(page.get_by_text("clicked by bob")).to_be_visible()
