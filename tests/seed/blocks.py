"""The blocks of the seed, read from the copy beside this file, and run as they stand.

A block becomes a module whose lines are those of the copy, so a traceback points there.
What it uses and does not have comes from its prelude, and nothing else is added.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

SEED = Path(__file__).with_name("fastapi.md")

# Modules made of blocks are called so; the fixture `alias` throws them away.
MODULE_PREFIX = "seed_block_"

Names = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Block:
    """The text of one block, and the number of its first line in the seed."""

    text: str
    line: int


def read_blocks(language: str) -> dict[str, Block]:
    """The blocks of one language, by the heading above each."""
    blocks: dict[str, Block] = {}
    heading = ""
    opened: int | None = None
    lines = SEED.read_text(encoding="utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if line.startswith("```"):
            if opened is not None:
                opened = None
            else:
                opened = number + 1
                here = line.removeprefix("```").strip() == language
                if here and heading in blocks:
                    raise ValueError(f"two {language} blocks are headed {heading!r}")
                if here:
                    text = "".join(lines[number : lines.index("```\n", number)])
                    blocks[heading] = Block(text, opened)
        elif opened is None and line.startswith("#"):
            heading = line.lstrip("#").strip()
    return blocks


def run_block(heading: str, prelude: Names | None = None) -> Any:
    """Run a Python block after its prelude; return the module that it makes."""
    block = read_blocks("python")[heading]
    # A real module: SQLAlchemy and pydantic look the names of annotations up in it.
    module = ModuleType(MODULE_PREFIX + re.sub(r"\W+", "_", heading.lower()))
    module.__dict__.update(prelude or {})
    sys.modules[module.__name__] = module
    exec(compile("\n" * (block.line - 1) + block.text, SEED, "exec"), module.__dict__)
    return module
