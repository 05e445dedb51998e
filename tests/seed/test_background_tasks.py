"""The seed's mail to a new user, sent after the answer."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from seed import preludes
from seed.blocks import run_block
from seed.order_of_events import note_answers
from seed.users import ADA

pytestmark = pytest.mark.anyio


@pytest.fixture
def events() -> list[str]:
    return []


@pytest.fixture
async def client(events: list[str]) -> AsyncIterator[AsyncClient]:
    block = run_block("Background Tasks", preludes.background_tasks(events.append))
    transport = ASGITransport(note_answers(block.app, events))
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_the_mail_is_sent_after_the_answer(client, events, capsys):
    response = await client.post("/users", json=ADA)
    assert response.status_code == 200
    assert response.json() == {"id": 1, "email": "ada@example.com", "name": "Ada"}
    assert events == ["answer 200 begins", "answer ends", "slept 2 seconds"]
    assert capsys.readouterr().out == ("Email sent to ada@example.com: Welcome to our platform!\n")


async def test_a_refused_user_gets_no_mail(client, events, capsys):
    assert (await client.post("/users", json={})).status_code == 422
    assert events == ["answer 422 begins", "answer ends"]
    assert capsys.readouterr().out == ""
