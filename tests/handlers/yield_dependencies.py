"""Generators of both scopes: the inner ones end before the answer, the outer ones after it."""

from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


async def connection():
    yield "connection"


def lock():
    yield "lock"


async def session(connection: Annotated[str, Depends(connection)]):
    yield f"session on {connection}"


@app.get("/both")
async def read_both(
    session: Annotated[str, Depends(session, scope="function")],
    lock: Annotated[str, Depends(lock, scope="request")],
):
    return session


@app.get("/inner")
def read_inner(lock: Annotated[str, Depends(lock, scope="function")]) -> str:
    return lock
