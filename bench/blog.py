"""A real application: the blog of `examples/`, on PostgreSQL, over the wire.

It has async SQLAlchemy sessions, log-in by token, a middleware and CORS.  Most of its time goes to
SQLAlchemy, asyncpg and PostgreSQL, so the gap is small.  It is shown all the same.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from bench.environment import PROJECT
from bench.postgres import running_postgres
from bench.section import LeftOutError, Section

BLOG = PROJECT / "examples" / "blog" / "app"
FRAMEWORKS = {"FastAPI": "fastapi", "Pronghorn": "pronghorn"}
CONNECTIONS = 32
POSTS = 100
PATIENCE = 30
IMPORT = re.compile(r"^(\s*(?:from|import) )pronghorn\b", re.MULTILINE)
EMAIL, PASSWORD = "bob@example.com", "a long password"

METHOD = """\
The blog in `examples/blog`, on PostgreSQL with its own settings, by async SQLAlchemy and asyncpg.
Both frameworks run the same source: its imports say `fastapi`, and for Pronghorn the alias makes
that Pronghorn. uvicorn with uvloop and httptools, one process on one core; wrk with {connections}
connections and PostgreSQL share the others. Requests per second and the 99th percentile of the
time for one, medians of {rounds} rounds of {seconds} s, the frameworks in turns.

A database does the work here, through SQLAlchemy: what a framework can save is a small part."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A request of the blog's users, sent again and again."""

    what: str
    path: str
    needs_token: bool = False
    body: str = ""


POST = json.dumps({"title": "A title", "content": "Some words of content. " * 20})
SCENES = (
    Scene("no database: `GET /health`", "/health"),
    Scene("read one post with its author", "/posts/50"),
    Scene("list 20 posts with their authors", "/posts?limit=20"),
    Scene("read oneself, by token", "/users/me", needs_token=True),
    Scene("write a post, by token", "/posts", needs_token=True, body=POST),
)


@dataclass(frozen=True, slots=True)
class Blog:
    """A blog that is served."""

    address: str
    token: str


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all scenes."""
    rounds, seconds = (1, 1) if is_quick else (min(rounds, 3), 3)
    wrk = find_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-blog-")))
        copy_blog(folder / "app")
        blogs = {}
        # The servers choose among all processors; everything else leaves them the first one.
        everywhere = os.sched_getaffinity(0)
        stack.enter_context(on_processors(sorted(everywhere)[1:] or everywhere))
        postgres = stack.enter_context(running_postgres())
        for title, name in FRAMEWORKS.items():
            database = postgres.make_database(f"blog_{name}")
            with on_processors(everywhere):
                address = stack.enter_context(serve(name, folder, database))
            blogs[title] = fill(address)
        compare(blogs)
        rows = tuple(run(scene, blogs, wrk, rounds, seconds) for scene in SCENES)
    return Section(
        "A real application: the blog on PostgreSQL",
        METHOD.format(connections=CONNECTIONS, rounds=rounds, seconds=seconds),
        (
            "what",
            *(f"{title}, requests a second" for title in FRAMEWORKS),
            "Pronghorn ÷ FastAPI",
            *(f"{title}, p99 in ms" for title in FRAMEWORKS),
        ),
        rows,
    )


def find_wrk() -> str:
    """The program that sends requests; root may install it."""
    if shutil.which("wrk") is None and os.geteuid() == 0 and shutil.which("apt-get"):
        command = ["apt-get", "install", "--yes", "--quiet", "wrk"]
        subprocess.run(command, stdout=sys.stderr, check=False)  # noqa: S603  our own command
    wrk = shutil.which("wrk")
    if wrk is None:
        raise LeftOutError("wrk is not installed (Debian: apt-get install wrk).")
    return wrk


@contextmanager
def on_processors(processors: Any) -> Iterator[None]:
    """Let this process, and what it starts meanwhile, use these processors only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def copy_blog(folder: Path) -> None:
    """Copy the blog's source, with imports that say `fastapi`."""
    for source in BLOG.rglob("*.py"):
        place = folder / source.relative_to(BLOG)
        if place.relative_to(folder).parts[0] == "tests":
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(IMPORT.sub(r"\1fastapi", source.read_text()))


