"""Requests that no document suggests: edges of limits, log-ins, every place of failure.

A dialogue yields requests and is given FastAPI's answers, so that one may follow from another.
"""

import gzip
import json
from collections.abc import Callable, Generator, Iterator
from fnmatch import fnmatch
from itertools import product
from urllib.parse import urlencode

from wire.bodies import BOUNDARY, write_parts
from wire.requesting import Answer, Headers, Request

Dialogue = Generator[Request, Answer, None]
JSON: Headers = ((b"content-type", b"application/json"),)
FORM: Headers = ((b"content-type", b"application/x-www-form-urlencoded"),)
PARTS: Headers = ((b"content-type", b"multipart/form-data; boundary=" + BOUNDARY),)


def post(
    name: str, path: str, body: bytes, headers: Headers = JSON, *, chunked: bool = False
) -> Request:
    """Make a request with a body."""
    return Request(name, path.encode(), b"POST", headers, body, "dialogue", is_chunked=chunked)


def get(name: str, path: str, *headers: tuple[bytes, bytes], method: bytes = b"GET") -> Request:
    """Make a request without a body."""
    return Request(name, path.encode(), method, headers, why="dialogue")


def sized(size: int) -> bytes:
    """Make a JSON object of so many bytes."""
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


def try_body_limits(name: str) -> Iterator[Request]:
    """Ask with bodies at the edge of each limit, their length told and untold."""
    edges = {
        "/json": 400, "/own-limit": 30, "/nothing-read": 400, "/read-by-hand": 400, "/caught": 400,
        "/by-chunk": 400, "/small/json": 20, "/small/zero": 0, "/small/none": 20,
        "/large/json": 400, "/again/large/json": 60, "/unknown": 400, "/own-limit/": 30,
        "/openapi.json": 400,
    }  # fmt: skip
    for (path, edge), step, chunked in product(edges.items(), (-1, 0, 1, 50, 3000), (False, True)):
        yield post(name, path, sized(max(8, edge + step)), chunked=chunked)
        if edge == 0:
            yield post(name, path, b"x" * max(0, step), chunked=chunked)
    yield Request(name, b"/json", b"POST", (*JSON, (b"content-length", b"4000")), why="dialogue")
    yield post(name, "/json", sized(4000), (*JSON, (b"expect", b"100-continue")))


def try_form_limits(name: str) -> Iterator[Request]:
    """Ask with forms at the edge of each limit."""
    for path, count in product(("/form", "/large/form"), range(1, 9)):
        fields = [("text", "t"), *(("other", str(n)) for n in range(count)), ("more", "1")]
        yield post(name, path, urlencode(fields).encode(), FORM)
        parts = {"text": "t", "other": [str(n) for n in range(count)]}
        yield post(name, path, write_parts(parts), PARTS)
    for path, size in product(("/form", "/large/form"), (99, 100, 101, 250, 499, 500, 501)):
        yield post(name, path, write_parts({"text": "x" * size}), PARTS)
        yield post(name, path, write_parts({"text": "x" * size}), PARTS, chunked=True)
        yield post(name, path, urlencode({"text": "x" * size}).encode(), FORM)
    for count in range(5):
        yield post(name, "/files", write_parts({"files": ["c"] * count}), PARTS)


def try_tutorial_limits(name: str) -> Iterator[Request]:
    """Ask at the edge of the tutorial's limit."""
    for size, chunked in product((2**20 - 1, 2**20, 2**20 + 1), (False, True)):
        yield post(name, "/items", sized(size), chunked=chunked)
    yield post(name, "/uploads/small", write_parts({"file": "x" * 2**20}), PARTS)


def fail_everywhere(name: str) -> Iterator[Request]:
    """Let each request fail in each place, in each way."""
    places = (
        "outer", "inner", "session", "commit", "endpoint", "background", "stream", "outer-exit",
        "inner-exit",
    )  # fmt: skip
    bodies = (b'{"name": "a"}', b'{"price": "x"}', b"{", None)
    for where, how, more in product(("", *places), ("", "-http", "-key"), ("", "&middleware=1")):
        query = f"?fails={where}{how}{more}"
        for path in ("/both", "/wrong-answer", "/stream", "/response", "/shared"):
            yield get(name, path + query)
        for path, body in product(("/items", "/blocking-items"), bodies if not how else bodies[:1]):
            if body is None:
                yield get(name, path + query, method=b"POST")
            else:
                yield post(name, path + query, body)


