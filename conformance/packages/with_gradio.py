"""Gradio: Blocks in an application of ours, and launched alone, with the queue.

Predictions are asked for by Gradio's own client, and in a browser.
"""

import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import gradio
import httpx
import pytest
from browsed import browsing, in_browser, visiting
from fastapi import FastAPI, Request
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from playwright.sync_api import Browser, expect
from served import Served, find_port, running, serving

MODULE = Path(__file__).stem
# Gradio asks hosts of its own for news, unless it is told not to.
ALONE = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_SSR_MODE": "False",
    "HF_HUB_OFFLINE": "1",
}
LIMIT_IN_SECONDS = 20

# The application ------------------------------------------------------------------------------


def greet(name: str, times: float) -> tuple[str, float]:
    return " ".join([f"hello {name}"] * int(times)), times * 2


async def count(to: float) -> AsyncIterator[str]:
    for number in range(1, int(to) + 1):
        yield f"at {number}"


def add(number: float, seen: list[float]) -> tuple[float, list[float]]:
    """Add to what was seen in this session."""
    seen = [*seen, number]
    return sum(seen), seen


def weigh(path: str) -> str:
    return f"{Path(path).name} has {Path(path).stat().st_size} bytes"


def write(text: str) -> str:
    Path("written.txt").write_text(text)
    return "written.txt"


def refuse(text: str) -> str:
    message = f"refused {text}"
    raise gradio.Error(message)


def tell_header(request: gradio.Request) -> str:
    return f"{request.headers['x-told']} {request.username}"


def work_slowly(progress: gradio.Progress = gradio.Progress()) -> str:
    for part in range(5):
        progress(part / 5, desc="working")
        time.sleep(0.1)
    return "done"


def make_blocks() -> gradio.Blocks:
    with gradio.Blocks(title="Shop") as blocks:
        name, times = gradio.Textbox(label="name"), gradio.Number(1, label="times")
        greeting, double = gradio.Textbox(label="greeting"), gradio.Number(label="double")
        seen = gradio.State([])
        file, text = gradio.File(label="file"), gradio.Textbox(label="text")
        gradio.Button("Greet").click(greet, [name, times], [greeting, double], api_name="greet")
        gradio.Button("Count").click(count, times, text, api_name="count")
        gradio.Button("Add").click(add, [times, seen], [double, seen], api_name="add")
        gradio.Button("Weigh").click(weigh, file, text, api_name="weigh")
        gradio.Button("Write").click(write, name, file, api_name="write")
        gradio.Button("Refuse").click(refuse, name, text, api_name="refuse")
        gradio.Button("Tell").click(tell_header, None, text, api_name="tell")
        gradio.Button("Work").click(work_slowly, None, text, api_name="work")
        gradio.Button("At once").click(
            greet, [name, times], [greeting, double], api_name="at_once", queue=False
        )
    return blocks


def make_app() -> FastAPI:
    """Make an application of ours with Blocks in it, open ones and guarded ones."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        started.append("ours")
        yield

    started: list[str] = []
    app = FastAPI(lifespan=lifespan)

    @app.get("/own")
    def read_own() -> list[str]:
        return started

    gradio.mount_gradio_app(app, make_blocks(), path="/ui")
    gradio.mount_gradio_app(app, make_blocks(), path="/login", auth=("ann", "secret"))
    gradio.mount_gradio_app(app, make_blocks(), path="/token", auth_dependency=find_user)
    return app


def find_user(request: Request) -> str | None:
    user: str | None = request.headers.get("x-user")
    return user


def launch(port: int) -> None:
    """Launch Blocks as an application of their own."""
    make_blocks().launch(server_name="127.0.0.1", server_port=port, quiet=True)


def make_server() -> gradio.Server:
    """Make Gradio's own kind of application, with operations of both kinds."""
    server = gradio.Server(title="Served")

    @server.api(name="double")
    def double(number: float) -> float:
        return number * 2

    @server.get("/items/{item_id}")
    def read_item(item_id: int) -> int:
        return item_id

    @server.get("/")
    def read_root() -> str:
        return "root"

    return server


def launch_server(port: int) -> None:
    make_server().launch(server_name="127.0.0.1", server_port=port, quiet=True)


# The checks -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ours(folder: Path) -> Iterator[Served]:
    with serving(f"{MODULE}:make_app", folder, **ALONE) as served:
        yield served


@pytest.fixture(scope="module")
def launched(folder: Path) -> Iterator[Served]:
    port = find_port()
    start = f"import {MODULE} as module; module.launch({port})"
    with running([sys.executable, "-c", start], port, folder, **ALONE) as served:
        yield served


