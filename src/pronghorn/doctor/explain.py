"""What becomes of one route: its declaration, its plan and its handler, as text."""

from collections.abc import Iterator
from typing import Any

from pronghorn._pipeline.callables import name_of
from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.handler import build
from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import Step


class NoSuchRoute(LookupError):
    """Nothing answers such a request, or nothing that is compiled."""


def explain(app: Any, method: str, path: str) -> str:
    """Tell how *app* answers *method* requests to *path*.

    Raises `NoSuchRoute` where no route of the application itself does.
    """
    target = find_target(app, method.upper(), path)
    described = target.described
    plan = target.plan()
    handler = build(plan)
    sections = {
        "Declaration": "\n".join(declaration_lines(described.declaration)),
        "Plan": "\n".join(plan_lines(plan)),
        "Handler": handler.source.text.rstrip(),
        "Names": "\n".join(binding_lines(handler.source.bindings, handler.source.text)),
    }
    heading = f"{method.upper()} {path} is answered by {name_of(described.endpoint)}()"
    return "\n\n".join([heading, *(f"# {title}\n{text}" for title, text in sections.items())])


def find_target(app: Any, method: str, path: str) -> Any:
    protocol = "websocket" if method in ("WS", "WEBSOCKET") else "http"
    scope = {"type": protocol, "method": method, "path": path, "headers": [], "root_path": ""}
    found = app.router.tree.find(scope, path)
    if found is None:
        message = f"No route of the application has the path {path!r}."
        raise NoSuchRoute(message)
    target, _, is_full, _ = found
    if not hasattr(target, "plan"):
        message = f"{path!r} is answered by {target!r}, which is not compiled."
        raise NoSuchRoute(message)
    if not is_full:
        methods = ", ".join(sorted(target.described.methods or ()))
        message = f"The route at {path!r} answers {methods}, and not {method}."
        raise NoSuchRoute(message)
    return target


def declaration_lines(dependency: Dependency, depth: int = 0) -> Iterator[str]:
    """The tree of callables, each with what it takes."""
    indent = "  " * depth
    purpose = f"{dependency.name} = " if dependency.name else ""
    yield f"{indent}{purpose}{name_of(dependency.call)}()  [{dependency.kind.value}]"
    for parameter in dependency.parameters:
        annotation = parameter.field.field_info.annotation
        shown = getattr(annotation, "__name__", None) or str(annotation)
        yield f"{indent}  {parameter.name}: {shown} from {parameter.place}"
    for injection in dependency.injections:
        yield f"{indent}  {injection.name}: the {injection.given}"
    for below in dependency.dependencies:
        yield from declaration_lines(below, depth + 1)


def plan_lines(plan: Plan) -> Iterator[str]:
    yield f"entry: {plan.entry.value}"
    for number, step in enumerate(plan.steps, 1):
        yield f"{number:3} {step_line(step)}"


def step_line(step: Step) -> str:
    """One step: its name, and its fields as far as a person reads them."""
    shown = []
    for name in type(step).__dataclass_fields__:
        value = getattr(step, name)
        if value is None or value is False or value == ():
            continue
        shown.append(f"{name}={short(value)}")
    return f"{type(step).__name__:10} {'  '.join(shown)}".rstrip()


def short(value: Any) -> str:
    if callable(value) and not isinstance(value, type):
        return f"{name_of(value)}()"
    if hasattr(value, "field_info"):
        return str(value.name)
    if hasattr(value, "has_default_class"):
        return f"{value.response_class.__name__} {value.status_code or 200}"
    return getattr(value, "__name__", None) or getattr(value, "name", None) or repr(value)


def binding_lines(bindings: dict[str, Any], text: str) -> Iterator[str]:
    """What the names in the handler stand for, those left out that are words of every handler."""
    for name, value in bindings.items():
        if "_" in name and name.rpartition("_")[2].isdigit() and name in text:
            yield f"{name} = {shortened(value)}"


def shortened(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
