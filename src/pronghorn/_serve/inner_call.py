"""A call of what is inside of a `BaseHTTPMiddleware`: the task that it runs in, and its messages.

As in Starlette messages have no buffer: who sends one waits until it is taken.  The exception
is who sends what is waited for.  The sender of the last message waits until the answer was sent.
"""

from asyncio import AbstractEventLoop, Future, Task, current_task, sleep
from typing import Any

from starlette.middleware.base import BodyStreamGenerator, _CachedRequest, _StreamingResponse
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn._own_task import OwnTask


class InnerCall(OwnTask):
    """One run of what is inside of a middleware, as a task, and its messages on their way out."""

    has_begun = False
    is_over = False
    """Whether there will be no more messages."""
    is_answered = False
    """Whether the middleware's answer was sent, be it this one or another."""
    has_read = False
    """Whether it was given a part of the request's body."""
    is_wanted = False
    """Whether a message is waited for."""
    message: Message | None = None
    """The message that came then."""
    arrival: Future[None] | None = None
    """Done when it has come, or will not come any more."""
    taken: Future[None] | None = None
    """What the sender of the last message waits for that was taken, if it was not the last."""

    def __init__(
        self, app: ASGIApp, scope: Scope, request: _CachedRequest, loop: AbstractEventLoop
    ) -> None:
        super().__init__(self.run(app, scope), loop)
        self.request = request
        self.offered: list[tuple[Message, Future[None]]] = []
        """Messages that nobody waited for, each with what its sender waits for."""
        self.held: list[Future[None]] = []
        """What the senders of last messages wait for."""
        self.readings: set[OwnTask] = set()
        """What waits for the client."""

    async def run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self.receive, self.send)
        finally:
            self.is_over = True
            self.arrive()

    # --- what the inner application is given ------------------------------------------------

    async def receive(self) -> Message:
        if not self.is_answered:
            reading = OwnTask(self.request.wrapped_receive(), self.loop)
            reading.begin()
            if not reading.done():
                self.readings.add(reading)
                try:
                    await reading.ended()
                finally:
                    self.readings.discard(reading)
            if not self.is_answered:
                message: Message = reading.outcome()
                self.has_read = self.has_read or bool(message.get("body"))
                return message
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Hand over *message*; if it is the last one, return after the answer was sent."""
        if self.is_answered:
            # Who sends without end must not keep everybody else from running.
            await sleep(0)
            return
        if self.is_wanted:
            self.is_wanted = False
            self.message = message
            self.arrive()
            if not is_last(message):
                return
            turn: Future[None] = Future(loop=self.loop)
            self.held.append(turn)
        else:
            turn = Future(loop=self.loop)
            self.offered.append((message, turn))
        await turn

    def arrive(self) -> None:
        if self.arrival is not None and not self.arrival.done():
            self.arrival.set_result(None)

    # --- what the middleware does with it ---------------------------------------------------

    def take_now(self) -> Message | None:
        """The next message, if it is there or comes when the application takes a step."""
        while self.offered:
            message, turn = self.offered.pop(0)
            # A sender that was cancelled has sent nothing.
            if not turn.done():
                if is_last(message):
                    self.held.append(turn)
                else:
                    self.taken = turn
                return message
        if self.is_over:
            return None
        self.is_wanted = True
        if not self.has_begun:
            self.has_begun = True
            self.begin()
        elif self.taken is not None:
            self.go_on(self.taken, current_task(self.loop))
        arrived, self.message = self.message, None
        return arrived

    async def take(self) -> Message | None:
        """The next message; None when there are no more."""
        message = self.take_now()
        if message is None and not self.is_over:
            self.arrival = Future(loop=self.loop)
            try:
                await self.arrival
            finally:
                self.arrival = None
                self.is_wanted = False
            message, self.message = self.message, None
        return message

    async def response(self, send: Send) -> Response:
        """The response as its beginning tells; it has the rest as an iterator."""
        info = None
        message = self.take_now() or await self.take()
        while message is not None and message["type"] != "http.response.start":
            if message["type"] == "http.response.debug":
                info = message["info"]
            elif message["type"] == "http.response.early_hint":
                await send(message)
            else:
                raise RuntimeError(f"An answer cannot begin with {message['type']!r}.")
            message = await self.take()
        if message is not None:
            return StreamedResponse(self, message, info)
        if self.error is not None:
            # As Starlette shows it: what it was raised in the midst of is its cause.
            self.error.__cause__ = self.error.__cause__ or self.error.__context__
        self.raise_error()
        raise RuntimeError("No response returned.")

    async def pass_on(self, send: Send) -> None:
        """Send the body as it comes."""
        # Another middleware takes messages apart itself, in the way in which it is done here.
        is_within = isinstance(getattr(send, "__self__", None), InnerCall)
        while (message := self.take_now() or await self.take()) is not None:
            chunk = chunk_of(message)
            if is_within or isinstance(chunk, dict):
                await send(message)
                if is_last(message):
                    return
            else:
                if chunk:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if is_last(message):
                    break
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def body(self) -> BodyStreamGenerator:
        """The body as it comes, for whoever wants to see it."""
        while (message := await self.take()) is not None:
            if self.taken is not None and not self.taken.done():
                # It may be the last that is asked for; the sender goes on all the same.
                self.taken.set_result(None)
            chunk = chunk_of(message)
            if chunk:
                yield chunk
            if is_last(message):
                return

    # --- its end ----------------------------------------------------------------------------

    def let_go(self, outer: Task[Any]) -> None:
        """Let the application go on after the answer was sent; what it sends now is dropped."""
        self.is_answered = True
        for reading in self.readings:
            reading.keep_cancelling()
        turns = [*self.held, *(turn for _, turn in self.offered)]
        self.offered.clear()
        if self.taken is not None:
            turns.append(self.taken)
        for turn in turns:
            self.go_on(turn, outer)


class StreamedResponse(_StreamingResponse):
    """What `call_next` returns."""

    media_type = None
    background: Any = None
    chosen_iterator: Any = None
    """The iterator of the body, if somebody has asked for it or set one."""

    def __init__(self, call: InnerCall, message: Message, info: Any) -> None:
        self.call = call
        self.info = info
        self.status_code = message["status"]
        self.raw_headers = message.get("headers", [])

    @property
    def body_iterator(self) -> Any:  # Any: users set what they like, and FastAPI sends it.
        if self.chosen_iterator is None:
            self.chosen_iterator = self.call.body()
        return self.chosen_iterator

    @body_iterator.setter
    def body_iterator(self, iterator: Any) -> None:
        self.chosen_iterator = iterator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.chosen_iterator is not None or self.info is not None:
            await super().__call__(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await self.call.pass_on(send)
        if self.background is not None:
            await self.background()


# Who looks for the name of the class finds Starlette's.
StreamedResponse.__name__ = StreamedResponse.__qualname__ = _StreamingResponse.__name__


def chunk_of(message: Message) -> Any:
    """What an iterator of a body yields for *message*: bytes, or a message of another kind."""
    if message["type"] == "http.response.body":
        return message.get("body", b"")
    if message["type"] == "http.response.pathsend":
        return message
    raise RuntimeError(f"A body cannot have {message['type']!r}.")


def is_last(message: Message) -> bool:
    if message["type"] == "http.response.body":
        return not message.get("more_body", False)
    return bool(message["type"] == "http.response.pathsend")
