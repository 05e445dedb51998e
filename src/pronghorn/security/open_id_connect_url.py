"""OpenID Connect, found by the URL of its configuration."""

from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from pronghorn.incidental import incidental
from pronghorn.openapi.models import OpenIdConnect as OpenIdConnectModel
from pronghorn.security.base import RefusingScheme


class OpenIdConnect(RefusingScheme):
    """Hands on the header `Authorization` as it is; what it means is left to the user."""

    def __init__(
        self,
        *,
        openIdConnectUrl: str,  # noqa: N803  OpenAPI's and FastAPI's name.
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = OpenIdConnectModel(openIdConnectUrl=openIdConnectUrl, description=description)
        super().__init__(model, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the header, or refuse."""
        return self.read_whole_header(request)


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
