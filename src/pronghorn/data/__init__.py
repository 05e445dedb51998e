"""Databases: sessions that never acknowledge what is not committed, repositories, migrations.

The only room that imports SQLAlchemy.
"""

from pronghorn.data.asked import ReadSession as ReadSession
from pronghorn.data.asked import Session as Session
from pronghorn.data.asked import SessionFactory as SessionFactory
from pronghorn.data.asked import SyncSession as SyncSession
from pronghorn.data.database import Database as Database
from pronghorn.data.naming import NAMING_CONVENTION as NAMING_CONVENTION
