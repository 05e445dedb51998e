"""The answers to exceptions that every application has by default."""

import json

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from pronghorn.exceptions import (
    HTTPException,
    RequestValidationError,
    WebSocketRequestValidationError,
)

pytestmark = pytest.mark.anyio

REQUEST = Request({"type": "http"})


def make(value):
    return {"type": "int_type", "loc": ("query", "é"), "msg": "Not an integer", "input": value}


async def close_with(errors):
    sent = []

    async def send(message):
        sent.append(message)

    socket = WebSocket({"type": "websocket"}, receive=None, send=send)
    await websocket_request_validation_exception_handler(
        socket, WebSocketRequestValidationError(errors)
    )
    assert [(message["type"], message["code"]) for message in sent] == [("websocket.close", 1008)]
    return sent[0]["reason"]


async def test_an_http_exception_is_answered_with_its_status_headers_and_detail():
    error = HTTPException(418, detail=["short", "stout"], headers={"X-Tea": "yes"})
    response = await http_exception_handler(REQUEST, error)
    assert response.status_code == 418
    assert response.body == b'{"detail":["short","stout"]}'
    assert response.headers["x-tea"] == "yes"


async def test_a_status_without_body_is_answered_without_one():
    response = await http_exception_handler(REQUEST, HTTPException(304, headers={"ETag": "x"}))
    assert (response.status_code, response.body, type(response)) == (304, b"", Response)
    assert response.headers["etag"] == "x"


async def test_a_validation_error_is_answered_with_422_and_its_errors():
    error = RequestValidationError([make("x")], body={})
    response = await request_validation_exception_handler(REQUEST, error)
    assert response.status_code == 422
    assert isinstance(response, JSONResponse)
    assert response.headers["content-type"] == "application/json"
    assert int(response.headers["content-length"]) == len(response.body)
    assert response.body == JSONResponse({"detail": [make("x")]}).body


async def test_a_validation_error_is_answered_with_422_whatever_was_sent():
    error = RequestValidationError([make("\ud800"), make(float("nan")), make(b"\xff")])
    response = await request_validation_exception_handler(REQUEST, error)
    assert response.status_code == 422
    echoes = [entry["input"] for entry in json.loads(response.body)["detail"]]
    assert echoes == ["\\ud800", "NaN", "\\xff"]


async def test_a_websocket_is_closed_with_the_errors_as_json_text():
    assert await close_with([{"msg": "é"}]) == '[{"msg":"é"}]'


@pytest.mark.parametrize("length", range(100, 140))
async def test_a_close_reason_has_at_most_123_bytes_and_no_broken_character(length):
    reason = await close_with(["x" * (length - 100) + "é" * 50])
    assert isinstance(reason, str)
    assert len(reason.encode()) <= 123
    assert reason.startswith('["')
    assert reason.endswith(('"]', "…"))


async def test_a_websocket_is_closed_whatever_was_sent():
    assert await close_with([{"input": "\ud800"}]) == '[{"input":"\\\\ud800"}]'
