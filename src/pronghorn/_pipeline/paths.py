"""Path templates as a tree: which target answers a path.

The first that was added wins, as if all were tried in order; one that has the method wins
over an earlier one that has not.  Targets are whatever the caller gave: nothing is known of
what they do, but that some have to be asked themselves whether they match (`Asked`).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Any, Generic, TypeVar

from starlette.convertors import (
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import compile_path
from starlette.types import Scope

T = TypeVar("T")

Parameters = dict[str, Any]
FULL = 2
"""The answer of a whole match, as in Starlette's `Match`."""
ONE_SEGMENT = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[T]):
    """One template, or something that has to be asked."""

    order: int
    protocol: str
    """`http` or `websocket`; empty if it has to be asked."""
    path: str
    methods: frozenset[str] | None
    """None if any method will do."""
    target: T
    pattern: Pattern[str]
    convertors: Mapping[str, Convertor[Any]]
    segments: tuple[tuple[str, int], ...] | None = None
    """Names of parameters, each with the segment that it is as it stands; None if it has others."""
    ask: Callable[[Scope], tuple[int, Scope]] | None = None
    """What `Match` (0 none, 1 partial, 2 full) and which scope it answers."""

    def accepts(self, method: str) -> bool:
        return self.methods is None or method in self.methods

    def match(self, path: str) -> Parameters | None:
        found = self.pattern.match(path)
        if found is None:
            return None
        convertors = self.convertors
        return {name: convertors[name].convert(text) for name, text in found.groupdict().items()}


@dataclass(slots=True, eq=False)
class Node(Generic[T]):
    """The templates that share the segments up to here."""

    literals: "dict[str, Node[T]]" = field(default_factory=dict)
    any_segment: "Node[T] | None" = None
    ends: list[Entry[T]] = field(default_factory=list)


Found = tuple[T, Parameters, bool, Scope | None]
"""A target, the parameters of the path, whether it has the method too, and what a target that
was asked wants in the scope.  A plain tuple, since one is made for each request."""


class Tree(Generic[T]):
    """Finds the target for a path."""

    def __init__(self) -> None:
        self.entries: list[Entry[T]] = []
        self.roots: dict[str, Node[T]] = {"http": Node(), "websocket": Node()}
        self.others: list[Entry[T]] = []
        """Templates that are no sequence of whole segments, and what has to be asked."""
        self.below: list[Entry[T]] = []
        """What has a path and all below it, if nothing else does; the longest path first."""
        self.static: dict[tuple[str, str, str], T] = {}
        """Targets of paths without parameters, by protocol, method and path."""

    def add(
        self, path: str, target: T, *, protocol: str = "http", methods: Sequence[str] | None = None
    ) -> None:
        pattern, _, convertors = compile_path(path)
        segments = whole_segments(path, convertors)
        entry = Entry(
            len(self.entries),
            protocol,
            path,
            None if methods is None else frozenset(methods),
            target,
            pattern,
            convertors,
            segments=text_segments(path, convertors) if segments else None,
        )
        self.entries.append(entry)
        if segments is None:
            self.others.append(entry)
            return
        node = self.roots[protocol]
        for segment in segments:
            if segment is None:
                node.any_segment = node.any_segment or Node()
                node = node.any_segment
            else:
                node = node.literals.setdefault(segment, Node())
        node.ends.append(entry)

    def add_asked(self, target: T, ask: Callable[[Scope], tuple[int, Scope]]) -> None:
        """Add a target that is asked whenever no earlier one has the whole match."""
        pattern, _, convertors = compile_path("")
        entry = Entry(len(self.entries), "", "", None, target, pattern, convertors, ask=ask)
        self.entries.append(entry)
        self.others.append(entry)

    def add_below(self, path: str, target: T, *, methods: Sequence[str]) -> None:
        """Add a target for *path* and all below it, which `find` does not see."""
        pattern = re.compile(re.escape(path.rstrip("/")) + r"(/|\Z)")
        entry = Entry(len(self.entries), "http", path, frozenset(methods), target, pattern, {})
        self.entries.append(entry)
        self.below.append(entry)
        self.below.sort(key=length_of, reverse=True)

    def seal(self) -> "Tree[T]":
        """Work out the paths without parameters, whose target is always the same."""
        for entry in self.entries:
            if entry.ask is not None or entry.convertors or entry.methods is None:
                continue
            for method in entry.methods:
                self.remember(entry, method)
        return self

    def remember(self, entry: Entry[T], method: str) -> None:
        for rival in sorted(self.candidates(entry.protocol, entry.path), key=order_of):
            if rival.ask is not None:
                return
            parameters = rival.match(entry.path)
            if parameters is None or not rival.accepts(method):
                continue
            if not parameters:
                self.static[entry.protocol, method, entry.path] = rival.target
            return

    def candidates(self, protocol: str, path: str) -> list[Entry[T]]:
        """All that may match *path*, in no order."""
        found = [other for other in self.others if other.protocol in ("", protocol)]
        collect(self.roots[protocol], path.split("/"), 0, found)
        return found

    def find(self, scope: Scope, path: str) -> Found[T] | None:
        """The target for *path*; None if there is none.

        A full match wins over an earlier partial one, which has the path but not the method.
        """
        method = scope.get("method", "")
        segments = path.split("/")
        node: Node[T] | None = None if self.others else self.roots[scope["type"]]
        if node is not None:
            # Most paths lead to one node, without a choice on the way.
            for segment in segments:
                literal = node.literals.get(segment)
                if node.any_segment is None or not segment:
                    node = literal
                elif literal is None:
                    node = node.any_segment
                else:
                    node = None
                if node is None:
                    break
            if node is not None and len(node.ends) == 1:
                entry = node.ends[0]
                if entry.segments is not None:
                    parameters = {}
                    for name, index in entry.segments:
                        parameters[name] = segments[index]
                    is_full = entry.methods is None or method in entry.methods
                    return entry.target, parameters, is_full, None
        return self.find_among_all(scope, path, method)

    def find_below(self, scope: Scope, path: str) -> Found[T] | None:
        """What has *path* where `find` finds nothing: the target with the longest start of it."""
        for entry in self.below:
            found = match(entry, scope, path, scope["method"])
            if found is not None:
                return found
        return None

    def find_among_all(self, scope: Scope, path: str, method: str) -> Found[T] | None:
        """Like `find`, where several templates may match."""
        partial: Found[T] | None = None
        for entry in sorted(self.candidates(scope["type"], path), key=order_of):
            found = match(entry, scope, path, method)
            if found is None:
                continue
            if found[2]:
                return found
            partial = partial or found
        return partial


