"""What floors answer with: refusals, and the reading of bodies and pairs."""

from urllib.parse import parse_qsl

from pydantic import ValidationError
from pydantic_core import SchemaValidator, core_schema, to_json
from starlette.types import Message, Receive, Send

JSON = (b"content-type", b"application/json")
TEXT = (b"content-type", b"text/plain; charset=utf-8")


def constant(
    status: int, body: bytes, *more: tuple[bytes, bytes], content_type: tuple[bytes, bytes] = JSON
) -> tuple[Message, Message]:
    """A refusal that is always the same: both messages, made once."""
    length = (b"content-length", b"%d" % len(body))
    return (
        {"type": "http.response.start", "status": status, "headers": [*more, length, content_type]},
        {"type": "http.response.body", "body": body},
    )


NOT_FOUND = constant(404, b'{"detail":"Not Found"}')
NO_METHOD = constant(405, b'{"detail":"Method Not Allowed"}', (b"allow", b"GET"))
NO_POST = constant(405, b'{"detail":"Method Not Allowed"}', (b"allow", b"POST"))
NO_TOKEN = constant(401, b'{"detail":"Not authenticated"}', (b"www-authenticate", b"Bearer"))
BAD_TOKEN = constant(401, b'{"detail":"Could not validate credentials"}')
NO_ACCOUNT = constant(404, b'{"detail":"No such account"}')
TOO_LARGE = constant(413, b"Content Too Large", content_type=TEXT)


async def refuse(send: Send, messages: tuple[Message, Message]) -> None:
    await send(messages[0])
    await send(messages[1])


async def refuse_input(send: Send, error: ValidationError, places: dict[str, str]) -> None:
    """Answer 422, as FastAPI words it; *places* says where a field was read, else the body."""
    detail = [
        {**found, "loc": (places.get(str(found["loc"][0]), "body"), *found["loc"])}
        for found in error.errors(include_url=False)
    ]
    content = to_json({"detail": detail})
    await send(
        {
            "type": "http.response.start",
            "status": 422,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def read_body(receive: Receive) -> bytes:
    """The whole body; one message in nearly all requests."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


def split_pairs(text: str) -> dict[str, str]:
    """The pairs of a query or a form, the last of a name; decoded only if there is need."""
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    found = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        found[name] = value
    return found


check_int = SchemaValidator(core_schema.int_schema()).validate_python


def typed_dict(fields: dict[str, tuple[core_schema.CoreSchema, bool]]) -> SchemaValidator:
    return SchemaValidator(
        core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(schema, required=is_required)
                for name, (schema, is_required) in fields.items()
            }
        )
    )
