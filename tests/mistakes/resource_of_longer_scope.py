"""A session that lives as long as the request, and yields to one that does not."""

from typing import Annotated

from pronghorn import FastAPI
from pronghorn.exceptions import DependencyScopeError
from pronghorn.params import Resource

FASTAPI_RAISES = DependencyScopeError

app = FastAPI()


async def session():
    yield 1


async def read_session():
    yield 2


@app.post("/users")
async def create_user(
    session: Annotated[int, Resource(session, is_brief=True)],
    reading: Annotated[int, Resource(read_session, yields_to=(session,))],
):
    return session