def raise_everything(name: str) -> Iterator[Request]:
    """Raise each exception in each place."""
    kinds = (
        "animal", "cat", "key", "zero", "http", "404", "own", "204", "304", "405", "unusual",
        "detail", "group", "base", "validation", "unknown",
    )  # fmt: skip
    for kind in kinds:
        for path in (
            f"/raise/{kind}",
            f"/raise-blocking/{kind}",
            f"/dependency?kind={kind}",
            f"/plain/raise/{kind}",
        ):
            yield get(name, path)
            yield get(name, path, method=b"HEAD")
    for query, body in product(
        ("", "?n=1", "?n=x", "?n=x&plain=1", "?n=x&body=1"),
        (b'{"a": 1}', b'{"a": "x"}', b"{", b"\xff"),
    ):
        yield post(name, f"/validation{query}", body)


def go_through_layers(name: str) -> Iterator[Request]:
    """Ask for what middleware decides."""
    for host in (
        b"good.test",
        b"bad.test",
        b"a.example.com:80",
        b"EXAMPLE.com",
        b"",
        b"good.test:1",
    ):
        yield Request(name, b"/", host=host, why="host")
    for short, path in product((b"yes", b"error", b"no"), ("/", "/fail/key", "/unknown")):
        yield get(name, path, (b"x-short", short))
    for kind in ("key", "http", "value", "unknown"):
        yield get(name, f"/fail/{kind}", (b"origin", b"https://example.org"))
    for coding, path in product(
        (b"gzip", b"identity", b"br, gzip;q=0.5", b"gzip;q=0"), ("/large", "/large?n=3", "/stream")
    ):
        yield get(name, path, (b"accept-encoding", coding))
        yield get(name, path, (b"accept-encoding", coding), method=b"HEAD")
    for origin, method, header in product(
        (b"https://example.org", b"https://other.org"), (b"GET", b"PUT"), (b"x-token", b"x-other")
    ):
        asks = (
            (b"access-control-request-method", method),
            (b"access-control-request-headers", header),
        )
        yield get(name, "/body", (b"origin", origin), *asks, method=b"OPTIONS")
    for origin in (b"https://example.org", b"https://other.org"):
        yield post(name, "/body", b'{"a": 1}', (*JSON, (b"origin", origin)))


def zip_bodies(name: str) -> Iterator[Request]:
    """Send compressed bodies to the route that can read them."""
    for body in (b"[1, 2]", b"[1, ", b'["x"]'):
        zipped = gzip.compress(body, mtime=0)
        yield post(name, "/gzip/sum", zipped, (*JSON, (b"content-encoding", b"gzip")))
        yield post(name, "/gzip/sum", zipped)
        yield post(name, "/gzip/sum", body, (*JSON, (b"content-encoding", b"gzip")))
        yield post(name, "/logged/sum", body)
        yield post(name, "/logged/sum?fails=1", body)


def ask_for_files(name: str) -> Iterator[Request]:
    """Ask for files as browsers and caches do."""
    paths = (
        "/", "/index.html", "/assets/app.js", "/assets", "/guide", "/guide/", "/guide/?a=b",
        "/none", "/none.js", "/static/notes.txt", "/static", "/static/", "/static/none",
        "/missing/none", "/missing", "/admin/ui/none", "/admin/ui/", "/admin/ui", "/admin/users",
        "/admin/ui/assets/app.js?token=ann", "/admin/ui/?token=wrong", "/form", "/form/",
        "/api/items", "/api/items/", "/..%2fdatabase.db", "/%2e%2e/database.db", "/assets//app.js",
        "//assets/app.js", "/guide/index.html", "/404.html", "/index.html/", "/a%00b",
        "/" + "a" * 300,
    )  # fmt: skip
    headers = (
        (), ((b"accept", b"text/html"),), ((b"accept", b"*/*"),), ((b"range", b"bytes=2-5"),),
        ((b"range", b"bytes=900-"),), ((b"if-none-match", b"*"),),
        ((b"if-modified-since", b"Fri, 31 Dec 2100 23:59:59 GMT"),),
        ((b"accept", b"application/xhtml+xml;q=0.1"),),
    )  # fmt: skip
    for path, sent in product(paths, headers):
        yield get(name, path, *sent)
    for path, method in product(paths, (b"HEAD", b"POST", b"OPTIONS", b"DELETE")):
        yield get(name, path, method=method)
        yield get(name, path, (b"accept", b"text/html"), method=method)


