"""Write `_options/signatures.pyi`: each template as the function that it describes.

Type checkers and editors cannot run `template()`, so they read this stub.  Types and
defaults are taken as the tables spell them.  `--check` only says whether it is fresh.
"""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pronghorn._options import signatures
from pronghorn._options.takes import Option, Template

FOLDER = Path(signatures.__file__).parent
STUB = FOLDER / "signatures.pyi"
TABLES = ("parameter", "route", "application")

HEADER = """\
# Written by tools/write_signatures.py from the tables beside it.  Do not edit.
# ruff: noqa: B008, D417, E501, PYI001, PYI011, PYI021  What editors show is what it is for.
# The classes of all floors are named here: a stub is read, and never run.

import os
import re
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Literal, TypeVar

import typing_extensions
from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic_core import PydanticUndefined as Undefined
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from pronghorn._options.settings import FormLimits, TelemetryConfig
from pronghorn.applications import FastAPI
from pronghorn.datastructures import Default, DefaultPlaceholder, _Unset
from pronghorn.openapi.models import Example
from pronghorn.params import Depends
from pronghorn.retries import Retry
from pronghorn.routing import APIRoute, APIRouter
from pronghorn.types import DecoratedCallable, IncEx
from pronghorn.unique_ids import generate_unique_id

AppType = TypeVar("AppType", bound=FastAPI)
"""

Spelling = tuple[str, str]
"""The type and the default of an option, as its table spells them."""


def spell_options() -> dict[int, Spelling]:
    """Return the spellings of all options in the tables, by the id of the option."""
    spellings: dict[int, Spelling] = {}
    for name in TABLES:
        module = importlib.import_module(f"pronghorn._options.{name}")
        for table, rows in find_tables((FOLDER / f"{name}.py").read_text()):
            options: Mapping[str, Option] = getattr(module, table)
            for key, row in rows.items():
                spellings[id(options[key])] = spell(row, spellings, module)
    return spellings


def find_tables(text: str) -> Iterator[tuple[str, dict[str, ast.Call]]]:
    """Find the dicts of a module, with the call that makes each row."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            keys = [ast.literal_eval(key) for key in node.value.keys if key]
            rows = [row for row in node.value.values if isinstance(row, ast.Call)]
            yield ast.unparse(node.target), dict(zip(keys, rows, strict=True))


def spell(row: ast.Call, spellings: Mapping[int, Spelling], module: object) -> Spelling:
    """Read `Option(type, default, text)`, or `replace(TABLE["name"], annotation=type)`."""
    if ast.unparse(row.func) == "Option":
        annotation, default, _ = row.args
        return spell_type(annotation), spell_type(default)
    match row.args:
        case [ast.Subscript(value=ast.Name(table), slice=ast.Constant(str(key)))]:
            annotation_text, default_text = spellings[id(getattr(module, table)[key])]
        case _:
            raise ValueError(f"Not the row of a table: {ast.unparse(row)}")
    changed = {keyword.arg: spell_type(keyword.value) for keyword in row.keywords}
    return changed.get("annotation", annotation_text), changed.get("default", default_text)


def spell_type(node: ast.expr) -> str:
    """Return the source of a type or default; a `ForwardRef` stands for what it names."""
    match node:
        case ast.Call(func=ast.Name("ForwardRef"), args=[ast.Constant(str(text))]):
            return text
    return ast.unparse(node)


def order_lines(names: Mapping[str, Option]) -> list[str]:
    """Put a name before the longer names that end in it.

    Pyright shows for `lt` the first line that contains `lt: `.  `default: ` would, too.
    """
    is_ending = {name: any(n != name and n.endswith(name) for n in names) for name in names}
    return sorted(names, key=lambda name: (0, len(name)) if is_ending[name] else (1, 0))


def write_function(name: str, template: Template, spellings: Mapping[int, Spelling]) -> str:
    """Write a template as a function; the body is its docstring."""
    positional = [] if template.self_type is None else [f"self: {template.self_type}"]
    keywords: list[str] = []
    for key, option in template.parameters.items():
        annotation, default = spellings[id(option)]
        spelled = f"{key}: {annotation}" + ("" if default == "REQUIRED" else f" = {default}")
        (positional if key in template.positional else keywords).append(spelled)
    parameters = ", ".join([*positional, "*", *keywords])
    lines = [
        f"    {key}: {template.parameters[key].text}" for key in order_lines(template.parameters)
    ]
    docstring = "\n    ".join([f'r"""{template.summary}', "", "Args:", *lines, '"""'])
    return f"def {name}({parameters}) -> {template.returns}:\n    {docstring}\n"


def write_stub() -> str:
    """Write the whole stub."""
    spellings = spell_options()
    parts = [HEADER]
    for name, template in vars(signatures).items():
        if isinstance(template, Template):
            parts.append(write_function(name, template, spellings))
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(STUB), "-"]
    return subprocess.run(  # noqa: S603  Our own formatter, and our own text.
        command, input="\n".join(parts), capture_output=True, text=True, check=True
    ).stdout


def main() -> int:
    """Write the stub, or compare it."""
    text = write_stub()
    if "--check" in sys.argv:
        if STUB.exists() and STUB.read_text() == text:
            return 0
        print(f"{STUB} is not fresh: run `python tools/write_signatures.py`.")
        return 1
    STUB.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
