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

# A block as a whole, so that a comment in it is no heading.
PIECE = re.compile(
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$|^#+ (?P<heading>[^\n]+)$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Block:
    """The text of one block, and the number of its first line in the seed."""

    text: str
    line: int


def read_blocks(language: str) -> dict[str, Block]:
    """The blocks of one language, by the heading above each."""
    seed = SEED.read_text(encoding="utf-8")
    blocks: dict[str, Block] = {}
    heading = ""
    for piece in PIECE.finditer(seed):
        heading = piece["heading"] or heading
        if piece["language"] == language:
            if heading in blocks:
                raise ValueError(f"two blocks of {language!r} are headed {heading!r}")
            line = seed.count("\n", 0, piece.start("text")) + 1
            blocks[heading] = Block(piece["text"], line)
    return blocks


def run_block(heading: str, prelude: Mapping[str, object] | None = None) -> Any:
    """Run a Python block after its prelude; return the module that it makes."""
    block = read_blocks("python")[heading]
    # A real module: SQLAlchemy and pydantic look the names of annotations up in it.
    module = ModuleType(MODULE_PREFIX + re.sub(r"\W+", "_", heading.lower()))
    module.__dict__.update(prelude or {})
    sys.modules[module.__name__] = module
    exec(compile("\n" * (block.line - 1) + block.text, SEED, "exec"), module.__dict__)
    return module