def keep_a_copy(name: str) -> Dialogue:
    """Ask for a file again with what its answer says of it."""
    answer = yield get(name, "/static/styles.css")
    said = {key.lower(): value for key, value in answer.headers}
    if b"etag" in said:
        yield get(name, "/static/styles.css", (b"if-none-match", said[b"etag"]))
        yield get(name, "/static/styles.css", (b"if-none-match", b'"other"'))
        yield get(name, "/static/styles.css", (b"if-modified-since", said[b"last-modified"]))
        yield get(
            name, "/static/styles.css", (b"if-range", said[b"etag"]), (b"range", b"bytes=0-3")
        )
        yield get(name, "/static/styles.css", (b"range", b"bytes=0-3,5-6"))


def log_in(name: str) -> Dialogue:
    """Get a token, and use it."""
    for form in (
        {"username": "johndoe", "password": "secret"},
        {"username": "alice", "password": "secret2"},
    ):
        for scope in ("", "me", "me items"):
            fields = form | {"scope": scope}
            answer = yield post(name, "/token", urlencode(fields).encode(), FORM)
            try:
                token = json.loads(answer.body)["access_token"].encode()
            except (ValueError, KeyError, TypeError):
                token = b"none"
            for path in ("/users/me", "/users/me/", "/users/me/items/", "/status/", "/items/"):
                for scheme in (b"Bearer ", b"bearer ", b"Token "):
                    yield get(name, path, (b"authorization", scheme + token))
                yield get(name, path)
    yield post(name, "/token", b"username=johndoe&password=wrong", FORM)
    yield post(name, "/token", b"username=johndoe&password=secret&grant_type=other", FORM)


def keep_heroes(name: str) -> Iterator[Request]:
    """Create, read, change and delete rows."""
    for hero in (
        {"name": "Ann", "secret_name": "A"},
        {"name": "Bo", "age": 3, "secret_name": "B"},
        {"name": 1},
    ):
        yield post(name, "/heroes/", json.dumps(hero).encode())
    for path in ("/heroes/", "/heroes/?limit=1", "/heroes/?offset=x", "/heroes/1", "/heroes/999"):
        yield get(name, path)
    yield Request(name, b"/heroes/1", b"PATCH", JSON, b'{"age": 40}', "dialogue")
    yield Request(name, b"/heroes/1", b"PATCH", JSON, b'{"age": null}', "dialogue")
    yield get(name, "/heroes/1", method=b"DELETE")
    yield get(name, "/heroes/1", method=b"DELETE")


def change_what_runs(name: str) -> Iterator[Request]:
    """Ask for what differs on purpose; at the end, let the application change itself."""
    for code in (99, 100, 199, 200, 204, 304, 599, 600, 999, 1000, -1):
        yield get(name, f"/status/{code}")
    for path in ("/header/0", "/header/1", "/header/2", "/context", "/refused"):
        yield get(name, path)
    for path in ("/positional?n=1", "/unhashable"):
        yield get(name, path)
    yield get(name, "/swallowed/function")
    yield get(name, "/swallowed/request")
    for path, method in product(("/docs", "/redoc", "/docs/oauth2-redirect"), (b"GET", b"HEAD")):
        yield get(name, path, method=method)
    for body in (b"[NaN]", b"[1, Infinity, 1e400]", b'["\\ud800"]'):
        yield post(name, "/numbers", body)
    yield post(name, "/numbers", json.dumps(["x" * 20] * 8000).encode())
    yield post(name, "/text", b"\xff\xfe", ((b"content-type", b"text/plain"),))
    yield get(name, "/shrinking/removed")
    yield post(name, "/remove", b"")
    for method in (b"GET", b"HEAD"):
        yield get(name, "/openapi.json", method=method)
    yield get(name, "/shrinking/removed")
    yield post(name, "/reset", b"")
    yield post(name, "/assign", b"")
    yield get(name, "/overridden")
    yield post(name, "/override", b"")
    yield get(name, "/overridden")


