"""Options are written once: what each callable takes, how it shows, and what it refuses."""

import inspect
import subprocess
import sys
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, ForwardRef, Literal, Union, get_args, get_origin

import pytest
from drivers.surface import OURS

from pronghorn import APIRouter, FastAPI, param_functions, params
from pronghorn._options import application, parameter, route, signatures
from pronghorn._options.takes import REQUIRED, Option, Template, takes, template
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.routing import APIRoute, APIWebSocketRoute

PROJECT = Path(__file__).parents[2]
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# Callables whose signature stands in signatures.txt under the name of another one.
SAME = {
    **{f"FastAPI.{verb}": "FastAPI.get" for verb in VERBS},
    **{f"APIRouter.{verb}": "FastAPI.get" for verb in VERBS},
    "APIRouter.websocket": "FastAPI.websocket",
    "APIRouter.add_api_websocket_route": "FastAPI.add_api_websocket_route",
    "APIRouter.frontend": "FastAPI.frontend",
}


def read_signatures():
    """FastAPI 0.165.0's signatures, as `inspect.signature` told them: name, then a line each."""
    blocks = Path(__file__).with_name("signatures.txt").read_text().strip().split("\n\n")
    named = {lines[0].strip("[]"): lines[1:] for lines in (b.split("\n") for b in blocks)}
    return named | {name: named[other] for name, other in SAME.items()}


SIGNATURES = read_signatures()


def find_callable(name):
    if name in {"FastAPI", "APIRouter", "APIRoute", "APIWebSocketRoute"}:
        classes = (FastAPI, APIRouter, APIRoute, APIWebSocketRoute)
        return next(c for c in classes if c.__name__ == name).__init__
    place, _, attribute = name.rpartition(".")
    match place:
        case "":
            return getattr(param_functions, name)
        case "params":
            return getattr(params, attribute).__init__
        case _:
            return getattr({"FastAPI": FastAPI, "APIRouter": APIRouter}[place], attribute)


def write_type(annotation: Any) -> str:  # noqa: PLR0911  A line for each form of a type.
    """Write a type in the words of its author, whatever the version of Python."""
    if isinstance(annotation, ForwardRef):
        return annotation.__forward_arg__
    if isinstance(annotation, str):
        return annotation
    if annotation in (None, types.NoneType):
        return "None"
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return write_type(arguments[0])
    if origin in (Union, types.UnionType):
        return " | ".join(map(write_type, arguments))
    if origin is Literal:
        return f"Literal[{', '.join(map(repr, arguments))}]"
    if origin is Callable:
        takes, gives = arguments
        shown = "..." if takes is ... else f"[{', '.join(map(write_type, takes))}]"
        return f"Callable[{shown}, {write_type(gives)}]"
    if origin is not None:
        return f"{origin.__name__}[{', '.join(map(write_type, arguments))}]"
    return "Any" if annotation is typing.Any else annotation.__name__


def write_default(default: Any) -> str:
    if isinstance(default, DefaultPlaceholder):
        return f"Default({write_default(default.value)})"
    if inspect.isclass(default) or inspect.isfunction(default):
        return default.__name__
    return repr(default)


def write_signature(call):
    lines = []
    for p in inspect.signature(call).parameters.values():
        if p.kind is p.KEYWORD_ONLY and "*" not in lines:
            lines.append("*")
        default = "" if p.default is p.empty else f" = {write_default(p.default)}"
        lines.append(
            "self" if p.name == "self" else f"{p.name}: {write_type(p.annotation)}{default}"
        )
    return lines


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_callable_has_fastapis_names_order_types_and_defaults(name):
    lines = write_signature(find_callable(name))
    assert [line for line in lines if line.partition(":")[0] not in OURS] == SIGNATURES[name]


def test_options_of_ours_come_after_those_of_fastapi():
    for name in SIGNATURES:
        names = list(inspect.signature(find_callable(name)).parameters)
        ours = [option for option in names if option in OURS]
        assert names[len(names) - len(ours) :] == ours


