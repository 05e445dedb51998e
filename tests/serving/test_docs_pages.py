"""The docs pages: what is on them, and the files that an application serves for them."""

import inspect
import re
from enum import Enum

import pytest

from pronghorn import FastAPI, Request, applications
from pronghorn._serve import pages
from pronghorn.openapi.docs import (
    get_redoc_html,
    get_swagger_ui_html,
    get_swagger_ui_oauth2_redirect_html,
)
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect

CDN = "https://cdn.jsdelivr.net/npm/"
FASTAPI_FAVICON = "https://fastapi.tiangolo.com/img/favicon.png"


def text_of(page):
    return bytes(page.body).decode()


def addresses_in(html):
    return re.findall(r'(?:src|href)="([^"]*)"', html)


# The functions


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (
            get_swagger_ui_html,
            {
                "openapi_url": inspect.Parameter.empty,
                "title": inspect.Parameter.empty,
                "swagger_js_url": CDN + "swagger-ui-dist@5/swagger-ui-bundle.js",
                "swagger_css_url": CDN + "swagger-ui-dist@5/swagger-ui.css",
                "swagger_favicon_url": FASTAPI_FAVICON,
                "oauth2_redirect_url": None,
                "init_oauth": None,
                "swagger_ui_parameters": None,
            },
        ),
        (
            get_redoc_html,
            {
                "openapi_url": inspect.Parameter.empty,
                "title": inspect.Parameter.empty,
                "redoc_js_url": CDN + "redoc@2/bundles/redoc.standalone.js",
                "redoc_favicon_url": FASTAPI_FAVICON,
                "with_google_fonts": True,
            },
        ),
        (get_swagger_ui_oauth2_redirect_html, {}),
    ],
)
def test_the_functions_take_what_fastapi_takes(function, expected):
    parameters = inspect.signature(function).parameters
    assert {name: parameter.default for name, parameter in parameters.items()} == expected
    assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters.values())


@pytest.mark.parametrize("write", [get_swagger_ui_html, get_redoc_html])
def test_no_title_and_no_url_breaks_out_of_its_place(write):
    evil = "</title></script><script>alert(1)</script>'\"\\\n"
    html = text_of(write(openapi_url=evil, title=evil))
    assert "<script>alert" not in html
    assert "</title></script>" not in html
    assert html.count("</title>") == 1


def test_a_url_stays_inside_its_string_in_the_script():
    html = text_of(
        get_swagger_ui_html(openapi_url="/it's\\here", title="", oauth2_redirect_url="/a'b")
    )
    assert r"url: '/it\u0027s\\here'," in html
    assert r"oauth2RedirectUrl: window.location.origin + '/a\u0027b'," in html


def test_the_settings_of_swagger_ui_are_the_defaults_and_what_is_given():
    class Theme(Enum):
        DARK = "obsidian"

    html = text_of(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Shop",
            init_oauth={"appName": "A & B", "scopes": ("read", "write")},
            swagger_ui_parameters={
                "deepLinking": False,
                "syntaxHighlight": {"theme": Theme.DARK},
                "note": "<!--",
            },
        )
    )
    for setting in (
        "url: '/openapi.json',",
        '"dom_id": "#swagger-ui",',
        '"layout": "BaseLayout",',
        '"deepLinking": false,',
        '"showExtensions": true,',
        '"showCommonExtensions": true,',
        '"syntaxHighlight": {"theme": "obsidian"},',
        r'"note": "\u003c!--",',
        r'ui.initOAuth({"appName": "A \u0026 B", "scopes": ["read", "write"]})',
    ):
        assert setting in html
    assert "oauth2RedirectUrl" not in html


def test_redoc_takes_fonts_from_the_web_unless_told_not_to():
    options = {"openapi_url": "/openapi.json", "title": "Shop"}
    assert "fonts.googleapis.com" in text_of(get_redoc_html(**options))
    assert "fonts.googleapis.com" not in text_of(get_redoc_html(**options, with_google_fonts=False))


