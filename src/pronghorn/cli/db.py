"""`pronghorn db`: migrations of the database, from the folder of the project."""

import argparse
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from pronghorn.cli.targets import CommandError, load_named

Options = argparse.Namespace

# What a shell gives for a program that Ctrl-C ended.
INTERRUPTED = 130


def add_db_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Say how `pronghorn db` is used."""
    parser = commands.add_parser("db", help="write, apply and compare migrations of the database")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument(
            "--folder", default="migrations", type=Path, help="default: ./migrations"
        )
        return action

    init = add("init", "write the folder of migrations")
    init.add_argument("database", metavar="MODULE:DATABASE", help="such as database:db")
    init.add_argument("base", metavar="MODULE:BASE", help="such as models:Base")
    revision = add("revision", "write a new migration")
    revision.add_argument("-m", "--message", required=True, help="what it does, in a few words")
    revision.add_argument(
        "--autogenerate",
        action="store_true",
        help="write what the database needs to become what the models say",
    )
    upgrade = add("upgrade", "apply migrations: all, or up to a revision")
    upgrade.add_argument("revision", nargs="?", default="head", help="default: head, the newest")
    downgrade = add("downgrade", "take migrations back, down to a revision")
    downgrade.add_argument("revision", help="such as -1, the last one; base, all of them")
    merge = add("merge", "write a migration that comes after several newest ones")
    merge.add_argument("-m", "--message", required=True, help="what comes together")
    add("check", "tell whether models and database are the same; exit status 1 if not")
    add("current", "tell which migration the database has seen last")


def run_db(options: Options) -> None:
    """Do one thing with migrations."""
    missing = [name for name in ("sqlalchemy", "alembic") if importlib.util.find_spec(name) is None]
    if missing:
        message = f'{missing[0]} is not installed. Run `pip install "pronghorn[data]"`.'
        raise CommandError(message)
    # The other commands need neither; and users name their modules from the current folder.
    from pronghorn.data.migrations import MigrationError  # noqa: PLC0415

    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        ACTIONS[options.action](options)
    except MigrationError as error:
        raise CommandError(str(error)) from error
    except KeyboardInterrupt:
        print(
            "pronghorn db: interrupted; `pronghorn db current` tells what is applied",
            file=sys.stderr,
        )
        sys.exit(INTERRUPTED)


def init(options: Options) -> None:
    from pronghorn.data.migrations.folder import write_folder  # noqa: PLC0415  as above

    database = load_named(options.database, "DATABASE", "database:db")
    base = load_named(options.base, "BASE", "models:Base")
    for file in write_folder(options.folder, (options.database, options.base), database, base):
        print(f"wrote {file}")
    print('next: `pronghorn db revision --autogenerate -m "first"`, then `pronghorn db upgrade`')


def write_revision(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    written = actions.write_revision(
        options.folder, options.message, autogenerate=options.autogenerate
    )
    tell_written(written, "models and database are the same: there is nothing to write")


def merge(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    written = actions.write_merge(options.folder, options.message)
    tell_written(written, "one migration at most is the newest: there is nothing to merge")


def tell_written(written: list[Path], nothing: str) -> None:
    for file in written:
        print(f"wrote {shown(file)}")
    if not written:
        print(nothing)


def shown(file: Path) -> Path:
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file


def upgrade(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    tell(actions.upgrade_now(options.folder, options.revision))


def downgrade(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    tell(actions.downgrade_now(options.folder, options.revision))


def tell(applied: list[str]) -> None:
    for line in applied or ["nothing to do: the database is there already"]:
        print(line)


def check(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    differences = actions.find_differences(options.folder)
    if differences:
        message = (
            "models and database differ. `pronghorn db revision --autogenerate` would write:\n"
            f"{differences}"
        )
        raise CommandError(message)
    print("models and database are the same")


def tell_current(options: Options) -> None:
    from pronghorn.data.migrations import actions  # noqa: PLC0415  as above

    print(actions.tell_current(options.folder).strip() or "the database has seen no migration")


ACTIONS: dict[str, Callable[[Options], None]] = {
    "init": init,
    "revision": write_revision,
    "merge": merge,
    "upgrade": upgrade,
    "downgrade": downgrade,
    "check": check,
    "current": tell_current,
}
