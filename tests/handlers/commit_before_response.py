"""Dependencies of no written scope end before the answer, if the application wants it."""

from typing import Annotated

from pronghorn import BackgroundTasks, Depends, FastAPI

app = FastAPI(commit_before_response=True)


async def connection():
    yield "connection"


async def session():
    yield "session"


async def lock(connection: Annotated[str, Depends(connection)]):
    yield f"lock on {connection}"


@app.post("/items")
async def create_item(session: Annotated[str, Depends(session)], tasks: BackgroundTasks, item: str):
    return session


@app.post("/locked")
def create_locked(
    lock: Annotated[str, Depends(lock, scope="request")],
    session: Annotated[str, Depends(session)],
    inner: Annotated[str, Depends(session, scope="function")],
) -> str:
    return session


@app.get("/plain")
def read_plain() -> str:
    return "plain"
