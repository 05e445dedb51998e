"""What all security schemes have in common: a model for the document, and a refusal.

A scheme reads a request and finds credentials; it never checks them.
"""

from typing import TYPE_CHECKING, ClassVar

from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import HTTPConnection
from starlette.status import HTTP_401_UNAUTHORIZED

from pronghorn.incidental import incidental
from pronghorn.security.utils import get_authorization_scheme_param, read_header

if TYPE_CHECKING:
    from pronghorn.openapi.models import SecurityBase as SecurityBaseModel
else:
    __getattr__ = incidental(__name__)


class SecurityBase:
    """Whatever has these two is written into the OpenAPI document as a security scheme."""

    model: "SecurityBaseModel"
    scheme_name: str


class RefusingScheme(SecurityBase):
    """A scheme that answers 401 when there are no credentials, unless `auto_error` is off.

    Without `auto_error` the dependency is then `None`, so that login may be optional.
    """

    auto_error: bool
    challenge: ClassVar[str] = "Bearer"
    error_class: ClassVar[type[StarletteHTTPException]] = StarletteHTTPException

    def __init__(
        self, model: "SecurityBaseModel", scheme_name: str | None, auto_error: bool
    ) -> None:
        self.model = model
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def make_authenticate_headers(self) -> dict[str, str]:
        """Make the header that RFC 9110 section 15.5.2 asks of every 401."""
        return {"WWW-Authenticate": self.challenge}

    def make_not_authenticated_error(self) -> StarletteHTTPException:
        """Make the error for missing credentials; override it to answer otherwise."""
        return self.error_class(
            status_code=HTTP_401_UNAUTHORIZED,
            detail="Not authenticated",
            headers=self.make_authenticate_headers(),
        )

    def refuse(self) -> None:
        """Raise the error, unless login is optional."""
        if self.auto_error:
            raise self.make_not_authenticated_error()

    def read_whole_header(self, request: HTTPConnection) -> str | None:
        """Return `Authorization` as it was sent; refuse one that is missing or empty."""
        header = read_header(request, "Authorization")
        if not header:
            self.refuse()
            return None
        return header


def read_authorization(request: HTTPConnection, scheme: str) -> str | None:
    """Return what follows `scheme`, in any case, in `Authorization`; else `None`."""
    found, param = get_authorization_scheme_param(read_header(request, "Authorization"))
    return param if found.lower() == scheme else None
