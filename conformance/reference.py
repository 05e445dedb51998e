"""Which of its own tests FastAPI passes: `reference.txt`, one list for all Pythons.

Its first line names the Pythons that FastAPI was tried on.  A test that passes on some of them
only has these behind its name.
"""

from pathlib import Path

from environments import HERE

REFERENCE_LIST = HERE / "reference.txt"
TRIED = "# passed by FastAPI on Python "
ONLY_ON = "  # only on Python "


def read_reference(version: str, path: Path = REFERENCE_LIST) -> set[str]:
    """Read what FastAPI passes on a Python; on one that was not tried: what it passes on all."""
    tried, lists = read_lists(path)
    return lists[version] if version in tried else set.intersection(*lists.values())


def read_any_reference(path: Path = REFERENCE_LIST) -> set[str]:
    """Read what FastAPI passes on one Python or another."""
    return set().union(*read_lists(path)[1].values())


def write_reference(version: str, passed: set[str], path: Path = REFERENCE_LIST) -> None:
    """Write what FastAPI passes on one Python beside what it passes on others."""
    tried, lists = read_lists(path) if path.is_file() else ([], {})
    lists[version] = passed
    tried = sorted({*tried, version}, key=lambda name: [int(part) for part in name.split(".")])
    lines = [TRIED + ", ".join(tried)]
    for test in sorted(set().union(*lists.values())):
        passing = [name for name in tried if test in lists[name]]
        lines.append(test if passing == tried else test + ONLY_ON + ", ".join(passing))
    path.write_text("\n".join(lines) + "\n")


def read_lists(path: Path = REFERENCE_LIST) -> tuple[list[str], dict[str, set[str]]]:
    """Read which Pythons were tried, and what passes on each."""
    first, *lines = path.read_text().splitlines()
    tried = first.removeprefix(TRIED).split(", ")
    lists: dict[str, set[str]] = {version: set() for version in tried}
    for line in lines:
        test, _, versions = line.partition(ONLY_ON)
        for version in versions.split(", ") if versions else tried:
            lists[version].add(test)
    return tried, lists
