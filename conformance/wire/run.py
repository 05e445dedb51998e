"""The run: `make conformance-wire`.

Serves all applications on FastAPI and on Pronghorn, asks both the same, and compares.

    make conformance-wire ARGS="--seed 7 --only 'own.*'"
"""

import argparse
import fnmatch
import json
import random
import signal
import sys
import time
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from environments import PROJECT, PRONGHORN, REFERENCE, SetupError, make_environment

from wire.client import Connection
from wire.comparison import Findings, read_listed
from wire.dialogues import find_dialogues
from wire.generator import generate
from wire.operations import find_operations
from wire.proving import prove
from wire.report import print_table, write_difference
from wire.requesting import Answer, Request
from wire.servers import WIRE, serving
from wire.talks import Talk, generate_talks, hold

SEED = 20261126
REQUESTS = 15_000
# Applications of our own get so many times the share of a tutorial.
OWN_SHARE = 4
SHOWN = 12
# What uvicorn says to what is no HTTP.
REFUSAL = b"Invalid HTTP request received."


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="FastAPI and Pronghorn on the wire, compared.")
    parser.add_argument("--seed", type=int, default=SEED, help="of the generated requests")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many to generate")
    parser.add_argument("--only", default="*", metavar="GLOB", help="applications, by name")
    parser.add_argument("--show", type=int, default=SHOWN, help="print so many differences")
    options = parser.parse_args()
    # Servers are ended whatever ends this process.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        for kind in (REFERENCE, PRONGHORN):
            make_environment(kind)
        return run(options)
    except SetupError as error:
        return print(f"wire: {error}", file=sys.stderr) or 2


def run(options: argparse.Namespace) -> int:
    """Ask both servers and report."""
    started = time.monotonic()
    findings = Findings(read_listed())
    faults: list[str] = []
    say(f"seed {options.seed}")
    with serving((REFERENCE, PRONGHORN)) as servers:
        pair = Pair(Connection(servers[0].port), Connection(servers[1].port), findings)
        listed = pair.control("/list")
        faults += compare_listings(*listed)
        names = [n for n in listed[0]["documents"] if fnmatch.fnmatch(n, options.only)]
        say(f"{len(names)} applications on FastAPI {servers[0].version} and on Pronghorn")
        operations = {
            name: pair.ask_documents(name, listed[0]["documents"][name]) for name in names
        }
        for name, wanted in share_out(operations, options.requests).items():
            # A generator of its own for each: the requests to one do not depend on the others.
            rng = random.Random(f"{options.seed} {name}")  # noqa: S311  to be repeatable
            pair.ask_all(generate(name, operations[name], wanted, rng))
            for dialogue in find_dialogues(name):
                pair.hold(dialogue)
            for talk in generate_talks(name, rng):
                pair.talk(talk)
        pair.end(names)
        faults += compare_folders(*(server.folder for server in servers))
    if options.only == "*":
        say("Pronghorn on Granian")
        faults += prove()
    print_table(findings)
    return conclude(findings, faults, options, time.monotonic() - started)


class Pair:
    """Both servers, asked the same."""

    def __init__(self, theirs: Connection, ours: Connection, findings: Findings) -> None:
        self.connections = (theirs, ours)
        self.controls = tuple(Connection(connection.port) for connection in self.connections)
        self.findings = findings

    def control(self, path: str) -> list[Any]:
        """Ask both about the run itself."""
        return [connection.control(path) for connection in self.controls]

    def ask(self, request: Request) -> Answer:
        """Ask both, side by side, and compare; give FastAPI's answer."""
        for connection in self.connections:
            connection.begin(request)
        answers = [connection.finish() for connection in self.connections]
        # What the server itself refuses never reaches an application.
        expected = 0 if any(answer.body == REFUSAL for answer in answers) else 1
        records = self.control(f"/events/{request.application}/{expected}")
        theirs, ours = (
            replace(answer, events=events) for answer, events in zip(answers, records, strict=True)
        )
        self.findings.add(request, theirs, ours)
        # uvicorn closes the connection after an exception, a moment after the answer.
        if any("raised" in event for events in theirs.events + ours.events for event in events):
            for connection in self.connections:
                connection.close()
        return theirs

    def ask_all(self, requests: Iterable[Request]) -> None:
        """Ask one after the other."""
        for request in requests:
            self.ask(request)

    def hold(self, dialogue: Iterator[Request]) -> None:
        """Hold a dialogue, in which a request may follow from an answer."""
        try:
            request = next(dialogue)
            while True:
                answer = self.ask(request)
                request = (
                    dialogue.send(answer) if isinstance(dialogue, Generator) else next(dialogue)
                )
        except StopIteration:
            pass

    def talk(self, talk: Talk) -> None:
        """Hold the same talk with both."""
        answers = [hold(talk, connection.port) for connection in self.connections]
        records = self.control(f"/events/{talk.application}/1")
        theirs, ours = (
            replace(answer, events=events) for answer, events in zip(answers, records, strict=True)
        )
        self.findings.add(talk.request(), theirs, ours)

    def end(self, names: list[str]) -> None:
        """End the lifespans, and compare what was recorded of these applications."""
        theirs, ours = self.control("/end")
        for name, events in ((name, theirs[name]) for name in names):
            life = Request(name, b"lifespan", b"LIFE", why="life")
            found = ours.get(name)
            self.findings.add(
                life, Answer(events=[events]), Answer(events=[found] if found else [])
            )

    def ask_documents(self, name: str, documents: list[str]) -> list[Any]:
        """Ask for the documents of an application; give what can be asked for."""
        found = []
        for path in documents:
            answer = self.ask(Request(name, path.encode(), why="document"))
            if answer.status == 200:
                prefix = path.rpartition("/")[0] if path.count("/") > 1 else ""
                document = json.loads(answer.body)
                found += find_operations(name, prefix if prefix == "/subapi" else "", document)
        return found


