"""Migrations: from the tables that a database has to those that the models say, and back.

Alembic underneath.  `run` is what a project's `env.py` calls; `upgrade` is for applications that
upgrade their own database when they start, `differences` for their tests.  This package is
imported by its own name, since only it needs Alembic.
"""

from pronghorn.data.migrations.actions import differences as differences
from pronghorn.data.migrations.actions import upgrade as upgrade
from pronghorn.data.migrations.environment import run as run
from pronghorn.data.migrations.errors import MigrationError as MigrationError
