"""Pages: what is asked for in the query, and what is answered.

`Paging` and `CursorPaging` are for signatures.  Both fill in the `Link` header of the answer.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from pronghorn._record import record
from pronghorn.data.repositories.links import Links
from pronghorn.param_functions import Depends, Query
from pronghorn.requests import Request
from pronghorn.responses import Response

Item = TypeVar("Item")
Out = TypeVar("Out", bound=BaseModel)

DEFAULT: Final = 50
MOST: Final = 100
# A limit and an offset are 32-bit numbers for the drivers of PostgreSQL.
MOST_OFFSET: Final = 2**31 - 1


@record
class PageRequest:
    """Which rows are asked for: at most `limit`, without the first `offset`."""

    limit: int = DEFAULT
    offset: int = 0
    links: Links | None = None


@record
class CursorRequest:
    """Which rows are asked for: at most `limit`, from the place that `cursor` stands for."""

    limit: int = DEFAULT
    cursor: str | None = None
    links: Links | None = None


def paged(*, default: int = DEFAULT, most: int = MOST) -> Callable[..., PageRequest]:
    """Make a dependency that reads `limit`, of at most *most*, and `offset` from the query."""

    def page_request(
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=most, description="At most so many.")] = default,
        offset: Annotated[
            int, Query(ge=0, le=MOST_OFFSET, description="Without the first so many.")
        ] = 0,
    ) -> PageRequest:
        return PageRequest(limit, offset, Links(request, response))

    return page_request


def cursor_paged(*, default: int = DEFAULT, most: int = MOST) -> Callable[..., CursorRequest]:
    """Make a dependency that reads `limit`, of at most *most*, and `cursor` from the query."""

    def cursor_request(
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=most, description="At most so many.")] = default,
        cursor: Annotated[
            str | None, Query(description="`next_cursor` or `previous_cursor` of another page.")
        ] = None,
    ) -> CursorRequest:
        return CursorRequest(limit, cursor, Links(request, response))

    return cursor_request


Paging = Annotated[PageRequest, Depends(paged())]
"""A page by number of rows: the parameters `limit` and `offset`."""
CursorPaging = Annotated[CursorRequest, Depends(cursor_paged())]
"""A page by its place in the order: the parameters `limit` and `cursor`."""


class Page(BaseModel, Generic[Item]):
    """Some of the rows, and how many there are in all."""

    # A page of mapped objects is a page, too; a response model makes another of it.
    model_config = ConfigDict(arbitrary_types_allowed=True)

    items: Annotated[list[Item], Field(description="The rows of this page.")]
    total: Annotated[int, Field(ge=0, description="How many rows there are on all pages.")]
    limit: Annotated[int, Field(ge=1, description="At most so many rows are on a page.")]
    offset: Annotated[int, Field(ge=0, description="How many rows come before this page.")]

    def to(self, model: type[Out]) -> "Page[Out]":
        """The same page with each item as a Pydantic model, for what is no response model."""
        return Page.model_construct(**{**self.__dict__, "items": converted(self.items, model)})


class CursorPage(BaseModel, Generic[Item]):
    """Some of the rows, and where those before and after them are."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    items: Annotated[list[Item], Field(description="The rows of this page.")]
    limit: Annotated[int, Field(ge=1, description="At most so many rows are on a page.")]
    next_cursor: Annotated[
        str | None, Field(description="The `cursor` of the next page, if there is one.")
    ] = None
    previous_cursor: Annotated[
        str | None, Field(description="The `cursor` of the previous page, if there is one.")
    ] = None

    def to(self, model: type[Out]) -> "CursorPage[Out]":
        """The same page with each item as a Pydantic model, for what is no response model."""
        return CursorPage.model_construct(
            **{**self.__dict__, "items": converted(self.items, model)}
        )


def converted(items: Sequence[Any], model: type[Out]) -> list[Out]:
    return [model.model_validate(item, from_attributes=True) for item in items]


def page_of(items: Sequence[Item], total: int, asked: PageRequest) -> Page[Item]:
    """Make a page, and say in the answer's header where the others are."""
    limit, offset = asked.limit, asked.offset
    if asked.links is not None:
        last = max(total - 1, 0) // limit * limit
        previous = {"offset": max(min(offset - limit, last), 0)} if offset else None
        following = {"offset": offset + limit} if offset + limit < total else None
        asked.links.write(
            {
                "first": {"offset": 0},
                "prev": previous,
                "next": following,
                "last": {"offset": last},
            }
        )
    return Page.model_construct(items=list(items), total=total, limit=limit, offset=offset)


def cursor_page_of(
    items: Sequence[Item], following: str | None, previous: str | None, asked: CursorRequest
) -> CursorPage[Item]:
    """Make a page, and say in the answer's header where the others are."""
    if asked.links is not None:
        asked.links.write(
            {
                "first": {"cursor": None},
                "prev": {"cursor": previous} if previous else None,
                "next": {"cursor": following} if following else None,
            }
        )
    return CursorPage.model_construct(
        items=list(items), limit=asked.limit, next_cursor=following, previous_cursor=previous
    )
