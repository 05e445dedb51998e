"""Which database is migrated, and to which tables: Alembic runs this first for each command.

All models have to be imported here, or by what is imported here.
"""

from pronghorn.data import Database
from pronghorn.data.migrations import run

from config import settings
from models import Base

run(Database(settings.database_url), Base.metadata)
