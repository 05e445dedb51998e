"""SQLite under sixteen writers and sixteen readers, in two processes: nobody is told of a lock."""

import asyncio
import subprocess
import sys
import time
from pathlib import Path

import pytest
from data.models import Base, User
from sqlalchemy import create_engine, select

from pronghorn.data import Database

SECONDS = 20

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


async def work(
    address: str, seconds: float, writers: int, readers: int
) -> tuple[int, int, list[str]]:
    """How many transactions wrote and read, and what failed."""
    end = time.monotonic() + seconds
    counts = [0, 0]
    failures: list[str] = []

    async def write() -> None:
        while time.monotonic() < end:
            try:
                async with db.sessions() as session:
                    # Read first, then write: what fails at once where the lock is taken late.
                    user = (await session.scalars(select(User))).one()
                    await asyncio.sleep(0)
                    user.name = str(int(user.name) + 1)
                counts[0] += 1
            except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
                failures.append(repr(error))

    async def read() -> None:
        while time.monotonic() < end:
            try:
                async with db.sessions.read() as session:
                    (await session.scalars(select(User))).one()
                counts[1] += 1
            except Exception as error:  # noqa: BLE001 - as above
                failures.append(repr(error))
            await asyncio.sleep(0.001)

    async with Database(address) as db:
        await asyncio.gather(*(write() for _ in range(writers)), *(read() for _ in range(readers)))
    return counts[0], counts[1], failures


def test_no_lock_is_seen_and_no_update_is_lost(tmp_path):
    address = f"sqlite:///{tmp_path / 'test.db'}"
    engine = create_engine(address)
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(User.__table__.insert(), {"id": 1, "name": "0"})
    root = Path(__file__).parents[2]
    code = "import asyncio, sys; from data.torture.test_locks import work, SECONDS; print(*asyncio.run(work(sys.argv[1], SECONDS, 8, 8)))"
    others = [
        subprocess.Popen(
            [sys.executable, "-c", code, address],
            cwd=root,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [other.communicate(timeout=90)[0] for other in others]
    written = [int(output.split(maxsplit=2)[0]) for output in outputs]
    assert all(output.strip().endswith("[]") for output in outputs), outputs
    assert min(written) > 0, "one process starved"
    with engine.connect() as connection:
        assert connection.scalar(select(User.name)) == str(sum(written))
    engine.dispose()
