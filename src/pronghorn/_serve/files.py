"""A folder of files that a frontend was built into, and the answer to each path in it.

How files are found, and when a browser's copy is still good, is Starlette's.  Nothing is known
here of routes, nor of what a path in the folder is called outside.
"""

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import Final, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import URL, Headers
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from pronghorn.exceptions import FastAPIError

T = TypeVar("T")

INDEX: Final = "index.html"
NOT_FOUND: Final = "404.html"

FALLBACKS: Final[Mapping[str | None, Sequence[str]]] = {
    "auto": (NOT_FOUND, INDEX),
    INDEX: (INDEX,),
    NOT_FOUND: (NOT_FOUND,),
    None: (),
}
"""The files that may answer paths that the folder does not have, by the option `fallback`."""
STATUS_CODES: Final = {INDEX: 200, NOT_FOUND: 404}
REMEDY: Final = "Build the frontend first, or correct `directory` or `fallback`."
PAGE_TYPES: Final = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and how it answers."""

    file: str
    stat: os.stat_result
    status_code: int = 200
    is_index: bool = False
    """Whether the path is that of a folder, and the file the index in it."""


class Files:
    """The files of a folder; it may be made after the application."""

    def __init__(self, directory: str | os.PathLike[str], fallback: str | None) -> None:
        self.directory = directory
        self.fallback = fallback
        # It follows no link that leads out of the folder.
        self.static = StaticFiles(directory=directory, check_dir=False)
        self.is_checked = False

    # --- what is missing -------------------------------------------------------------------

    def missing_directory(self) -> str | None:
        """What is wrong with the folder, if anything is."""
        if Path(self.directory).is_dir():
            return None
        return (
            f"The frontend directory '{self.directory}' does not exist:"
            f" it would be '{os.path.realpath(self.directory)}'."
        )

    def missing_file(self) -> str | None:
        """What is wrong with the fallback, if anything is."""
        if self.fallback not in STATUS_CODES or self.find_file(self.fallback) is not None:
            return None
        return (
            f"The fallback file '{self.fallback}' does not exist in directory '{self.directory}'"
            f" of a frontend, which is '{os.path.realpath(self.directory)}'."
        )

    def check(self) -> None:
        """Raise what is wrong with the folder, until it was right once."""
        if not self.is_checked:
            raise_if(self.missing_directory(), "frontend-directory")
            self.is_checked = True

    # --- answering -------------------------------------------------------------------------

    async def answer(self, path: str, scope: Scope) -> Response:
        """The answer to a GET or HEAD request for *path*; raises `HTTPException` if it has none."""
        found = await asked(self.find, path, is_page=is_page_wanted(scope))
        if found is None:
            raise HTTPException(404)
        if found.is_index and not scope["path"].endswith("/"):
            # The links of a page are relative to its address, so a folder has its slash.
            url = URL(scope=scope)
            return RedirectResponse(url.replace(path=url.path + "/"))
        return self.static.file_response(found.file, found.stat, scope, found.status_code)

    async def refuse(self, path: str) -> HTTPException:
        """The exception for any other method: 405 if the folder has *path*, else 404."""
        return HTTPException(405 if await asked(self.has, path) else 404)

    # --- finding, in a worker thread -----------------------------------------------------------

    def has(self, path: str) -> bool:
        self.check()
        return self.find_path(path) is not None

    def find(self, path: str, *, is_page: bool) -> Found | None:
        """The file for *path*, or the fallback for it."""
        self.check()
        return self.find_path(path) or self.find_fallback(is_page=is_page)

    def find_path(self, path: str) -> Found | None:
        name = os.path.normpath(path)
        full_name, stat = self.static.lookup_path(name)
        if stat is None or not S_ISDIR(stat.st_mode):
            return found_file(full_name, stat)
        index = self.find_file(f"{name}/{INDEX}")
        return None if index is None else replace(index, is_index=True)

    def find_fallback(self, *, is_page: bool) -> Found | None:
        for name in FALLBACKS[self.fallback]:
            if name == INDEX and not is_page:
                continue
            found = self.find_file(name)
            if found is not None:
                return replace(found, status_code=STATUS_CODES[name])
            raise_if(self.missing_file(), "frontend-file")
        return None

    def find_file(self, name: str) -> Found | None:
        return found_file(*self.static.lookup_path(name))


async def asked(find: Callable[..., T], path: str, **options: bool) -> T:
    """What *find* says of *path*; raises `HTTPException` where the file system refuses."""
    try:
        return await run_in_threadpool(find, path, **options)
    except PermissionError:
        raise HTTPException(401) from None
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise HTTPException(404) from None
    except ValueError:
        # No file has such a name: there is a zero byte in it.
        raise HTTPException(404) from None


def found_file(name: str, stat: os.stat_result | None) -> Found | None:
    return None if stat is None or not S_ISREG(stat.st_mode) else Found(name, stat)


def raise_if(problem: str | None, code: str) -> None:
    """Raise *problem*, if there is one: the server's own, so whoever asked gets a 500."""
    if problem is not None:
        raise FastAPIError(f"{problem}\n  {REMEDY}\n  [{code}]")


def is_page_wanted(scope: Scope) -> bool:
    """Whether somebody goes to a page: a browser then asks for HTML by its name.

    RFC 9110 section 12.5.1: a quality of 0 means "not this".  Wildcards are what scripts and
    pictures are asked for with, so they do not count.
    """
    accept = Headers(scope=scope).get("accept", "")
    return any(map(accepts_page, accept.split(",")))


def accepts_page(media_range: str) -> bool:
    kind, *parameters = media_range.split(";")
    if kind.strip().lower() not in PAGE_TYPES:
        return False
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            return is_some(value.strip().strip('"'))
    return True


def is_some(quality: str) -> bool:
    """Whether *quality* is more than none; one that cannot be read is as good as left out."""
    try:
        return float(quality) != 0
    except ValueError:
        return True
