"""A shared dependency is called once; one whose parameters may fail is guarded."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Header

app = FastAPI()


def settings():
    return {"key": "secret"}


async def current_user(
    x_token: Annotated[str, Header()], known: Annotated[dict, Depends(settings)]
):
    return {"token": x_token}


def permission(user: Annotated[dict, Depends(current_user)]):
    return user


def dice():
    return 4


@app.get("/", dependencies=[Depends(permission)])
async def read(
    user: Annotated[dict, Depends(current_user)],
    known: Annotated[dict, Depends(settings)],
    first: Annotated[int, Depends(dice, use_cache=False)],
    second: Annotated[int, Depends(dice, use_cache=False)],
):
    return user
