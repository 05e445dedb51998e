"""The browser of the system, driven by Playwright, for the checks that need one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
LIMIT_IN_SECONDS = 20

in_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)"
)


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run the browser, which reaches this host alone, until the block is left."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # Who is root, as in a container, must do without the sandbox.
            args=["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def visiting(browser: Browser, url: str) -> Iterator[Page]:
    """Open a page in a profile of its own; nothing of its own host may go wrong on it."""
    context = browser.new_context()
    context.set_default_timeout(LIMIT_IN_SECONDS * 1000)
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda asked: wrong.extend(find_failure(asked)))
    page.on("response", lambda answer: wrong.append(answer.url) if not answer.ok else None)
    try:
        page.goto(url)
        yield page
        origin = "/".join(url.split("/")[:3])
        of_ours = [text for text in wrong if not is_elsewhere(text, origin)]
        assert not of_ours, of_ours
    finally:
        context.close()


def find_failure(asked: Request) -> list[str]:
    """Find what a request has failed by, unless the page itself has given it up."""
    return [] if asked.failure == "net::ERR_ABORTED" else [f"{asked.url} {asked.failure}"]


def is_elsewhere(text: str, origin: str) -> bool:
    """Tell whether it is the address of another host, such as one that has fonts."""
    return text.startswith(("http:", "https:")) and not text.startswith(f"{origin}/")
