"""Headers: one, a list of all, and cookies."""

from typing import Annotated

from pronghorn import Cookie, FastAPI, Header

app = FastAPI()


@app.get("/one")
async def read_one(user_agent: Annotated[str | None, Header()] = None):
    return user_agent


@app.get("/many")
async def read_many(
    x_token: Annotated[list[str], Header()],
    session: Annotated[str | None, Cookie()] = None,
):
    return x_token
