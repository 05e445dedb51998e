"""What is done to a request that no schema speaks of: methods, paths, credentials, encodings."""

import base64
import random
from collections.abc import Callable
from dataclasses import replace

from wire.operations import Operation
from wire.requesting import Request

METHODS = (
    b"GET",
    b"HEAD",
    b"OPTIONS",
    b"POST",
    b"PUT",
    b"PATCH",
    b"DELETE",
    b"TRACE",
    b"BREW",
    b"get",
)
_JOHN = base64.b64encode(b"johndoe:secret")
CREDENTIALS = (
    b"Bearer johndoe", b"bearer johndoe", b"Bearer alice", b"Bearer", b"Bearer ", b"Bearer  two",
    b"johndoe", b"", b"Basic " + _JOHN, b"basic " + _JOHN, b"Basic", b"Basic %%%", b"Basic YQ==",
    b"Basic " + base64.b64encode(b"stanleyjobson:swordfish"),
    b"Basic " + base64.b64encode(b"\xff:\xfe"), b"Basic " + base64.b64encode(b"only-a-name"),
    b"Digest foobar", b"Other foobar", b"Bearer a.b.c", b"Bearer fake-super-secret-token",
    b"Basic Og==",
)  # fmt: skip
PATHS = (
    b"/", b"//", b"/unknown", b"/docs", b"/redoc", b"/openapi.json", b"/docs/",
    b"/docs/oauth2-redirect", b"/openapi.json/", b"/../etc/passwd", b"/%2e%2e/",
    b"/static/styles.css", b"/static/", b"/?", b"/favicon.ico", b"/assets/app.js", b"/guide",
    b"/guide/", b"/items//", b"/%00", b"/%ff", b"/%zz", b"/a%2Fb", b"/;a=b", b"/items/%2e%2e/items",
    b"/index.html",
)  # fmt: skip
ORIGINS = (b"https://example.org", b"null", b"http://localhost:8080", b"http://localhost")
# Headers that middleware or the server read.
ODD_HEADERS = (
    (b"accept-encoding", b"gzip"), (b"accept", b"text/html"), (b"accept", b"application/json;q=0"),
    (b"range", b"bytes=0-10"), (b"range", b"bytes=9999999-"), (b"range", b"lines=1"),
    (b"if-none-match", b"*"), (b"if-modified-since", b"Fri, 31 Dec 2100 23:59:59 GMT"),
    (b"x-forwarded-proto", b"https"), (b"x-forwarded-for", b"1.2.3.4"), (b"connection", b"close"),
    (b"cookie", b"a=1; a=2; =; b"), (b"cookie", b'session="quoted\\"value"'),
    (b"content-length-x", b"1"), (b"last-event-id", b"1"), (b"x-token", b"fake-super-secret-token"),
    (b"x-key", b"fake-super-secret-key"), (b"x-token", b"coneofsilence"),
    (b"expect", b"100-continue"), (b"user-agent", b""), (b"accept-language", b"\xc3\xa9"),
    (b"upgrade", b"h2c"),
)  # fmt: skip


def miss(application: str, operations: list[Operation], rng: random.Random) -> Request:
    """Ask for a path that is likely not there."""
    return Request(application, rng.choice(PATHS), rng.choice(METHODS[:4]), why="other path")


def preflight(application: str, operations: list[Operation], rng: random.Random) -> Request:
    """Ask as browsers do before they ask across origins."""
    target = concrete(operations, rng)
    headers = [(b"origin", rng.choice(ORIGINS))]
    if rng.random() < 0.8:
        headers.append((b"access-control-request-method", rng.choice(METHODS)))
    if rng.random() < 0.5:
        headers.append((b"access-control-request-headers", b"x-token, content-type"))
    method = rng.choice((b"OPTIONS", b"OPTIONS", b"GET"))
    return Request(application, target, method, tuple(headers), why="preflight")


def near_path(application: str, operations: list[Operation], rng: random.Random) -> Request:
    """Ask for nearly the path of an operation."""
    path = concrete(operations, rng)
    changed = rng.choice((
        path + b"/", path.rstrip(b"/"), path + b"//", b"/" + path, path.upper(), path + b"/more",
        path.replace(b"e", b"%65"), path.replace(b"/", b"%2F"), path[:-1], path + b"?",
        path + b"?a=1&a",
        path + b"#fragment", path + b"/?q=1", path + b"%20", path + b";v=1", path[1:] or b"/",
    ))  # fmt: skip
    # A target that is no path is refused by the server itself.
    target = changed if changed.startswith(b"/") else b"/" + changed
    return Request(application, target, rng.choice(METHODS[:4]), why="near path")


def other_method(application: str, operations: list[Operation], rng: random.Random) -> Request:
    """Ask an operation's path with any method."""
    headers = (rng.choice(ODD_HEADERS),) if rng.random() < 0.4 else ()
    return Request(
        application, concrete(operations, rng), rng.choice(METHODS), headers, why="other method"
    )


def concrete(operations: list[Operation], rng: random.Random) -> bytes:
    """Choose a path, with something for its parameters."""
    if not operations:
        return rng.choice(PATHS[:3])
    path = rng.choice(operations).path
    while "{" in path:
        before, _, rest = path.partition("{")
        path = before + rng.choice(("1", "foo", "a%20b")) + rest.partition("}")[2]
    return path.encode("ascii", "replace")


MISSES = (miss, preflight, near_path, near_path, other_method, other_method)


def change_method(request: Request, rng: random.Random) -> Request:
    """Use another method, and leave the rest."""
    return replace(request, method=rng.choice(METHODS))


def change_credentials(request: Request, rng: random.Random) -> Request:
    """Use other credentials."""
    kept = tuple(header for header in request.headers if header[0] != b"authorization")
    return replace(request, headers=(*kept, (b"authorization", rng.choice(CREDENTIALS))))


def add_header(request: Request, rng: random.Random) -> Request:
    """Add a header, or write one twice."""
    more = rng.choice((*ODD_HEADERS, *request.headers))
    return replace(request, headers=(*request.headers, more))


def change_encoding(request: Request, rng: random.Random) -> Request:
    """Let the query be none that a library would write."""
    path, _, query = request.target.partition(b"?")
    odd = rng.choice((
        b"%zz", b"%ff", b"%", b"a;b", b"q=%00", b"=1", b"&", b"q", b"q=1&&q=2", b"q=+", b"q=%2B",
        b"q=\xc3\xa9", b"q=%C3%A9", b"q=%c3", b"q=1#f", b"q=1?q=2", b"skip=1_0", b"limit=%31",
        b"[]=1", b"q[]=1", b"q[0]=1", b"q=" + b"a" * 300,
    ))  # fmt: skip
    joined = b"&".join(filter(None, rng.choice(((query, odd), (odd, query), (odd,)))))
    return replace(request, target=path + b"?" + joined)


def send_in_chunks(request: Request, rng: random.Random) -> Request:
    """Send the body in chunks, its length unsaid."""
    return replace(request, is_chunked=True, body=request.body or b"")


CHANGES: dict[str, Callable[[Request, random.Random], Request]] = {
    "other method": change_method,
    "credentials": change_credentials,
    "twice": add_header,
    "odd encoding": change_encoding,
    "chunks": send_in_chunks,
}
