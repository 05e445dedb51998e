"""Every request is answered by its own call, with its own values: in process, and over sockets.

The clients are of the standard library, and 32 of them ask at once.
"""

import http.client
import json
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote, urlencode

import anyio
import pytest
from drivers.asgi import Answer, exchange
from drivers.programs import load_program
from servers.running import running

APPLICATION = Path(__file__).parent / "application.py"
AT_ONCE = 32


class InProcess:
    """Asks the application itself."""

    def __init__(self, app):
        self.app = app

    def ask_all(self, requests):
        answers = [Answer() for _ in requests]
        room = anyio.Semaphore(AT_ONCE)

        async def ask(answer, method, target, headers, body):
            async with room:
                pairs = [(name.encode(), value.encode()) for name, value in headers]
                await exchange(self.app, method, target, headers=pairs, body=body, answer=answer)

        async def all_of_them():
            async with anyio.create_task_group() as tasks:
                for answer, request in zip(answers, requests, strict=True):
                    tasks.start_soon(ask, answer, *request)

        anyio.run(all_of_them)
        return [(answer.status, answer.headers, answer.body) for answer in answers]


class OverSocket:
    """Asks by clients that know nothing of us, each with a connection of its own."""

    def __init__(self, address):
        self.address = address

    def ask_all(self, requests):
        answers = [None] * len(requests)
        numbers = iter(range(len(requests)))

        def work(_):
            connection = http.client.HTTPConnection(self.address, timeout=30)
            # Each takes the next that nobody has taken.
            for number in numbers:
                method, target, headers, body = requests[number]
                connection.putrequest(method, target, skip_accept_encoding=True)
                for name, value in [*headers, ("content-length", str(len(body)))]:
                    connection.putheader(name, value)
                connection.endheaders(body)
                answer = connection.getresponse()
                fields = {name.lower(): value for name, value in answer.getheaders()}
                answers[number] = (answer.status, fields, answer.read())
            connection.close()

        with ThreadPoolExecutor(AT_ONCE) as pool:
            list(pool.map(work, range(AT_ONCE)))
        return answers


@pytest.fixture(scope="module", params=["in process", "uvicorn", "granian"])
def client(request):
    if request.param == "in process":
        yield InProcess(load_program(APPLICATION).app)
        return
    with running(request.param, APPLICATION) as address:
        yield OverSocket(address)


# --- counting ---------------------------------------------------------------------------------------

COUNTING = {
    "async": ("GET", "/count/async", 200),
    "sync": ("GET", "/count/sync", 200),
    "model": ("GET", "/count/model", 200),
    "sync_model": ("GET", "/count/sync_model", 200),
    "body": ("POST", "/count/body", 201),
    "error": ("GET", "/count/error", 418),
    "refused": ("GET", "/count/refused?number=x", 422),
    "missing": ("GET", "/count/nowhere", 404),
    "method": ("DELETE", "/count/async", 405),
    "stream": ("GET", "/count/stream", 200),
}


def counted_in(body):
    found = json.loads(body)
    found = found[0] if isinstance(found, list) else found
    return found.get("detail", found)["count"] if "count" not in found else found["count"]


@pytest.mark.parametrize("kind", COUNTING)
def test_an_endpoint_that_counts_counts(client, kind):
    method, target, status = COUNTING[kind]
    body = b'{"count": 0}' if method == "POST" else b""
    request = (method, target, [("content-type", "application/json")], body)
    before = json.loads(client.ask_all([("GET", "/counts", [], b"")])[0][2])
    answers = client.ask_all([request] * 200)
    assert {answer[0] for answer in answers} == {status}
    first = before.get(kind, 0) + 1
    assert sorted(counted_in(body) for _, _, body in answers) == list(range(first, first + 200))


def test_what_is_always_the_same_is_made_each_time_all_the_same(client):
    before = json.loads(client.ask_all([("GET", "/counts", [], b"")])[0][2])
    requests = [("GET", "/count/constant", [], b"")] * 200
    requests += [("GET", "/count/refused?number=x", [], b"")] * 200
    answers = client.ask_all(requests)
    assert {body for _, _, body in answers[:200]} == {b'"always the same"'}
    after = json.loads(client.ask_all([("GET", "/counts", [], b"")])[0][2])
    gained = Counter(after) - Counter(before)
    assert gained == {"constant": 200, "dependency": 200, "refused": 200}


# --- answers that all differ ---------------------------------------------------------------------------