def stream(name: str) -> Iterator[Request]:
    """Let streams fail at each item."""
    for path, at in product(("/lines-wrong", "/lines-failing", "/events-failing"), range(4)):
        yield get(name, f"{path}?at={at}")
    for path in ("/lines", "/events", "/bytes", "/csv", "/file"):
        for method in (b"HEAD", b"OPTIONS", b"POST"):
            yield get(name, path, method=method)


def choose_status(name: str) -> Iterator[Request]:
    """Let the endpoint choose a status, and ask for each kind of answer."""
    for code, method in product((200, 201, 204, 205, 299, 304, 404, 500), (b"GET", b"HEAD")):
        yield get(name, f"/status/{code}", method=method)
    for which in range(9):
        yield get(name, f"/responses/{which}")
        yield get(name, f"/scalar/{which}")
        yield get(name, f"/union?which={which}")


def ask_the_unusual(name: str) -> Iterator[Request]:
    """Ask for what no document has."""
    paths = (
        "/inner/home", "/inner/deep/home", "/inner/view", "/inner/home/", "/raw", "/raw/",
        "/raw/a/b", "/router/home", "/router/home/", "/first", "/first/", "/with-default/here",
        "/with-default/none", "/even/4", "/even/5", "/callable?n=1", "/scope?a=1&a=2&b", "/kinds",
    )  # fmt: skip
    for path, method in product(paths, (b"GET", b"POST", b"HEAD", b"OPTIONS")):
        yield get(name, path, method=method)
    # RFC 9112, section 3.2.4: the asterisk goes with OPTIONS alone.
    yield get(name, "*", method=b"OPTIONS")
    for host in (b"good.test", b"good.test:80", b"other.test"):
        yield Request(name, b"/hosted", host=host, why="host")
    for code, detail in product((200, 204, 205, 304, 400, 404, 422, 499, 599), ("", "?detail=d")):
        yield get(name, f"/http-exceptions/{code}{detail}")
    for path, body in product(
        ("/body-again", "/stream-after"), (b"{}", b"[1]", b"null", b"", b"{")
    ):
        yield post(name, path, body)
        yield post(name, path, body, chunked=True)


def ask_for_the_document(name: str) -> Iterator[Request]:
    """Ask for the document as some tools do first."""
    yield get(name, "/openapi.json", method=b"HEAD")


DIALOGUES: tuple[tuple[str, Callable[[str], Iterator[Request]]], ...] = (
    ("own.limits", try_body_limits),
    ("own.limits", try_form_limits),
    ("request_body_limits.tutorial001", try_tutorial_limits),
    ("own.order", fail_everywhere),
    ("own.handlers", raise_everything),
    ("own.layers", go_through_layers),
    ("own.routes", zip_bodies),
    ("own.site", ask_for_files),
    ("frontend.*", ask_for_files),
    ("own.site", keep_a_copy),
    ("static_files.*", keep_a_copy),
    ("security.*", log_in),
    ("sql_databases.*", keep_heroes),
    ("own.serialization", choose_status),
    ("own.streams", stream),
    ("own.several", ask_for_the_document),
    ("own.unusual", ask_the_unusual),
    ("own.purpose", change_what_runs),
)


def find_dialogues(name: str) -> Iterator[Iterator[Request]]:
    """Find the dialogues with one application."""
    for pattern, dialogue in DIALOGUES:
        if fnmatch(name, pattern):
            yield dialogue(name)