@contextmanager
def serve(framework: str, folder: Path, database: str) -> Iterator[str]:
    """Start the blog's server, and yield its address."""
    settings = {
        "ENVIRONMENT": "production",
        "DATABASE_URL": database,
        "SECRET_KEY": secrets.token_urlsafe(48),
        "DATA_DIR": str(folder / framework),
    }
    server = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "bench.blog_server", framework, folder / "app"],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": str(PROJECT), **settings},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        port = server.stdout.readline().strip() if server.stdout else ""
        if not port:
            raise RuntimeError(f"The blog did not start on {framework}.")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(PATIENCE)


def fill(address: str) -> Blog:
    """Sign up a user, log in, and write posts."""
    user = {"email": EMAIL, "name": "Bob", "password": PASSWORD}
    ask(f"{address}/users", json.dumps(user).encode())
    form = urlencode({"username": EMAIL, "password": PASSWORD}).encode()
    kind = "application/x-www-form-urlencoded"
    token = ask(f"{address}/auth/token", form, {"content-type": kind})["access_token"]
    blog = Blog(address, token)
    for _ in range(POSTS):
        ask(f"{address}/posts", POST.encode(), headers_of(blog))
    return blog


def headers_of(blog: Blog) -> dict[str, str]:
    """The headers of somebody who is logged in."""
    return {"content-type": "application/json", "authorization": f"Bearer {blog.token}"}


def ask(url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Any:
    """Send one request, and return what the answer says."""
    request = Request(url, body, headers or {"content-type": "application/json"})  # noqa: S310  ours
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  as above
        return json.load(answer)


def compare(blogs: dict[str, Blog]) -> None:
    """Stop the bench if the blogs do not answer the same."""
    for scene in SCENES:
        body = scene.body.encode() or None
        answers = [
            without_times(ask(blog.address + scene.path, body, headers_of(blog)))
            for blog in blogs.values()
        ]
        if answers[0] != answers[1]:
            raise SystemExit(f"bench: the blogs differ at {scene.path}: {answers}")


def without_times(value: Any) -> Any:
    """What an answer says, but for the moments at which rows were made."""
    if isinstance(value, list):
        return [without_times(item) for item in value]
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key != "created_at"}
    return value


def run(
    scene: Scene, blogs: dict[str, Blog], wrk: str, rounds: int, seconds: int
) -> tuple[str | float, ...]:
    """Measure one scene; a row of the table."""
    rates: dict[str, list[float]] = {title: [] for title in blogs}
    slowest: dict[str, list[float]] = {title: [] for title in blogs}
    for _ in range(rounds):
        for title, blog in blogs.items():
            rate, p99 = send(wrk, scene, blog, seconds)
            rates[title].append(rate)
            slowest[title].append(p99)
    theirs, ours = (median(rates[title]) for title in FRAMEWORKS)
    return (
        scene.what,
        theirs,
        ours,
        ours / theirs,
        *(median(slowest[title]) for title in FRAMEWORKS),
    )


def send(wrk: str, scene: Scene, blog: Blog, seconds: int) -> tuple[float, float]:
    """Send requests for some seconds: how many a second, and the milliseconds of the slow ones."""
    command = [
        wrk, "--threads=1", f"--connections={CONNECTIONS}", f"--duration={seconds}s", "--latency"
    ]  # fmt: skip
    if scene.needs_token:
        command += [f"--header={name}: {value}" for name, value in headers_of(blog).items()]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if scene.body:
            script.write(f"wrk.method = 'POST'\nwrk.body = [==[{scene.body}]==]\n")
            script.flush()
            command.append(f"--script={script.name}")
        command.append(blog.address + scene.path)
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603  our own command
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{scene.path} was not answered well:\n{told}")
    rate = re.search(r"Requests/sec: +([\d.]+)", told)
    slow = re.search(r"99% +([\d.]+)(us|ms|s)", told)
    if rate is None or slow is None:
        raise RuntimeError(f"wrk says what nobody understands:\n{told}")
    return float(rate[1]), float(slow[1]) * {"us": 0.001, "ms": 1, "s": 1000}[slow[2]]
