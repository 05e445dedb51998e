"""Two sessions that cannot be one transaction, one of them in a dependency."""

from typing import Annotated

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import FastAPIError
from pronghorn.params import Resource

FASTAPI_RAISES = FastAPIError

app = FastAPI()


async def session():
    yield 1


def blocking_session():
    yield 2


def audit(blocking: Annotated[int, Depends(blocking_session)]):
    return blocking


@app.post("/users")
async def create_user(
    session: Annotated[int, Resource(session, excludes=(blocking_session,))],
    audit: Annotated[int, Depends(audit)],
):
    return session
