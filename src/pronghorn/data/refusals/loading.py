"""A lazy load where none is possible: what was not loaded, by which query, and what would load it.

An answer is validated and written outside of what SQLAlchemy may wait in, so an attribute that is
not there cannot be fetched.  What SQLAlchemy raises then speaks of greenlets, and pydantic makes a
text of it.  The attribute and its class are known all the same: from the error's path, or from
the frames that the exception came through.

Outside of production, objects remember the line that wanted them.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import event, exc, inspect
from sqlalchemy.orm import (
    InstanceState,
    Mapper,
    MapperProperty,
    QueryContext,
    RelationshipProperty,
)
from sqlalchemy.orm.exc import DetachedInstanceError
from sqlalchemy.orm.interfaces import LoaderStrategy

from pronghorn._record import record
from pronghorn.data.errors import NotLoadedError
from pronghorn.data.refusals.constraints import mappers
from pronghorn.data.refusals.failed import frames_of
from pronghorn.data.sessions.transactions import said_of_selects
from pronghorn.data.watching.places import caller
from pronghorn.exceptions import ResponseValidationError
from pronghorn.metering import Place

PLACE: Final = "pronghorn_place"
"""Where the line of a query stands: in its options, and in what is known of an object."""

CAUSES: Final = ("MissingGreenlet", "DetachedInstanceError", "lazy='raise", "raiseload")
"""Words of the texts that pydantic makes of SQLAlchemy's exceptions."""


@record
class Unloaded:
    """An attribute that was not loaded, and the object that it was asked of."""

    key: str
    state: InstanceState[Any]
    path: tuple[str, ...] = ()
    """The attributes by which the object was come to, where they are known."""


def not_loaded(error: Exception) -> NotLoadedError | None:
    """*error* in words that help; None if it is about something else."""
    if isinstance(error, ResponseValidationError):
        found = list(unloaded_in_answer(error.errors()))
    elif is_lazy_load(error):
        found = list(unloaded_in_frames(error))
    else:
        return None
    if not found:
        return None
    texts: dict[str, None] = {}
    for unloaded in found:
        texts[describe(unloaded)] = None
    return NotLoadedError(list(texts))


def is_lazy_load(error: BaseException | None) -> bool:
    if isinstance(error, exc.StatementError):
        return isinstance(error.orig, exc.MissingGreenlet)
    if isinstance(error, (exc.MissingGreenlet, DetachedInstanceError)):
        return True
    return isinstance(error, exc.InvalidRequestError) and any(word in str(error) for word in CAUSES)


def unloaded_in_answer(errors: Sequence[Any]) -> Iterator[Unloaded]:
    """What the fields of an answer were to be read from, and could not."""
    for error in errors:
        if error.get("type") != "get_attribute_error":
            continue
        state = inspect(error.get("input"), raiseerr=False)
        cause = str(error.get("ctx", {}).get("error", ""))
        if not isinstance(state, InstanceState) or not any(word in cause for word in CAUSES):
            continue
        names = [str(part) for part in error["loc"] if not isinstance(part, int)][1:]
        if names and names[-1] in state.mapper.attrs:
            yield Unloaded(names[-1], state, tuple(names[:-1]))
        else:
            yield from unloaded_behind(names[-1] if names else "", state)


def unloaded_behind(name: str, state: InstanceState[Any]) -> Iterator[Unloaded]:
    """What a property of the user's asks for, or what an alias stands for: asked once more."""
    try:
        getattr(state.obj(), name, None)
    except Exception as error:  # noqa: BLE001 - properties may raise anything
        found = list(unloaded_in_frames(error)) if is_lazy_load(error) else []
        yield from found
    else:
        relationships = set(state.mapper.relationships.keys())
        yield from (Unloaded(key, state) for key in sorted(relationships & state.unloaded))


def unloaded_in_frames(error: BaseException) -> Iterator[Unloaded]:
    """What was asked for when *error* was raised, in the frames of whoever was to load it."""
    found = None
    for frame in frames_of(error):
        state, loader = frame.f_locals.get("state"), frame.f_locals.get("self")
        if not isinstance(state, InstanceState):
            continue
        if isinstance(loader, LoaderStrategy):
            found = Unloaded(loader.parent_property.key, state)
        elif frame.f_locals.get("attribute_names"):
            # A column that has expired: it is loaded with others that have.
            found = found or Unloaded(min(frame.f_locals["attribute_names"]), state)
        elif isinstance(frame.f_locals.get("key"), str):
            found = found or Unloaded(frame.f_locals["key"], state)
    if found is not None and found.key in found.state.mapper.attrs:
        yield found


# --- in words ----------------------------------------------------------------------------


def describe(unloaded: Unloaded) -> str:
    """What was not loaded, where the object comes from, and what would load it."""
    mapper = unloaded.state.mapper
    attribute: MapperProperty[Any] = mapper.attrs[unloaded.key]
    name = named(attribute)
    place: Place | None = unloaded.state.info.get(PLACE)
    where = ""
    if place is not None:
        where = f"\n  The query: {place.function}() at {place.file}:{place.line}"
    if isinstance(attribute, RelationshipProperty):
        steps = steps_to(attribute, unloaded.path)
        root = steps[0].parent.class_.__name__
        options = ".".join(f"{way_of(step)}({named(step)})" for step in steps)
        names = ", ".join(map(named, steps))
        loaded = f"({names})" if steps[1:] else names
        return (
            f"`{name}` was not loaded, and cannot be loaded here, where nobody awaits it.{where}\n"
            f"  Load it with the query: `select({root}).options({options})`, or in a repository's"
            f" method `load=[{loaded}]`. For an object that was just added:"
            f' `await session.refresh(it, ["{unloaded.key}"])` before it is returned.'
        )
    return (
        f"`{name}` is not there (it has expired, is deferred, or the database makes it), and cannot"
        f" be loaded here, where nobody awaits it.{where}\n"
        f'  Load it before: `await session.refresh(it, ["{unloaded.key}"])`; or with the query:'
        f" `undefer({name})`; or at each flush: `__mapper_args__ = {{'eager_defaults': True}}`."
    )


def named(attribute: MapperProperty[Any]) -> str:
    """An attribute with the class that has it, which may be inherited."""
    return f"{attribute.parent.class_.__name__}.{attribute.key}"


def way_of(relation: RelationshipProperty[Any]) -> str:
    return "selectinload" if relation.uselist else "joinedload"


def steps_to(
    attribute: RelationshipProperty[Any], path: tuple[str, ...]
) -> list[RelationshipProperty[Any]]:
    """The relationships that lead to *attribute* by *path*, as far back as it is unambiguous."""
    steps = [attribute]
    for key in reversed(path):
        target = steps[0].parent
        before = [
            mapper.relationships[key]
            for mapper in mappers()
            if key in mapper.relationships
            and mapper.relationships[key].parent is mapper
            and target.isa(mapper.relationships[key].mapper)
        ]
        if len(before) != 1:
            break
        steps.insert(0, before[0])
    return steps


# --- outside of production ---------------------------------------------------------------


def remember_places() -> None:
    """Let objects that our sessions load remember the line that wanted them, from now on."""
    if said_of_place not in said_of_selects:
        said_of_selects.append(said_of_place)
        # As it stands (`raw`), so that answers made of rows know it for ours.
        event.listen(Mapper, "load", keep_place, raw=True)


def said_of_place() -> dict[str, Place]:
    place = caller()
    return {} if place is None else {PLACE: place}


def keep_place(target: InstanceState[Any], context: QueryContext) -> None:
    place = context.execution_options.get(PLACE)
    if place is not None:
        target.info[PLACE] = place