@pytest.fixture(scope="module", params=["mount_gradio_app", "launch"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "launch":
        return str(request.getfixturevalue("launched").url)
    return f"{request.getfixturevalue('ours').url}/ui"


def make_client(url: str, **options: Any) -> Client:
    return Client(url, verbose=False, analytics_enabled=False, **options)


@pytest.fixture
def client(url: str, tmp_path: Path) -> Iterator[Client]:
    client = make_client(url, headers={"x-told": "told"}, download_files=str(tmp_path))
    yield client
    client.close()


def check_the_page_is_served(url: str) -> None:
    answer = httpx.get(f"{url}/", follow_redirects=True)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "Shop" in answer.text
    assert httpx.get(f"{url}/config").json()["title"] == "Shop"
    assert httpx.get(f"{url}/gradio_api/info").json()["named_endpoints"].keys() >= {"/greet"}


def check_a_prediction_goes_through_the_queue(client: Client) -> None:
    assert client.predict("ann", 2, api_name="/greet") == ("hello ann hello ann", 4)


def check_a_prediction_may_go_past_the_queue(client: Client) -> None:
    assert client.predict("ann", 1, api_name="/at_once") == ("hello ann", 2)


def check_parts_of_an_answer_arrive_one_by_one(client: Client) -> None:
    job = client.submit(3, api_name="/count")
    assert job.result(LIMIT_IN_SECONDS) == "at 3"
    assert job.outputs() == ["at 1", "at 2", "at 3"]


def check_many_predictions_at_one_time_have_their_own_answers(client: Client) -> None:
    jobs = [client.submit(f"name {n}", 1, api_name="/greet") for n in range(20)]
    answers = [job.result(LIMIT_IN_SECONDS)[0] for job in jobs]
    assert answers == [f"hello name {n}" for n in range(20)]


def check_a_session_has_a_state_of_its_own(client: Client, url: str) -> None:
    assert [client.predict(n, api_name="/add") for n in (1, 2, 3)] == [1, 3, 6]
    other = make_client(url)
    assert other.predict(5, api_name="/add") == 5
    other.close()


def check_files_go_up_and_down(client: Client, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("12345")
    assert client.predict(handle_file(note), api_name="/weigh") == "note.txt has 5 bytes"
    assert Path(client.predict("some words", api_name="/write")).read_text() == "some words"


def check_an_error_reaches_the_client(client: Client) -> None:
    with pytest.raises(AppError, match="refused ann"):
        client.predict("ann", api_name="/refuse")


def check_a_function_may_see_the_request(client: Client) -> None:
    assert client.predict(api_name="/tell") == "told None"


def check_progress_is_told(client: Client) -> None:
    job = client.submit(api_name="/work")
    told = set()
    last = time.monotonic() + LIMIT_IN_SECONDS
    while not job.done():
        assert time.monotonic() < last
        progress = job.status().progress_data
        told |= {part.desc for part in progress or ()}
        time.sleep(0.01)
    assert job.result() == "done"
    assert told == {"working"}


def check_a_call_may_be_made_without_a_client(url: str) -> None:
    """Check what Gradio's documentation says for `curl`."""
    call = f"{url}/gradio_api/call/greet"
    number = httpx.post(call, json={"data": ["ann", 1]}).json()["event_id"]
    with httpx.stream("GET", f"{call}/{number}", timeout=LIMIT_IN_SECONDS) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert lines == ["event: complete", 'data: ["hello ann", 2]']


def check_our_own_operations_and_lifespan_are_there(ours: Served) -> None:
    assert httpx.get(f"{ours.url}/own").json() == ["ours"]


def check_a_login_is_asked_for(ours: Served) -> None:
    url = f"{ours.url}/login"
    assert httpx.get(f"{url}/config").status_code == 401
    wrong = httpx.post(f"{url}/login", data={"username": "ann", "password": "wrong"})
    assert wrong.status_code == 400
    client = make_client(url, auth=("ann", "secret"), headers={"x-told": "told"})
    assert client.predict(api_name="/tell") == "told ann"
    client.close()


def check_a_dependency_may_say_who_it_is(ours: Served) -> None:
    url = f"{ours.url}/token"
    assert httpx.get(f"{url}/config").status_code == 401
    client = make_client(url, headers={"x-user": "bob", "x-told": "told"})
    assert client.predict(api_name="/tell") == "told bob"
    client.close()


def check_an_application_of_gradios_kind_has_both_kinds_of_operations(folder: Path) -> None:
    port = find_port()
    start = f"import {MODULE} as module; module.launch_server({port})"
    with running([sys.executable, "-c", start], port, folder, **ALONE) as served:
        assert httpx.get(f"{served.url}/").json() == "root"
        assert httpx.get(f"{served.url}/items/3").json() == 3
        assert httpx.get(f"{served.url}/items/three").status_code == 422
        assert httpx.get(f"{served.url}/docs").status_code == 200
        document = httpx.get(f"{served.url}/openapi.json").json()
        assert document["info"]["title"] == "Served"
        assert "/items/{item_id}" in document["paths"]
        client = make_client(served.url)
        assert client.predict(4, api_name="/double") == 8
        client.close()


# In a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsing() as browser:
        yield browser


@in_browser
def check_a_prediction_is_shown_in_a_browser(url: str, browser: Browser) -> None:
    with visiting(browser, f"{url}/") as page:
        page.get_by_label("name").fill("bob")
        page.get_by_role("button", name="Greet").click()
        expect(page.get_by_label("greeting")).to_have_value("hello bob", timeout=20_000)
