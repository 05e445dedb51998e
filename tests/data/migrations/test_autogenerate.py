"""Migrations that are written from models make the database what the models say, and back."""

import pytest

HEAD = """
import enum
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn.data import NAMING_CONVENTION

class Moment(sa.TypeDecorator):
    impl = sa.DateTime(timezone=True)
    cache_ok = True

class Base(DeclarativeBase):
    metadata = sa.MetaData(naming_convention=NAMING_CONVENTION)
"""

OLD = (
    HEAD
    + """
class Mood(enum.Enum):
    SAD = 1
    OK = 2

class User(Base):
    __tablename__ = "users"
    __table_args__ = (
        sa.CheckConstraint("age > 0", name="age_positive"),
        sa.UniqueConstraint("word", "age"),
        sa.Index("ix_users_lower_email", sa.func.lower(sa.text("email"))),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(sa.String(255), unique=True, index=True)
    mood: Mapped[Mood] = mapped_column(server_default="OK")
    is_active: Mapped[bool] = mapped_column(server_default=sa.true())
    is_gone: Mapped[bool] = mapped_column(server_default=sa.false())
    age: Mapped[int] = mapped_column(sa.BigInteger, server_default="7")
    price: Mapped[Decimal] = mapped_column(sa.Numeric(10, 2), server_default="1.50")
    share: Mapped[float] = mapped_column(server_default="0.5")
    made: Mapped[datetime] = mapped_column(Moment, server_default=sa.func.now())
    seen: Mapped[datetime] = mapped_column(server_default=sa.text("CURRENT_TIMESTAMP"))
    day: Mapped[date | None]
    key: Mapped[uuid.UUID | None]
    picture: Mapped[bytes | None]
    data: Mapped[dict[str, Any]] = mapped_column(sa.JSON, server_default="{}")
    word: Mapped[str] = mapped_column(sa.String(10), server_default="it's")
    blank: Mapped[str] = mapped_column(sa.Text, server_default="")
    span: Mapped[timedelta | None]

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(sa.Identity(), primary_key=True)
    title: Mapped[str] = mapped_column(sa.String(200))
    mood: Mapped[Mood | None]
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    author_id: Mapped[int] = mapped_column(
        sa.ForeignKey("users.id", ondelete="CASCADE"), index=True
    )
    parent_id: Mapped[int | None] = mapped_column(sa.ForeignKey("posts.id"))
"""
)

TAG = """
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    mood: Mapped[Mood]

"""

ROWS = (
    "INSERT INTO users (id, email, age) VALUES (1, 'ada', 1), (2, 'bob', 2)",
    "INSERT INTO posts (id, title, author_id) VALUES (1, 'one', 1), (2, 'two', 1), (3, 'x', 2)",
)

# What to put in place of what, and a word that the migration has to hold then.
CHANGES = {
    "a column that is not null, with a default": (
        "    span:",
        '    nick: Mapped[str] = mapped_column(sa.String(20), server_default="?")\n    span:',
        "add_column",
    ),
    "a column dropped": ("    picture: Mapped[bytes | None]\n", "", "drop_column"),
    "a column that may be null": (
        "    title: Mapped[str] =",
        "    title: Mapped[str | None] =",
        "nullable=True",
    ),
    "a longer text": ("sa.String(200)", "sa.String(300)", "type_=sa.String(length=300)"),
    "another type": ("sa.BigInteger", "sa.Integer", "type_=sa.Integer()"),
    "another default": ('"it\'s"', '"it is"', "server_default='it is'"),
    "no default": (', server_default=""', "", "server_default=None"),
    "a default of JSON": (
        'sa.JSON, server_default="{}"',
        """sa.JSON, server_default='{"a": 1}'""",
        "server_default",
    ),
    "a unique column": (
        "title: Mapped[str] = mapped_column(sa.String(200)",
        "title: Mapped[str] = mapped_column(sa.String(200), unique=True",
        "create_unique_constraint(batch_op.f('uq_posts_title')",
    ),
    "no unique columns": ('        sa.UniqueConstraint("word", "age"),\n', "", "drop_constraint"),
    "an index": (
        "day: Mapped[date | None]",
        "day: Mapped[date | None] = mapped_column(index=True)",
        "create_index(batch_op.f('ix_users_day')",
    ),
    "an index of an expression": (
        "sa.func.lower(sa.text(",
        "sa.func.upper(sa.text(",
        None,  # by its name, it is the same on SQLite
    ),
    "no index of an expression": (
        '        sa.Index("ix_users_lower_email", sa.func.lower(sa.text("email"))),\n',
        "",
        "ix_users_lower_email",
    ),
    "a foreign key": (
        "    kind: Mapped[str | None] = mapped_column(sa.String(20))",
        "    kind: Mapped[str | None] = mapped_column(sa.ForeignKey('users.email'))",
        "create_foreign_key(batch_op.f('fk_posts_kind_users')",
    ),
    "a check": ('name="age_positive"', 'name="age_more"', "ck_users_age_more"),
    "an enum for a text": (
        "    kind: Mapped[str | None] = mapped_column(sa.String(20))",
        '    kind: Mapped[str | None] = mapped_column(sa.Enum("a", "b", name="kind"))',
        "sa.Enum('a', 'b', name='kind').create(op.get_bind())",
    ),
    "one more word of an enum": ("    OK = 2", "    SO = 3\n    OK = 2", None),
    "another table": (
        "class Post(Base):",
        TAG + "class Post(Base):",
        "create_table('tags'",
    ),
    "a table dropped": (OLD[OLD.index("class Post") :], "", "drop_table('posts')"),
}


