"""What an endpoint may return in place of its answer: something that is yet to be fetched.

The metadata of a response model may hold an object that knows how::

    class FromRows:
        def __answer_fetcher__(self, annotation): ...

    @app.get("/users", response_model=Annotated[list[UserOut], FromRows(User)])

It is asked where the route is declared, with the annotation that it stands in, and gives a
`Fetcher`, or raises if the model asks for what it cannot fetch.  What is fetched is validated and
written as if the endpoint had returned it, so every option of a response model does what it always
does.  The document says what the annotation says.
"""

from typing import Any, Protocol


class Fetcher(Protocol):
    """Makes what the response model takes of what an endpoint returned."""

    @property
    def takes(self) -> type[Any]:
        """What is fetched; whatever else an endpoint returns is not touched."""
        ...

    async def fetch(self, value: Any) -> Any:
        """Fetch it, while the dependencies of function scope are still there."""
        ...

    def fetch_blocking(self, value: Any) -> Any:
        """Fetch it in the thread of a `def` endpoint."""
        ...


METHOD = "__answer_fetcher__"
