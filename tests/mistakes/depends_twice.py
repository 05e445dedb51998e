"""Two dependencies for one parameter."""

from typing import Annotated

from pronghorn import Depends, FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


def session():
    return 1


@app.get("/items")
def list_items(session: Annotated[int, Depends(session)] = Depends(session)):
    return session
