"""Runs the parts that the command line names, or all of them and writes the page."""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import cast

from bench.environment import SetupError, go_there, is_within, make_environment, say
from bench.page import PAGE, print_goals, print_rows, write_page
from bench.section import LeftOutError, Section

# Each is a module here, with `measure(rounds, is_quick) -> Section`.
PARTS = ("in_process", "wire", "growth", "startup", "threads", "data", "blog")


def main() -> int:
    """Run what the command line asks for."""
    options = read_options()
    if not is_within():
        try:
            make_environment()
        except SetupError as error:
            print(f"bench: {error}", file=sys.stderr)
            return 2
        go_there()
    parts = options.parts or list(PARTS)
    sections = [measure(part, options) for part in parts]
    for section in sections:
        print_rows(section)
    if options.quick:
        print("\nA trial: all parts run and all answers are alike.  Its figures decide no goals.")
    else:
        print_goals(sections)
    if not options.parts and not options.quick:
        write_page(sections, options.rounds)
        print(f"\nWritten: {PAGE}")
    return 0


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description="Measure Pronghorn.  A run of all parts writes docs/benchmarks.md.",
    )
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, help="medians are of so many (5)")
    parser.add_argument("--quick", action="store_true", help="a trial of seconds: no true figures")
    only = parser.add_argument_group("in_process")
    only.add_argument("--cases", default="", help="these cases, with commas between them")
    only.add_argument("--against", default="", help="these subjects, such as floor,pronghorn")
    only.add_argument("--old", type=Path, help="another checkout, measured as well")
    options = parser.parse_args()
    unknown = [part for part in options.parts if part not in PARTS]
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return options


def measure(part: str, options: argparse.Namespace) -> Section:
    """Run one part; one that cannot run here says so in its section."""
    say(f"measuring {part}")
    began = time.monotonic()
    module = import_module(f"bench.{part}")
    if part == "in_process" and (options.cases or options.against or options.old):
        choose = {
            "cases": tuple(filter(None, options.cases.split(","))),
            "against": tuple(filter(None, options.against.split(","))),
            "old": options.old,
        }
    else:
        choose = {}
    try:
        found = module.measure(options.rounds, options.quick, **choose)
    except LeftOutError as error:
        found = Section(part, f"Left out: {error}", (), ())
    say(f"{part} took {time.monotonic() - began:.0f} s")
    return cast("Section", found)


if __name__ == "__main__":
    sys.exit(main())
