"""A model where the description of an additional response should be."""

from pydantic import BaseModel

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


class Problem(BaseModel):
    message: str


@app.get("/items", responses={404: Problem})
def list_items():
    return []
