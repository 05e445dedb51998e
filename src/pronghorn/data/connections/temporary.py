"""A private file for a database that is never stored: `sqlite://`, `sqlite:///:memory:`.

A database in memory belongs to one connection, so two requests would not see the same.  In a
file that nobody else can read, all connections do, and it is gone when the database is closed.
"""

import os
import shutil
import tempfile
from pathlib import Path
from weakref import finalize

from pronghorn._record import replace
from pronghorn.data.connections.urls import Address


class PrivateFile:
    """A folder of this process's own, and the file within it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pronghorn-"))
        self.file = self.folder / "memory.db"
        self.owner = os.getpid()
        finalize(self, remove_folder, self.folder, self.owner)

    def empty(self) -> None:
        """Forget everything; forked processes leave it to the one that they come from."""
        if os.getpid() == self.owner:
            for file in self.folder.glob(f"{self.file.name}*"):
                file.unlink(missing_ok=True)

    def stands_in(self, address: Address) -> Address:
        """*address*, with this file for memory."""
        database = str(self.file)
        return replace(
            address,
            url=address.url.set(database=database),
            sync_url=address.sync_url.set(database=database),
        )


def remove_folder(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
