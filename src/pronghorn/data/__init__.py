"""Databases: sessions that never acknowledge what is not committed, repositories, migrations.

The only room that imports SQLAlchemy.
"""

import pronghorn.data.meanings as _meanings  # noqa: F401 - tells what exceptions mean
from pronghorn.data.asked import ReadSession as ReadSession
from pronghorn.data.asked import Session as Session
from pronghorn.data.asked import SessionFactory as SessionFactory
from pronghorn.data.asked import SyncReadSession as SyncReadSession
from pronghorn.data.asked import SyncSession as SyncSession
from pronghorn.data.asked import session_with as session_with
from pronghorn.data.conflicts import is_conflict as is_conflict
from pronghorn.data.counting import count_queries as count_queries
from pronghorn.data.database import Database as Database
from pronghorn.data.filters import Filter as Filter
from pronghorn.data.filters import Where as Where
from pronghorn.data.naming import NAMING_CONVENTION as NAMING_CONVENTION
from pronghorn.data.ordering import Ordering as Ordering
from pronghorn.data.pages import CursorPage as CursorPage
from pronghorn.data.pages import CursorPaging as CursorPaging
from pronghorn.data.pages import CursorRequest as CursorRequest
from pronghorn.data.pages import Page as Page
from pronghorn.data.pages import PageRequest as PageRequest
from pronghorn.data.pages import Paging as Paging
from pronghorn.data.pages import cursor_paged as cursor_paged
from pronghorn.data.pages import paged as paged
from pronghorn.data.repository import Repository as Repository
from pronghorn.data.rows import FromRows as FromRows
from pronghorn.data.rows import rows as rows
