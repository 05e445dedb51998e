"""Small programs that tests load from a file: each time anew, as a module of its own."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def read_program(file: Path) -> tuple[ModuleType, Exception | None]:
    """The module that *file* makes, and what it raised on the way."""
    spec = importlib.util.spec_from_file_location(f"program_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # As an import does; pydantic looks the module of a generic model up.
    sys.modules[module.__name__] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001  What it raises may be what is tested.
        return module, error
    finally:
        del sys.modules[module.__name__]
    return module, None


def load_program(file: Path) -> ModuleType:
    """The module that *file* makes; raises what it raises."""
    module, error = read_program(file)
    if error is not None:
        raise error
    return module