def ask_params(n):
    query = urlencode([("q", f"é{n} &="), ("tags", n), ("tags", f"t{n}"), ("page", n + 1)])
    answer = [n, f"é{n} &=", [str(n), f"t{n}"], n + 1, False]
    return ("GET", f"/params/{n}?{query}", [], b""), 200, answer, {}


def refuse_params(n):
    request = ("GET", f"/params/{n}?q={n}&tags=a&page=x{n}", [], b"")
    return request, 422, [[["query", "page"], f"x{n}"]], {}


def ask_body(n):
    item = {"name": f"n{n}", "numbers": list(range(n % 7))}
    body = json.dumps({"item": item, "extra": {str(n): n} if n % 2 else None}).encode()
    answer = {"name": f"n{n}-{n}", "numbers": [*range(n % 7), n % 2]}
    return ("POST", f"/body/{n}", [("content-type", "application/json")], body), 200, answer, {}


def ask_list(n):
    answer = [{"name": f"{n}-{m}", "numbers": [n, m]} for m in range(5)]
    return ("GET", f"/list/{n}", [], b""), 200, answer, {}


def ask_deps(n):
    request = ("GET", f"/deps/{n}", [("x-who", f"w{n}")], b"")
    return request, 200, [[n, f"w{n}"], f"w{n}", f"w{n}"], {"x-who": f"w{n}"}


def ask_form(n):
    body = urlencode({"username": f"ü{n}", "password": f"p {n}&", "scope": f"a{n} b"}).encode()
    headers = [("content-type", "application/x-www-form-urlencoded")]
    return ("POST", "/form", headers, body), 200, [f"ü{n}", f"p {n}&", [f"a{n}", "b"], None], {}


def ask_file(n):
    parts = [f'name="file"; filename="f{n}"\r\n\r\ntext {n}']
    parts += [f'name="raw"; filename="r"\r\n\r\nraw {n}', f'name="name"\r\n\r\nname {n}']
    body = "".join(f"--B\r\ncontent-disposition: form-data; {part}\r\n" for part in parts)
    headers = [("content-type", "multipart/form-data; boundary=B")]
    answer = [f"text {n}", f"raw {n}", f"f{n}", f"name {n}"]
    return ("POST", "/file", headers, f"{body}--B--\r\n".encode()), 200, answer, {}


def ask_sync(n):
    target = f"/sync/{n}?q={quote(f'q{n} ')}"
    return ("GET", target, [], b""), 200, [n, f"q{n} ", f"/sync/{n}", f"q{n} "], {}


def ask_headers(n):
    headers = [("x-who", f"w{n}"), ("cookie", f"session=s{n}; other=1"), ("x-many", f"m{n}")]
    answer = [f"w{n}", f"s{n}", [f"m{n}"], f"w{n}", f"s{n}"]
    sent = {"x-who": f"w{n}", "set-cookie": f"session=s{n}; Path=/; SameSite=lax"}
    return ("GET", "/headers", headers, b""), 200, answer, sent


def ask_contexts(n):
    request = ("GET", "/contexts", [("x-who", f"w{n}")], b"")
    return request, 200, [None, f"w{n}", f"w{n}"], {}


def ask_nowhere(n):
    return ("GET", f"/nowhere/{n}", [], b""), 404, f"/nowhere/{n}", {}


KINDS = [
    ask_params,
    refuse_params,
    ask_body,
    ask_list,
    ask_deps,
    ask_form,
    ask_file,
    ask_sync,
    ask_headers,
    ask_contexts,
    ask_nowhere,
]


def told_in(status, body):
    """What tells who asked, in the body of an answer."""
    found = json.loads(body)
    if status == 422:
        return [[error["loc"], error["input"]] for error in found["detail"]]
    return found["path"] if status == 404 else found


def test_a_thousand_answers_of_each_kind_that_all_differ_are_all_right(client):
    asked = [kind(n) for kind in KINDS for n in range(1000)]
    random.Random(1).shuffle(asked)
    answers = client.ask_all([request for request, *_ in asked])
    for (request, status, expected, sent), (got, headers, body) in zip(asked, answers, strict=True):
        assert got == status, (request, body)
        assert told_in(got, body) == expected, request
        assert {name: headers[name] for name in sent} == sent, request
        # What an answer to another request was given is not on this one.
        assert ("x-who" in headers) == ("x-who" in sent), request
        assert ("set-cookie" in headers) == ("set-cookie" in sent), request