def share_out(operations: dict[str, list[Any]], requests: int) -> dict[str, int]:
    """Give each application its share of the requests, by what it can be asked for."""
    weights = {
        name: (2 + len(found)) * (OWN_SHARE if name.startswith("own.") else 1)
        for name, found in operations.items()
    }
    total = sum(weights.values())
    return {name: -(-requests * weight // total) for name, weight in weights.items()}


def compare_listings(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Compare which applications there are: what cannot be loaded on one fails on the other."""
    faults = []
    for name in sorted(theirs["unloaded"].keys() | ours["unloaded"].keys()):
        wanted, had = (
            theirs["unloaded"].get(name, ["loaded"]),
            ours["unloaded"].get(name, ["loaded"]),
        )
        if name.startswith("own.") and wanted != ["no application"]:
            faults.append(f"{name} cannot be loaded: {wanted[0]} on FastAPI, {had[0]} on Pronghorn")
        elif wanted[0] not in had:
            faults.append(f"{name}: {wanted[0]} on FastAPI, {had[0]} on Pronghorn")
    for name, documents in theirs["documents"].items():
        if ours["documents"].get(name, documents) != documents:
            faults.append(f"{name}: other documents on Pronghorn")
    return faults


def compare_folders(theirs: Path, ours: Path) -> list[str]:
    """Compare the files that the applications wrote."""
    written = [read_files(folder) for folder in (theirs, ours)]
    faults = []
    for name in sorted(written[0].keys() | written[1].keys()):
        if name not in written[1]:
            faults.append(f"the applications wrote no {name} on Pronghorn")
        elif name not in written[0]:
            faults.append(f"the applications wrote {name} on Pronghorn alone")
        elif written[0][name] != written[1][name]:
            faults.append(f"the applications wrote another {name} on Pronghorn")
    return faults


def read_files(folder: Path) -> dict[str, bytes]:
    """Read all files of a folder, but for the insides of databases, which are no texts."""
    return {
        str(file.relative_to(folder)): b"" if file.suffix == ".db" else file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def conclude(
    findings: Findings, faults: list[str], options: argparse.Namespace, seconds: float
) -> int:
    """Print what counts."""
    written = WIRE / "differences.txt"
    written.write_text("\n".join(map(write_difference, findings.unlisted)))
    for difference in findings.unlisted[: options.show]:
        print(write_difference(difference))
    if options.only == "*":
        faults += [f"listed, and never seen: {text}" for text in findings.never()]
    for fault in faults:
        print(f"FAULT {fault}")
    total = findings.requests.total()
    say(
        f"{len(findings.requests)} applications, {total} requests, all compared: "
        f"{findings.meant.total()} differ as listed, {len(findings.unlisted)} differ unlisted, "
        f"{len(faults)} other faults; {seconds:.0f} s"
    )
    if findings.unlisted:
        say(f"all of them: {written.relative_to(PROJECT)}")
    return 1 if findings.unlisted or faults else 0


def say(text: str) -> None:
    """Tell how far it is."""
    print(f"wire: {text}", flush=True)
