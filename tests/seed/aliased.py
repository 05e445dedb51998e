"""The alias for a while, and afterwards no trace of it.

The tests of other folders run in the same processes, and there `fastapi` must not be
found.  Every module below `fastapi` is Pronghorn's own object, so nothing is left when
the finder and the names are taken away.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from seed.blocks import MODULE_PREFIX

import pronghorn

# What the blocks import by names of their own.
PACKAGES = {"fastapi", "routers"}


@contextmanager
def aliased() -> Iterator[None]:
    """`import fastapi` gives Pronghorn inside, and what it gave before outside."""
    finders = sys.meta_path.copy()
    modules = set(sys.modules)
    pronghorn.install_as_fastapi()
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in PACKAGES or name.startswith(MODULE_PREFIX):
                del sys.modules[name]
