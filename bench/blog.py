"""A real application: the blog of `examples/`, on PostgreSQL, over the wire.

It has async SQLAlchemy sessions, log-in by token, a middleware and CORS.  Much of its time goes to
SQLAlchemy, asyncpg and PostgreSQL.
"""

import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from bench.cases import FORM, JSON, Case
from bench.environment import PROJECT
from bench.load import CONNECTIONS, find_wrk, run_wrk
from bench.postgres import running_postgres
from bench.section import Section
from bench.server import Server, find_port
from bench.wire import Turn, find_cores

BLOG = PROJECT / "examples" / "blog" / "app"
FRAMEWORKS = {"FastAPI": "fastapi", "Pronghorn": "pronghorn"}
POSTS = 100

# What the blog says, and what its copy for FastAPI says: the usual recipe is in `usual.py`.
SAYS = (
    (re.compile(r"^from pronghorn(\.data)? import", re.MULTILINE), "from bench.usual import"),
    (re.compile(r"^from pronghorn\.", re.MULTILINE), "from fastapi."),
    # An object's way to JSON awaits the database.
    (re.compile(r" = rows\("), " = await rows("),
)
NOT_COPIED = shutil.ignore_patterns("tests", "migrations", "data", "serve.py", ".*", "__pycache__")
EMAIL, PASSWORD = "bob@example.com", "a long password"

METHOD = """\
The blog in `examples/blog`, on PostgreSQL with its own settings, by async SQLAlchemy and asyncpg.
Both frameworks run the same source, but for what the blog has of `pronghorn.data`: on FastAPI that
is the usual recipe, with a session by a dependency with `yield` and objects as answers. Neither
writes an access log. uvicorn with uvloop and httptools, one process on one core; wrk with
{connections} connections and PostgreSQL share another. Requests per second, the 99th percentile of
the time for one, and the processor's time that the server had for each; medians of {rounds} rounds
of {seconds} s, the frameworks in turns."""

POST = json.dumps({"title": "A title", "content": "Some words of content. " * 20}).encode()
WRITE = Case("write", "write a post, by token", "/posts", method="POST", headers=JSON, body=POST)
CASES = (
    Case("health", "no database: `GET /health`", "/health"),
    Case("post", "read one post with its author", "/posts/50"),
    Case("posts", "list 20 posts with their authors", "/posts", query=b"limit=20"),
    Case("me", "read oneself, by token", "/users/me"),
    WRITE,
)


class BlogServer(Server):
    """A process that serves the blog on one framework."""

    def __init__(self, framework: str, folder: Path, database: str, core: int) -> None:
        self.name = "the blog"
        self.subject = framework
        self.port = find_port()
        self.token = ""
        settings = {
            "ENVIRONMENT": "production",
            "DATABASE_URL": database,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DATA_DIR": str(folder / framework),
        }
        environment = {**os.environ, "PYTHONPATH": str(PROJECT), **settings}
        blog = BLOG
        if framework == "fastapi":
            blog = folder / "app"
            copy_blog(blog)
        else:
            upgrade = [sys.executable, "-m", "pronghorn", "db", "upgrade"]
            subprocess.run(upgrade, cwd=BLOG, env=environment, check=True)  # noqa: S603  as below
        command: list[str | Path] = [
            "taskset", "--cpu-list", str(core),
            sys.executable, "-m", "bench.blog_server", framework, blog, str(self.port),
        ]  # fmt: skip
        self.process = subprocess.Popen(  # noqa: S603  our own command
            command, cwd=PROJECT, env=environment
        )

    def by_token(self, case: Case) -> Case:
        """The case as its user sends it."""
        token = (b"authorization", f"Bearer {self.token}".encode())
        return replace(case, headers=(*case.headers, token))

    def ask(self, case: Case) -> Any:
        """What it answers, as a value."""
        answer = self.answer(case)
        if answer.status >= 300:
            raise RuntimeError(f"{case.path} was answered {answer}")
        return json.loads(answer.body)

    def fill(self) -> None:
        """Sign up a user, log in, and write posts."""
        user = json.dumps({"email": EMAIL, "name": "Bob", "password": PASSWORD}).encode()
        self.ask(Case("", "", "/users", method="POST", headers=JSON, body=user))
        form = urlencode({"username": EMAIL, "password": PASSWORD}).encode()
        log_in = Case("", "", "/auth/token", method="POST", headers=FORM, body=form)
        self.token = self.ask(log_in)["access_token"]
        for _ in range(POSTS):
            self.ask(self.by_token(WRITE))


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all cases."""
    rounds, seconds = (1, 1) if is_quick else (min(rounds, 3), 3)
    server_core, client_core = find_cores()
    wrk = find_wrk()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-blog-")))
        postgres = stack.enter_context(running_postgres(client_core))
        servers = {}
        for title, name in FRAMEWORKS.items():
            database = postgres.make_database(f"blog_{name}")
            server = BlogServer(name, folder, database, server_core)
            servers[title] = stack.enter_context(server)
        for server in servers.values():
            server.wait()
            server.fill()
        compare(servers)
        rows = tuple(run(case, servers, wrk, client_core, rounds, seconds) for case in CASES)
    return Section(
        "A real application: the blog on PostgreSQL",
        METHOD.format(connections=CONNECTIONS, rounds=rounds, seconds=seconds),
        (
            "what",
            *(f"{title} requests/s" for title in FRAMEWORKS),
            "Pronghorn ÷ FastAPI",
            *(f"{title} p99 ms" for title in FRAMEWORKS),
            *(f"{title} server's µs" for title in FRAMEWORKS),
        ),
        rows,
    )


def copy_blog(folder: Path) -> None:
    """Copy the blog's source, for FastAPI."""
    shutil.copytree(BLOG, folder, ignore=NOT_COPIED)
    for file in folder.rglob("*.py"):
        source = file.read_text()
        for theirs, ours in SAYS:
            source = theirs.sub(ours, source)
        file.write_text(source)


def compare(servers: dict[str, BlogServer]) -> None:
    """Stop the bench if the blogs do not answer the same."""
    for case in CASES:
        answers = [without_times(server.ask(server.by_token(case))) for server in servers.values()]
        if answers[0] != answers[1]:
            raise SystemExit(f"bench: the blogs differ at {case.path}: {answers}")


def without_times(value: Any) -> Any:
    """What an answer says, but for the moments at which rows were made."""
    if isinstance(value, list):
        return [without_times(item) for item in value]
    if isinstance(value, dict):
        return {key: without_times(item) for key, item in value.items() if key != "created_at"}
    return value


def run(
    case: Case, servers: dict[str, BlogServer], wrk: str, core: int, rounds: int, seconds: int
) -> tuple[str | float, ...]:
    """Measure one case; a row of the table."""
    turns: dict[str, list[Turn]] = {title: [] for title in servers}
    for _ in range(rounds):
        for title, server in servers.items():
            before = server.read_processor_time()
            load = run_wrk(wrk, core, server.port, server.by_token(case), seconds)
            spent = server.read_processor_time() - before
            turns[title].append(Turn(load.per_second, load.p99, spent / load.count * 1e6))
    theirs, ours = (median(turn.per_second for turn in turns[title]) for title in FRAMEWORKS)
    return (
        case.what,
        theirs,
        ours,
        ours / theirs,
        *(median(turn.p99 for turn in turns[title]) for title in FRAMEWORKS),
        *(median(turn.processor for turn in turns[title]) for title in FRAMEWORKS),
    )
