"""What becomes of one route: what it asks for and answers, its plan and its handler, as text."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from pronghorn._pipeline.callables import name_of
from pronghorn._pipeline.handler import build
from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import Step
from pronghorn.introspection import (
    DeclaredResponse,
    Dependency,
    Parameter,
    RequestBody,
    RouteLookupError,
    RoutePlan,
)


def explain(app: Any, method: str, path: str) -> str:
    """Tell how *app* answers *method* requests to *path*.

    Raises `RouteLookupError` where nothing does, or nothing that is compiled.
    """
    told: RoutePlan = app.plan(f"{method.upper()} {path}")
    plan = told._plan
    if told.root is None or plan is None:
        message = f"{path!r} is answered by {told.route!r}, which is not compiled."
        raise RouteLookupError(message)
    handler = build(plan)
    sections = {
        "Declaration": "\n".join([*dependency_lines(told.root), *exchange_lines(told)]),
        "Plan": "\n".join(plan_lines(plan)),
        "Handler": handler.source.text.rstrip(),
        "Names": "\n".join(binding_lines(handler.source.bindings, handler.source.text)),
    }
    heading = f"{method.upper()} {path} is answered by {name_of(told.root.call)}()"
    if told.path != path:
        heading += f", as {told.path}"
    return "\n\n".join([heading, *(f"# {title}\n{text}" for title, text in sections.items())])


def dependency_lines(
    dependency: Dependency, depth: int = 0, shown: set[int] | None = None
) -> Iterator[str]:
    """The tree of callables, each with what it takes; what is shared in it in one place only."""
    shown = set() if shown is None else shown
    indent = "  " * depth
    purpose = f"{dependency.name} = " if dependency.name else ""
    instead = dependency.overridden
    override = "" if instead is None else f" in place of {name_of(instead)}()"
    heading = f"{indent}{purpose}{name_of(dependency.call)}(){override}  [{dependency.kind}]"
    below = dependency.parameters or dependency.injected or dependency.dependencies
    if below and id(dependency.call) in shown:
        yield f"{heading}  as above"
        return
    shown.add(id(dependency.call))
    yield heading
    for parameter in dependency.parameters:
        yield f"{indent}  {parameter_line(parameter)}"
        for part in parameter.fields:
            yield f"{indent}    {parameter_line(part)}"
    for injected in dependency.injected:
        yield f"{indent}  {injected.name}: the {injected.given}"
    for wanted in dependency.dependencies:
        yield from dependency_lines(wanted, depth + 1, shown)


def parameter_line(parameter: Parameter) -> str:
    alias = "" if parameter.fields or parameter.alias == parameter.name else f" {parameter.alias}"
    return f"{parameter.name}: {type_name(parameter.type)} from {parameter.place}{alias}"


def exchange_lines(plan: RoutePlan) -> Iterator[str]:
    """The body that is read, and the answers that are declared."""
    if plan.body is not None:
        yield f"reads {body_line(plan.body)}"
    for response in plan.responses:
        yield f"answers {response_line(response)}"


def body_line(body: RequestBody) -> str:
    names = ", ".join(parameter.name for parameter in body.parameters)
    return f"{body.media_type}: {names}"


def response_line(response: DeclaredResponse) -> str:
    parts = [str(response.status_code), *response.media_types]
    if response.stream is not None:
        parts.append(f"as a stream of {response.stream}")
    if response.model is not None:
        parts.append(type_name(response.model))
    return " ".join(parts)


def type_name(annotation: Any) -> str:
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return getattr(annotation, "__name__", None) or str(annotation)


def plan_lines(plan: Plan) -> Iterator[str]:
    yield f"entry: {plan.entry.value}"
    for number, step in enumerate(plan.steps, 1):
        yield f"{number:3} {step_line(step)}"


def step_line(step: Step) -> str:
    """One step: its name, and its fields as far as a person reads them."""
    shown = []
    for name in type(step).__match_args__:
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
