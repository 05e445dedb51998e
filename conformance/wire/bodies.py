"""Bodies: JSON, forms and files; those that fit, those that nearly do, and broken ones."""

import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from wire.requesting import Request
from wire.schemas import Schemas
from wire.targets import write_value

JSON = "application/json"
URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"
BOUNDARY = b"wire-boundary"
CONTENT_TYPES = (
    b"application/json", b"application/json; charset=utf-8", b"Application/JSON", b"text/plain",
    b"application/vnd.api+json", b"application/geo+json;v=1", b"application/x-www-form-urlencoded",
    b"multipart/form-data", b"multipart/form-data; boundary=wire-boundary", b"application/jsonp",
    b"", b"json", b"application/xml", b"application/octet-stream", b"text/json", b"*/*",
)  # fmt: skip
# Bodies that are odd whatever the schema says.
ODD_JSON = (
    b"", b" ", b"null", b"0", b'""', b"[]", b"{}", b"true", b'"text"', b"[{}]", b'{"": 1}',
    b"\xef\xbb\xbf{}", b'{"a": 1, "a": 2}', b"1.0", b"-0", b"123456789012345678901234567890",
    b"\t\r\n {} \n", b'{"name": "\\u00e9", "price": 1}', b'{"name": "\\u0000", "price": 1}',
    b'{"name":"\xc3\xa9","price":"1.5"}', b"1e5",
)  # fmt: skip
BROKEN_JSON = (
    b"{", b'{"name": ', b"{'name': 1}", b'{"name": 1,}', b"[1, 2", b"nul", b"\xff\xfe", b"{} {}",
    b'{"name": "\xff"}', b'{"a": 01}', b'{"a": "\n"}', b"NaN", b"Infinity", b"-Infinity",
    b'{"price": NaN}', b'{"price": Infinity, "name": "a"}', b'{"name": "\\ud800", "price": 1}',
    b'"\\udc00"', b"[1e400]", b'{"price": 1e999, "name": "n"}', '{"name": 1}'.encode("utf-16"),
    '{"name": 1}'.encode("utf-32-le"), b"// comment\n{}", b"[" * 300 + b"]" * 300, b"\x00",
    b"{\x00}",
)  # fmt: skip
Content = dict[str, Any]


def fit_body(request: Request, content: Content, schemas: Schemas, rng: random.Random) -> Request:
    """Give *request* a body that fits."""
    if not content:
        return request
    kind = rng.choice(list(content))
    return with_body(request, kind, schemas.fit(content[kind].get("schema", {}), rng), rng)


def with_body(request: Request, kind: str, value: Any, rng: random.Random) -> Request:
    """Write *value* as the body, by its content type."""
    if kind == MULTIPART or (kind == URLENCODED and rng.random() < 0.15):
        return with_type(request, b"multipart/form-data; boundary=" + BOUNDARY, write_parts(value))
    if kind == URLENCODED:
        pairs = [(name, text) for name, text in flatten(value)]
        body = urlencode(pairs, errors="replace").encode()
        return with_type(request, URLENCODED.encode(), body)
    style = rng.choice(({}, {}, {"ensure_ascii": False}, {"indent": 1}))
    body = json.dumps(value, **style).encode("utf-8", "replace")
    return with_type(request, kind.encode(), body)


def with_type(request: Request, kind: bytes | None, body: bytes) -> Request:
    """Give *request* a body and its type."""
    kept = tuple(header for header in request.headers if header[0].lower() != b"content-type")
    headers = kept if kind is None else (*kept, (b"content-type", kind))
    return replace(request, headers=headers, body=body)


def flatten(value: Any) -> list[tuple[str, str]]:
    """List the fields of a form."""
    if not isinstance(value, dict):
        return [("value", write_value(value))]
    found = []
    for name, inner in value.items():
        each = inner if isinstance(inner, list) else [inner]
        found += [(name, write_value(one)) for one in each]
    return found


def write_parts(value: Any) -> bytes:
    """Write the fields of a form in parts; what looks like a file's name is sent as a file."""
    parts = []
    for name, text in flatten(value):
        said = f'form-data; name="{name}"'
        if "file" in name or text == "file content":
            said += f'; filename="{name}.txt"\r\ncontent-type: text/plain'
        head = f"--{BOUNDARY.decode()}\r\ncontent-disposition: {said}\r\n\r\n{text}\r\n"
        parts.append(head.encode("utf-8", "replace"))
    return b"".join((*parts, b"--", BOUNDARY, b"--\r\n"))


def make_strange(
    request: Request, content: Content, schemas: Schemas, rng: random.Random
) -> Request:
    """Let the body be wrong in one place, or only strange."""
    kind = rng.choice(list(content))
    value = schemas.nearly_fit(content[kind].get("schema", {}), rng)
    return with_body(request, kind, value, rng)


