"""The stream of server-sent events that an endpoint yields, kept alive in silence.

The generator runs in a task of its own, so that comments can be sent while it is silent.  It
begins when the first event is asked for: what ends before the answer has ended then.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import anyio
from anyio.abc import ObjectReceiveStream, ObjectSendStream
from anyio.lowlevel import checkpoint

from pronghorn import sse
from pronghorn._pipeline.exits import ending
from pronghorn.concurrency import iterate_in_threadpool
from pronghorn.encoders import jsonable_encoder

Write = Callable[[Any], bytes]


async def event_stream(
    items: Any, write: Write, stack: AsyncExitStack, *, is_async: bool
) -> AsyncIterator[bytes]:
    """The bytes of the events that *items* yields; its tasks end when *stack* is left.

    *write* makes JSON of an item that is no `ServerSentEvent`.
    """
    source = items if is_async else iterate_in_threadpool(items)
    is_asked = anyio.Event()
    events = await stack.enter_async_context(producing(items, source, write, is_asked))
    return with_checkpoints(events, is_asked)


@asynccontextmanager
async def producing(
    items: Any, source: Any, write: Write, is_asked: anyio.Event
) -> AsyncIterator[ObjectReceiveStream[bytes]]:
    """Tasks that turn *source*, which gives *items*, into bytes, and where these come out."""
    to_keeper, from_producer = anyio.create_memory_object_stream[bytes](max_buffer_size=1)
    to_client, from_keeper = anyio.create_memory_object_stream[bytes](max_buffer_size=1)
    # It is closed after the tasks have ended: else they would complain that nobody listens.
    with from_keeper:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(produce, items, source, write, to_keeper, is_asked)
            tasks.start_soon(keep_alive, from_producer, to_client, is_asked)
            yield from_keeper
            tasks.cancel_scope.cancel()


async def produce(
    items: Any,
    source: Any,
    write: Write,
    to_keeper: ObjectSendStream[bytes],
    is_asked: anyio.Event,
) -> None:
    async with to_keeper, ending(items, source):
        await is_asked.wait()
        async for item in source:
            await to_keeper.send(event_bytes(item, write))


async def keep_alive(
    from_producer: ObjectReceiveStream[bytes],
    to_client: ObjectSendStream[bytes],
    is_asked: anyio.Event,
) -> None:
    """Pass events on, and send a comment where none came for a while."""
    async with to_client, from_producer:
        await is_asked.wait()
        while True:
            try:
                with anyio.fail_after(sse._PING_INTERVAL):
                    data = await from_producer.receive()
            except TimeoutError:
                data = sse.KEEPALIVE_COMMENT
            except anyio.EndOfStream:
                return
            await to_client.send(data)


async def with_checkpoints(
    events: ObjectReceiveStream[bytes], is_asked: anyio.Event
) -> AsyncIterator[bytes]:
    is_asked.set()
    async for data in events:
        yield data
        await checkpoint()


def event_bytes(item: Any, write: Write) -> bytes:
    if not isinstance(item, sse.ServerSentEvent):
        return sse.format_sse_event(data_str=write(item).decode())
    return sse.format_sse_event(
        data_str=event_data(item),
        event=item.event,
        id=item.id,
        retry=item.retry,
        comment=item.comment,
    )


def event_data(event: sse.ServerSentEvent) -> str | None:
    if event.raw_data is not None or event.data is None:
        return event.raw_data
    if hasattr(event.data, "model_dump_json"):
        return str(event.data.model_dump_json())
    return json.dumps(without_non_finite(jsonable_encoder(event.data)))


def without_non_finite(value: Any) -> Any:
    """*value* with None for NaN and infinities, as pydantic writes them."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: without_non_finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_non_finite(item) for item in value]
    return value
