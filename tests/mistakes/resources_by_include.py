"""Two sessions that cannot be one transaction, the second one brought by an include."""

from typing import Annotated

from pronghorn import APIRouter, Depends, FastAPI
from pronghorn.exceptions import FastAPIError
from pronghorn.params import Resource

FASTAPI_RAISES = FastAPIError

app = FastAPI()
users = APIRouter()
inner = APIRouter()


async def session():
    yield 1


def blocking_session():
    yield 2


def audit(blocking: Annotated[int, Depends(blocking_session)]):
    return blocking


@inner.post("/users")
async def create_user(session: Annotated[int, Resource(session, excludes=(blocking_session,))]):
    return session


users.include_router(inner)
app.include_router(users, dependencies=[Depends(audit)])
