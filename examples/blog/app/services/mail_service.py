"""Mail: by SMTP where a server is set, and otherwise into the mailbox, a folder of files."""

import asyncio
import logging
import secrets
import smtplib
import ssl
import time
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import formatdate

from config import settings

logger = logging.getLogger(__name__)

# Seconds for the mail server to answer.
SMTP_PATIENCE = 30


async def send_welcome(email: str, name: str) -> None:
    """Greet a new user. Runs after the answer, so a failure is logged and goes no further."""
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = settings.mail_from
    message["To"] = email
    message["Subject"] = f"Welcome to {settings.app_name}"
    message["Date"] = formatdate()
    message.set_content(f"Hello {name},\n\nwelcome to our platform!\n")
    deliver = send_by_smtp if settings.smtp_host else put_into_mailbox
    try:
        await asyncio.to_thread(deliver, message)
    except OSError:  # of the disk or the network; smtplib's errors are OSErrors too
        logger.exception("The welcome mail for %s was not delivered", email)


def send_by_smtp(message: EmailMessage) -> None:
    """Hand the message to the server. A password is only ever sent through TLS."""
    with smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=SMTP_PATIENCE) as server:
        if settings.smtp_username:
            server.starttls(context=ssl.create_default_context())
            server.login(settings.smtp_username, settings.smtp_password)
        server.send_message(message)


def put_into_mailbox(message: EmailMessage) -> None:
    """Write one file, whole or not at all."""
    mailbox = settings.data_dir / "mailbox"
    mailbox.mkdir(parents=True, exist_ok=True)
    draft = mailbox / f"{time.time_ns()}-{secrets.token_hex(4)}.tmp"
    draft.write_bytes(message.as_bytes())
    draft.rename(draft.with_suffix(".eml"))
