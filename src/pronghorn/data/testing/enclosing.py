"""An engine whose transactions are savepoints of one transaction that is never committed.

It is SQLAlchemy's engine, with what its dialect does at BEGIN, COMMIT and ROLLBACK replaced.  What
cannot be the same so is refused.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.pool import ConnectionPoolEntry

from pronghorn.data.testing.cannot_show import CannotShowError
from pronghorn.data.testing.commits import Commits, PostgresCommits, SQLiteCommits

# An option of the engine that only reads, by which its transactions are told from others.
READS = "pronghorn_reads"

USUAL_LEVELS = {"sqlite": "SERIALIZABLE", "postgresql": "READ COMMITTED"}
READ_ONLY = "25006"
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


class Enclosed:
    """What an engine does in place of BEGIN, COMMIT and ROLLBACK."""

    def __init__(self, engine: Engine) -> None:
        """Change *engine*, which has not connected yet."""
        self._commits: Commits = SQLiteCommits() if engine.name == "sqlite" else PostgresCommits()
        self._usual_level = USUAL_LEVELS[engine.name]
        self._is_begun = False
        self._is_reader = False
        event.listen(engine, "connect", self._connect)
        event.listen(engine, "begin", self._see_begin)
        event.listen(engine, "before_cursor_execute", self._look_at, retval=True)
        event.listen(engine, "handle_error", self._keep)
        dialect: Any = engine.dialect
        dialect.do_begin = self._begin
        dialect.do_commit = self._commit
        dialect.do_rollback = self._roll_back
        for name in ("set_engine_execution_options", "set_connection_execution_options"):
            setattr(dialect, name, self._unless_level(getattr(dialect, name)))

    def _connect(self, connection: Any, _entry: ConnectionPoolEntry) -> None:
        self._commits.connect(connection)

    def _see_begin(self, connection: Connection) -> None:
        self._is_reader = bool(connection.get_execution_options().get(READS))

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
        self, connection: Connection, _cursor: Any, statement: str, parameters: Any, *_more: Any
    ) -> tuple[str, Any]:
        for what, pattern in REFUSED.items():
            if pattern.match(statement):
                raise CannotShowError(what)
        if BOUNDARY.match(statement):
            # Sent by what makes sessions: for a writer of SQLite, and around several reads.
            if not self._is_begun or connection.get_execution_options().get(READS):
                return "SELECT 1", ()
            raise CannotShowError(f"A transaction was begun or ended by a statement, {statement!r}")
        return statement, parameters

    def _keep(self, context: ExceptionContext) -> None:
        # A reader that tries to write: a writer who is told this is connected to a standby.
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = False

    def _unless_level(self, set_options: Callable[..., None]) -> Callable[..., None]:
        def set_them(target: Any, options: Mapping[str, Any]) -> None:
            for name in LEVEL_OPTIONS:
                if name in options and options[name] not in {None, False, self._usual_level}:
                    raise CannotShowError(f"`{name}={options[name]!r}` was asked for")
            others = {name: value for name, value in options.items() if name not in LEVEL_OPTIONS}
            set_options(target, others)

        return set_them
