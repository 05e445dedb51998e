"""Pronghorn's own commands: `alias`, `explain` and `db`."""

import argparse
import sys
from collections.abc import Callable

from pronghorn.alias import find_pth, turn_off, turn_on
from pronghorn.applications import FastAPI
from pronghorn.cli.db import add_db_parser, run_db
from pronghorn.cli.targets import CommandError, load_named
from pronghorn.introspection import RouteLookupError
from pronghorn_alias import FASTAPI_VERSION


def run_command(arguments: list[str]) -> int:
    """Run one of `OWN_COMMANDS` and give the exit status."""
    options = make_parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], None] = OWN_COMMANDS[options.command]
    try:
        command(options)
    except CommandError as error:
        print(f"pronghorn {options.command}: {error}", file=sys.stderr)
        return 1
    return 0


def make_parser() -> argparse.ArgumentParser:
    """Make the parser of all own commands."""
    parser = argparse.ArgumentParser(
        prog="pronghorn", description="Pronghorn's own commands.", add_help=False
    )
    parser.add_argument(
        "--as-fastapi",
        action="store_true",
        help="let `import fastapi` give Pronghorn; `run` and `dev` always do",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    alias = commands.add_parser(
        "alias", help="let `import fastapi` give Pronghorn in every process of this environment"
    )
    alias.add_argument("state", choices=["on", "off", "status"])
    explained = commands.add_parser(
        "explain", help="print how a route was understood, and the handler written for it"
    )
    explained.add_argument("app", metavar="MODULE:APP", help="such as app.main:app")
    explained.add_argument("method", metavar="METHOD", help="such as GET")
    explained.add_argument("path", metavar="PATH", help="such as /users/7")
    add_db_parser(commands)
    return parser


def run_alias(options: argparse.Namespace) -> None:
    """Turn the alias of this environment on or off, or tell how it stands."""
    try:
        match options.state:
            case "on":
                turn_on()
            case "off":
                turn_off()
    except OSError as error:
        message = (
            f"{find_pth()} cannot be changed ({error.strerror}). "
            "Use a virtual environment of your own."
        )
        raise CommandError(message) from error
    file = find_pth()
    if file.exists():
        print(f"on: `import fastapi` gives Pronghorn, as version {FASTAPI_VERSION}, by {file}")
    else:
        print(f"off: there is no {file}")


def run_explain(options: argparse.Namespace) -> None:
    """Print what the pipeline made of one route."""
    # `alias` needs no doctor.
    from pronghorn.doctor.explain import explain  # noqa: PLC0415

    app = load_app(options.app)
    try:
        print(explain(app, options.method.upper(), options.path))
    except RouteLookupError as error:
        raise CommandError(str(error)) from error


def load_app(target: str) -> FastAPI:
    """Import the application that *target* names, from the current folder."""
    found = load_named(target, "APP", "app.main:app")
    if not isinstance(found, FastAPI):
        raise CommandError(what_it_is_instead(target, found))
    return found


def what_it_is_instead(target: str, found: object) -> str:
    if type(found).__module__.startswith("fastapi."):
        return f"`{target}` is made with FastAPI itself. Add `--as-fastapi`."
    return f"`{target}` is of type {type(found).__name__}, not a FastAPI application."


OWN_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "alias": run_alias,
    "db": run_db,
    "explain": run_explain,
}
