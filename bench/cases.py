"""The cases: which request is sent to which application.

A case is data: the same one is sent to each subject, and its name says which application of the
subject answers it.
"""

from dataclasses import dataclass
from typing import Literal

import jwt

from bench.models import SECRET

Header = tuple[bytes, bytes]
Group = Literal["twelve", "more", "refusals", "around", "driver"]

JSON = ((b"content-type", b"application/json"),)
FORM = ((b"content-type", b"application/x-www-form-urlencoded"),)
USER = b'{"name":"bob","age":30,"address":{"street":"s","city":"c"}}'
# Four faults: one value of a wrong type and one that is missing, and the same within.
FAULTY = b'{"age":"old","address":{"street":1}}'
CREDENTIALS = b"grant_type=password&username=bob&password=secret&scope=read+write"
TOKEN = b"Bearer " + jwt.encode({"sub": "3"}, SECRET, algorithm="HS256").encode()


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what it shows."""

    name: str
    what: str
    path: str
    group: Group = "twelve"
    method: str = "GET"
    query: bytes = b""
    headers: tuple[Header, ...] = ()
    body: bytes = b""
    application: str = ""  # whose name is not the case's
    base: str = ""  # the case that this one is, with something more
    at_once: int = 1
    in_threads: bool = False  # so it is timed by the clock on the wall
    loop: Literal["asyncio", "uvloop"] = "asyncio"
    imports: tuple[str, ...] = ()  # what its process imports first
    varying: tuple[bytes, ...] = ()  # headers whose values differ from answer to answer

    @property
    def builder(self) -> str:
        """The name of the application that answers it."""
        return self.application or self.name

    @property
    def sent_headers(self) -> list[Header]:
        """The headers as a server hands them on."""
        length = ((b"content-length", b"%d" % len(self.body)),) if self.body else ()
        return [(b"host", b"127.0.0.1:8000"), *self.headers, *length]


CASES = (
    Case("hello", "`async def` that returns a dict", "/hello"),
    Case("typed", "returns a model, as its annotation says", "/typed"),
    Case(
        "params",
        "path int, optional str, `Query(ge=1, le=100)`",
        "/params/7",
        query=b"q=x&limit=20",
    ),
    Case(
        "body",
        "POST of a nested model, `response_model`, 201",
        "/body",
        method="POST",
        headers=JSON,
        body=USER,
    ),
    Case("list100", "`response_model=list[Account]`, 100 models of three fields", "/list100"),
    Case(
        "deps",
        "two chained dependencies, one that yields, one that reads a header",
        "/deps",
        headers=((b"x-token", b"t"),),
    ),
    Case(
        "auth",
        "bearer token, decoded by PyJWT; a session of function scope for two; path int; "
        "`response_model`",
        "/accounts/3",
        headers=((b"authorization", TOKEN),),
    ),
    Case(
        "form",
        "`OAuth2PasswordRequestForm`, urlencoded",
        "/form",
        method="POST",
        headers=FORM,
        body=CREDENTIALS,
    ),
    Case("include3", "path int, below three `include_router`", "/a/b/c/items/7"),
    Case("route300", "the last of 300 dynamic routes", "/r299/5"),
    Case("notfound", "404 in that application", "/nope/5", application="route300"),
    Case("sync", "`def` endpoint in a thread", "/sync", in_threads=True),
    Case(
        "sync32",
        "the same, 32 at once",
        "/sync",
        "more",
        application="sync",
        at_once=32,
        in_threads=True,
    ),
    Case(
        "sync_uvloop",
        "`sync` on uvloop",
        "/sync",
        "more",
        application="sync",
        in_threads=True,
        loop="uvloop",
    ),
    Case(
        "sync32_uvloop",
        "the same, 32 at once",
        "/sync",
        "more",
        application="sync",
        at_once=32,
        in_threads=True,
        loop="uvloop",
    ),
    Case("nested100", "`list100` with a model within each", "/nested100", "more"),
    Case("404", "404 in an application of one route", "/nope", "refusals", application="hello"),
    Case("405", "405", "/hello", "refusals", method="POST", application="hello"),
    Case("401", "401: no bearer token", "/accounts/3", "refusals", application="auth"),
    Case(
        "422",
        "422 with one error, in the path",
        "/params/x",
        "refusals",
        query=b"q=x&limit=20",
        application="params",
    ),
    Case(
        "422_many",
        "422 with four errors, in the body",
        "/body",
        "refusals",
        method="POST",
        headers=JSON,
        body=FAULTY,
        application="body",
    ),
    Case(
        "413",
        "413: a body over `max_body_size`",
        "/body",
        "refusals",
        method="POST",
        headers=JSON,
        body=b'{"name":"%s"}' % (b"x" * 2000),
        application="limited",
    ),
    Case(
        "pass_on",
        "`hello`, below a pure ASGI middleware that only passes on",
        "/hello",
        "around",
        base="hello",
    ),
    Case(
        "handler",
        "`hello`, with an exception handler registered",
        "/hello",
        "around",
        base="hello",
    ),
    Case(
        "override_other",
        "`deps`, with an override of a dependency of another route",
        "/deps",
        "around",
        headers=((b"x-token", b"t"),),
        base="deps",
    ),
    Case(
        "override_own",
        "`deps`, with an override of one of its dependencies",
        "/deps",
        "around",
        headers=((b"x-token", b"t"),),
        base="deps",
    ),
    Case(
        "telemetry",
        "`hello`, with OpenTelemetry imported, and no provider",
        "/hello",
        "around",
        application="hello",
        base="hello",
        imports=("opentelemetry.trace", "opentelemetry.metrics"),
    ),
    Case(
        "timing",
        "`hello`, below a `BaseHTTPMiddleware` that adds `X-Process-Time`",
        "/hello",
        "around",
        base="hello",
        varying=(b"x-process-time",),
    ),
    Case(
        "timing3",
        "`hello`, below three of them",
        "/hello",
        "around",
        base="hello",
        varying=(b"x-process-time",),
    ),
    Case(
        "decorated",
        '`hello`, with `@app.middleware("http")`',
        "/hello",
        "around",
        base="hello",
        varying=(b"x-process-time",),
    ),
    Case("nothing", "an ASGI application that does nothing: the driver's own cost", "/", "driver"),
)
