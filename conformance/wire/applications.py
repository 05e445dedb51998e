"""Which applications are served: FastAPI's tutorials, and those of this folder.

Runs in the environment of either process, and is the same list in both.
"""

import importlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wire.injected import STILL, inject

APPS = Path(__file__).parent / "apps"
# Not applications: what they are tested with.
LEFT_OUT = ("test_main", "__init__")


@dataclass(frozen=True, slots=True)
class Application:
    """An application, and where it is imported from."""

    name: str
    module: str

    def load(self) -> Any:
        """Import it; give its ASGI application, or None where the module has none."""
        module = importlib.import_module(self.module)
        inject(module, int(os.environ[STILL]))
        return getattr(module, "app", None)


def list_applications(suite: Path) -> Iterator[Application]:
    """List those of this folder, then the tutorials, by name."""
    for file in sorted(APPS.glob("*.py")):
        if file.stem != "__init__":
            yield Application(f"own.{file.stem}", f"wire.apps.{file.stem}")
    root = suite / "docs_src"
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if parts[-1] not in LEFT_OUT:
            yield Application(".".join(parts), ".".join(("docs_src", *parts)))
