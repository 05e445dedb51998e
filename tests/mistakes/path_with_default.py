"""A parameter of the path with a default, which could never be used."""

from typing import Annotated

from pronghorn import FastAPI, Path

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/users/{user_id}")
def read_user(user_id: Annotated[int, Path()] = 1):
    return user_id
