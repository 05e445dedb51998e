"""OAuth2 (RFC 6749): the form of a password login, tokens, and the scopes of a request."""

from typing import TYPE_CHECKING, Annotated, Any

from starlette.requests import HTTPConnection

from pronghorn.exceptions import HTTPException
from pronghorn.incidental import incidental
from pronghorn.openapi.models import OAuth2 as OAuth2Model
from pronghorn.openapi.models import OAuthFlows as OAuthFlowsModel
from pronghorn.param_functions import Form
from pronghorn.security.base import RefusingScheme, read_authorization
from pronghorn.security.scopes import SecurityScopes as SecurityScopes

# Constructed, not validated: validation would build five models at import.
_NO_FLOWS = OAuthFlowsModel.model_construct()


class OAuth2PasswordRequestForm:
    """The form of a login by password (RFC 6749 section 4.3.2), as a dependency.

    `scopes` is `scope` split at its spaces.  `grant_type` may be missing, against the RFC.
    """

    # Nothing waits here, so no thread is needed.  Of a subclass that is not known.
    _never_blocks = True

    def __init__(
        self,
        *,
        grant_type: Annotated[str | None, Form(pattern="^password$")] = None,
        username: Annotated[str, Form()],
        password: Annotated[str, Form(json_schema_extra={"format": "password"})],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form(json_schema_extra={"format": "password"})] = None,
    ) -> None:
        self.grant_type = grant_type
        self.username = username
        self.password = password
        self.scopes = scope.split()
        self.client_id = client_id
        self.client_secret = client_secret


class OAuth2PasswordRequestFormStrict(OAuth2PasswordRequestForm):
    """The same form; `grant_type` must be there and be `password`, as the RFC demands."""

    _never_blocks = True

    def __init__(
        self,
        grant_type: Annotated[str, Form(pattern="^password$")],
        username: Annotated[str, Form()],
        password: Annotated[str, Form()],
        scope: Annotated[str, Form()] = "",
        client_id: Annotated[str | None, Form()] = None,
        client_secret: Annotated[str | None, Form()] = None,
    ) -> None:
        super().__init__(
            grant_type=grant_type,
            username=username,
            password=password,
            scope=scope,
            client_id=client_id,
            client_secret=client_secret,
        )


class OAuth2(RefusingScheme):
    """Any flows; hands on the header `Authorization` as it is."""

    model: OAuth2Model
    error_class = HTTPException

    def __init__(
        self,
        *,
        flows: OAuthFlowsModel | dict[str, dict[str, Any]] = _NO_FLOWS,
        scheme_name: str | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        model = OAuth2Model.model_validate({"flows": flows, "description": description})
        super().__init__(model, scheme_name, auto_error)

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the header, or refuse."""
        return self.read_whole_header(request)

    def _read_token(self, request: HTTPConnection) -> str | None:
        """Return the token (RFC 6750 section 2.1), without the word `Bearer`."""
        token = read_authorization(request, "bearer")
        if token is None:
            self.refuse()
        return token


class OAuth2PasswordBearer(OAuth2):
    """A token that was got at `tokenUrl` for a user name and a password."""

    def __init__(
        self,
        tokenUrl: str,  # noqa: N803  OpenAPI's and FastAPI's name, as below.
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
        refreshUrl: str | None = None,  # noqa: N803
    ) -> None:
        flow = {"tokenUrl": tokenUrl, "refreshUrl": refreshUrl, "scopes": scopes or {}}
        super().__init__(
            flows={"password": flow},
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the token, or refuse."""
        return self._read_token(request)


class OAuth2AuthorizationCodeBearer(OAuth2):
    """A token that was got at `tokenUrl` for a code from `authorizationUrl`."""

    def __init__(
        self,
        authorizationUrl: str,  # noqa: N803  OpenAPI's and FastAPI's name, as below.
        tokenUrl: str,  # noqa: N803
        refreshUrl: str | None = None,  # noqa: N803
        scheme_name: str | None = None,
        scopes: dict[str, str] | None = None,
        description: str | None = None,
        auto_error: bool = True,
    ) -> None:
        flow = {
            "authorizationUrl": authorizationUrl,
            "tokenUrl": tokenUrl,
            "refreshUrl": refreshUrl,
            "scopes": scopes or {},
        }
        super().__init__(
            flows={"authorizationCode": flow},
            scheme_name=scheme_name,
            description=description,
            auto_error=auto_error,
        )

    async def __call__(self, request: HTTPConnection) -> str | None:
        """Return the token, or refuse."""
        return self._read_token(request)


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
