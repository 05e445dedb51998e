"""Options that are lists or texts, and what is refused where they are something else."""

from collections.abc import Iterable
from typing import Any

from pronghorn import params
from pronghorn._pipeline.depended import shown
from pronghorn.exceptions import DeclarationTypeError


def listed_dependencies(option: Any) -> list[params.Depends]:
    """The option `dependencies`; what is in the list is looked at where it is declared."""
    if not option:
        return []
    if not isinstance(option, Iterable):
        raise DeclarationTypeError(
            "dependencies-list",
            problem=f"The option `dependencies` is a list, and not {shown(option)}.",
            remedy="Write `dependencies=[Depends(function)]`.",
        )
    return list(option)


def joined_path(prefix: str, path: Any) -> str:
    if not isinstance(path, str):
        raise DeclarationTypeError(
            "path-no-text",
            problem=f"A path is a text, and not {shown(path)}.",
            remedy='Write the path first: `@app.get("/items")`.',
        )
    return prefix + path
