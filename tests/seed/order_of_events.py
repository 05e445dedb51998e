"""What happened in a request, in order: parts of the answer, commits and rollbacks."""

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def note_answers(app: ASGIApp, events: list[str]) -> ASGIApp:
    """Wrap *app*, so that a part of an answer is an event as soon as the server has it."""

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_note(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                events.append(f"answer {message['status']} begins")
            elif not message.get("more_body", False):
                events.append("answer ends")

        await app(scope, receive, send_and_note)

    return noted


def note_transactions(engine: AsyncEngine, events: list[str]) -> None:
    """Let the ends of the engine's transactions be events."""

    def note(name: str) -> None:
        event.listen(engine.sync_engine, name, lambda _: events.append(name))

    note("commit")
    note("rollback")
