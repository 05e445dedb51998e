"""What is asked of one run of Alembic, and what came of it."""

from dataclasses import dataclass, field
from io import StringIO
from typing import Any

from alembic.script import Script

from pronghorn.data.migrations.connecting import Migratable

REQUEST = "pronghorn_request"
"""The attribute of Alembic's configuration that holds it."""


@dataclass
class Request:
    """Handed to `env.py` with the command, and filled in there."""

    database: Migratable | None = None
    """The database to be migrated, where it is not the one that `env.py` names."""
    is_only_with_differences: bool = False
    """Whether no file is to be written when models and database are the same."""
    is_quiet: bool = True
    """Whether Alembic is to say nothing itself; what it says is in `said`."""
    applied: list[str] = field(default_factory=list)
    """The migrations that ran, in order: what was done, revision, and title."""
    found: str = ""
    """The differences between models and database, as lines of a migration."""
    written: list[Script] = field(default_factory=list)
    """The migrations that were written."""
    said: StringIO = field(default_factory=StringIO)

    def note(self, *, step: Any, **_: Any) -> None:
        """Alembic calls it for each migration that was applied."""
        for script in step.up_revisions:
            way = "upgraded to" if step.is_upgrade else "downgraded from"
            self.applied.append(f"{way} {script.revision}: {script.doc}")
