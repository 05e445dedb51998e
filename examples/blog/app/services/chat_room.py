"""A chat in which nobody waits for anybody.

Each socket has a queue and a task that sends what is in it. Whoever reads so slowly that
the queue is full is closed with code 1013 (try again later); the others notice nothing.
A room lives in one process and knows nothing of other workers.
"""

import asyncio
from contextlib import suppress

from anyio import CancelScope, create_task_group, move_on_after
from pronghorn import WebSocket, WebSocketDisconnect, status

# Messages that may wait for one reader.
QUEUE_SIZE = 100

# Characters of one message.
MESSAGE_SIZE = 4000

# Seconds for a reader to take note of being closed.
CLOSE_PATIENCE = 10

# The client closed it; or the server did, as uvicorn does when a ping is not answered.
SOCKET_IS_CLOSED = (WebSocketDisconnect, RuntimeError)


class Member:
    """One socket in the room."""

    def __init__(self, websocket: WebSocket) -> None:
        self.websocket = websocket
        self.waiting: asyncio.Queue[str] = asyncio.Queue(QUEUE_SIZE)
        self.stay = CancelScope()
        self.close_code: int | None = None

    def give(self, text: str) -> None:
        """Let `text` be sent when its turn comes. Never waits."""
        try:
            self.waiting.put_nowait(text)
        except asyncio.QueueFull:
            self.leave(status.WS_1013_TRY_AGAIN_LATER)

    def leave(self, close_code: int | None = None) -> None:
        """End the stay at once, even while a message is being sent. The first reason counts."""
        if not self.stay.cancel_called:
            self.close_code = close_code
            self.stay.cancel()

    async def receive(self) -> str | None:
        """What the member says next; None when it leaves or sends what is no message."""
        event = await self.websocket.receive()
        text: str | None = event.get("text")
        if event["type"] == "websocket.disconnect":
            self.leave()
        elif text is None:
            self.leave(status.WS_1003_UNSUPPORTED_DATA)
        elif len(text) > MESSAGE_SIZE:
            self.leave(status.WS_1009_MESSAGE_TOO_BIG)
        else:
            return text
        return None

    async def send_waiting(self) -> None:
        """Send one message after the other, as fast as the member reads."""
        try:
            while True:
                await self.websocket.send_text(await self.waiting.get())
        except SOCKET_IS_CLOSED:
            self.leave()

    async def close(self) -> None:
        """Say why, if there is a reason and somebody who listens."""
        if self.close_code is not None:
            with suppress(*SOCKET_IS_CLOSED), move_on_after(CLOSE_PATIENCE):
                await self.websocket.close(self.close_code)


class ChatRoom:
    """Everybody who is connected to this process."""

    def __init__(self) -> None:
        self.members: set[Member] = set()

    def broadcast(self, text: str) -> None:
        for member in self.members:
            member.give(text)

    async def join(self, websocket: WebSocket, name: str) -> None:
        """Take part until the socket leaves or is closed."""
        await websocket.accept()
        member = Member(websocket)
        self.members.add(member)
        try:
            await self._take_part(member, name)
        finally:
            self.members.remove(member)
            self.broadcast(f"{name} left")
        await member.close()

    async def _take_part(self, member: Member, name: str) -> None:
        with member.stay:
            async with create_task_group() as tasks:
                tasks.start_soon(member.send_waiting)
                while (text := await member.receive()) is not None:
                    self.broadcast(f"{name}: {text}")
                    # A burst of messages must not fill the queues before they are sent.
                    await asyncio.sleep(0)
