"""The plots of growth: a picture for each sweep, in `docs/benchmarks/`.

The same figures make the same file.  Text stays text, so that files are small.
"""

from pathlib import Path

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from bench.growing import Sweep

FOLDER = Path(__file__).parent.parent / "docs" / "benchmarks"

STYLE = {
    "svg.hashsalt": "pronghorn",  # else the names within a file are new each time
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#8a8f98",
    "axes.labelcolor": "#3d434b",
    "xtick.color": "#5b616a",
    "ytick.color": "#5b616a",
}

# Colours that differ in brightness too, and a line of its own for the floor.
LINES = {
    "FastAPI": {"color": "#00796b", "marker": "s", "linestyle": "-"},
    "Pronghorn": {"color": "#c2410c", "marker": "o", "linestyle": "-"},
    "floor": {"color": "#8a8f98", "marker": ".", "linestyle": "--"},
}


def draw(sweep: Sweep, costs: dict[int, dict[str, float]], folder: Path = FOLDER) -> Path:
    """Draw microseconds per request against the size.

    Args:
        sweep: what grew.
        costs: microseconds, by size and subject.
        folder: where the file goes.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 3.8), layout="constrained")
        axes = figure.subplots()
        plot_lines(axes, costs)
        set_scales(axes, sweep, costs)
        axes.set_title(f"µs for one request: {sweep.what.replace('`', '')}", loc="left", size=11)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{sweep.name}.svg"
        figure.savefig(path, metadata={"Date": None, "Creator": None})
    return path


def plot_lines(axes: Axes, costs: dict[int, dict[str, float]]) -> None:
    """A line for each subject, with its name at its end."""
    sizes = list(costs)
    for subject, line in LINES.items():
        values = [cost[subject] for cost in costs.values()]
        axes.plot(sizes, values, markersize=5, linewidth=1.8, **line)
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    height = high
    ends = costs[sizes[-1]]
    for subject in sorted(LINES, key=lambda subject: -ends[subject]):
        # Names that would touch each other are moved apart, by a share of the whole height.
        height = min(ends[subject], height)
        axes.annotate(
            subject,
            (sizes[-1], height),
            xytext=(8, 0),
            textcoords="offset points",
            va="center",
            color=LINES[subject]["color"],
            annotation_clip=False,
        )
        height /= (high / low) ** 0.07


def set_scales(axes: Axes, sweep: Sweep, costs: dict[int, dict[str, float]]) -> None:
    """The scale of the sizes, all names and numbers, and lines across."""
    plain = FuncFormatter(lambda value, _: f"{value:,.10g}")
    if sweep.is_logarithmic:
        axes.set_xscale("log")
    axes.set_xticks(list(costs) if sweep.is_logarithmic else apart(list(costs)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(plain)
        axis.set_minor_locator(NullLocator())
    axes.set_xlabel(sweep.unit)
    axes.grid(axis="y", color="#e3e5e8", linewidth=0.8)
    axes.set_axisbelow(True)


def apart(sizes: list[int]) -> list[int]:
    """Those whose figures do not touch each other on a linear scale."""
    kept = [sizes[0]]
    for size in sizes[1:]:
        if size - kept[-1] >= sizes[-1] / 20:
            kept.append(size)
    return kept
