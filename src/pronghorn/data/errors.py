"""What goes wrong with sessions and databases, with the remedy."""

from collections.abc import Iterable

from sqlalchemy.exc import InvalidRequestError, NoResultFound, PendingRollbackError

ABORTED = (
    "Nothing can be committed: a statement of this transaction was refused, and with it PostgreSQL"
    " gave up all that came before. Put what may fail into `async with session.begin_nested():`."
    " [aborted-transaction]"
)


class SessionOverError(InvalidRequestError):
    """A session was used after its transaction had ended for good."""

    def __init__(self) -> None:
        super().__init__(
            "This session has ended: it committed or rolled back before the answer was sent, and"
            " its connection serves others. What runs later (a background task, a stream, a"
            " WebSocket) needs a session of its own: ask for `sessions: SessionFactory`, and write"
            " `async with sessions() as session:`. [session-over]"
        )


class RefusedBeforeError(PendingRollbackError):
    """A transaction was to go on after a flush of it had been refused."""

    def __init__(self) -> None:
        super().__init__(
            "Nothing more can be done in this transaction: a flush of it was refused, and the"
            " exception was caught. Put what may fail into `async with session.begin_nested():`"
            " (`with` for a blocking session), so that only this is given up."
            " [aborted-transaction]"
        )


class RowNotFoundError(NoResultFound):
    """A row was asked for by its key, and is not there."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"{name} not found")


class ReadOnlySessionError(InvalidRequestError):
    """A session that only reads was asked to write."""

    def __init__(self, what: str, names: Iterable[str] = ()) -> None:
        objects = ", ".join(f"`{name}`" for name in names)
        problem = f"{what} in a session that only reads"
        remedy = (
            "Ask for `Session` in place of `ReadSession`, in the route or in what it depends on"
            " (`sessions()` in place of `sessions.read()`)"
        )
        if objects:
            problem += f", so it would be lost: {objects}"
            remedy += ". What is not to be saved is taken out before: `session.expunge(it)`"
        super().__init__(f"{problem}. {remedy}. [read-only-session]")


NO_BLOCK = "This is no session yet: it is given to a block, `{}`. [session-block]"


class NoBlockError(AttributeError):
    """What makes a session for a block was taken for the session."""

    def __init__(self, written: str) -> None:
        super().__init__(NO_BLOCK.format(written))


class NoBlockAwaitedError(TypeError):
    """The same, where it was awaited."""

    def __init__(self, written: str) -> None:
        super().__init__(NO_BLOCK.format(written))


class SharedSessionError(InvalidRequestError):
    """Two tasks, or two threads, used one session at the same time."""

    def __init__(self) -> None:
        super().__init__(
            "Two tasks or threads use one session at the same time. A session is one transaction"
            " on one connection: give each its own by `SessionFactory`, or do one thing after the"
            " other. [shared-session]"
        )


class OwnLockError(InvalidRequestError):
    """A request was to wait for what it holds itself: SQLite has one writer at a time."""

    def __init__(self, place: str, first: str) -> None:
        super().__init__(
            "A session of `SessionFactory` is to begin while the request's own session writes, and"
            " on SQLite it waits for it: the request waits for itself.\n"
            f"  {place}; the request's own session has begun {first}\n"
            "  Write by the request's own session, commit that one first, or leave it to a"
            " background task, which runs after the commit.\n"
            "  [own-lock]"
        )


class TwoConnectionsWarning(UserWarning):
    """One request holds two connections of one database."""

    def __init__(self, place: str, first: str) -> None:
        super().__init__(
            "A session of `SessionFactory` begins while the request's own session writes: the"
            " request holds two connections, and many such at once wait for each other until"
            " they are timed out.\n"
            f"  {place}; the request's own session has begun {first}\n"
            "  Write by the request's own session, commit that one first, or leave it to a"
            " background task, which runs after the commit.\n"
            "  [two-connections]"
        )


class BlockedLoopWarning(UserWarning):
    """A blocking session is used where all other requests wait for it."""

    def __init__(self, place: str) -> None:
        super().__init__(
            "A blocking session is used in an `async def` function: until the database has"
            " answered, all other requests wait.\n"
            f"  {place}\n"
            "  Ask for `Session` and await it, or write `def`, which runs in a thread.\n"
            "  [blocked-loop]"
        )


class ForeignRowError(InvalidRequestError):
    """A row was to be changed through a session that does not know it: nothing would be written."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"This `{name}` is not of this session, so a change of it would be lost. Read it again"
            " by this repository, or take it in: `await session.merge(row)`. [foreign-row]"
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


class TwoNamesError(InvalidRequestError):
    """One request asked for sessions of one database by its own names and by the general ones."""

    def __init__(self) -> None:
        super().__init__(
            "A request asks for sessions of one database by two names, such as `Session` and"
            " `db.Session`: it would have two connections, which know nothing of each other. Use"
            " one of the names in all that the route depends on. [two-names]"
        )


class NotLoadedError(InvalidRequestError):
    """Something was to be answered that no query had loaded."""

    def __init__(self, texts: list[str]) -> None:
        super().__init__("\n".join(texts) + "\n  [not-loaded]")


class StandbyError(InvalidRequestError):
    """The database that should be written to can only be read."""

    def __init__(self) -> None:
        super().__init__(
            "The database is a standby, or read-only, so nothing can be written to it. Name the"
            " server that writes, or all of them with `?target_session_attrs=read-write`."
            " [database-standby]"
        )
