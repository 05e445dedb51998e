"""Floors of paths: below a prefix, among hundreds, and nowhere."""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import to_json
from starlette.types import Receive, Scope, Send

from bench.floors.answering import JSON, NO_METHOD, NOT_FOUND, check_int, refuse, refuse_input


async def read_item(item_id: int) -> dict[str, Any]:
    return {"id": item_id}


async def include3(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if not path.startswith("/a/b/c/items/") or "/" in (raw := path[13:]):
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    try:
        item_id = check_int(raw)
    except ValidationError as error:
        await refuse_input(send, error, {"": "path"})
        return
    content = to_json(await read_item(item_id))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


def _make_reader(number: int) -> Callable[[int], Awaitable[dict[str, Any]]]:
    async def read(item_id: int) -> dict[str, Any]:
        return {"route": number, "id": item_id}

    return read


READERS = {f"r{number}": _make_reader(number) for number in range(300)}


async def route300(scope: Scope, receive: Receive, send: Send) -> None:
    parts = scope["path"].split("/")
    read = READERS.get(parts[1]) if len(parts) == 3 else None
    if read is None:
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    try:
        item_id = check_int(parts[2])
    except ValidationError as error:
        await refuse_input(send, error, {"": "path"})
        return
    content = to_json(await read(item_id))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing, to see what the driver costs."""
