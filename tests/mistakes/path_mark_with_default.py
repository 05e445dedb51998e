"""A default within `Path`."""

from pronghorn import FastAPI, Path

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/users/{user_id}")
def read_user(user_id: int = Path(default=1)):
    return user_id