# The application


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_a_page_loads_its_files_from_the_app(page):
    client = TestClient(FastAPI())
    html = client.get(page).text
    addresses = addresses_in(html)
    assert len(addresses) >= 2
    assert "from a CDN" not in html
    for address in addresses:
        assert address.startswith(f"{page}/")
        response = client.get(address)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("path", "media_type", "beginning"),
    [
        ("/docs/swagger-ui-dist@5/swagger-ui-bundle.js", "text/javascript", b"/*! For license"),
        ("/docs/swagger-ui-dist@5/swagger-ui.css", "text/css", b".swagger-ui{"),
        ("/docs/swagger-ui-dist@5/LICENSE", "text/plain", b""),
        ("/docs/swagger-ui-dist@5/NOTICE", "text/plain", b"swagger-ui"),
        ("/redoc/redoc@2/bundles/redoc.standalone.js", "text/javascript", b"/*! For license"),
        ("/redoc/redoc@2/LICENSE", "text/plain", b"The MIT License"),
        ("/docs/favicon.svg", "image/svg+xml", b"<svg"),
        ("/redoc/favicon.svg", "image/svg+xml", b"<svg"),
    ],
)
def test_a_file_is_served_as_what_it_is(path, media_type, beginning):
    client = TestClient(FastAPI())
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == media_type
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.content.startswith(beginning)

    head = client.head(path)
    assert head.status_code == 200
    assert head.content == b""
    ignored = {"date"}
    assert {k: v for k, v in head.headers.items() if k not in ignored} == {
        k: v for k, v in response.headers.items() if k not in ignored
    }


