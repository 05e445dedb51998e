"""Blocking sessions, for `def` endpoints and scripts, with the same promises."""

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from pronghorn.data.sessions.guarding import beneath
from pronghorn.data.sessions.transactions import OneTransaction


def make_sync_session(engine: Engine, sync_class: type[OneTransaction], **options: Any) -> Session:
    """A blocking session for one transaction on *engine*."""
    return sync_class(engine, expire_on_commit=False, close_resets_only=False, **options)


def roll_back(session: Session) -> None:
    """Roll back, as for asynchronous sessions; it is closed by whoever calls this."""
    try:
        beneath(session).rollback()
    except Exception:  # noqa: BLE001 - whatever the driver raises
        beneath(session).invalidate()
