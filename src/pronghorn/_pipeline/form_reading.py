"""The words that generated code may use to read a form: its body, and the values in it.

As in `reading`, what is known at start-up is bound into a word by one of the `make_...`
functions.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from pronghorn import params
from pronghorn._pipeline.annotations import is_sequence_of, may_be, sequence_class
from pronghorn._pipeline.exits import FORM, closing
from pronghorn._pipeline.fields import (
    Errors,
    ModelField,
    Undefined,
    aliases_of,
    bound_validator,
    located,
    model_fields,
    takes_many,
)
from pronghorn._pipeline.forms import form_items, form_models, is_given
from pronghorn._pipeline.json_bodies import PASSED_ON, Context, body_failure, find_header
from pronghorn._pipeline.plan import missing_of
from pronghorn._pipeline.reading import REQUEST, Found, validated
from pronghorn._pipeline.received import value_for
from pronghorn._pipeline.steps import Missing
from pronghorn._pipeline.urlencoded import (
    Limits,
    Taken,
    form_of,
    is_urlencoded,
    is_within,
    replaying,
    take_body,
)

Chosen = Mapping[str, int]
"""The limits that the route chose: keyword arguments of `Request.form`."""


# --- the body ----------------------------------------------------------------------------------


class FormReader:
    """Reads forms by the limits that the route chose, and routers before it."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self.limits = Limits(**chosen)

    async def read_quickly(self, scope: Scope, receive: Receive) -> FormData | Receive:
        """The form; or, where Starlette has to read it, what it can be received by."""
        if not is_urlencoded(find_header(scope["headers"], b"content-type")):
            return receive
        chosen = self.chosen_in(scope)
        limits = self.limits if chosen is self.chosen else Limits(**chosen)
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            # Servers give most forms in one message.
            taken = Taken(message.get("body", b""), has_more=False)
        else:
            taken = await take_body(message, receive, limits)
        if taken.has_more or not is_within(taken.body, limits):
            return replaying(taken, receive)
        return form_of(taken.body)

    def chosen_in(self, scope: Scope) -> Chosen:
        """What the route chose, and what routers chose for the rest."""
        inherited = scope["fastapi"].get("form_limits") if "fastapi" in scope else None
        return {**inherited, **self.chosen} if inherited else self.chosen


def make_form_reader(chosen: Chosen, context: Context) -> Callable[..., Any]:
    """A word: the form, for handlers that have no request.  *until_end* closes its files."""
    reader = FormReader(chosen)

    async def read_form(
        scope: Scope, receive: Receive, send: Send, until_end: AsyncExitStack
    ) -> FormData:
        try:
            found = await reader.read_quickly(scope, receive)
            if isinstance(found, FormData):
                # There is nothing to close.  The handlers of exceptions may want to read it.
                scope[FORM] = found
                return found
            request = scope[REQUEST] = Request(scope, found, send)
            form = await request.form(**reader.chosen_in(scope))
        except PASSED_ON:
            raise
        except Exception as error:
            raise body_failure(error, context(scope)) from error
        until_end.push_async_exit(closing(scope, form))
        return form

    return read_form


def make_form_reader_of_own_request(chosen: Chosen, context: Context) -> Callable[..., Any]:
    """Like `make_form_reader`, where the handler has made a request, which then has the form."""
    reader = FormReader(chosen)

    async def read_form(request: Request, until_end: AsyncExitStack) -> FormData:
        scope, receive = request.scope, request._receive
        try:
            found = await reader.read_quickly(scope, receive)
            if isinstance(found, FormData):
                request._form = found
                request._stream_consumed = True
                return found
            request._receive = found
            form = await request.form(**reader.chosen_in(scope))
        except PASSED_ON:
            raise
        except Exception as error:
            raise body_failure(error, context(scope)) from error
        finally:
            request._receive = receive
        until_end.push_async_exit(closing(scope, form))
        return form

    return read_form


def make_form_reader_of_request(chosen: Chosen, context: Context) -> Callable[..., Any]:
    """Like `make_form_reader`, where the request comes from others, or reads in another way."""
    reader = FormReader(chosen)

    async def read_form(request: Request, until_end: AsyncExitStack) -> FormData:
        scope = request.scope
        try:
            form = await request.form(**reader.chosen_in(scope))
        except PASSED_ON:
            raise
        except Exception as error:
            raise body_failure(error, context(scope)) from error
        until_end.push_async_exit(closing(scope, form))
        return form

    return read_form


