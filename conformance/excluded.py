"""Which of the tests that FastAPI passes Pronghorn need not pass, and why: `excluded.toml`."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from environments import HERE, PROJECT, SUITE, SetupError
from pydantic import BaseModel, ConfigDict, Field, ValidationError

EXCLUDED = HERE / "excluded.toml"
DIFFERENCES = PROJECT / "docs" / "differences.md"

Names = Annotated[list[str], Field(min_length=1)]
# So many tests of each kind may be listed, and no more.
LIMIT_OF_VISIBLE = 15
LIMIT_OF_PRIVATE = 110


class Entry(BaseModel):
    """Some of FastAPI's tests that Pronghorn need not pass, for one reason."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)
    tests: Names
    """Ids of FastAPI's tests."""
    held_by: list[str] = []
    """Our own tests of what a user sees of it."""


class Visible(Entry):
    """A difference that a user can see, on purpose."""

    held_by: Names
    """The tests that docs/differences.md names for it."""


class Private(Entry):
    """Tests that import, replace or look at names that are not for users."""

    names: Names
    """The names that these tests cannot do without."""


class Excluded(BaseModel):
    """The file `excluded.toml`."""

    model_config = ConfigDict(extra="forbid")

    visible: list[Visible] = []
    private: list[Private] = []

    @property
    def tests(self) -> list[str]:
        """The tests of all entries."""
        return [test for entry in (*self.visible, *self.private) for test in entry.tests]


def read_excluded(path: Path = EXCLUDED) -> Excluded:
    """Read the file; one that is not written as it must be is refused."""
    try:
        return Excluded.model_validate(tomllib.loads(path.read_text()))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        message = f"{path.name} is not written as its first lines say: {error}"
        raise SetupError(message) from error


def find_faults(excluded: Excluded, reference: set[str]) -> Iterator[str]:
    """Find what the entries may not say; no test needs to have run for it."""
    tests = excluded.tests
    for test in sorted({test for test in tests if tests.count(test) > 1}):
        yield f"{test} is listed twice"
    for test in sorted(set(tests) - reference):
        yield f"{test} is none of the tests that FastAPI passes"
    yield from exceed("visible", excluded.visible, LIMIT_OF_VISIBLE)
    yield from exceed("private", excluded.private, LIMIT_OF_PRIVATE)
    for visible in excluded.visible:
        yield from find_unlisted_differences(visible)
    for private in excluded.private:
        yield from find_absent_names(private)
    for entry in (*excluded.visible, *excluded.private):
        for test in entry.held_by:
            if not has_test(test):
                yield f"{entry.tests[0]}: our test {test} does not exist"


def exceed(kind: str, entries: list[Visible] | list[Private], limit: int) -> Iterator[str]:
    """Complain if the entries of one kind list more tests than there may be."""
    listed = sum(len(entry.tests) for entry in entries)
    if listed > limit:
        yield f"{listed} tests are listed as {kind}; {limit} may be"


def find_unlisted_differences(entry: Visible) -> Iterator[str]:
    """Find tests of a difference that users are not told of."""
    told = DIFFERENCES.read_text()
    for test in entry.held_by:
        if f"`{test}`" not in told:
            yield f"{entry.tests[0]}: docs/differences.md does not name {test}"


def find_absent_names(entry: Private) -> Iterator[str]:
    """Find private names that a test's file does not have."""
    for file in sorted({test.partition("::")[0] for test in entry.tests}):
        path = SUITE / file
        text = path.read_text() if path.is_file() else ""
        for name in entry.names:
            if name.rpartition(".")[2] not in text:
                yield f"{entry.tests[0]}: {file} does not have the name {name}"


def has_test(test: str) -> bool:
    """Tell whether a test of ours, `path::name`, exists."""
    file, _, name = test.partition("::")
    path = PROJECT / file
    return path.is_file() and f"def {name}(" in path.read_text()