@pytest.fixture(params=["sqlite", "asyncpg"], ids=str)
def address(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    return request.getfixturevalue("postgres_database")


@pytest.fixture
def first(empty):
    """A database that is what the old models say, with rows."""
    empty.write("models.py", OLD)
    empty.db("init", "database:db", "models:Base")
    empty.db("revision", "--autogenerate", "-m", "first")
    empty.db("upgrade")
    return empty


def all_names(project):
    """Tables, indexes and types."""
    if project.is_sqlite:
        return project.execute("SELECT name FROM sqlite_master")
    return project.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        " UNION SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace"
    )


def test_there_and_back_again(first):
    assert first.db("check") == "models and database are the same\n"
    assert first.tables() == {"users", "posts"}

    first.db("downgrade", "base")

    assert {name.split("_")[0] for (name,) in all_names(first)} <= {"alembic", "", "sqlite"}
    first.db("upgrade")
    assert first.db("check") == "models and database are the same\n"


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_the_models_becomes_one_of_the_database(first, change):
    before, after, expected = CHANGES[change]
    assert before in OLD
    first.execute(*ROWS)
    is_seen = expected is not None or not first.is_sqlite
    first.write("models.py", OLD.replace(before, after))

    assert first.run("db", "check")[0] == is_seen
    first.db("revision", "--autogenerate", "-m", "second")
    files = (first.folder / "migrations" / "versions").glob("*_second.py")
    assert (expected or "") in "".join(file.read_text() for file in files)
    first.db("upgrade")
    assert first.db("check") == "models and database are the same\n"
    assert first.execute("SELECT email FROM users ORDER BY id") == [("ada",), ("bob",)]
    if "posts" in first.tables():
        assert first.execute("SELECT id, author_id FROM posts ORDER BY id") == [
            (1, 1),
            (2, 1),
            (3, 2),
        ]

    if is_seen:
        first.db("downgrade", "-1")
        first.write("models.py", OLD)
        assert first.run("db", "check")[1].startswith("pronghorn db: The database has not seen")
        for file in (first.folder / "migrations" / "versions").glob("*_second.py"):
            file.unlink()
        assert first.db("check") == "models and database are the same\n"


def test_a_type_of_another_package_is_imported(on_sqlite):
    types = HEAD.replace("class Base", "import sqlmodel\n\nclass Base")
    types += """
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sqlmodel.AutoString(length=9))
    made: Mapped[datetime] = mapped_column(Moment)
"""
    on_sqlite.write("models.py", types)

    on_sqlite.db("revision", "--autogenerate", "-m", "first")

    [file] = (on_sqlite.folder / "migrations" / "versions").glob("*.py")
    written = file.read_text()
    assert "import sqlmodel.sql.sqltypes\n\nrevision" in written
    assert "sa.Column('made', sa.DateTime(timezone=True), nullable=False)" in written
    on_sqlite.db("upgrade")
    assert on_sqlite.db("check") == "models and database are the same\n"


SQLMODELS = """
from pronghorn.data import NAMING_CONVENTION
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = NAMING_CONVENTION

class Thing(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True, index=True, max_length=50)
    parent_id: int | None = Field(default=None, foreign_key="thing.id")
"""


@pytest.mark.slow
def test_models_of_sqlmodel_are_migrated(empty):
    empty.write("models.py", SQLMODELS)
    # In processes of their own, since all models of SQLModel's share their metadata.
    for arguments in (
        ("init", "database:db", "models:SQLModel"),
        ("revision", "--autogenerate", "-m", "first"),
        ("upgrade",),
        ("check",),
        ("downgrade", "base"),
    ):
        status, said = empty.run_alone("db", *arguments)
        assert status == 0, said
    [file] = (empty.folder / "migrations" / "versions").glob("*.py")
    assert "fk_thing_parent_id_thing" in file.read_text()


def second(project):
    """The migration from the models as they are now: its upgrade, and its downgrade."""
    project.db("revision", "--autogenerate", "-m", "second")
    [file] = (project.folder / "migrations" / "versions").glob("*_second.py")
    up, _, down = file.read_text().partition("def downgrade()")
    return up, down


WARNED = """
        # With rows in the table this fails, since they have no value for it: give it a
        # server_default, or add it with nullable=True, fill it, and then alter_column().
        batch_op.add_column(sa.Column('nick', sa.String(), nullable=False))
"""


def test_a_column_for_which_rows_would_have_no_value_has_a_comment(first):
    more = '    nick: Mapped[str]\n    pet: Mapped[str] = mapped_column(server_default="?")\n'
    first.write(
        "models.py", OLD.replace("    span:", f"{more}    nap: Mapped[int | None]\n    span:")
    )
    assert "# With rows in the table this fails" in first.run("db", "check")[1]

    up, down = second(first)

    assert WARNED in up
    assert (up + down).count("# With rows") == 1
    first.db("upgrade")  # there are no rows
    assert first.db("check") == "models and database are the same\n"


def test_a_downgrade_that_brings_such_a_column_back_has_the_comment(first):
    column = "    title: Mapped[str] = mapped_column(sa.String(200))\n"
    assert column in OLD
    first.write("models.py", OLD.replace(column, ""))

    up, down = second(first)

    assert "# With rows" not in up
    assert "# With rows" in down
