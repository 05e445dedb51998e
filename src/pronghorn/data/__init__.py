"""Databases: sessions that never acknowledge what is not committed, repositories, migrations.

The only room that imports SQLAlchemy.  Names are loaded when they are asked for, and with the
first of them what exceptions of databases mean: in development one module of this room is loaded
for programs that know nothing of it, and nothing else may change for them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pronghorn.data.database import Database as Database
    from pronghorn.data.naming import NAMING_CONVENTION as NAMING_CONVENTION
    from pronghorn.data.refusals.answers import answer_to as answer_to
    from pronghorn.data.repositories.conflicts import is_conflict as is_conflict
    from pronghorn.data.repositories.filters import Filter as Filter
    from pronghorn.data.repositories.filters import Where as Where
    from pronghorn.data.repositories.ordering import Ordering as Ordering
    from pronghorn.data.repositories.pages import CursorPage as CursorPage
    from pronghorn.data.repositories.pages import CursorPaging as CursorPaging
    from pronghorn.data.repositories.pages import CursorRequest as CursorRequest
    from pronghorn.data.repositories.pages import Page as Page
    from pronghorn.data.repositories.pages import PageRequest as PageRequest
    from pronghorn.data.repositories.pages import Paging as Paging
    from pronghorn.data.repositories.pages import cursor_paged as cursor_paged
    from pronghorn.data.repositories.pages import paged as paged
    from pronghorn.data.repositories.repository import Repository as Repository
    from pronghorn.data.row_json.from_rows import FromRows as FromRows
    from pronghorn.data.row_json.from_rows import rows as rows
    from pronghorn.data.sessions.asked import ReadSession as ReadSession
    from pronghorn.data.sessions.asked import Session as Session
    from pronghorn.data.sessions.asked import SessionFactory as SessionFactory
    from pronghorn.data.sessions.asked import SyncReadSession as SyncReadSession
    from pronghorn.data.sessions.asked import SyncSession as SyncSession
    from pronghorn.data.sessions.asked import session_with as session_with
    from pronghorn.data.watching.counting import count_queries as count_queries
else:
    HOMES = {
        "database": "Database",
        "naming": "NAMING_CONVENTION",
        "refusals.answers": "answer_to",
        "repositories.conflicts": "is_conflict",
        "repositories.filters": "Filter Where",
        "repositories.ordering": "Ordering",
        "repositories.pages": "CursorPage CursorPaging CursorRequest Page PageRequest Paging"
        " cursor_paged paged",
        "repositories.repository": "Repository",
        "row_json.from_rows": "FromRows rows",
        "sessions.asked": "ReadSession Session SessionFactory SyncReadSession SyncSession"
        " session_with",
        "watching.counting": "count_queries",
    }

    def __getattr__(name: str) -> Any:
        home = next((home for home, names in HOMES.items() if name in names.split(" ")), None)
        if home is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import_module(f"{__name__}.refusals.meanings")
        found = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
        return found

    def __dir__() -> list[str]:
        return sorted(
            {*globals(), *(name for names in HOMES.values() for name in names.split(" "))}
        )
