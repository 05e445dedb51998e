"""The welcome mail."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

import pytest
from httpx import AsyncClient

from config import settings
from tests.people import PASSWORD, sign_up


def mailbox(folder: Path) -> list[EmailMessage]:
    files = sorted((folder / "mailbox").glob("*"))
    return [message_from_bytes(file.read_bytes(), policy=SMTPUTF8) for file in files]


def body(message: EmailMessage) -> str:
    text: str = message.get_content()
    return text


async def test_a_new_user_is_welcomed(client: AsyncClient, tmp_path: Path) -> None:
    await sign_up(client, "jörg@example.com", name="Jörg\nBcc: spam@example.com")
    (message,) = mailbox(tmp_path)
    assert message["To"] == "jörg@example.com"
    assert message["Bcc"] is None
    assert message["Subject"] == f"Welcome to {settings.app_name}"
    assert body(message).splitlines()[0] == "Hello Jörg"


async def test_a_refused_user_gets_no_mail(client: AsyncClient, tmp_path: Path) -> None:
    await sign_up(client, "ada@example.com")
    again = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}
    assert (await client.post("/users", json=again)).status_code == 409
    assert len(mailbox(tmp_path)) == 1


async def test_mail_that_fails_fails_alone(
    client: AsyncClient, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "mailbox").write_text("not a folder")
    with caplog.at_level(logging.ERROR):
        await sign_up(client, "ada@example.com")
    assert "The welcome mail for ada@example.com was not delivered" in caplog.text


@asynccontextmanager
async def mail_server(received: list[bytes]) -> AsyncIterator[int]:
    """A mail server that accepts everything, as far as RFC 5321 is needed here."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 test\r\n")
        while line := await reader.readline():
            command = line.upper()
            if command.startswith(b"EHLO"):
                writer.write(b"250-test\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")
            elif command.startswith(b"DATA"):
                writer.write(b"354 go on\r\n")
                received.append(await reader.readuntil(b"\r\n.\r\n"))
                writer.write(b"250 thanks\r\n")
            elif command.startswith(b"QUIT"):
                writer.write(b"221 bye\r\n")
                break
            else:
                writer.write(b"250 fine\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def test_mail_goes_to_the_server_that_is_set(
    client: AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    received: list[bytes] = []
    async with mail_server(received) as port:
        monkeypatch.setattr(settings, "smtp_host", "127.0.0.1")
        monkeypatch.setattr(settings, "smtp_port", port)
        await sign_up(client, "jörg@example.com", name="Jörg")
    assert body(message_from_bytes(received[0], policy=SMTPUTF8)).startswith("Hello Jörg,")
    assert mailbox(tmp_path) == []
