"""What a part of the bench hands back: a table, the goals that it decides, and how it was measured.

A section is data.  It knows nothing of how it was measured, and nothing of pages.
"""

from dataclasses import dataclass

Cell = str | int | float


class LeftOutError(Exception):
    """A part cannot run on this machine; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What was wanted of one figure, and what was seen."""

    text: str  # what it is: "in-process, geometric mean of the twelve"
    wanted: str  # "at least 15 times FastAPI"
    seen: str  # "16.2 times"
    is_met: bool


@dataclass(frozen=True, slots=True)
class Section:
    """What one part found.

    Args:
        title: the heading of its part of the page.
        method: what was done and what the figures are, in Markdown.
        columns: the headings of the table, with units.
        rows: one for each thing measured, as many cells as there are columns.  Numbers are
            rounded where they are shown, to three digits.
        goals: the goals that the rows decide.
        plots: picture files beside the page: paths below `docs/`, such as
            `benchmarks/routes.svg`.
    """

    title: str
    method: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    goals: tuple[Goal, ...] = ()
    plots: tuple[str, ...] = ()
