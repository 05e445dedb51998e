"""FastAPI's command line, as `python -m fastapi`: it finds an application, and serves it.

The applications are written into folders of their own, since how they are found is checked too.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
import pytest
from served import Served, find_port, running

LIMIT_IN_SECONDS = 30
PAUSE_IN_SECONDS = 0.1

# The application ------------------------------------------------------------------------------

APP = """
import os
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request


@asynccontextmanager
async def lifespan(app):
    Path(f"opened-{os.getpid()}").touch()
    yield
    Path(f"closed-{os.getpid()}").touch()


app = FastAPI(title="Shop", lifespan=lifespan)


@app.get("/word")
def read_word(request: Request) -> dict[str, str]:
    return {
        "word": "first",
        "process": str(os.getpid()),
        "mode": os.environ.get("FASTAPI_ENV", ""),
        "url": str(request.url),
    }
"""
# What else is in the folder must not be taken for it.
OTHER_APP = """
from fastapi import FastAPI

not_this = FastAPI()
second = FastAPI()


@second.get("/word")
def read_word() -> dict[str, str]:
    return {"word": "second"}
"""

# The checks -----------------------------------------------------------------------------------

FASTAPI = (sys.executable, "-m", "fastapi")
Run = Callable[..., AbstractContextManager[Served]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "inner.py").write_text(OTHER_APP)
    return tmp_path


@pytest.fixture
def run(project: Path) -> Run:
    """Make a function that serves the project by a command until the block is left."""

    def run(command: str, *options: str) -> AbstractContextManager[Served]:
        port = find_port()
        where = ("--host", "127.0.0.1", "--port", str(port))
        return running([*FASTAPI, command, *options, *where], port, project)

    return run


def read_word(served: Served) -> dict[str, str]:
    word: dict[str, str] = httpx.get(f"{served.url}/word").raise_for_status().json()
    return word


def wait_for(is_so: Callable[[], bool], what: str) -> None:
    last = time.monotonic() + LIMIT_IN_SECONDS
    while not is_so():
        assert time.monotonic() < last, f"not in {LIMIT_IN_SECONDS} seconds: {what}"
        time.sleep(PAUSE_IN_SECONDS)


def find_marks(project: Path, kind: str) -> set[str]:
    """Find the processes that have left a mark."""
    return {path.name.removeprefix(f"{kind}-") for path in project.glob(f"{kind}-*")}


def is_alive(process: str) -> bool:
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    return True


def check_dev_finds_and_serves_an_application(run: Run) -> None:
    with run("dev") as served:
        word = read_word(served)
        assert (word["word"], word["mode"]) == ("first", "development")
        assert httpx.get(f"{served.url}/docs").status_code == 200
        assert httpx.get(f"{served.url}/openapi.json").json()["info"]["title"] == "Shop"
        assert "main:app" in served.read_log()


def check_dev_takes_up_what_was_changed(run: Run, project: Path) -> None:
    def says_changed() -> bool:
        try:
            return read_word(served)["word"] == "changed"
        except httpx.TransportError:
            return False

    with run("dev") as served:
        assert read_word(served)["word"] == "first"
        (project / "main.py").write_text(APP.replace('"first"', '"changed"'))
        wait_for(says_changed, "the changed word")
        assert len(find_marks(project, "opened")) == 2
        # The one that was replaced has ended in order.
        assert len(find_marks(project, "closed")) == 1


def check_dev_outlives_a_mistake(run: Run, project: Path) -> None:
    def says_mended() -> bool:
        try:
            return read_word(served)["word"] == "mended"
        except httpx.TransportError:
            return False

    with run("dev") as served:
        # Whoever asks earlier may be faster than the one that watches the files.
        assert read_word(served)["word"] == "first"
        (project / "main.py").write_text(f"{APP}\nthis is no Python\n")
        wait_for(lambda: "SyntaxError" in served.read_log(), "the mistake")
        (project / "main.py").write_text(APP.replace('"first"', '"mended"'))
        wait_for(says_mended, "the mended word")


def check_run_has_workers_that_all_answer_and_end(run: Run, project: Path) -> None:
    seen = set()

    def has_seen_both() -> bool:
        seen.add(read_word(served)["process"])
        return len(seen) == 2

    with run("run", "--workers", "2") as served:
        wait_for(has_seen_both, "an answer of each worker")
        assert read_word(served)["mode"] == ""
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(LIMIT_IN_SECONDS) in {0, -signal.SIGTERM}
        wait_for(lambda: not any(map(is_alive, seen)), "the end of the workers")
    assert find_marks(project, "opened") == find_marks(project, "closed") == seen


def check_run_replaces_a_worker_that_died(run: Run, project: Path) -> None:
    with run("run", "--workers", "2") as served:
        wait_for(lambda: len(find_marks(project, "opened")) == 2, "two workers")
        os.kill(int(read_word(served)["process"]), signal.SIGKILL)
        wait_for(lambda: len(find_marks(project, "opened")) == 3, "another worker")
        assert read_word(served)["word"] == "first"


def check_an_interrupt_ends_it_in_order(run: Run, project: Path) -> None:
    with run("run") as served:
        process = read_word(served)["process"]
        served.process.send_signal(signal.SIGINT)
        served.process.wait(LIMIT_IN_SECONDS)
    assert find_marks(project, "closed") == {process}


def check_an_application_may_be_named(run: Run) -> None:
    with run("run", "shop/inner.py", "--app", "second") as served:
        assert read_word(served) == {"word": "second"}
    with run("run", "--entrypoint", "shop.inner:second") as served:
        assert read_word(served) == {"word": "second"}


def check_an_application_may_be_named_by_the_project(run: Run, project: Path) -> None:
    named = '[tool.fastapi]\nentrypoint = "shop.inner:second"\n'
    (project / "pyproject.toml").write_text(named)
    with run("run") as served:
        assert read_word(served) == {"word": "second"}


def check_it_may_stand_behind_a_proxy(run: Run) -> None:
    with run("run", "--root-path", "/api", "--forwarded-allow-ips", "*") as served:
        assert httpx.get(f"{served.url}/openapi.json").json()["servers"] == [{"url": "/api"}]
        headers = {"x-forwarded-proto": "https", "x-forwarded-for": "10.0.0.1"}
        answer = httpx.get(f"{served.url}/word", headers=headers).json()
        assert answer["url"] == f"https://127.0.0.1:{served.port}/api/word"


def check_a_folder_without_an_application_is_told(project: Path) -> None:
    (project / "main.py").write_text("app = 1\n")
    ended = subprocess.run(  # noqa: S603  our own command
        [*FASTAPI, "run"], cwd=project, capture_output=True, text=True, timeout=30, check=False
    )
    assert ended.returncode == 1
    assert "Could not find FastAPI app in module" in f"{ended.stdout}{ended.stderr}"
