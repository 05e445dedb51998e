"""Resources: a reading session stands aside for a writing one; a WebSocket leaves both early."""

from typing import Annotated

from pronghorn import Depends, FastAPI, WebSocket
from pronghorn.params import Resource

app = FastAPI()


async def write():
    yield "writing"


async def read():
    yield "reading"


Session = Annotated[str, Resource(write, is_brief=True, remedy="Ask for the factory.")]
ReadSession = Annotated[str, Resource(read, yields_to=(write,), is_brief=True)]


def current_user(session: ReadSession):
    return session


async def room():
    yield "room"


@app.get("/alone")
async def read_alone(user: Annotated[str, Depends(current_user)]):
    return user


@app.get("/both")
async def read_both(user: Annotated[str, Depends(current_user)], session: Session):
    return [user, session]


@app.websocket("/rooms")
async def talk(
    websocket: WebSocket,
    user: Annotated[str, Depends(current_user)],
    room: Annotated[str, Depends(room)],
    number: int,
):
    await websocket.accept()
