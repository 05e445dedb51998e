"""API keys in the query, in a header or in a cookie."""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from pronghorn.incidental import incidental
from pronghorn.openapi.models import APIKey, APIKeyIn
from pronghorn.security.base import RefusingScheme
from pronghorn.security.utils import read_header


class APIKeyBase(RefusingScheme):
    """A key that is a name and a value, somewhere in the request."""

    model: APIKey
    # No registered scheme fits; RFC 9110 section 15.5.2 demands that one is named.
    challenge = "APIKey"

    def __init__(
        self,
        location: APIKeyIn,
        name: str,
        description: str | None,
        scheme_name: str | None,
        auto_error: bool,
    ) -> None:
        model = APIKey.model_validate({"in": location, "name": name, "description": description})
        super().__init__(model, scheme_name, auto_error)

    def check_api_key(self, api_key: str | None) -> str | None:
        """Return the key; refuse one that is missing or empty."""
        if not api_key:
            self.refuse()
            return None
        return api_key


class APIKeyQuery(APIKeyBase):
    """The key is the query parameter `name`."""

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.query, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key as it was sent."""
        return self.check_api_key(request.query_params.get(self.model.name))


class APIKeyHeader(APIKeyBase):
    """The key is the header `name`."""

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.header, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key as it was sent."""
        return self.check_api_key(read_header(request, self.model.name))


class APIKeyCookie(APIKeyBase):
    """The key is the cookie `name`."""

    def __init__(
        self,
        *,
        name: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(APIKeyIn.cookie, name, description, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the key as it was sent."""
        return self.check_api_key(request.cookies.get(self.model.name))


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
