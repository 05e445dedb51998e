"""The marks, as objects and as functions: what they keep, and what they refuse."""

import copy
import inspect
import re
import warnings
from typing import Annotated

import pytest
from annotated_types import Ge, Le, MaxLen
from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, SchemaError

from pronghorn import FastAPI, Query, param_functions, params
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.exceptions import DeclarationError, FastAPIDeprecationWarning

NAMES = ("Path", "Query", "Header", "Cookie", "Body", "Form", "File")


@pytest.mark.parametrize("name", NAMES)
def test_a_function_makes_the_mark_of_its_name(name):
    mark = getattr(param_functions, name)(title="Size", ge=1)
    assert type(mark) is getattr(params, name)
    assert isinstance(mark, FieldInfo)
    assert mark.title == "Size"
    assert mark.metadata == [Ge(1)]


def test_only_what_was_given_counts_as_set():
    assert params.Query(3, description=None)._attributes_set == {
        "annotation": None,
        "default": 3,
        "description": None,
    }


def test_limits_become_metadata_of_the_field():
    assert params.Query(le=9, max_length=5).metadata == [Le(9), MaxLen(5)]


def test_a_pattern_may_be_compiled():
    (rule,) = params.Query(pattern=re.compile("^a")).metadata
    assert rule.pattern == re.compile("^a")


def test_an_empty_pattern_is_none():
    assert params.Query(pattern="").metadata == []


def test_an_alias_is_used_to_read_and_to_write():
    mark = params.Query(alias="item-id")
    assert (mark.validation_alias, mark.serialization_alias) == ("item-id", "item-id")
    assert mark.alias_priority == 2


def test_a_validation_alias_wins_over_the_alias():
    choices = AliasChoices("a", "b")
    mark = params.Query(alias="item-id", validation_alias=choices)
    assert mark.validation_alias is choices
    assert mark.serialization_alias == "item-id"


def test_no_default_means_required():
    assert params.Query().is_required()
    assert params.Query(...).default is PydanticUndefined
    assert not params.Query(None).is_required()


@pytest.mark.parametrize(
    ("name", "place"),
    [("Path", "path"), ("Query", "query"), ("Header", "header"), ("Cookie", "cookie")],
)
def test_a_parameter_knows_where_it_is_read(name, place):
    assert getattr(params, name)().in_ is params.ParamTypes(place)


def test_a_plain_param_has_no_place():
    assert not hasattr(params.Param(), "in_")


def test_headers_have_hyphens_unless_told_otherwise():
    assert params.Header().convert_underscores is True
    assert param_functions.Header(convert_underscores=False).convert_underscores is False


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("Body", "application/json"),
        ("Form", "application/x-www-form-urlencoded"),
        ("File", "multipart/form-data"),
    ],
)
def test_a_body_has_its_media_type(name, media_type):
    mark = getattr(param_functions, name)()
    assert mark.media_type == media_type
    assert mark.embed is None
    assert getattr(params, name)(media_type="text/x").media_type == "text/x"


def test_a_form_is_a_body_and_a_file_is_a_form():
    assert issubclass(params.File, params.Form)
    assert issubclass(params.Form, params.Body)
    assert not issubclass(params.Body, params.Param)


def test_the_document_is_told_what_was_given():
    mark = params.Query(include_in_schema=False, openapi_examples={"one": {"value": 1}})
    assert mark.include_in_schema is False
    assert mark.openapi_examples == {"one": {"value": 1}}
    assert isinstance(mark.example, DefaultPlaceholder)


def test_a_mark_shows_its_name_and_default():
    assert repr(params.Query("red")) == "Query(red)"
    assert repr(params.Path()) == "Path(PydanticUndefined)"


def test_a_copy_of_a_mark_is_a_mark():
    mark = copy.copy(params.Header(3, convert_underscores=False))
    assert type(mark) is params.Header
    assert (mark.default, mark.convert_underscores) == (3, False)


@pytest.mark.parametrize("make", [param_functions.Query, params.Query, params.Body])
@pytest.mark.parametrize(("old", "new"), [("regex", "pattern"), ("example", "examples")])
def test_a_deprecated_option_warns_at_the_line_that_gave_it(make, old, new):
    with pytest.warns(FastAPIDeprecationWarning, match=f"`{old}`.* use `{new}`") as caught:
        make(**{old: "a"})
    assert caught[0].filename == __file__
    assert caught[0].lineno == inspect.currentframe().f_lineno - 2


def test_the_author_of_a_subclass_is_the_one_who_gave_the_option():
    class Page(params.Query):
        def __init__(self):
            super().__init__(1, regex="a")

    with pytest.warns(FastAPIDeprecationWarning) as caught:
        Page()
    assert caught[0].filename == __file__


def test_a_regex_is_used_as_the_pattern():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FastAPIDeprecationWarning)
        (rule,) = params.Query(regex="^a").metadata
        assert rule.pattern == "^a"
        (rule,) = params.Query(pattern="^b", regex="^a").metadata
        assert rule.pattern == "^b"


@pytest.mark.parametrize("make", [param_functions.Path, params.Path])
def test_a_part_of_the_path_cannot_have_a_default(make):
    with pytest.raises(DeclarationError) as caught:
        make(default=1)
    assert isinstance(caught.value, AssertionError)
    assert caught.value.code == "path-default"
    assert "Path parameters cannot have a default value" in str(caught.value)
    assert "test_params.py" in caught.value.place


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_option_is_refused_under_the_name_that_was_called(name):
    for module in (param_functions, params):
        with pytest.raises(TypeError, match=rf"^{name}\(\) has no option `min_lenght`"):
            getattr(module, name)(min_lenght=3)


def test_only_the_classes_take_an_annotation():
    assert params.Query(annotation=int).annotation is int
    with pytest.raises(TypeError, match="`annotation`"):
        param_functions.Query(annotation=int)


# What pydantic says to a mark


@pytest.mark.parametrize(
    ("annotation", "refusal"),
    [
        (Annotated[str, Query(pattern="(")], SchemaError),
        (Annotated[int, Query(multiple_of=0)], SchemaError),
        (Annotated[str, Query(max_length=-1)], SchemaError),
        (Annotated[int, Query(ge=1.5)], SchemaError),
        (Annotated[int, Query(discriminator="kind")], TypeError),
    ],
)
def test_what_pydantic_refuses_is_raised_where_the_route_is_made(annotation, refusal):
    def read(value: annotation): ...

    with pytest.raises(refusal):
        FastAPI().get("/")(read)


def test_two_defaults_are_refused_where_the_route_is_made():
    def read(value: Annotated[int, Query(default_factory=int)] = 5): ...

    with pytest.raises(TypeError, match="cannot specify both default and default_factory"):
        FastAPI().get("/")(read)
