"""What goes wrong with sessions and databases, with the remedy."""

from sqlalchemy.exc import InvalidRequestError


class SessionOverError(InvalidRequestError):
    """A session was used after its transaction had ended for good."""

    def __init__(self) -> None:
        super().__init__(
            "This session has ended: it committed or rolled back before the answer was sent, and"
            " its connection serves others. What runs later (a background task, a stream, a"
            " WebSocket) needs a session of its own: ask for `sessions: SessionFactory`, and write"
            " `async with sessions() as session:`. [session-over]"
        )


class ReadOnlySessionError(InvalidRequestError):
    """A session that only reads was asked to write."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} in a session that only reads. Ask for `Session` in place of `ReadSession`."
            " [read-only-session]"
        )


class SharedSessionError(InvalidRequestError):
    """Two tasks used one session at the same time."""

    def __init__(self) -> None:
        super().__init__(
            "Two tasks use one session at the same time. A session is one transaction on one"
            " connection: give each task its own by `SessionFactory`, or await one call after the"
            " other. [shared-session]"
        )


class WhichDatabaseError(RuntimeError):
    """`Session` does not say which database is meant, and it does not follow."""

    def __init__(self, count: int) -> None:
        problem = "No `Database` was made" if count == 0 else f"{count} databases were made"
        super().__init__(
            f"{problem}, so it does not follow which one `Session` means. Make one with"
            " `db = Database(url)` and `FastAPI(lifespan=db.lifespan)`; with several, ask for"
            " `db.Session`. [which-database]"
        )


class StandbyError(InvalidRequestError):
    """The database that should be written to can only be read."""

    def __init__(self) -> None:
        super().__init__(
            "The database is a standby, or read-only, so nothing can be written to it. Name the"
            " server that writes, or all of them with `?target_session_attrs=read-write`."
            " [database-standby]"
        )