# --- its values ----------------------------------------------------------------------------------


class Part(NamedTuple):
    """How the value of one field is had from a form."""

    name: str | None
    """The one name that it may have, if a text under this name is all that there can be."""
    check: Callable[..., Any]
    default: Any
    """What there is when nothing arrived; `Undefined` where that is not known before."""
    read: Callable[[FormData], Any]
    """Has the value in any case."""


def part_of(field: ModelField) -> Part:
    names = [alias for alias, _ in aliases_of(field)]
    models = form_models(field)
    is_text = not models and len(names) == 1 and not takes_many(field)
    is_known = missing_of(field) is Missing.DEFAULT
    default = field.field_info.default if is_known else Undefined
    read = make_model_reader(field, models) if models else make_part_reader(field, names)
    return Part(names[0] if is_text else None, bound_validator(field), default, read)


def make_form_parts_reader(fields: Sequence[ModelField]) -> Callable[[Any], Any]:
    """A word: the values of *fields* from a form; in their order."""
    parts = [part_of(field) for field in fields]

    async def read_parts(form: Any) -> Found:
        if not isinstance(form, FormData):
            form = FormData()
        # Of a repeated name the last, as in the form.
        arrived: dict[Any, Any] = dict(form.multi_items())
        values: list[Any] = []
        errors: Errors = []
        for name, check, default, read in parts:
            raw = arrived.get(name)
            if name is None or not (raw is None or type(raw) is str):
                value, more = await read(form)
            elif raw:
                try:
                    value, more = check(raw, from_attributes=True), ()
                except ValidationError as error:
                    value, more = Undefined, located(error, ("body", name))
            elif default is not Undefined:
                # An empty text is an input that was left empty.
                value, more = default, ()
            else:
                value, more = await read(form)
            if more:
                value = Undefined
                errors.extend(more)
            values.append(value)
        return values, errors

    return read_parts


def make_part_reader(field: ModelField, names: Sequence[str]) -> Callable[[FormData], Any]:
    async def read(form: FormData) -> Found:
        for name in names:
            value = value_for(field, form, name)
            if value is not Undefined:
                return validated(field, await converted(field, value), ("body", name))
        return validated(field, Undefined, ("body", names[0]))

    return read


def make_model_reader(
    field: ModelField, models: Sequence[type[BaseModel]]
) -> Callable[[FormData], Any]:
    async def read(form: FormData) -> Found:
        return validated(field, await read_form_group(field, models, form), ("body",))

    return read


def make_form_whole_reader(field: ModelField) -> Callable[[Any], Any]:
    """A word: the whole form as the value of *field*."""

    async def read_whole(form: Any) -> Found:
        if not isinstance(form, FormData):
            return validated(field, form, ("body",))
        value = {alias: item async for alias, item, _ in converted_items([field], form)}
        return validated(field, value, ("body",))

    return read_whole


async def read_form_group(
    field: ModelField, models: Sequence[type[BaseModel]], form: FormData
) -> Any:
    """The raw values for the model, or for the union of *models*, that *field* is."""
    is_nullable = type(None) in getattr(field.field_info.annotation, "__args__", ())
    if is_nullable and not any(is_given(model, form) for model in models):
        return Undefined
    # The choices of a union pick their own fields from the raw values.
    own = model_fields(models[0]) if len(models) == 1 else ()
    return {alias: item async for alias, item, _ in converted_items(own, form)}


async def converted_items(
    fields: Sequence[ModelField], form: FormData
) -> AsyncIterator[tuple[str, Any, ModelField | None]]:
    """`form_items`, with files read for fields that want bytes."""
    for alias, item, field in form_items(fields, form):
        yield alias, item if field is None else await converted(field, item), field


async def converted(field: ModelField, value: Any) -> Any:
    """*value*, or what is in it if it is a file, or several, and *field* wants bytes."""
    if not isinstance(field.field_info, params.File):
        return value
    annotation = field.field_info.annotation
    if may_be(annotation, bytes) and isinstance(value, UploadFile):
        return await file_bytes(value)
    if is_sequence_of(annotation, bytes) and isinstance(value, list):
        contents = [
            await file_bytes(part) if isinstance(part, UploadFile) else part for part in value
        ]
        return sequence_class(annotation)(contents)
    return value


async def file_bytes(file: UploadFile) -> bytes:
    """All of *file*, which stays as it was for others who read it."""
    position = file.file.tell()
    try:
        return await file.read()
    finally:
        await file.seek(position)
