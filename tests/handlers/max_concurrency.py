"""Dependencies of which only so many may be in use at once."""

from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI()


async def connection():
    yield "connection"


def hash_password():
    return "hash"


@app.get("/")
async def read(
    connection: Annotated[str, Depends(connection, max_concurrency=5)],
    hashed: Annotated[str, Depends(hash_password, max_concurrency=2)],
):
    return hashed
