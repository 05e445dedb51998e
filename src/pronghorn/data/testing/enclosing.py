"""Engines whose transactions are savepoints of one transaction that is never committed.

They are SQLAlchemy's engines, with what their dialects do at BEGIN, COMMIT and ROLLBACK replaced.
What cannot be the same so is refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from pronghorn.data.testing.cannot_show import CannotShowError
from pronghorn.data.testing.commits import Commits, PostgresCommits, SQLiteCommits

USUAL_LEVELS = {"sqlite": "SERIALIZABLE", "postgresql": "READ COMMITTED"}
LEVEL_OPTIONS = ("isolation_level", "postgresql_readonly", "postgresql_deferrable")

# What begins or ends a transaction.  To go back to a savepoint is no such thing.
BOUNDARY = re.compile(
    r"\s*(BEGIN|START\s+TRANSACTION|COMMIT|END|ABORT|ROLLBACK(?!\s+(\w+\s+)?TO\b))\b", re.IGNORECASE
)
REFUSED = {
    "Another isolation level was asked for": re.compile(
        r"\s*SET\s+(SESSION\s+CHARACTERISTICS|(LOCAL\s+|SESSION\s+)?TRANSACTION\s+ISOLATION)\b",
        re.IGNORECASE,
    ),
    "LISTEN and NOTIFY were used, which reach others by a commit only": re.compile(
        r"\s*(LISTEN|UNLISTEN|NOTIFY)\b|.*\bpg_notify\s*\(", re.IGNORECASE | re.DOTALL
    ),
    "A commit in two phases was asked for": re.compile(
        r"\s*(PREPARE\s+TRANSACTION|(COMMIT|ROLLBACK)\s+PREPARED)\b", re.IGNORECASE
    ),
}


def enclose(pool: Pool, writer: Engine, reader: Engine) -> None:
    """Let two engines, which have not connected yet, take their connections from *pool*."""
    commits: Commits = SQLiteCommits() if writer.name == "sqlite" else PostgresCommits()

    before: dict[str, Any] = {}

    @event.listens_for(pool, "connect", insert=True)
    def look(_connection: Any, _entry: ConnectionPoolEntry) -> None:
        before.update(vars(writer.dialect))

    @event.listens_for(pool, "connect")
    def connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        # By now the writer's dialect has asked the server what it can; the reader's has not.
        for name, value in vars(writer.dialect).items():
            if name not in before or before[name] is not value:
                setattr(reader.dialect, name, value)
        commits.connect(connection)

    for engine in (writer, reader):
        engine.pool = pool
        Enclosed(engine, commits, is_reader=engine is reader)


class Enclosed:
    """What an engine does in place of BEGIN, COMMIT and ROLLBACK."""

    def __init__(self, engine: Engine, commits: Commits, *, is_reader: bool) -> None:
        """Change *engine*."""
        self._commits = commits
        self._is_reader = is_reader
        self._is_begun = False
        self._usual_level = USUAL_LEVELS[engine.name]
        event.listen(engine, "before_cursor_execute", self._look_at, retval=True)
        dialect: Any = engine.dialect
        dialect.do_begin = self._begin
        dialect.do_commit = self._commit
        dialect.do_rollback = self._roll_back
        for name in ("set_engine_execution_options", "set_connection_execution_options"):
            setattr(dialect, name, self._unless_level(getattr(dialect, name)))

    def _begin(self, connection: Any) -> None:
        self._commits.begin(connection, is_reader=self._is_reader)
        self._is_begun = True

    def _commit(self, connection: Any) -> None:
        if self._is_begun:
            self._commits.commit(connection)
            self._is_begun = False

    def _roll_back(self, connection: Any) -> None:
        if self._is_begun:
            self._is_begun = False
            self._commits.roll_back(connection)

    def _look_at(
        self, _connection: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> tuple[str, Any]:
        for what, pattern in REFUSED.items():
            if pattern.match(statement):
                raise CannotShowError(what)
        if BOUNDARY.match(statement):
            # Sent by what makes sessions: for a writer of SQLite, and around several reads.
            if self._is_reader or not self._is_begun:
                return "SELECT 1", ()
            raise CannotShowError(f"A transaction was begun or ended by a statement, {statement!r}")
        return statement, parameters

    def _unless_level(self, set_options: Callable[..., None]) -> Callable[..., None]:
        def set_them(target: Any, options: Mapping[str, Any]) -> None:
            for name in LEVEL_OPTIONS:
                if name in options and options[name] not in {None, False, self._usual_level}:
                    raise CannotShowError(f"`{name}={options[name]!r}` was asked for")
            others = {name: value for name, value in options.items() if name not in LEVEL_OPTIONS}
            set_options(target, others)

        return set_them