def match(entry: Entry[T], scope: Scope, path: str, method: str) -> Found[T] | None:
    if entry.ask is not None:
        answer, child_scope = entry.ask(scope)
        return (entry.target, {}, answer == FULL, child_scope) if answer else None
    parameters = entry.match(path)
    if parameters is None:
        return None
    return entry.target, parameters, entry.accepts(method), None


def order_of(entry: Entry[Any]) -> int:
    return entry.order


def length_of(entry: Entry[Any]) -> int:
    return len(entry.path)


def collect(node: Node[T], segments: Sequence[str], index: int, found: list[Entry[T]]) -> None:
    """Add the entries below *node* whose segments are *segments* from *index* on."""
    while index < len(segments):
        segment = segments[index]
        index += 1
        literal = node.literals.get(segment)
        if node.any_segment is not None and segment:
            if literal is not None:
                collect(literal, segments, index, found)
            node = node.any_segment
        elif literal is not None:
            node = literal
        else:
            return
    found.extend(node.ends)


def whole_segments(path: str, convertors: Mapping[str, Convertor[Any]]) -> list[str | None] | None:
    """The segments of *path*, None for one that is a parameter; None if it has others."""
    # Of the convertors only those that were made for one segment surely stay within one.
    if not all(type(convertor) in ONE_SEGMENT for convertor in convertors.values()):
        return None
    result: list[str | None] = []
    for segment in path.split("/"):
        if "{" not in segment:
            result.append(segment)
        elif segment.startswith("{") and segment.endswith("}") and segment.count("{") == 1:
            result.append(None)
        else:
            return None
    return result


def text_segments(
    path: str, convertors: Mapping[str, Convertor[Any]]
) -> tuple[tuple[str, int], ...] | None:
    """The parameters of a *path* of whole segments, by number, if all are plain text."""
    if not all(type(convertor) is StringConvertor for convertor in convertors.values()):
        return None
    return tuple(
        (segment[1:-1].partition(":")[0], index)
        for index, segment in enumerate(path.split("/"))
        if segment.startswith("{")
    )
