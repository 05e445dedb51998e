"""What differs between two answers, and which differences are meant to be."""

import re
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from environments import PROJECT

from wire.alike import ALIKE
from wire.requesting import Answer, Headers, Request

LISTED = Path(__file__).parent / "differences.toml"
DOCUMENT = PROJECT / "docs" / "differences.md"
ASPECTS = ("fault", "status", "headers", "body", "events")
KEYS = {"says", "reason", "applications", "aspects", "when"}
CONDITIONS = {
    "method", "target", "body", "theirs", "ours", "theirs_body", "ours_body", "theirs_events",
    "ours_events", "theirs_fault", "ours_fault", "headers", "alike",
}  # fmt: skip
# What may differ, and what has to be said of ours then: any answer would be as good, else.
SAID = {
    "body": ("ours_body", "alike"),
    "events": ("ours_events", "alike"),
    "headers": ("headers", "ours", "alike"),
    "status": ("ours",),
}


def compare(theirs: Answer, ours: Answer) -> tuple[str, ...]:
    """Name the aspects in which two answers differ."""
    return tuple(name for name in ASPECTS if getattr(theirs, name) != getattr(ours, name))


@dataclass(frozen=True, slots=True)
class Listed:
    """A difference on purpose."""

    says: str
    """The beginning of its line in docs/differences.md."""
    reason: str
    aspects: tuple[str, ...]
    when: dict[str, Any]
    applications: tuple[str, ...] = ("*",)

    def explains(
        self, request: Request, theirs: Answer, ours: Answer, differing: tuple[str, ...]
    ) -> bool:
        """Tell whether all that differs is meant to."""
        if not set(differing) <= set(self.aspects):
            return False
        if not any(fnmatch(request.application, pattern) for pattern in self.applications):
            return False
        texts = {
            "method": request.method,
            "target": unquote_to_bytes(request.target),
            "body": request.body or b"",
        }
        for name, answer in (("theirs", theirs), ("ours", ours)):
            texts[f"{name}_body"] = answer.body
            texts[f"{name}_fault"] = answer.fault.encode()
            texts[f"{name}_events"] = "\n".join(map(" | ".join, answer.events)).encode()
        # Only these headers may differ.
        named = self.when.get("headers", [])
        if named and drop(theirs.headers, named) != drop(ours.headers, named):
            return False
        is_meant = all(
            re.search(wanted.encode(), texts[name], re.DOTALL) is not None
            for name, wanted in self.when.items()
            if name in texts
        ) and all(
            self.when.get(name, answer.status) == answer.status
            for name, answer in (("theirs", theirs), ("ours", ours))
        )
        return is_meant and all(ALIKE[name](theirs, ours) for name in self.when.get("alike", []))


def drop(headers: Headers, names: list[str]) -> list[tuple[bytes, bytes]]:
    """Leave out the headers of these names."""
    return [header for header in headers if header[0].decode("latin-1").lower() not in names]


def read_listed() -> list[Listed]:
    """Read the list, and hold it against the document that users read."""
    document = DOCUMENT.read_text()
    found = []
    for entry in tomllib.loads(LISTED.read_text())["difference"]:
        unknown = entry.keys() - KEYS | entry["when"].keys() - CONDITIONS
        unknown |= set(entry["aspects"]) - set(ASPECTS)
        unknown |= set(entry["when"].get("alike", [])) - ALIKE.keys()
        if unknown:
            message = f"{LISTED.name}: {entry['says']!r} has what is not known: {sorted(unknown)}"
            raise ValueError(message)
        unsaid = [aspect for aspect in entry["aspects"] if not is_said(aspect, entry["when"])]
        if unsaid:
            message = (
                f"{LISTED.name}: {entry['says']!r} lets pass any {' or '.join(unsaid)} of ours"
            )
            raise ValueError(message)
        if entry["says"] not in document:
            message = f"{LISTED.name}: {entry['says']!r} is no line of {DOCUMENT.name}"
            raise ValueError(message)
        found.append(
            Listed(
                entry["says"],
                entry["reason"],
                tuple(entry["aspects"]),
                entry["when"],
                tuple(entry.get("applications", ["*"])),
            )
        )
    return found


def is_said(aspect: str, when: dict[str, Any]) -> bool:
    """Tell whether *when* says how ours is in this aspect."""
    return aspect not in SAID or any(name in when for name in SAID[aspect])


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference that is not meant to be."""

    request: Request
    theirs: Answer
    ours: Answer
    aspects: tuple[str, ...]


@dataclass(slots=True)
class Findings:
    """What a run found."""

    listed: list[Listed]
    requests: Counter[str] = field(default_factory=Counter)
    """By application."""
    meant: Counter[str] = field(default_factory=Counter)
    """By application."""
    occurred: Counter[str] = field(default_factory=Counter)
    """By what the list says."""
    statuses: Counter[int] = field(default_factory=Counter)
    unlisted: list[Difference] = field(default_factory=list)

    def add(self, request: Request, theirs: Answer, ours: Answer) -> None:
        """Compare the answers to one request."""
        self.requests[request.application] += 1
        self.statuses[theirs.status] += 1
        differing = compare(theirs, ours)
        if not differing:
            return
        for listed in self.listed:
            if listed.explains(request, theirs, ours, differing):
                self.meant[request.application] += 1
                self.occurred[f"{listed.says}: {listed.reason}"] += 1
                return
        self.unlisted.append(Difference(request, theirs, ours, differing))

    def never(self) -> list[str]:
        """List what is said to differ and never did."""
        said = [f"{listed.says}: {listed.reason}" for listed in self.listed]
        return [text for text in said if not self.occurred[text]]
