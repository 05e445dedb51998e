"""The public surface of a package as text: modules, names, signatures, classes, constants.

`python tests/drivers/surface.py fastapi > tests/words/surface.txt`, where FastAPI is installed,
writes the facts that `tests/words/test_surface.py` compares with.
"""

import enum
import importlib
import inspect
import pkgutil
import re
import sys
import types
import warnings

OF_OTHERS = {*sys.stdlib_module_names, "annotated_doc", "typing_extensions", "typing_inspection"}
# They say nothing to users.
LEFT_OUT = re.compile(r"telemetry\._|\.agents|__main__|_body_limit|_form_limits|\.cli$")
INSIDE = re.compile(r"telemetry\._asgi|_body_limit")
FAMILIES = ("fastapi", "pronghorn", "starlette", "pydantic", "builtins", "enum", "typing")


def default_of(default):
    if type(default).__name__ == "DefaultPlaceholder":
        return f"Default({default_of(default.value)})"
    if inspect.isclass(default) or inspect.isfunction(default):
        return default.__name__
    text = repr(default)
    return "..." if " at 0x" in text or len(text) > 60 else text


OURS = (
    "retry",
    "query_budget",
    "commit_before_response",
    "access_log",
    "server_timing",
)
"""Options that FastAPI has not; they come last."""


def is_like(shown, fastapis):
    """Whether *shown* is what FastAPI has, but for options of ours."""
    return fastapis in (shown, re.sub(rf", ({'|'.join(OURS)})=[^,)]+(?=[,)])", "", shown))


def signature_of(call):
    shown = []
    for parameter in inspect.signature(call).parameters.values():
        name = parameter.name
        if parameter.kind is parameter.KEYWORD_ONLY and not any(x.startswith("*") for x in shown):
            shown.append("*")
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        default = parameter.default
        shown.append(
            stars.get(parameter.kind, "")
            + name
            + ("" if default is parameter.empty else f"={default_of(default)}")
        )
    return f"({', '.join(shown)})"


def bases_of(class_):
    bases = [base for base in class_.__mro__[1:] if base.__module__.split(".")[0] in FAMILIES]
    return [base.__name__ for base in bases if base is not object and base.__name__[0] != "_"]


def field_line(name, field):
    default = "" if field.is_required() else f" = {default_of(field.default)}"
    return f"{name}: field{default}{f' as {field.alias}' if field.alias else ''}"


def member_line(class_, name):
    member = inspect.getattr_static(class_, name)
    if isinstance(member, (classmethod, staticmethod)):
        member = member.__func__
    return f"{name}{signature_of(member)}" if callable(member) else f"{name}: value"


def member_lines(class_, module):
    """What *class_* has of its own, which is from *module*."""
    if issubclass(class_, enum.Enum):
        yield from (f"{member.name} = {member.value!r}" for member in class_)
        return
    fields = getattr(class_, "model_fields", {})
    yield from (field_line(name, field) for name, field in fields.items())
    for name in sorted({*dir(class_)} - fields.keys()):
        owner = next((base for base in class_.__mro__ if name in vars(base)), None)
        is_public = not name.startswith("_") or name == "__call__"
        if is_public and name != "model_config" and getattr(owner, "__module__", "") == module:
            yield member_line(class_, name)


def lines_of(module):
    for name, value in sorted(vars(module).items()):
        if name.startswith("_"):
            continue
        if inspect.ismodule(value):
            if value.__name__.startswith(module.__name__.split(".")[0]) and not LEFT_OUT.search(
                value.__name__
            ):
                yield f"{name}: module"
            continue
        has_home = inspect.isclass(value) or inspect.isroutine(value)
        home = (has_home and value.__module__) or module.__name__
        if home.split(".")[0] in OF_OTHERS or INSIDE.search(home):
            continue
        if inspect.isclass(value):
            if home == module.__name__:
                yield f"class {name}({', '.join(bases_of(value))})"
                yield from (f"  {line}" for line in member_lines(value, home))
            else:
                yield f"{name}: class"
        elif inspect.isroutine(value):
            is_own = home == module.__name__
            yield f"{name}{signature_of(value)}" if is_own else f"{name}: function"
        elif isinstance(value, (str, int, bool)) and len(repr(value)) < 60:
            yield f"{name} = {value!r}"
        elif not is_of_typing(value):
            yield f"{name}: value"


def is_of_typing(value):
    """Whether it is one of the names of `typing`, such as `Literal`, and not made with them."""
    return value in vars(__import__("typing")).values() and not isinstance(value, types.UnionType)


def modules_of(package):
    yield package
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not LEFT_OUT.search(found.name):
            yield importlib.import_module(found.name)


def main(name):
    warnings.simplefilter("ignore")
    for module in modules_of(importlib.import_module(name)):
        print(f"[{module.__name__}]", *lines_of(module), "", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
