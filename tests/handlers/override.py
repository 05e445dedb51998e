"""An overridden dependency: its parameters are the ones that are read."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Header

app = FastAPI()


async def current_user(x_token: Annotated[str, Header()]):
    return x_token


def fake_user(name: str = "Ada"):
    return name


@app.get("/me")
async def me(user: Annotated[str, Depends(current_user)]):
    return user


app.dependency_overrides[current_user] = fake_user
