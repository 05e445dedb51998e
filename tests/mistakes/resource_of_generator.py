"""A session in the signature of what streams: it is over before the first item."""

from typing import Annotated

from pronghorn import FastAPI
from pronghorn.exceptions import FastAPIError
from pronghorn.params import Resource

FASTAPI_RAISES = FastAPIError

app = FastAPI()


def session():
    yield 1


Session = Annotated[
    int, Resource(session, is_brief=True, remedy="Ask for `SessionFactory`, and open one.")
]


@app.get("/items")
def list_items(session: Session):
    yield session
