"""A session in the signature of a WebSocket's endpoint, which may last for hours."""

from typing import Annotated

from pronghorn import APIRouter, WebSocket
from pronghorn.exceptions import FastAPIError
from pronghorn.params import Resource

FASTAPI_RAISES = FastAPIError

router = APIRouter()


async def session():
    yield 1


@router.websocket("/rooms")
async def talk(websocket: WebSocket, session: Annotated[int, Resource(session, is_brief=True)]):
    await websocket.accept()
