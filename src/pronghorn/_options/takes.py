"""A decorator that gives a function the options of a template.

It knows nothing of the options themselves.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import Parameter, Signature
from typing import Annotated, Any, Final, Generic, TypeVar, cast

from typing_extensions import Doc

from pronghorn._record import record
from pronghorn.exceptions import DeclarationTypeError

REQUIRED: Final[Any] = Parameter.empty


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One row of a table: a type, a default, and a line for whoever writes the call."""

    annotation: Any  # Any: a type of any form, or a `ForwardRef` to a class of a higher floor.
    default: Any
    text: str


@functools.cache
def annotate(option: Option) -> Any:
    """Return the type of an option with its text, where PEP 727 tells tools to look for it."""
    return Annotated[option.annotation, Doc(option.text)]


@record
class Template:
    """What a callable takes.  The stub shows it to type checkers as a function."""

    summary: str
    parameters: Mapping[str, Option]
    positional: frozenset[str]
    young: frozenset[str]
    """Options that the function is given only if its caller gave them."""
    # For the stub alone: the types of `self`, if there is one, and of the result.
    self_type: str | None
    returns: str

    def describe(self, summary: str | None = None) -> str:
        """Return a docstring: a summary, and a line for each parameter."""
        rows = [f"    {name}: {option.text}" for name, option in self.parameters.items()]
        return "\n".join([summary or self.summary, "", "Args:", *rows])


def template(
    summary: str,
    names: str,
    *tables: Mapping[str, Option],
    young: str = "",
    self_type: str = "Any",
    returns: str = "Any",
) -> Template:
    """Make a template of names in order, `*` before those that are keyword-only.

    The first table that has a name tells its option.
    """
    before, _, after = names.partition("*")
    positional, keywords = before.split(), after.split()
    is_method = "self" in positional
    if is_method:
        positional.remove("self")
    return Template(
        summary,
        parameters={
            name: next(table[name] for table in tables if name in table)
            for name in (*positional, *keywords)
        },
        positional=frozenset(positional),
        young=frozenset(young.split()),
        self_type=self_type if is_method else None,
        returns=returns,
    )


T = TypeVar("T")


class takes(Generic[T]):  # noqa: N801  It is used as a decorator.
    """Give a function the signature, the text and the defaults of a template.

    The function declares the positional parameters and `**options`, and is called with
    every option: those that were not given have their defaults, but for the young ones.
    `defaults` are defaults that the table cannot know.  An unknown option raises a
    `DeclarationTypeError`.

    A class, not a function: so pyright keeps the type variables of the template.
    """

    def __init__(self, template: T, **defaults: Any) -> None:
        self.template = cast("Template", template)
        self.defaults = defaults

    def __call__(self, function: Callable[..., Any]) -> T:
        """Return `function` as the template describes it."""
        template = self.template
        signature = self.restore_signature(function)
        known = template.parameters.keys()
        defaults = {
            name: parameter.default
            for name, parameter in signature.parameters.items()
            if parameter.kind is Parameter.KEYWORD_ONLY and name not in template.young
        }
        names = defaults.keys()
        required = {name for name, default in defaults.items() if default is REQUIRED}

        @functools.wraps(function)
        def call(*args: Any, **given: Any) -> Any:
            # A function that has them passes on all options there are.
            if given.keys() != names:
                if not (given.keys() <= known and required <= given.keys()):
                    raise refuse(name_call(function, args), template, given)
                given = {**defaults, **given}
            return function(*args, **given)

        call.__doc__ = template.describe(inspect.getdoc(function))
        call.__annotations__ = {
            name: parameter.annotation
            for name, parameter in signature.parameters.items()
            if name != "self"
        } | {"return": signature.return_annotation}
        call.__dict__["__signature__"] = signature
        return cast("T", call)

    def restore_signature(self, function: Callable[..., Any]) -> Signature:
        """Return the signature with each option written out, as FastAPI's are."""
        template = self.template
        parameters = []
        if template.self_type is not None:
            parameters.append(Parameter("self", Parameter.POSITIONAL_OR_KEYWORD))
        for name, option in template.parameters.items():
            is_positional = name in template.positional
            kind = Parameter.POSITIONAL_OR_KEYWORD if is_positional else Parameter.KEYWORD_ONLY
            default = self.defaults.get(name, option.default)
            annotation = annotate(option)
            parameters.append(Parameter(name, kind, default=default, annotation=annotation))
        returns = inspect.get_annotations(function).get("return", Parameter.empty)
        return Signature(parameters, return_annotation=returns)


def name_call(function: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """Name a call as its author wrote it: a class by the name of what was to be made."""
    is_class = function.__name__ == "__init__" and args
    return type(args[0]).__qualname__ if is_class else function.__qualname__


def refuse(call: str, template: Template, given: Mapping[str, Any]) -> TypeError:
    """Say which options do not exist, and which one was probably meant."""
    unknown = [name for name in given if name not in template.parameters]
    if not unknown:
        missing = [n for n, option in template.parameters.items() if option.default is REQUIRED]
        wanted = [name for name in missing if name not in {*given, *template.positional}]
        return TypeError(f"{call}() needs {', '.join(f'`{name}`' for name in wanted)}.")
    near = get_close_matches(unknown[0], template.parameters, n=1)
    return DeclarationTypeError(
        "unknown-option",
        problem=f"{call}() has no option {', '.join(f'`{name}`' for name in unknown)}.",
        remedy=f"Did you mean `{near[0]}`?" if near else f"`help({call})` lists its options.",
    )
