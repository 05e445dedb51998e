"""A dependency that lives as long as the request, on one that is gone before the answer."""

from typing import Annotated

from pronghorn import Depends, FastAPI
from pronghorn.exceptions import DependencyScopeError

FASTAPI_RAISES = DependencyScopeError

app = FastAPI()


def connection():
    yield 1


def session(connection: Annotated[int, Depends(connection, scope="function")]):
    yield connection


@app.get("/items")
def list_items(session: Annotated[int, Depends(session)]):
    return session
