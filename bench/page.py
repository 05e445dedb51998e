"""The page `docs/benchmarks.md`: all sections, the machine, the versions, and the goals.

It writes what it is given, the lost rows and the missed goals too.
"""

import os
import platform
import sys
import textwrap
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench.section import Cell, Goal, Section

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "benchmarks.md"
PACKAGES = (
    "fastapi", "starlette", "pydantic", "pydantic-core", "anyio", "litestar", "blacksheep",
    "falcon", "uvicorn", "httptools", "uvloop", "granian", "sqlalchemy", "asyncpg",
)  # fmt: skip


def write_page(sections: Sequence[Section], rounds: int, page: Path = PAGE) -> None:
    """Write the page.

    Args:
        sections: what the parts found, in the order of the page.
        rounds: of how many rounds the figures are medians.
        page: where it is written.
    """
    page.write_text("\n\n".join(tell_page(sections, rounds)) + "\n")


def tell_page(sections: Sequence[Section], rounds: int) -> Iterable[str]:
    """The paragraphs of the page."""
    yield "# Benchmarks"
    yield (
        "`make bench` wrote this page. It holds every row that was measured, the lost ones too. "
        "The machine decides the absolute figures, so compare the figures of one page, never "
        "those of two."
    )
    yield table(("what", "here"), describe_machine())
    yield (
        f"Figures are medians of {rounds} rounds unless a section says otherwise. In each round "
        "all frameworks take their turns, so what disturbs the machine disturbs all of them."
    )
    yield "## Goals"
    goals = [goal for section in sections for goal in section.goals]
    met = sum(goal.is_met for goal in goals)
    yield f"{met} of {len(goals)} are met."
    yield table(("what", "goal", "measured", "met"), [goal_cells(goal) for goal in goals])
    for section in sections:
        yield f"## {section.title}"
        yield section.method
        if section.rows:
            yield table(section.columns, section.rows)
        for plot in section.plots:
            yield f"![{Path(plot).stem}]({plot})"


def goal_cells(goal: Goal) -> tuple[str, ...]:
    """One goal as cells of a table."""
    return (goal.text, goal.wanted, goal.seen, "yes" if goal.is_met else "**no**")


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table in Markdown; columns whose first cell is a number stand to the right."""
    rows = list(rows)
    numbers = [any(not isinstance(row[at], str) for row in rows) for at in range(len(columns))]
    lines = [columns, ["--:" if is_number else "---" for is_number in numbers]]
    lines += [[show(cell).replace("|", "\\|") for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def show(cell: Cell) -> str:
    """A cell as text: numbers with three digits that count."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"


def describe_machine() -> list[tuple[str, str]]:
    """What the figures depend on."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return [
        ("day", f"{datetime.now(UTC):%Y-%m-%d}"),
        ("processor", f"{find_processor()}, {os.cpu_count()} cores"),
        ("system", f"{platform.system()} {platform.release()}"),
        ("Python", f"{platform.python_implementation()} {platform.python_version()}"),
        ("packages", versions),
    ]


def find_processor() -> str:
    """The model of the processor."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def print_rows(section: Section) -> None:
    """Print a section's table."""
    print(f"\n{section.title}")
    if not section.rows:
        print(textwrap.fill(section.method, 100))
        return
    print_table(section.columns, section.rows)


def print_goals(sections: Sequence[Section]) -> None:
    """Print the table of goals."""
    goals = [goal for section in sections for goal in section.goals]
    if goals:
        print("\nGoals")
        rows = [(*goal_cells(goal)[:3], "met" if goal.is_met else "MISSED") for goal in goals]
        print_table(("what", "goal", "measured", ""), rows)


def print_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table whose columns stand below each other."""
    rows = list(rows)
    shown = [list(columns), *([show(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in shown) for at in range(len(columns))]
    numbers = [any(not isinstance(row[at], str) for row in rows) for at in range(len(columns))]
    for line in shown:
        cells = [
            cell.rjust(width) if is_number else cell.ljust(width)
            for cell, width, is_number in zip(line, widths, numbers, strict=True)
        ]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")
