"""What security schemes find in a request, and what they answer when they find nothing."""

import base64
import inspect
from typing import Annotated

import pytest
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import HTTPConnection, Request

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import HTTPException
from pronghorn.openapi.models import OAuthFlows
from pronghorn.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
    OAuth2,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)
from pronghorn.security.base import SecurityBase
from pronghorn.security.http import HTTPBase
from pronghorn.security.utils import get_authorization_scheme_param, read_header

pytestmark = pytest.mark.anyio

SCHEMES = {
    "api key in the query": (APIKeyQuery, {"name": "key"}, "APIKey"),
    "api key in a header": (APIKeyHeader, {"name": "key"}, "APIKey"),
    "api key in a cookie": (APIKeyCookie, {"name": "key"}, "APIKey"),
    "any http scheme": (HTTPBase, {"scheme": "other"}, "Other"),
    "basic": (HTTPBasic, {}, "Basic"),
    "basic with a realm": (HTTPBasic, {"realm": "shop"}, 'Basic realm="shop"'),
    "bearer": (HTTPBearer, {}, "Bearer"),
    "digest": (HTTPDigest, {}, "Digest"),
    "oauth2": (OAuth2, {}, "Bearer"),
    "oauth2 by password": (OAuth2PasswordBearer, {"tokenUrl": "t"}, "Bearer"),
    "oauth2 by code": (
        OAuth2AuthorizationCodeBearer,
        {"authorizationUrl": "a", "tokenUrl": "t"},
        "Bearer",
    ),
    "openid": (OpenIdConnect, {"openIdConnectUrl": "u"}, "Bearer"),
}
each_scheme = pytest.mark.parametrize(
    ("kind", "options", "challenge"), SCHEMES.values(), ids=SCHEMES.keys()
)


def connect(authorization=None, query="", **headers):
    if authorization is not None:
        headers["authorization"] = authorization
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return HTTPConnection({"type": "http", "query_string": query.encode(), "headers": raw})


def encode(text):
    return "Basic " + base64.b64encode(text).decode()


async def refuse(scheme, request):
    with pytest.raises(StarletteHTTPException) as caught:
        await scheme(request)
    assert (caught.value.status_code, caught.value.detail) == (401, "Not authenticated")
    return caught.value.headers


@each_scheme
async def test_nothing_is_answered_with_401_and_a_challenge(kind, options, challenge):
    assert await refuse(kind(**options), connect()) == {"WWW-Authenticate": challenge}


@each_scheme
async def test_without_auto_error_nothing_is_none(kind, options, challenge):
    assert await kind(auto_error=False, **options)(connect()) is None


@each_scheme
def test_the_document_can_say_what_it_is_for(kind, options, challenge):
    scheme = kind(**options, description="For friends", scheme_name="Named")
    assert isinstance(scheme, SecurityBase)
    assert (scheme.model.description, scheme.scheme_name) == ("For friends", "Named")
    assert kind(**options).scheme_name == kind.__name__


@each_scheme
def test_a_scheme_is_a_dependency_of_http_and_of_websockets(kind, options, challenge):
    (parameter,) = inspect.signature(kind(**options)).parameters.values()
    assert parameter.annotation is HTTPConnection


@each_scheme
async def test_the_error_can_be_another_one(kind, options, challenge):
    class Hidden(kind):
        def make_not_authenticated_error(self):
            return HTTPException(404)

    with pytest.raises(HTTPException) as caught:
        await Hidden(**options)(connect())
    assert caught.value.status_code == 404


@pytest.mark.parametrize(
    ("kind", "request_"),
    [
        (APIKeyQuery, connect(query="key=secret")),
        (APIKeyHeader, connect(key="secret")),
        (APIKeyCookie, connect(cookie="key=secret")),
    ],
)
async def test_an_api_key_is_found_in_its_place(kind, request_):
    scheme = kind(name="key")
    assert await scheme(request_) == "secret"
    assert scheme.model.model_dump(mode="json", by_alias=True, exclude_none=True) == {
        "type": "apiKey",
        "in": kind.__name__.removeprefix("APIKey").lower(),
        "name": "key",
    }


async def test_an_empty_api_key_is_none():
    await refuse(APIKeyHeader(name="key"), connect(key=""))


@pytest.mark.parametrize("header", ["Bearer token", "bearer  token ", "BEARER token"])
async def test_a_bearer_token_is_found_under_any_case(header):
    found = await HTTPBearer()(connect(header))
    assert (found.scheme, found.credentials) == (header.split()[0], "token")
    assert await OAuth2PasswordBearer("t")(connect(header)) == "token"
    assert await OAuth2AuthorizationCodeBearer("a", "t")(connect(header)) == "token"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic token", "token"])
async def test_another_header_is_no_bearer_token(header):
    await refuse(HTTPBearer(), connect(header))
    assert await HTTPBearer(auto_error=False)(connect(header)) is None


async def test_an_empty_oauth2_token_is_handed_on_as_fastapi_does():
    assert await OAuth2PasswordBearer("t")(connect("Bearer ")) == ""
    await refuse(OAuth2PasswordBearer("t"), connect("Basic x"))


async def test_digest_takes_digest_only():
    found = await HTTPDigest()(connect('Digest username="a"'))
    assert (found.scheme, found.credentials) == ("Digest", 'username="a"')
    await refuse(HTTPDigest(), connect("Bearer x"))


