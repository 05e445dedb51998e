"""What a program must give, as text: the handlers that its routes become, or its mistake.

The text is kept in a file beside the program.  `python tests/bless.py` writes all of them anew.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from drivers.programs import load_program, read_program

from pronghorn._pipeline.handler import build
from pronghorn._pipeline.observing import observed
from pronghorn._pipeline.steps import Entry
from pronghorn._serve.target import Compiled, current_overrides, plan_of

TESTS = Path(__file__).parents[1]
HANDLERS = TESTS / "handlers"
MISTAKES = TESTS / "mistakes"


def programs_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*.py") if not file.name.startswith("test_"))


def targets_of(app: Any) -> list[Compiled]:
    """The routes of *app* that are compiled, in order; those of the docs pages are not."""
    targets = [entry.target for entry in app.router._grown.entries]
    return [target for target in targets if isinstance(target, Compiled)]


def handler_text(target: Compiled, *, is_observed: bool = False) -> str:
    """The text of the handler of *target*, or of the one that its own handler is around.

    *is_observed*: as it is while OpenTelemetry hears of requests.
    """
    if is_observed:
        return build(observed(target.plan())).source.text
    if target.own_handler is None or target.own_handler() is None:
        target.compile()
        assert target.compiled is not None
        return target.compiled.source.text
    overrides = current_overrides(target.described.dependency_overrides_provider)
    return build(plan_of(target.described, Entry.REQUEST, overrides)).source.text


def title_of(target: Compiled) -> str:
    methods = " ".join(sorted(target.described.methods or {"WEBSOCKET"}))
    return f"# {methods} {target.described.declaration.path}"


def handlers_of(file: Path) -> str:
    """The handlers of the routes of the program *file*, each under what it answers."""
    program = load_program(file)
    is_observed = getattr(program, "IS_OBSERVED", False)
    texts = [
        f"{title_of(target)}\n{handler_text(target, is_observed=is_observed)}"
        for target in targets_of(program.app)
    ]
    return "\n".join(texts)


def mistake_of(file: Path) -> str:
    """What the program *file* raises, its own place told as the file's name alone."""
    before = Path.cwd()
    os.chdir(file.parent)
    try:
        _, error = read_program(file)
    finally:
        os.chdir(before)
    assert error is not None, f"{file.name} raises nothing"
    return f"{type(error).__name__}: {error}\n"


def expected_files() -> Iterator[tuple[Path, Path, Callable[[Path], str]]]:
    """Each program, the file with what it must give, and the function that makes it."""
    for folder, ending, make in (
        (HANDLERS, ".handler.txt", handlers_of),
        (MISTAKES, ".txt", mistake_of),
    ):
        for file in programs_in(folder):
            yield file, file.with_suffix(ending), make
