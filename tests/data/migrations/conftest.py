"""A project of its own for each test."""

import pytest
from data.migrations.projects import DATABASE, MODELS, Project


def make_project(folder, address):
    project = Project(folder, address)
    project.write("database.py", DATABASE)
    project.write("models.py", MODELS)
    return project


@pytest.fixture
def empty(tmp_path, address):
    """A folder with a database and a module of models, before `pronghorn db init`."""
    return make_project(tmp_path, address)


def with_migrations(folder, address):
    project = make_project(folder, address)
    project.db("init", "database:db", "models:Base")
    return project


@pytest.fixture
def project(tmp_path, address):
    """The same with a folder of migrations, once for each driver."""
    return with_migrations(tmp_path, address)


@pytest.fixture
def on_sqlite(tmp_path):
    return with_migrations(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture
def on_postgres(tmp_path, postgres_database):
    return with_migrations(tmp_path, postgres_database)
