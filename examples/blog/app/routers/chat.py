"""The chat: what one client says, all clients of this process hear."""

from pronghorn import APIRouter, WebSocket

from services.chat_room import ChatRoom

router = APIRouter()
room = ChatRoom()


@router.websocket("/ws/{client_id}")
async def chat(websocket: WebSocket, client_id: int) -> None:
    await room.join(websocket, f"Client #{client_id}")
