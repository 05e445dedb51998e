"""The schemes of HTTP itself (RFC 9110 section 11): Basic, Bearer, Digest and others."""

from base64 import b64decode
from typing import TYPE_CHECKING

from pydantic import BaseModel
from starlette.requests import HTTPConnection

from pronghorn.exceptions import HTTPException
from pronghorn.incidental import incidental
from pronghorn.openapi.models import HTTPBase as HTTPBaseModel
from pronghorn.openapi.models import HTTPBearer as HTTPBearerModel
from pronghorn.security.base import RefusingScheme, read_authorization
from pronghorn.security.utils import get_authorization_scheme_param, read_header


class HTTPBasicCredentials(BaseModel):
    """The user name and the password as they were sent, not checked."""

    username: str
    password: str


class HTTPAuthorizationCredentials(BaseModel):
    """The header `Authorization` in its two parts: the scheme's name and the rest."""

    scheme: str
    credentials: str


class HTTPBase(RefusingScheme):
    """Any scheme: `scheme` is the name in the document, and what is sent is not compared."""

    model: HTTPBaseModel
    error_class = HTTPException

    def __init__(
        self,
        *,
        scheme: str,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = HTTPBaseModel(scheme=scheme, description=description)
        super().__init__(model, scheme_name, auto_error)

    def make_authenticate_headers(self) -> dict[str, str]:
        """Name this scheme in the header that every 401 must have."""
        return {"WWW-Authenticate": self.model.scheme.title()}

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return both parts of the header, or refuse."""
        return self._read_credentials(request)

    def _read_credentials(
        self, request: HTTPConnection, only: str | None = None
    ) -> HTTPAuthorizationCredentials | None:
        """Return both parts of the header; refuse one that is empty or not of scheme `only`."""
        header = read_header(request, "Authorization")
        scheme, credentials = get_authorization_scheme_param(header)
        if not (scheme and credentials) or only not in (None, scheme.lower()):
            self.refuse()
            return None
        return HTTPAuthorizationCredentials(scheme=scheme, credentials=credentials)


class HTTPBasic(HTTPBase):
    """A user name and a password (RFC 7617); `realm` names what they are for."""

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        realm: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="basic",
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )
        self.realm = realm

    def make_authenticate_headers(self) -> dict[str, str]:
        """Name this scheme, and the realm if there is one."""
        return {"WWW-Authenticate": f'Basic realm="{self.realm}"' if self.realm else "Basic"}

    async def __call__(  # type: ignore[override]  # FastAPI's: its credentials are others.
        self, request: HTTPConnection
    ) -> HTTPBasicCredentials | None:
        """Return the user name and the password, or refuse."""
        encoded = read_authorization(request, "basic")
        if encoded is None:
            self.refuse()
            return None
        # What cannot be read is refused even where login is optional: the client did try.
        try:
            username, separator, password = b64decode(encoded).decode("ascii").partition(":")
        except ValueError as error:
            raise self.make_not_authenticated_error() from error
        if not separator:
            raise self.make_not_authenticated_error()
        return HTTPBasicCredentials(username=username, password=password)


class HTTPBearer(HTTPBase):
    """A token (RFC 6750); `bearerFormat` tells readers of the document what is in it."""

    def __init__(
        self,
        *,
        bearerFormat: str | None = None,  # noqa: N803  OpenAPI's and FastAPI's name.
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="bearer",
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )
        self.model = HTTPBearerModel(bearerFormat=bearerFormat, description=description)

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return both parts of the header, or refuse."""
        return self._read_credentials(request, "bearer")


class HTTPDigest(HTTPBase):
    """A digest (RFC 7616); only the header is split, nothing of the digest is computed."""

    def __init__(
        self,
        *,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        super().__init__(
            scheme="digest",
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> HTTPAuthorizationCredentials | None:
        """Return both parts of the header, or refuse."""
        return self._read_credentials(request, "digest")


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