@pytest.mark.parametrize("name", SIGNATURES)
def test_each_option_of_a_callable_carries_its_text(name):
    for p in inspect.signature(find_callable(name)).parameters.values():
        if p.kind is p.KEYWORD_ONLY:
            assert p.annotation.__metadata__[0].documentation


@pytest.mark.parametrize("name", ["FastAPI.get", "APIRouter", "Query", "params.Header"])
def test_types_of_higher_floors_are_resolved_when_asked_for(name):
    # Some are in modules that are loaded by whoever first needs them.
    import pronghorn.openapi.models
    import pronghorn.retries  # noqa: F401 - to be loaded

    hints = typing.get_type_hints(find_callable(name), vars(route) | vars(params))
    assert not any(isinstance(hint, ForwardRef) for hint in hints.values())


TABLES = [application.APPLICATION, application.ROUTER, parameter.PARAMETER, parameter.PATH]
TABLES += [parameter.BODY, parameter.FORM, parameter.FILE, route.SHARED, route.ROUTE]
TABLES += [route.FRONTEND, parameter.DEPENDENCY]


def test_every_option_of_the_tables_is_taken_by_something():
    templates = [t for t in vars(signatures).values() if isinstance(t, Template)]
    taken = {id(option) for t in templates for option in t.parameters.values()}
    assert [name for table in TABLES for name, o in table.items() if id(o) not in taken] == []


def test_every_text_is_a_line_of_whole_sentences():
    for table in TABLES:
        for name, option in table.items():
            assert option.text[0].isupper(), name
            assert option.text.endswith("."), name
            assert "\n" not in option.text, name


def test_the_stub_is_fresh():
    tool = PROJECT / "tools" / "write_signatures.py"
    command = [sys.executable, tool, "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


TABLE = {
    "place": Option(str, REQUIRED, "Where."),
    "size": Option(int | None, None, "How large."),
    "colour": Option(str, "red", "Which colour."),
    "owner": Option(str, REQUIRED, "Whose."),
}


@takes(template("Make something.", "place * size colour", TABLE))
def make(place, **options):
    return place, options


@takes(template("Give something away.", "place * owner", TABLE))
def give(place, **options):
    """Give it."""
    return place, options


class Box:
    @takes(template("Make a box.", "self * size colour", TABLE), colour="blue")
    def __init__(self, **options):
        self.options = options


class Crate(Box):
    pass


def test_the_function_is_given_every_option():
    assert make("here", size=3) == ("here", {"size": 3, "colour": "red"})


def test_a_positional_parameter_may_be_given_by_name():
    assert make(place="here") == ("here", {"size": None, "colour": "red"})


def test_a_default_may_be_told_where_the_options_are_taken():
    assert Box().options == {"size": None, "colour": "blue"}
    assert inspect.signature(Box).parameters["colour"].default == "blue"


def test_an_unknown_option_is_refused_with_the_nearest_one():
    with pytest.raises(TypeError) as caught:
        make("here", color="red")
    assert str(caught.value).splitlines() == [
        "make() has no option `color`.",
        f"  {caught.value.place}",
        "  Did you mean `colour`?",
        "  [unknown-option]",
    ]
    assert "test_options.py" in caught.value.place


def test_an_option_that_is_like_no_other_is_refused_with_the_list():
    with pytest.raises(TypeError, match=r"`help\(Crate\)` lists its options"):
        Crate(zzz=1)


def test_a_missing_option_is_named():
    with pytest.raises(TypeError, match=r"give\(\) needs `owner`\."):
        give("here")


def test_missing_and_superfluous_positional_arguments_are_pythons_to_refuse():
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'place'"):
        make()
    with pytest.raises(TypeError, match="takes 1 positional argument but 2 were given"):
        make("here", 3)


def test_help_shows_the_functions_own_line_and_the_text_of_each_option():
    assert make.__doc__.splitlines() == [
        "Make something.",
        "",
        "Args:",
        "    place: Where.",
        "    size: How large.",
        "    colour: Which colour.",
    ]
    assert give.__doc__.splitlines()[0] == "Give it."
