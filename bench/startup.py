"""Start-up and memory: import, a thousand routes, their document, and first requests.

Everything is measured in processes that are made for it, the frameworks in turns.
"""

from collections.abc import Callable, Iterator
from statistics import median

from bench.fresh import run_fresh, run_text
from bench.section import Goal, Section

FRAMEWORKS = ("fastapi", "pronghorn")

# What an application says at its beginning.  A bare `import` could leave its work for later.
IMPORT = """
import time
began = time.process_time()
from {name} import APIRouter, Body, Depends, FastAPI, HTTPException, Path, Query, Request, Response
print('{{"import": %f}}' % ((time.process_time() - began) * 1e3))
"""

FIRST_ANSWER = """
import time
began = time.process_time()
import asyncio
from {name} import FastAPI
app = FastAPI()
@app.get("/items/{{item_id}}")
async def read(item_id: int, q: str | None = None):
    return {{"item_id": item_id, "q": q}}
async def receive():
    return {{"type": "http.request", "body": b""}}
sent = []
async def send(message):
    sent.append(message)
scope = {{"type": "http", "asgi": {{"version": "3.0"}}, "http_version": "1.1", "method": "GET",
    "scheme": "http", "path": "/items/7", "raw_path": b"/items/7", "query_string": b"q=x",
    "root_path": "", "headers": [(b"host", b"a")], "client": ("127.0.0.1", 1), "server": ("a", 80)}}
asyncio.run(app(scope, receive, send))
taken = (time.process_time() - began) * 1e3
assert sent[0]["status"] == 200 and sent[1]["body"] == b'{{"item_id":7,"q":"x"}}', sent
print('{{"answer": %f}}' % taken)
"""

METHOD = """\
Each figure is the median of {rounds} fresh processes, in which byte code is cached. Times are of
the processor. The import names nine things that applications use, so that nothing can be left for
later; the row below it goes on until an application of one route has answered.

The {routes:,} routes are `POST` with a path parameter, a query parameter and a body model of their
own, which has a list, limits and a model that all share; each twenty have an answer model. Models
and endpoints are there before the clock starts. Memory is what `tracemalloc` counts (Python's own;
one process) and what the process has more of (pydantic's too). Pronghorn compiles a route when it
is first asked for, so the memory after each was asked once is a row as well.

The large application includes ten groups of twenty such routes. The first request goes to the last
of them, in a started application; then comes a first request to each of the other 199. The worst of
these is the median of each process's worst. What Pronghorn leaves for later is within the row that
adds it all up."""

Figures = dict[str, float]
Row = tuple[str, str, float, float, float]


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all of it."""
    rounds = 1 if is_quick else min(rounds, 5)
    routes, grouped = (100, 40) if is_quick else (1000, 200)
    rows = tuple(make_rows(find_all(rounds, str(routes), str(grouped)), routes))
    return Section(
        "Start-up and memory",
        METHOD.format(rounds=rounds, routes=routes),
        ("what", "unit", "FastAPI", "Pronghorn", "FastAPI ÷ Pronghorn"),
        rows,
        tuple(decide_goals({row[0]: row for row in rows})),
    )


def find_all(rounds: int, routes: str, grouped: str) -> dict[str, Figures]:
    """All figures of each framework."""
    runs: tuple[tuple[int, Callable[[str], Figures]], ...] = (
        (2 * rounds + 1, lambda name: run_text(IMPORT.format(name=name))),
        (rounds, lambda name: run_text(FIRST_ANSWER.format(name=name))),
        (rounds, lambda name: run_fresh("bench.large:add_routes", name, routes)),
        (1, lambda name: run_fresh("bench.large:trace_routes", name, routes)),
        (rounds, lambda name: run_fresh("bench.large:include_groups", name, grouped)),
    )
    found: dict[str, Figures] = {name: {} for name in FRAMEWORKS}
    for name in FRAMEWORKS:
        run_text(FIRST_ANSWER.format(name=name))  # so that its byte code is there
    for times, run in runs:
        for name, figures in take_turns(times, run).items():
            found[name].update(figures)
    return found


def take_turns(rounds: int, run: Callable[[str], Figures]) -> dict[str, Figures]:
    """Medians of so many runs of each framework."""
    taken: dict[str, list[Figures]] = {name: [] for name in FRAMEWORKS}
    for _ in range(rounds):
        for name in FRAMEWORKS:
            taken[name].append(run(name))
    return {
        name: {key: median(figures[key] for figures in all_figures) for key in all_figures[0]}
        for name, all_figures in taken.items()
    }


def make_rows(found: dict[str, Figures], routes: int) -> Iterator[Row]:
    """The rows of the table."""
    kilobytes = 1000 / routes
    for text, unit, key, scale in (
        ("import", "ms", "import", 1),
        ("import, one route, its first answer", "ms", "answer", 1),
        (f"add {routes:,} routes", "ms", "add", 1),
        ("their document", "ms", "document", 1),
        ("their memory, traced", "MB", "added", 1),
        ("their memory, of the process", "MB", "resident", 1),
        ("a route, traced", "kB", "added", kilobytes),
        ("a route that was asked, traced", "kB", "asked", kilobytes),
        ("large application: start", "ms", "start", 1),
        ("large application: the first request", "ms", "first", 1),
        ("large application: the worst other first request", "ms", "worst", 1),
        ("large application: the median of these", "ms", "median", 1),
        ("large application: to add it, start it and ask each route once", "ms", "all", 1),
        ("large application: any later request", "ms", "again", 1),
    ):
        theirs, ours = (found[name][key] * scale for name in FRAMEWORKS)
        yield text, unit, theirs, ours, theirs / ours


def decide_goals(rows: dict[str, Row]) -> Iterator[Goal]:
    """What was wanted of these rows."""
    added = next(text for text in rows if text.startswith("add "))
    _, _, theirs, ours, _ = rows["import"]
    share = ours / theirs
    yield Goal("import", "at most 0.6 of FastAPI's time", f"{share:.2f}", share <= 0.6)
    for text, row, wanted in (
        (f"{added[4:]}: time to add", rows[added], 8),
        (f"{added[4:]}: OpenAPI document", rows["their document"], 4),
    ):
        yield Goal(text, f"{wanted} times faster", f"{row[4]:.1f} times", row[4] >= wanted)
    for row in (rows["their memory, traced"], rows["their memory, of the process"]):
        share = row[3] / row[2]
        text = f"{added[4:]}: {row[0].removeprefix('their ')}"
        yield Goal(text, "at most half of FastAPI's", f"{share:.2f}", share <= 0.5)
    firsts = [row for text, row in rows.items() if "first request" in text]
    worst = max(row[3] for row in firsts)
    yield Goal(
        "first requests into a large application", "none over 5 ms", f"{worst:.1f} ms", worst <= 5
    )