def change_type(
    request: Request, content: Content, schemas: Schemas, rng: random.Random
) -> Request:
    """Let the body have another content type, or none."""
    kind = rng.choice((*CONTENT_TYPES, None))
    return with_type(request, kind, request.body or b"")


def make_odd(request: Request, content: Content, schemas: Schemas, rng: random.Random) -> Request:
    """Let the body be one that no schema has in mind; or let there be none."""
    if rng.random() < 0.15:
        return replace(request, body=None)
    if rng.random() < 0.15:
        return replace(request, body=None, headers=())
    if JSON in content or rng.random() < 0.2:
        return with_type(request, JSON.encode(), rng.choice(ODD_JSON))
    if rng.random() < 0.5:
        return with_type(request, URLENCODED.encode(), rng.choice(ODD_FORMS))
    return with_type(request, b"multipart/form-data; boundary=wire-boundary", rng.choice(ODD_PARTS))


def make_broken(
    request: Request, content: Content, schemas: Schemas, rng: random.Random
) -> Request:
    """Let the body be none that can be read."""
    body = request.body or b""
    if rng.random() < 0.15 and len(body) > 2:
        return replace(request, missing=rng.randrange(1, len(body)))
    if JSON in content and rng.random() < 0.9:
        return with_type(request, JSON.encode(), rng.choice(BROKEN_JSON))
    if body and rng.random() < 0.4:
        return replace(request, body=body[: rng.randrange(len(body))])
    kind = rng.choice((*BROKEN_MULTIPART, URLENCODED.encode()))
    return with_type(request, kind, rng.choice((*ODD_PARTS, *ODD_FORMS, body)))


ODD_FORMS = (
    b"", b"&", b"=", b"&&=&", b"a", b"a=", b"=a", b"a=1&a=2", b"username=%", b"username=%zz&a=1",
    b"username=%ff%fe", b"username=a+b%2Bc", b"username=\xc3\xa9", b"username=\xff", b"a=1;b=2",
    b"username=1&username=&username=3", b"a=%00", b"username=johndoe&password=secret",
    b"username=johndoe&password=secret&grant_type=password", b"data=foo&username=a&extra=1",
)  # fmt: skip
_LINE = b"--wire-boundary\r\ncontent-disposition: form-data; "
_END = b"\r\n--wire-boundary--\r\n"
ODD_PARTS = (
    b"", _END, b"--wire-boundary--", _LINE + b'name="file"; filename=""\r\n\r\n' + _END,
    _LINE + b'name="file"; filename="a.txt"\r\n\r\nabc' + _END,
    _LINE + b'name="file"; filename="../\xc3\xa9 %22.txt"\r\ncontent-type: text/x\r\n\r\nab' + _END,
    _LINE + b'name="file"; filename*=UTF-8\'\'%e2%82%ac.txt\r\n\r\nabc' + _END,
    _LINE + b'name="file"\r\n\r\nnot a file' + _END, _LINE + b"name=file\r\n\r\nunquoted" + _END,
    _LINE + b'filename="a.txt"\r\n\r\nno name' + _END,
    b"preamble\r\n" + _LINE + b'name="a"\r\n\r\nb' + _END,
    _LINE + b'name="username"\r\ncontent-type: application/json\r\n\r\n{"a": 1}' + _END,
    _LINE + b'name="username"\r\n\r\n\xff\xfe' + _END,
    _LINE + b'name="files"; filename="1"\r\n\r\n1\r\n'
    + _LINE + b'name="files"; filename="2"\r\n\r\n2' + _END,
    _LINE + b'name="file"; filename="a"\r\n\r\n' + b"x" * 3000 + _END,
    b'--wire-boundary\ncontent-disposition: form-data; name="a"\n\nline feeds\n--wire-boundary--\n',
    _LINE + b'name="username"\r\n\r\nnever ends', b"--other\r\n\r\n--other--", b"\x00\xff",
    b"--wire-boundary\r\nno colon\r\n\r\nx" + _END, b"--wire-boundary\r\n\r\nno headers" + _END,
)  # fmt: skip
BROKEN_MULTIPART = (
    b"multipart/form-data", b"multipart/form-data; boundary=",
    b"multipart/form-data; boundary=other", b'multipart/form-data; boundary="wire-boundary"',
    b"multipart/form-data; boundary=wire-boundary",
    b"multipart/form-data; charset=utf-9; boundary=wire-boundary",
    b"multipart/mixed; boundary=wire-boundary",
)  # fmt: skip
CHANGES: dict[str, Callable[[Request, Content, Schemas, random.Random], Request]] = {
    "strange body": make_strange,
    "other content type": change_type,
    "odd body": make_odd,
    "broken body": make_broken,
}
