"""Path templates as a tree: which target answers a path.

The first that was added wins, as if all were tried in order; one that has the method wins
over an earlier one that has not.  Targets are whatever the caller gave: nothing is known of
what they do, but that some have to be asked themselves whether they match.

Nothing is worked out before it is asked for: an application may have thousands of templates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from re import Pattern
from typing import Any, Generic, TypeVar

from starlette.convertors import (
    CONVERTOR_TYPES,
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    PathConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import PARAM_REGEX, compile_path
from starlette.types import Scope

T = TypeVar("T")

Parameters = dict[str, Any]
Ask = Callable[[Scope], tuple[int, Scope]]
"""What `Match` (0 none, 1 partial, 2 full) a target has for a request, and for which scope."""
FULL = 2
ONE_SEGMENT = (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)
"""Convertors that were made for one segment, and so surely stay within one."""
STARLETTES = (*ONE_SEGMENT, PathConvertor)


@dataclass(eq=False)
class Entry(Generic[T]):
    """One template, or something that has to be asked."""

    order: int
    protocol: str
    """`http` or `websocket`; empty if it has to be asked."""
    path: str
    methods: frozenset[str] | None
    """None if any method will do."""
    target: T
    names: tuple[tuple[str, int], ...] | None = None
    """The parameters, each with the segment that it is as it stands; None if it has others."""
    is_first: bool = False
    """Whether no earlier one goes on from a node above it with something else than segments."""
    is_kept: bool = False
    """Whether what it answers is kept in one of the tables, once it was found."""
    ask: Ask | None = None

    @cached_property
    def compiled(self) -> tuple[Pattern[str], Mapping[str, Convertor[Any]]]:
        pattern, _, convertors = compile_path(self.path)
        return pattern, convertors

    def accepts(self, method: str | None) -> bool:
        return self.methods is None or method in self.methods

    def match(self, path: str) -> Parameters | None:
        return read_parameters(*self.compiled, path)


class Node(Generic[T]):
    """The templates that share the segments up to here."""

    __slots__ = ("any_segment", "ends", "literals", "rest")

    def __init__(self) -> None:
        self.literals: dict[str, Node[T]] = {}
        self.any_segment: Node[T] | None = None
        self.ends: tuple[Entry[T], ...] = ()
        self.rest: tuple[Entry[T], ...] = ()
        """What goes on from here with something else than whole segments, or has to be asked."""


Found = tuple[T, Parameters, bool, Scope | None]
"""A target, the parameters of the path, whether it has the method too, and what a target that
was asked wants in the scope.  A plain tuple, since one is made for each request."""


class Tree(Generic[T]):
    """Finds the target for a path."""

    def __init__(self) -> None:
        self.entries: list[Entry[T]] = []
        self.roots: dict[str, Node[T]] = {"http": Node(), "websocket": Node()}
        self.has_asked = False
        """Whether some targets look at the scope, and not at the path and the method alone."""
        self.below: list[tuple[Pattern[str], Entry[T]]] = []
        """What has a path and all below it, if nothing else does; the longest path first."""
        self.static: dict[tuple[str | None, str], T] = {}
        """Targets of paths without parameters, by method and path, as far as they were asked for.
        WebSockets have the method None."""
        self.last: dict[tuple[str | None, str], tuple[T, str]] = {}
        """Targets of templates whose last segment alone is a parameter, with its name, by method
        and the path before it, as far as they were asked for."""

    # --- growing ---------------------------------------------------------------------------

    def add(
        self, path: str, target: T, *, protocol: str = "http", methods: Sequence[str] | None = None
    ) -> None:
        entry = self.entry(protocol, path, target, methods)
        self.place(entry, self.roots[protocol])

    def add_asked(self, target: T, ask: Ask, *, path: str = "{rest:path}") -> None:
        """Add a target that is asked whenever no earlier one has the whole match.

        It has no path that is not one for the template *path*.
        """
        entry = self.entry("", path, target, None)
        entry.ask = ask
        self.has_asked = True
        for root in self.roots.values():
            self.place(entry, root)

    def add_below(self, path: str, target: T, *, methods: Sequence[str]) -> None:
        """Add a target for *path* and all below it, which `find` does not see."""
        pattern = re.compile(re.escape(path.rstrip("/")) + r"(/|\Z)")
        self.below.append((pattern, self.entry("http", path, target, methods)))
        self.below.sort(key=length_of, reverse=True)

    def entry(self, protocol: str, path: str, target: T, methods: Sequence[str] | None) -> Entry[T]:
        accepted = None if methods is None else frozenset(methods)
        entry = Entry(len(self.entries), protocol, path, accepted, target)
        self.entries.append(entry)
        return entry

    def place(self, entry: Entry[T], node: Node[T]) -> None:
        """Put *entry* where its path leads from the root *node*, as far as it is segments."""
        names: list[tuple[str, int]] | None = []
        is_first = not node.rest
        segments = entry.path.split("/")
        for index, segment in enumerate(segments):
            if "{" not in segment:
                child = node.literals.get(segment)
                if child is None:
                    child = node.literals[segment] = Node()
                node = child
            else:
                found = parameter_of(segment)
                if found is None:
                    node.rest += (entry,)
                    return
                name, is_text = found
                if not is_text:
                    names = None
                elif names is not None:
                    names.append((name, index))
                node.any_segment = node = node.any_segment or Node()
            is_first = is_first and not node.rest
        entry.is_first = is_first
        if names is not None:
            entry.names = tuple(names)
            # Else the tables would grow with whatever methods clients think of.
            is_bounded = entry.methods is not None or entry.protocol == "websocket"
            is_last = len(names) == 1 and names[0][1] == len(segments) - 1
            entry.is_kept = is_bounded and (is_last or not names)
        node.ends += (entry,)

    # --- finding ---------------------------------------------------------------------------

    def find(self, scope: Scope, path: str) -> Found[T] | None:
        """The target for *path*; None if there is none.

        A full match wins over an earlier partial one, which has the path but not the method.
        """
        if path.endswith("\n"):
            # A pattern of Starlette's also ends before a line break.
            return self.find_among_all(scope, path)
        segments = path.split("/")
        protocol = scope["type"]
        node, is_alone = walk(self.roots[protocol], segments)
        if node is None or not node.ends:
            return None if is_alone else self.find_among_all(scope, path)
        method = scope["method"] if protocol == "http" else None
        for entry in node.ends:
            if entry.methods is None or method in entry.methods:
                is_full, is_sure = True, entry.is_first
                break
        else:
            entry, is_full, is_sure = node.ends[0], False, is_alone
        if entry.names is None or not is_sure:
            return self.find_among_all(scope, path)
        if is_full and entry.is_kept:
            self.keep(entry, method, path)
        parameters = {}
        for name, index in entry.names:
            parameters[name] = segments[index]
        return entry.target, parameters, is_full, None

    def find_among_all(self, scope: Scope, path: str) -> Found[T] | None:
        """Like `find`, where several templates may match."""
        protocol = scope["type"]
        method = scope["method"] if protocol == "http" else None
        partial: Found[T] | None = None
        is_certain = True
        for entry in self.candidates(protocol, path):
            is_certain = is_certain and entry.ask is None
            found = match(entry, scope, path, method)
            if found is None:
                continue
            if found[2]:
                if is_certain and entry.is_kept and entry.path == path:
                    self.static[method, path] = entry.target
                return found
            partial = partial or found
        return partial

    def find_below(self, scope: Scope, path: str) -> Found[T] | None:
        """What has *path* where `find` finds nothing: the target with the longest start of it."""
        for pattern, entry in self.below:
            if pattern.match(path) is not None:
                return entry.target, {}, entry.accepts(scope["method"]), None
        return None

    def candidates(self, protocol: str, path: str) -> list[Entry[T]]:
        """All that may match *path*, the first one first."""
        found: list[Entry[T]] = []
        collect(self.roots[protocol], path.split("/"), 0, found)
        if path.endswith("\n"):
            collect(self.roots[protocol], path[:-1].split("/"), 0, found)
            found = list(dict.fromkeys(found))
        return sorted(found, key=order_of)

    # --- keeping what was found ------------------------------------------------------------

    def keep(self, entry: Entry[T], method: str | None, path: str) -> None:
        """Keep what there was no choice on the way to."""
        if not entry.names:
            self.static[method, path] = entry.target
            return
        head = path.rpartition("/")[0]
        # The literals beside the parameter come first, wherever they are in the order.
        for literal, node in self.node_at(entry.protocol, head).literals.items():
            if node.ends:
                self.settle(entry.protocol, method, f"{head}/{literal}")
        self.last[method, head] = entry.target, entry.names[0][0]

    def node_at(self, protocol: str, literal: str) -> Node[T]:
        node = self.roots[protocol]
        for segment in literal.split("/"):
            node = node.literals[segment]
        return node

    def settle(self, protocol: str, method: str | None, path: str) -> None:
        """Keep the target of *path*, if it always is the same and has no parameters."""
        for entry in self.candidates(protocol, path):
            if entry.ask is not None:
                return
            parameters = entry.match(path)
            if parameters is not None and entry.accepts(method):
                if entry.is_kept and not parameters:
                    self.static[method, path] = entry.target
                return


def walk(node: Node[T], segments: Sequence[str]) -> tuple[Node[T] | None, bool]:
    """Where *segments* lead from *node*, None if there is a choice or no way.

    And whether surely nothing may match that stands elsewhere.
    """
    is_alone = True
    for segment in segments:
        if node.rest:
            is_alone = False
        child = node.literals.get(segment)
        if node.any_segment is not None and segment:
            if child is not None:
                return None, False
            child = node.any_segment
        if child is None:
            return None, is_alone
        node = child
    return node, is_alone


def match(entry: Entry[T], scope: Scope, path: str, method: str | None) -> Found[T] | None:
    if entry.ask is not None:
        answer, child_scope = entry.ask(scope)
        return (entry.target, {}, answer == FULL, child_scope) if answer else None
    parameters = entry.match(path)
    if parameters is None:
        return None
    return entry.target, parameters, entry.accepts(method), None


def read_parameters(
    pattern: Pattern[str], convertors: Mapping[str, Convertor[Any]], path: str
) -> Parameters | None:
    """The values in *path*; None if it is not what the pattern and the convertors say."""
    found = pattern.match(path)
    if found is None:
        return None
    try:
        return {name: convertors[name].convert(text) for name, text in found.groupdict().items()}
    except ValueError:
        if not are_starlettes(convertors):
            raise
        return None


def are_starlettes(convertors: Mapping[str, Convertor[Any]]) -> bool:
    """Whether no convertor is a user's.

    Then a `ValueError` means a number of more digits than Python reads, which is no number.
    """
    return all(type(convertor) in STARLETTES for convertor in convertors.values())


def order_of(entry: Entry[Any]) -> int:
    return entry.order


def length_of(below: tuple[Pattern[str], Entry[Any]]) -> int:
    return len(below[1].path)


def collect(node: Node[T], segments: Sequence[str], index: int, found: list[Entry[T]]) -> None:
    """Add what is below *node* and may match *segments* from *index* on."""
    while index < len(segments):
        found.extend(node.rest)
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


def parameter_of(segment: str) -> tuple[str, bool] | None:
    """The name of the parameter that *segment* of a template is, and whether it is plain text.

    None if it is something else than one parameter that stays within the segment.
    """
    found = PARAM_REGEX.fullmatch(segment)
    if found is None:
        return None
    name, convertor = found.groups("str")
    kind = type(CONVERTOR_TYPES[convertor.lstrip(":")])
    return (name, kind is StringConvertor) if kind in ONE_SEGMENT else None
