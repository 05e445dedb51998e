"""Which database is migrated, and to which tables: Alembic runs this first for each command.

All models have to be imported here, or by what is imported here.
"""

from pronghorn.data.migrations import run

from database import db
from models import Base

run(db, Base.metadata)
