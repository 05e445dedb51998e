"""The seed's chat: what one says all hear, and that one has left."""

from collections.abc import Iterator
from typing import Any

import pytest
from seed import preludes
from seed.blocks import run_block

from pronghorn import WebSocketDisconnect
from pronghorn.testclient import TestClient


@pytest.fixture
def block() -> Any:
    return run_block("WebSocket", preludes.application())


@pytest.fixture
def client(block: Any) -> Iterator[TestClient]:
    # Entered, so that all sockets are in the same event loop.
    with TestClient(block.app) as client:
        yield client


def test_two_hear_each_other(block, client):
    with client.websocket_connect("/ws/1") as one:
        with client.websocket_connect("/ws/2") as two:
            one.send_text("hello")
            assert [one.receive_text(), two.receive_text()] == ["Client #1: hello"] * 2
            two.send_text("grüß dich")
            assert [one.receive_text(), two.receive_text()] == ["Client #2: grüß dich"] * 2
            assert len(block.manager.active_connections) == 2
        assert one.receive_text() == "Client #2 left"
        assert len(block.manager.active_connections) == 1
    assert block.manager.active_connections == []


def test_a_client_without_a_number_is_not_let_in(block, client):
    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect("/ws/one"):
        pass
    assert caught.value.code == 1008
    assert block.manager.active_connections == []
