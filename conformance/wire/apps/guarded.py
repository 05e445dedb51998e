"""Every kind of security, required and optional; scopes."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Security
from fastapi.security import (
    APIKeyCookie,
    APIKeyHeader,
    APIKeyQuery,
    HTTPAuthorizationCredentials,
    HTTPBasic,
    HTTPBasicCredentials,
    HTTPBearer,
    HTTPDigest,
    OAuth2AuthorizationCodeBearer,
    OAuth2PasswordBearer,
    OAuth2PasswordRequestForm,
    OAuth2PasswordRequestFormStrict,
    OpenIdConnect,
    SecurityScopes,
)

from wire.events import note

app = FastAPI()
SCHEMES = {
    "key-header": (APIKeyHeader, {"name": "x-key"}),
    "key-query": (APIKeyQuery, {"name": "key", "description": "a key"}),
    "key-cookie": (APIKeyCookie, {"name": "key"}),
    "basic": (HTTPBasic, {}),
    "basic-realm": (HTTPBasic, {"realm": "simple"}),
    "bearer": (HTTPBearer, {"bearerFormat": "JWT"}),
    "digest": (HTTPDigest, {}),
    "password": (OAuth2PasswordBearer, {"tokenUrl": "token", "scopes": {"read": "Read"}}),
    "code": (OAuth2AuthorizationCodeBearer, {"authorizationUrl": "auth", "tokenUrl": "token"}),
    "openid": (OpenIdConnect, {"openIdConnectUrl": "/openid"}),
}


def show(value):
    if isinstance(value, HTTPBasicCredentials):
        return {"username": value.username, "password": value.password}
    if isinstance(value, HTTPAuthorizationCredentials):
        return {"scheme": value.scheme, "credentials": value.credentials}
    return value


def add(name: str, kind: type, options: dict, required: bool) -> None:
    scheme = kind(**options, auto_error=required, scheme_name=f"{name}-{required}")

    @app.get(f"/{name}/{'required' if required else 'optional'}", name=name)
    async def read(value: Annotated[object, Security(scheme)], n: int = 0):
        note("endpoint")
        return {"value": show(value), "n": n}


for name, (kind, options) in SCHEMES.items():
    add(name, kind, options, True)
    add(name, kind, options, False)

oauth2 = OAuth2PasswordBearer("token", scopes={"read": "Read", "write": "Write"})


async def user(scopes: SecurityScopes, token: Annotated[str, Depends(oauth2)]):
    note(f"user {scopes.scope_str}")
    missing = [scope for scope in scopes.scopes if scope not in token.split("+")]
    if missing:
        challenge = f'Bearer scope="{scopes.scope_str}"'
        raise HTTPException(401, f"missing {missing}", {"WWW-Authenticate": challenge})
    return token


async def active(user: Annotated[str, Security(user, scopes=["read"])]):
    return user


router = APIRouter(dependencies=[Security(user, scopes=["read"])])


@router.get("/scopes/router")
async def of_router():
    return "router"


@app.get("/scopes/both")
async def both(
    a: Annotated[str, Security(active, scopes=["write"])], b: Annotated[str, Security(user)]
):
    return [a, b]


@app.post("/token")
async def token(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    return {
        "access_token": form.username,
        "scopes": form.scopes,
        "id": form.client_id,
        "grant": form.grant_type,
    }


@app.post("/token-strict")
async def token_strict(form: Annotated[OAuth2PasswordRequestFormStrict, Depends()]):
    return {"access_token": form.username, "scopes": form.scopes}


app.include_router(router)
