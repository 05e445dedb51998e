"""What a command is told as `MODULE:NAME`, imported from the current folder."""

import importlib
import sys


class CommandError(Exception):
    """The command cannot do what was asked; the text says why and what to do."""


def load_named(target: str, kind: str, example: str) -> object:
    """Import what *target* names; *kind* is what it should be, in capitals."""
    module_name, _, path = target.partition(":")
    if not (module_name and path):
        message = f"`{target}` is not MODULE:{kind}. Name both, such as `{example}`."
        raise CommandError(message)
    if "" not in sys.path:
        sys.path.insert(0, "")
    found: object = import_named(module_name)
    for name in path.split("."):
        if not hasattr(found, name):
            holds = {"APP": "the app", "DATABASE": "the database", "BASE": "the base class"}[kind]
            message = f"`{module_name}` has no `{path}`. Name the variable that holds {holds}."
            raise CommandError(message)
        found = getattr(found, name)
    return found


def import_named(name: str) -> object:
    """Import a module; tell a missing one from one that fails itself."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        message = f"there is no module `{error.name}` here. Start from the folder that holds it."
        raise CommandError(message) from error
