"""The docs pages of an application, and the files that they load, served by the app itself.

The files are a fixed table below `docs_url` and `redoc_url`, no routes: they stand neither in
`app.routes` nor in the document.  Where they were not installed, the pages use the CDN and say
so.  This file knows nothing of the application but those two paths.
"""

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from pronghorn._record import record

FETCHED = Path(__file__).parent.parent / "_assets"  # Filled when Pronghorn is built.
FAVICON = Path(__file__).parent / "favicon.svg"

SCRIPT = "text/javascript"
STYLE = "text/css"
TEXT = "text/plain"
PICTURE = "image/svg+xml"


@record
class Asset:
    """A file that a docs page loads."""

    file: Path
    media_type: str


@record
class Content:
    """What is in an asset, and a word that changes with it."""

    body: bytes
    version: str


@record
class Viewer:
    """One of the two programs that show a document, and what it is served from."""

    title: str
    folder: str  # Below `FETCHED`.
    address: str  # Below the page, named as on the CDN.
    files: Mapping[str, str]  # File name to media type.
    loads: Mapping[str, str]  # Option of the page's function to file name.
    favicon_option: str
    writer: str  # The function of `openapi.docs` that writes the page.
    options: Mapping[str, Any]  # Of `writer`, on an app's own page.  Any: what FastAPI's take.

    @property
    def write(self) -> Callable[..., HTMLResponse]:
        from pronghorn.openapi import docs  # noqa: PLC0415 - most processes show no page

        return cast("Callable[..., HTMLResponse]", getattr(docs, self.writer))


SWAGGER_UI = Viewer(
    title="Swagger UI",
    folder="swagger-ui-dist",
    address="swagger-ui-dist@5",
    files={
        "swagger-ui-bundle.js": SCRIPT,
        "swagger-ui-bundle.js.LICENSE.txt": TEXT,
        "swagger-ui.css": STYLE,
        "LICENSE": TEXT,
        "NOTICE": TEXT,
    },
    loads={"swagger_js_url": "swagger-ui-bundle.js", "swagger_css_url": "swagger-ui.css"},
    favicon_option="swagger_favicon_url",
    writer="get_swagger_ui_html",
    options={},
)
REDOC = Viewer(
    title="ReDoc",
    folder="redoc",
    address="redoc@2",
    files={
        "bundles/redoc.standalone.js": SCRIPT,
        "bundles/redoc.standalone.js.LICENSE.txt": TEXT,
        "LICENSE": TEXT,
    },
    loads={"redoc_js_url": "bundles/redoc.standalone.js"},
    favicon_option="redoc_favicon_url",
    writer="get_redoc_html",
    options={"with_google_fonts": False},
)


@cache
def read(asset: Asset) -> Content:
    """Read an asset once in the life of a process."""
    body = asset.file.read_bytes()
    return Content(body, sha256(body).hexdigest()[:16])


def list_assets(viewer: Viewer, page_url: str) -> dict[str, Asset]:
    """The assets of one page by path, as far as they are installed.

    A page whose own path has parameters has none: nothing fixed lies below it.
    """
    if "{" in page_url:
        return {}
    below = page_url.rstrip("/")
    assets = {
        f"{below}/{viewer.address}/{name}": Asset(FETCHED / viewer.folder / name, media_type)
        for name, media_type in viewer.files.items()
    }
    assets[f"{below}/favicon.svg"] = Asset(FAVICON, PICTURE)
    return {path: asset for path, asset in assets.items() if asset.file.is_file()}


def docs_assets(docs_url: str | None, redoc_url: str | None) -> dict[str, Asset]:
    """The assets of an application by path, without its `root_path`; `None`: no such page."""
    assets: dict[str, Asset] = {}
    if docs_url:
        assets |= list_assets(SWAGGER_UI, docs_url)
    if redoc_url:
        assets |= list_assets(REDOC, redoc_url)
    return assets


class AssetTarget:
    """An asset as the path tree holds it."""

    def __init__(self, asset: Asset) -> None:
        self.asset = asset

    described = None
    route = None
    view = None

    def note(self, scope: Scope) -> None:
        """Nothing needs to be told: no route was found."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the asset."""
        await respond(self.asset, scope, receive, send)

    refuse_method = handle


async def respond(asset: Asset, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a GET or HEAD request with an asset (RFC 9110: 9.3.2 HEAD, 13.1.2 If-None-Match)."""
    content = read(asset)
    etag = f'"{content.version}"'
    # The pages ask for a version, and another version is another URL.
    is_versioned = scope["query_string"] == f"v={content.version}".encode()
    headers = {
        "etag": etag,
        "cache-control": "public, max-age=31536000, immutable" if is_versioned else "no-cache",
        "x-content-type-options": "nosniff",
    }
    known = ",".join(Headers(scope=scope).getlist("if-none-match"))
    if any(tag.strip().removeprefix("W/") in (etag, "*") for tag in known.split(",")):
        response = Response(status_code=304, headers=headers)
    elif scope["method"] == "HEAD":
        headers["content-length"] = str(len(content.body))
        response = Response(headers=headers, media_type=asset.media_type)
    else:
        response = Response(content.body, headers=headers, media_type=asset.media_type)
    await response(scope, receive, send)


def asset_urls(viewer: Viewer, root_path: str, page_url: str) -> dict[str, str]:
    """The options that let a page load its files from the app, as far as they are installed."""
    assets = list_assets(viewer, page_url)
    wanted = {option: f"{viewer.address}/{name}" for option, name in viewer.loads.items()}
    wanted[viewer.favicon_option] = "favicon.svg"
    urls = {}
    for option, name in wanted.items():
        path = f"{page_url.rstrip('/')}/{name}"
        if path in assets:
            urls[option] = f"{root_path.rstrip('/')}{path}?v={read(assets[path]).version}"
    return urls


def add_notice(viewer: Viewer, page: HTMLResponse) -> HTMLResponse:
    """The same page, which says that it loads files from elsewhere, and what to do."""
    notice = f"""\
<body>
    <!-- {viewer.title} could not be fetched when Pronghorn was built (install it again where npm
         has a network, or run `python hatch_build.py` in a checkout), or the path of this page
         has parameters. -->
    <p style="margin: 0; padding: 0.5em 1em; background: #fff3df; font: 14px sans-serif">
      Pronghorn has no copy of {viewer.title} here, so this page loads it from a CDN.
    </p>"""
    return HTMLResponse(bytes(page.body).replace(b"<body>", notice.encode(), 1))


def write_page(
    viewer: Viewer,
    write: Callable[..., HTMLResponse],
    root_path: str,
    page_url: str,
    **options: Any,  # Any: what FastAPI's functions take.
) -> HTMLResponse:
    """The docs page at `page_url`, by `write`: the application's `get_swagger_ui_html` or so.

    People replace that name in `applications` by a function that adds URLs of its own to the
    options that FastAPI gives it.  Such a function is given no more than those.
    """
    if write is not viewer.write:
        return write(**options)
    urls = asset_urls(viewer, root_path, page_url)
    page = write(**viewer.options, **urls, **options)
    return page if urls.keys() >= viewer.loads.keys() else add_notice(viewer, page)
