"""The folder of migrations that `pronghorn db init` writes into a project."""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import MetaData

from pronghorn.data.database import Database
from pronghorn.data.migrations.errors import MigrationError

ENV = '''\
"""Which database is migrated, and to which tables: Alembic runs this first for each command.

All models have to be imported here, or by what is imported here.
"""

{imports}

run({database}, {metadata})
'''

# A quote at the end of the message must not end the docstring.
TEMPLATE = r'''\
"""${message}

Created on ${create_date.date()}.
"""

import sqlalchemy as sa
from alembic import op
${imports + "\n" if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
'''

INI = """\
# For Alembic's own command line; `pronghorn db` reads it, too.
[alembic]
script_location = %(here)s/{folder}
prepend_sys_path = %(here)s
path_separator = os
"""


def write_folder(
    folder: Path, names: tuple[str, str], database: object, base: object
) -> Iterator[Path]:
    """Write the folder, and `alembic.ini` beside it if there is none; yield what was written.

    *names* are `MODULE:DATABASE` and `MODULE:BASE`, of the two objects.
    """
    if not isinstance(database, Database):
        raise MigrationError("migration-target", is_none(names[0], database, "a `Database`"))
    what = f"{names[1].partition(':')[2]}"
    if isinstance(getattr(base, "metadata", None), MetaData):
        what += ".metadata"
    elif not isinstance(base, MetaData):
        wanted = "the base class of models, and no `MetaData`"
        raise MigrationError("migration-target", is_none(names[1], base, wanted))
    if folder.exists() and any(folder.iterdir()):
        message = f"{folder} is not empty. Remove it, or name another folder by `--folder`."
        raise MigrationError("migrations-folder", message)

    env = ENV.format(
        imports=import_lines(names), database=names[0].partition(":")[2], metadata=what
    )
    ini = folder.parent / "alembic.ini"
    files = {folder / "env.py": env, folder / "script.py.mako": TEMPLATE}
    if not ini.exists():
        files[ini] = INI.format(folder=folder.name)
    (folder / "versions").mkdir(parents=True)
    for file, text in files.items():
        file.write_text(text, encoding="utf-8")
        yield file


def is_none(name: str, found: object, wanted: str) -> str:
    kind = found.__name__ if isinstance(found, type) else f"of type {type(found).__name__}"
    return f"`{name}` is {kind}, and not {wanted}."


def import_lines(names: tuple[str, str]) -> str:
    """What the two names need, sorted as linters want it, and ours behind the project's."""
    needed: dict[str, set[str]] = {}
    for name in names:
        module, _, path = name.partition(":")
        needed.setdefault(module, set()).add(path.partition(".")[0])
    lines = [f"from {module} import {', '.join(sorted(found))}" for module, found in needed.items()]
    return "\n".join(["from pronghorn.data.migrations import run", "", *sorted(lines)])
