"""The database. The lifespan of the application opens it and closes it; see `main.py`."""

from pronghorn.data import Database

from config import settings

db = Database(settings.database_url)
