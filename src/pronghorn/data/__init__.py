"""Databases: sessions that never acknowledge what is not committed, repositories, migrations.

The only room that imports SQLAlchemy.
"""

import pronghorn.data.refusals.meanings as _meanings  # noqa: F401 - tells what exceptions mean
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
