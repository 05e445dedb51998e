"""The alias, for one test at a time.

The tests of other folders run in the same processes, and there `fastapi` must not be
found.  Every module below `fastapi` is Pronghorn's own object, so that nothing of the
alias is left when the finder and the names are taken away.
"""

import sys
from collections.abc import Iterator

import pytest
from seed.blocks import MODULE_PREFIX

import pronghorn


@pytest.fixture(autouse=True)
def alias() -> Iterator[None]:
    """`import fastapi` gives Pronghorn in the test, and afterwards what it gave before."""
    finders = sys.meta_path.copy()
    modules = set(sys.modules)
    pronghorn.install_as_fastapi()
    try:
        yield
    finally:
        sys.meta_path[:] = finders
        for name in set(sys.modules) - modules:
            if name.partition(".")[0] in {"fastapi", "routers"} or name.startswith(MODULE_PREFIX):
                del sys.modules[name]


@pytest.fixture
def anyio_backend() -> str:
    """SQLAlchemy's asynchronous engines run on asyncio only."""
    return "asyncio"
