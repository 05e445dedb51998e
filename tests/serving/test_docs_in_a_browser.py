"""The docs pages in a real browser, on a host from which no other host can be reached."""

import json
import shutil
import socket
import subprocess
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn

from pronghorn import FastAPI
from pronghorn.openapi.docs import get_swagger_ui_html
from pronghorn.responses import HTMLResponse

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
HOST = "docs.test"  # Not `localhost`, to which some scripts are kinder.

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"
)

# What Swagger UI leaves for the window that it opens, and where it is told how that went.
LOGIN = """
<body>
  <script>
    const say = name => told => {
      document.body.append(`${name}: ${JSON.stringify(told)}`)
    }
    window.swaggerUIRedirectOauth2 = {
      auth: { name: 'login', schema: new Map([['flow', FLOW]]) },
      state: 'a=1',
      redirectUrl: '/docs/oauth2-redirect',
      callback: say('callback'),
      errCb: say('failure'),
    }
    window.open('/docs/oauth2-redirect' + ANSWER)
  </script>
</body>
"""


app = FastAPI(title="Shop")


@app.get("/items/{item_id}", summary="Read one item")
def read_item(item_id: int):
    return item_id


@app.get("/cdn", include_in_schema=False)
def show_page_from_cdn():
    return get_swagger_ui_html(openapi_url="/openapi.json", title="Shop")


@app.get("/login", include_in_schema=False)
def log_in(flow: str, answer: str):
    html = LOGIN.replace("FLOW", json.dumps(flow)).replace("ANSWER", json.dumps(answer))
    return HTMLResponse(html)


@contextmanager
def serving(app):
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def origin():
    with serving(app) as port:
        yield f"http://{HOST}:{port}"


@pytest.fixture
def visit(origin, tmp_path):
    """Open a page; return what it then holds, and what it asked for outside its host."""

    def visit(path):
        log = tmp_path / "net.json"
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-popup-blocking",
            f"--user-data-dir={tmp_path / 'profile'}",
            f"--host-resolver-rules=MAP {HOST} 127.0.0.1, MAP * ~NOTFOUND",
            f"--log-net-log={log}",
            "--virtual-time-budget=10000",
            "--dump-dom",
        ]
        command = [CHROMIUM, *options, origin + path]
        browser = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
        return browser.stdout, [url for url in asked_by(origin, log) if not url.startswith(origin)]

    return visit


def asked_by(origin, log):
    """The addresses that pages of an origin asked for; the browser's own requests are left out."""
    noted = json.loads(log.read_text())
    kind = noted["constants"]["logEventTypes"]["URL_REQUEST_START_JOB"]
    requests = [event.get("params", {}) for event in noted["events"] if event["type"] == kind]
    return [request["url"] for request in requests if request.get("initiator") == origin]


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_an_operation_shows_and_no_request_leaves_the_machine(page, visit):
    shown, outside = visit(page)
    assert "Read one item" in shown
    assert outside == []


def test_a_page_from_the_cdn_would_be_noticed(visit):
    shown, outside = visit("/cdn")
    assert "Read one item" not in shown
    assert "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5/swagger-ui-bundle.js" in outside


@pytest.mark.parametrize(
    ("flow", "answer", "told"),
    [
        (
            "authorizationCode",
            "?code=x%2Fy&state=a%3D1",
            ['callback: {"auth":{"name":"login","schema":{},"code":"x/y"}'],
        ),
        (
            "authorizationCode",
            "?code=x&state=other",
            ['failure: {"authId":"login","source":"auth","level":"warning"', '"code":"x"'],
        ),
        (
            "authorizationCode",
            "?error=access_denied&error_description=you%20may%20not&state=a%3D1",
            ['"level":"error","message":"[access_denied]: you may not."'],
        ),
        (
            "authorizationCode",
            "?state=a%3D1",
            ['"level":"error","message":"The login failed: the server sent no code."'],
        ),
        (
            "implicit",
            "#access_token=t+k%3D&state=a=1",
            ['"token":{"access_token":"t+k=","state":"a=1"},"isValid":true'],
        ),
    ],
)
def test_a_login_is_handed_to_swagger_ui(flow, answer, told, visit):
    quoted = answer.replace("%", "%25").replace("&", "%26").replace("#", "%23").replace("+", "%2B")
    shown, _ = visit(f"/login?flow={flow}&answer={quoted}")
    said = shown.rpartition("</script>")[2]
    for part in told:
        assert part in said
