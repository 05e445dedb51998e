"""Forms whose fields are those of models: which models, and the values for each.

A form is flat.  A model parameter takes its fields from the top of the form, and a union of
models has to try each of its choices on the same raw values.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, Tag
from starlette.datastructures import FormData

from pronghorn import params
from pronghorn._pipeline.annotations import is_subclass, is_union, model_in, without_metadata
from pronghorn._pipeline.fields import ModelField, Undefined, aliases_of, model_fields
from pronghorn._pipeline.received import rest_of, value_for


def form_models(field: ModelField) -> list[type[BaseModel]]:
    """The models whose fields make up *field* in a form: one, several for a union, or none."""
    info = field.field_info
    if not isinstance(info, params.Form) or info.embed or field.is_json:
        return []
    model = model_in(info.annotation)
    return union_models(info.annotation) if model is None else [model]


def form_model(field: ModelField) -> type[BaseModel] | None:
    models = form_models(field)
    return models[0] if len(models) == 1 else None


def union_models(annotation: Any) -> list[type[BaseModel]]:
    """The models of a union of at least two models, None allowed beside them; else nothing."""
    if not is_union(annotation):
        return []
    choices = [without_metadata(item) for item in get_args(annotation) if item is not type(None)]
    if len(choices) < 2 or not all(is_subclass(choice, BaseModel) for choice in choices):
        return []
    return choices


def with_form_choices(annotation: Any) -> Any:
    """The union *annotation*, each choice taught to read its own fields from raw form values."""
    return Union[tuple(map(form_choice, get_args(annotation)))]  # noqa: UP007 - made of a tuple


def form_choice(choice: Any) -> Any:
    if choice is type(None):
        return choice
    model, *metadata = get_args(choice) if get_origin(choice) is Annotated else (choice,)
    tags = [item for item in metadata if isinstance(item, Tag)]
    # Without a tag the error would name the validator instead of the model.
    tag = tags[-1] if tags else Tag(model.__name__)
    return Annotated[choice, BeforeValidator(partial(pick_fields, model=model)), tag]


def pick_fields(value: Any, *, model: type[BaseModel]) -> Any:
    """The raw form *value* as *model* wants it: a single value or a list for each field."""
    if not isinstance(value, dict):
        return value
    form = FormData(
        [
            (key, item)
            for key, items in value.items()
            for item in (items if isinstance(items, list) else [items])
        ]
    )
    picked = {alias: item for alias, item, _ in form_items(model_fields(model), form)}
    # No form can hold these; a validator of the author may have put them here.
    odd = {key: item for key, item in value.items() if item is None or item == []}
    return picked | odd


def form_items(
    fields: Sequence[ModelField], form: FormData
) -> Iterator[tuple[str, Any, ModelField | None]]:
    """Name, value and field of all that arrived; the field is None for what no field takes."""
    taken: set[str] = set()
    for field in fields:
        for alias, _ in aliases_of(field):
            taken.add(alias)
            value = value_for(field, form, alias)
            if value is not Undefined:
                yield alias, value, field
                # The field's other names are left for other fields.
                break
    for key, value in rest_of(form, taken):
        yield key, value, None


def is_given(model: type[BaseModel], form: FormData) -> bool:
    """Whether *form* holds anything for *model*, an empty input counted."""
    names = {alias for field in model_fields(model) for alias, _ in aliases_of(field)}
    takes_any = model.model_config.get("extra") in ("allow", "forbid")
    return bool(names.intersection(form) or (takes_any and form))
