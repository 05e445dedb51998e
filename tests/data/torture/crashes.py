"""Rounds of crashes under four writers: what was acknowledged has to be there afterwards.

`python crashes.py sqlite --app usual_recipe:app --python ENVIRONMENT/bin/python` runs the
control: FastAPI with the usual recipe, in the same harness.  `--app usual_recipe:flushing` is
the same, where the endpoint flushes; with `--blind` nobody reads beside the server.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    # As pytest has it.
    sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from data.torture.served import Served
from data.torture.writers import Writers, lost, make_outside

from pronghorn.data.testing.postgres import PostgresServer, running_postgres

ROUNDS = 20
ENOUGH = 10_000


@dataclass
class Outcome:
    """What all rounds together gave."""

    acknowledged: int = 0
    lost: set[str] = field(default_factory=set)
    not_there: list[str] = field(default_factory=list)
    statuses: Counter[int | str] = field(default_factory=Counter)
    rounds: int = 0

    def __str__(self) -> str:
        return (
            f"{self.rounds} crashes, {self.acknowledged} acknowledged, {len(self.lost)} lost,"
            f" {len(self.not_there)} not to be read at once; {dict(self.statuses)}"
        )


def rounds(
    served: Served, address: str, postgres: PostgresServer | None, *, looks: bool
) -> Outcome:
    """Crash the server, or PostgreSQL where that keeps the data, until enough was written."""
    chance = random.Random(7)
    outside = make_outside(address)
    outcome = Outcome()
    writers = Writers(served.port, outside, looks=looks)
    served.start()
    while outcome.rounds < ROUNDS or len(writers.acknowledged) < ENOUGH:
        writers.begin(f"round-{outcome.rounds}")
        wanted = (outcome.rounds + 1) * ENOUGH // ROUNDS
        while len(writers.acknowledged) < wanted:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.1)
        if postgres is None:
            served.kill()
            writers.end()
            served.start()
        else:
            postgres.stop(immediate=True)
            time.sleep(0.05)
            writers.end()
            postgres.start()
        outcome.rounds += 1
    outcome.acknowledged = len(writers.acknowledged)
    outcome.lost = lost(writers.acknowledged, outside)
    outcome.not_there = writers.not_there
    outcome.statuses = writers.statuses
    outside.dispose()
    return outcome


def crash_sqlite(
    folder: Path, app: str = "notes:app", python: str = sys.executable, *, looks: bool = True
) -> Outcome:
    address = f"sqlite:///{folder / 'notes.db'}"
    served = Served(address, app, python)
    try:
        return rounds(served, address, None, looks=looks)
    finally:
        served.kill()


def crash_postgres(
    postgres: PostgresServer,
    app: str = "notes:app",
    python: str = sys.executable,
    *,
    looks: bool = True,
) -> Outcome:
    served = Served(postgres.url, app, python)
    try:
        return rounds(served, postgres.url, postgres, looks=looks)
    finally:
        served.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("database", choices=["sqlite", "postgresql"])
    parser.add_argument("--app", default="notes:app")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--blind", action="store_true")
    options = parser.parse_args()
    looks = not options.blind
    if options.database == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            print(crash_sqlite(Path(folder), options.app, options.python, looks=looks))
    else:
        with running_postgres(durable=True) as postgres:
            print(crash_postgres(postgres, options.app, options.python, looks=looks))


if __name__ == "__main__":
    main()