def test_a_file_that_the_browser_has_is_not_sent_again():
    client = TestClient(FastAPI())
    path = "/docs/swagger-ui-dist@5/swagger-ui.css"
    response = client.get(path)
    etag = response.headers["etag"]
    assert response.headers["cache-control"] == "no-cache"
    for known in (etag, f"W/{etag}", f'"old", {etag}', "*"):
        again = client.get(path, headers={"if-none-match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == etag
        assert "content-length" not in again.headers
    assert client.get(path, headers={"if-none-match": '"old"'}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/docs/swagger-ui-dist@5/",
        "/docs/swagger-ui-dist@5/ORIGIN.txt",
        "/docs/swagger-ui-dist@5/../../../__init__.py",
        "/docs/swagger-ui-dist@5//swagger-ui.css",
        "/docs/redoc@2/bundles/redoc.standalone.js",
        "/redoc/swagger-ui-dist@5/swagger-ui.css",
        "/docs/favicon.svg/",
        "/swagger-ui-dist@5/swagger-ui.css",
        "/favicon.svg",
    ],
)
def test_there_is_no_other_file(path):
    app = FastAPI(redirect_slashes=False)
    assert TestClient(app).get(path).status_code == 404
    assert ("http", "GET", path) not in app.router._grown.static


def test_files_are_only_read():
    client = TestClient(FastAPI())
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        assert client.request(method, "/docs/favicon.svg").status_code == 404
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/docs/favicon.svg"):
        pass


def test_a_page_that_is_off_has_no_files():
    assert pages.docs_assets(None, None) == {}
    assert all(path.startswith("/redoc/") for path in pages.docs_assets(None, "/redoc"))


@pytest.mark.parametrize("docs_url", ["/", "/docs/", "/v1/docs"])
def test_the_files_lie_below_any_docs_url(docs_url):
    client = TestClient(FastAPI(docs_url=docs_url))
    addresses = addresses_in(client.get(docs_url).text)
    assert f"{docs_url.rstrip('/')}/swagger-ui-dist@5/swagger-ui.css" in [
        address.partition("?")[0] for address in addresses
    ]
    assert [client.get(address).status_code for address in addresses] == [200] * 3


def test_addresses_begin_with_the_root_path():
    client = TestClient(FastAPI(), root_path="/api/v1")
    for page in ("/docs", "/redoc"):
        addresses = addresses_in(client.get(f"/api/v1{page}").text)
        assert all(address.startswith(f"/api/v1{page}/") for address in addresses)
        # Some servers pass the whole path on, and some proxies strip the prefix.
        stripped = [address.removeprefix("/api/v1") for address in addresses]
        assert {client.get(address).status_code for address in addresses + stripped} == {200}


def test_a_mounted_application_serves_its_own_files():
    outer = FastAPI(docs_url=None, redoc_url=None)
    outer.mount("/shop", FastAPI())
    client = TestClient(outer)
    addresses = addresses_in(client.get("/shop/docs").text)
    assert all(address.startswith("/shop/docs/") for address in addresses)
    assert {client.get(address).status_code for address in addresses} == {200}


def test_files_that_were_not_fetched_come_from_the_cdn_and_the_page_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(pages, "FETCHED", tmp_path)
    client = TestClient(FastAPI())
    for page, name, address in (
        ("/docs", "Swagger UI", CDN + "swagger-ui-dist@5/swagger-ui-bundle.js"),
        ("/redoc", "ReDoc", CDN + "redoc@2/bundles/redoc.standalone.js"),
    ):
        html = client.get(page).text
        assert f"Pronghorn has no copy of {name} here" in html
        assert f"<!-- {name} could not be fetched" in html
        assert address in addresses_in(html)
        assert client.get(f"{page}/favicon.svg").status_code == 200
        assert f"{page}/favicon.svg" in html
    assert client.get("/docs/swagger-ui-dist@5/swagger-ui.css").status_code == 404


def test_below_a_path_with_parameters_nothing_is_fixed_so_the_cdn_is_used():
    client = TestClient(FastAPI(docs_url="/{tenant}/docs"))
    assert CDN + "swagger-ui-dist@5/swagger-ui.css" in client.get("/acme/docs").text


def test_a_function_put_in_the_place_of_ours_is_given_what_fastapi_gives(monkeypatch):
    def write(**options):
        return get_swagger_ui_html(**options, swagger_js_url="/mine.js")

    monkeypatch.setattr(applications, "get_swagger_ui_html", write)
    html = TestClient(FastAPI()).get("/docs").text
    assert "/mine.js" in addresses_in(html)
    assert "from a CDN" not in html


def test_the_files_are_no_routes():
    app = FastAPI()
    assert [route.path for route in app.routes] == [
        "/openapi.json",
        "/docs",
        "/docs/oauth2-redirect",
        "/redoc",
    ]
    assert app.openapi()["paths"] == {}


def test_a_route_for_the_very_path_of_a_file_wins():
    app = FastAPI()

    @app.get("/docs/favicon.svg")
    def draw():
        return "mine"

    assert TestClient(app).get("/docs/favicon.svg").json() == "mine"


def serve_the_rest_by_a_route(app):
    @app.get("/{path:path}")
    def show_front_page(path):
        return "front page"


def serve_the_rest_by_a_mount(app):
    front_end = FastAPI(openapi_url=None)
    serve_the_rest_by_a_route(front_end)
    app.mount("/", front_end)


@pytest.mark.parametrize("serve_the_rest", [serve_the_rest_by_a_route, serve_the_rest_by_a_mount])
def test_a_route_for_all_other_paths_does_not_take_the_files(serve_the_rest):
    app = FastAPI()
    serve_the_rest(app)
    client = TestClient(app)
    assert client.get("/about").json() == "front page"
    for page in ("/docs", "/redoc"):
        for address in addresses_in(client.get(page).text):
            assert "front page" not in client.get(address).text


def test_without_a_document_there_are_no_files():
    client = TestClient(FastAPI(openapi_url=None))
    assert client.get("/docs/favicon.svg").status_code == 404


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("openapi", "/openapi.json"),
        ("swagger_ui_html", "/docs"),
        ("swagger_ui_redirect", "/docs/oauth2-redirect"),
        ("redoc_html", "/redoc"),
    ],
)
def test_the_address_of_a_page_is_found_by_fastapis_name_for_it(name, path):
    assert FastAPI().url_path_for(name) == path


def test_the_page_of_the_application_has_its_title_and_settings():
    app = FastAPI(
        title="Cats <& dogs>",
        swagger_ui_parameters={"deepLinking": False},
        swagger_ui_init_oauth={"clientId": "shop"},
    )
    html = TestClient(app, root_path="/api").get("/api/docs").text
    assert "<title>Cats &lt;&amp; dogs&gt; - Swagger UI</title>" in html
    assert "url: '/api/openapi.json'," in html
    assert "oauth2RedirectUrl: window.location.origin + '/api/docs/oauth2-redirect'," in html
    assert '"deepLinking": false,' in html
    assert 'ui.initOAuth({"clientId": "shop"})' in html


def test_the_pages_have_fastapis_names():
    app = FastAPI()

    @app.get("/")
    def start(request: Request) -> list[str]:
        return [request.url_for(name).path for name in ("openapi", "swagger_ui_html")]

    assert TestClient(app).get("/").json() == ["/openapi.json", "/docs"]
    assert app.url_path_for("swagger_ui_redirect") == "/docs/oauth2-redirect"
    assert app.url_path_for("redoc_html") == "/redoc"
