"""Pronghorn's own commands: `alias` and `explain`."""

import argparse
import importlib
import sys
from collections.abc import Callable

from pronghorn.alias import find_pth, turn_off, turn_on
from pronghorn.applications import FastAPI
from pronghorn.introspection import RouteLookupError
from pronghorn_alias import FASTAPI_VERSION


class CommandError(Exception):
    """The command cannot do what was asked; the text says why and what to do."""


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
    module_name, _, path = target.partition(":")
    if not (module_name and path):
        message = f"`{target}` is not MODULE:APP. Name both, such as `app.main:app`."
        raise CommandError(message)
    sys.path.insert(0, "")
    found: object = import_named(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            message = f"`{module_name}` has no `{path}`. Name the variable that holds the app."
            raise CommandError(message)
        found = getattr(found, name)
    if not isinstance(found, FastAPI):
        raise CommandError(what_it_is_instead(target, found))
    return found


def what_it_is_instead(target: str, found: object) -> str:
    if type(found).__module__.startswith("fastapi."):
        return f"`{target}` is made with FastAPI itself. Add `--as-fastapi`."
    return f"`{target}` is of type {type(found).__name__}, not a FastAPI application."


def import_named(name: str) -> object:
    """Import a module; tell a missing one from one that fails itself."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        message = f"there is no module `{error.name}` here. Start from the folder that holds it."
        raise CommandError(message) from error


OWN_COMMANDS: dict[str, Callable[[argparse.Namespace], None]] = {
    "alias": run_alias,
    "explain": run_explain,
}