async def test_the_general_scheme_takes_any_name_with_something_behind_it():
    found = await HTTPBase(scheme="other")(connect("Another x y"))
    assert (found.scheme, found.credentials) == ("Another", "x y")
    await refuse(HTTPBase(scheme="other"), connect("Other"))


async def test_basic_splits_at_the_first_colon():
    found = await HTTPBasic()(connect(encode(b"ada:a:b")))
    assert found == HTTPBasicCredentials(username="ada", password="a:b")
    assert await HTTPBasic()(connect(encode(b":"))) == HTTPBasicCredentials(
        username="", password=""
    )


@pytest.mark.parametrize(
    "header", ["Basic x", encode(b"no colon"), encode("é:x".encode()), "Basic é", "Basic "]
)
@pytest.mark.parametrize("auto_error", [True, False])
async def test_basic_that_cannot_be_read_is_refused_even_where_it_is_optional(header, auto_error):
    headers = await refuse(HTTPBasic(realm="shop", auto_error=auto_error), connect(header))
    assert headers == {"WWW-Authenticate": 'Basic realm="shop"'}


@pytest.mark.parametrize("scheme", [OAuth2(), OpenIdConnect(openIdConnectUrl="u")])
async def test_open_schemes_hand_on_the_whole_header(scheme):
    assert await scheme(connect("Anything at all")) == "Anything at all"
    await refuse(scheme, connect(""))


def test_the_flows_of_oauth2_are_in_its_model():
    password = {"tokenUrl": "t", "refreshUrl": "r", "scopes": {"me": "Read"}}
    scheme = OAuth2PasswordBearer("t", scopes={"me": "Read"}, refreshUrl="r")
    assert scheme.model.flows.password.model_dump() == password
    assert OAuth2(flows={"password": password}).model.flows == scheme.model.flows
    code = OAuth2AuthorizationCodeBearer("a", "t").model.flows.authorizationCode
    assert (code.authorizationUrl, code.tokenUrl, code.scopes) == ("a", "t", {})
    assert OAuth2().model.flows == OAuthFlows()


def test_the_form_of_a_login_splits_its_scopes():
    form = OAuth2PasswordRequestForm(username="ada", password="x", scope="me items")
    assert (form.username, form.password, form.scopes) == ("ada", "x", ["me", "items"])
    assert (form.grant_type, form.client_id, form.client_secret) == (None, None, None)
    strict = OAuth2PasswordRequestFormStrict("password", "ada", "x")
    assert (strict.grant_type, strict.scopes) == ("password", [])


def test_only_the_strict_form_demands_the_grant_type():
    def is_required(form):
        return inspect.signature(form).parameters["grant_type"].default is inspect.Parameter.empty

    assert is_required(OAuth2PasswordRequestFormStrict)
    assert not is_required(OAuth2PasswordRequestForm)


def test_scopes_are_a_list_and_a_text():
    assert SecurityScopes(["me", "items"]).scope_str == "me items"
    assert (SecurityScopes().scopes, SecurityScopes().scope_str) == ([], "")


@pytest.mark.parametrize(
    ("header", "parts"),
    [
        (None, ("", "")),
        ("", ("", "")),
        ("Bearer", ("Bearer", "")),
        ("Bearer  a b ", ("Bearer", "a b")),
    ],
)
def test_a_header_is_a_scheme_and_the_rest(header, parts):
    assert get_authorization_scheme_param(header) == parts


def test_errors_are_of_the_class_that_fastapi_raises():
    assert type(APIKeyQuery(name="k").make_not_authenticated_error()) is StarletteHTTPException
    assert type(HTTPBearer().make_not_authenticated_error()) is HTTPException
    assert type(OAuth2().make_not_authenticated_error()) is HTTPException


@pytest.mark.parametrize("class_", [HTTPBasicCredentials, HTTPAuthorizationCredentials])
def test_the_fields_of_credentials_are_parameters_where_they_are_a_dependency(class_):
    app = FastAPI()

    class Credentials(class_):
        realm: str = "all"

    @app.get("/")
    def read(credentials: Annotated[Credentials, Depends()]): ...

    described = app.openapi()["paths"]["/"]["get"]["parameters"]
    assert [parameter["name"] for parameter in described] == [*class_.model_fields, "realm"]


class Shouting(Request):
    """A request whose headers are its own."""

    @property
    def headers(self):
        return Headers({"authorization": "Bearer own"})


@pytest.mark.parametrize(
    ("make", "wanted"),
    [
        (Request, "Bearer first"),
        (HTTPConnection, "Bearer first"),
        (Shouting, "Bearer own"),
    ],
)
def test_the_first_header_of_a_name_is_read(make, wanted):
    raw = [(b"host", b"x"), (b"authorization", b"Bearer first"), (b"authorization", b"second")]
    connection = make({"type": "http", "headers": raw})

    assert read_header(connection, "Authorization") == wanted
    assert read_header(make({"type": "http", "headers": []}), "X-None") is None


def test_headers_that_were_made_before_are_those_that_count():
    request = Request({"type": "http", "headers": [(b"x-key", b"sent")]})
    request._headers = Headers({"x-key": "put there"})

    assert read_header(request, "X-Key") == "put there"


def test_headers_that_are_made_in_another_way_count(monkeypatch):
    monkeypatch.setattr(Request, "headers", Headers({"x-key": "patched"}), raising=False)

    assert read_header(Request({"type": "http", "headers": []}), "X-Key") == "patched"
