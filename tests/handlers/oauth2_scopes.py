"""OAuth2 scopes, collected on the way down."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Security
from pronghorn.security import OAuth2PasswordBearer, SecurityScopes

app = FastAPI()
scheme = OAuth2PasswordBearer(tokenUrl="token", scopes={"me": "Read me", "items": "Read items"})


async def current_user(scopes: SecurityScopes, token: Annotated[str, Depends(scheme)]):
    return token


async def active_user(user: Annotated[str, Security(current_user, scopes=["me"])]):
    return user


@app.get("/items")
async def read_items(
    active: Annotated[str, Security(active_user, scopes=["items"])],
    user: Annotated[str, Security(current_user, scopes=["items"])],
):
    return active
