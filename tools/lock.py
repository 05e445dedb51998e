"""The locks: which exact files an environment is made from.

`lock.py` writes them, keeping the versions that still fit (`--upgrade` takes the newest);
`lock.py --check` compares the sum that each lock keeps of what it was made from, and
needs no network.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent.parent
MARK = "# made from: sha256 "


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock, and how it is made."""

    file: str
    source: str
    options: tuple[str, ...] = ()

    def find_sum(self) -> str:
        """Compute the sum of what the source asks for."""
        text = (PROJECT / self.source).read_text()
        if self.source.endswith(".toml"):
            read = tomllib.loads(text)
            project = read["project"]
            asked = [
                project["requires-python"],
                project["dependencies"],
                project["optional-dependencies"],
                read["dependency-groups"],
                read["build-system"]["requires"],
            ]
            text = json.dumps(asked)
        return hashlib.sha256(text.encode()).hexdigest()

    def is_fresh(self) -> bool:
        """Tell whether the lock was made from what the source says now."""
        path = PROJECT / self.file
        return path.is_file() and path.read_text().startswith(f"{MARK}{self.find_sum()}\n")

    def write(self, *options: str) -> None:
        """Resolve and write it."""
        path = PROJECT / self.file
        subprocess.run(  # noqa: S603  our own command
            [
                Path(sys.executable).parent / "uv", "pip", "compile", "--quiet", "--universal",
                "--python-version", "3.11", "--generate-hashes", "--no-header",
                "--output-file", path, *self.options, *options, PROJECT / self.source,
            ],
            cwd=PROJECT,
            check=True,
        )  # fmt: skip
        path.write_text(f"{MARK}{self.find_sum()}\n{path.read_text()}")


LOCKS = (
    Lock(
        "requirements/dev.txt",
        "pyproject.toml",
        # Ourselves are installed beside it, in place.
        ("--all-extras", "--group", "dev", "--no-emit-package", "pronghorn"),
    ),
    Lock("conformance/requirements.txt", "conformance/requirements.in"),
    # What both have is the same there, so that what is tested is what is measured.
    Lock("bench/requirements.txt", "bench/requirements.in", ("-c", "requirements/dev.txt")),
    *(
        Lock(
            f"conformance/packages/locks/{group}.txt",
            f"conformance/packages/locks/{group}.in",
            # Pronghorn stands in its place; for the reference it has a lock of its own.
            ("--no-emit-package", "fastapi"),
        )
        for group in ("telemetry", "tools", "nicegui", "gradio")
    ),
)


def main() -> int:
    """Write the locks, or check them."""
    parser = argparse.ArgumentParser(description="Write the locks of the environments.")
    parser.add_argument("--check", action="store_true", help="only tell whether they are fresh")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    if options.check:
        stale = [lock for lock in LOCKS if not lock.is_fresh()]
        for lock in stale:
            print(f"{lock.file} is older than {lock.source}: run `make lock`")
        return 1 if stale else 0
    for lock in LOCKS:
        lock.write(*(["--upgrade"] if options.upgrade else []))
    return 0


if __name__ == "__main__":
    sys.exit(main())
