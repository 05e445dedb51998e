"""In development it is noted when an answer begins that something ends after."""

from typing import Annotated

from pronghorn import Depends, FastAPI

app = FastAPI(debug=True)


async def session():
    yield "session"


@app.get("/late")
async def read_late(session: Annotated[str, Depends(session)]):
    return session


@app.get("/early")
async def read_early(session: Annotated[str, Depends(session, scope="function")]):
    return session
