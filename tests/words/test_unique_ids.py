"""The names of operations in the OpenAPI document."""

from types import SimpleNamespace

import pytest

from pronghorn.exceptions import FastAPIDeprecationWarning
from pronghorn.unique_ids import (
    generate_operation_id_for_path,
    generate_unique_id,
    get_path_param_names,
)


def make(methods):
    return SimpleNamespace(name="read item", path_format="/items/{item_id}", methods=methods)


def test_an_id_is_name_path_and_method_in_letters_of_identifiers():
    assert generate_unique_id(make({"GET"})) == "read_item_items__item_id__get"


def test_of_several_methods_the_same_is_taken_in_every_process():
    assert generate_unique_id(make({"PUT", "POST", "GET"})).endswith("_get")


def test_the_older_function_gives_the_same_id_and_warns():
    with pytest.warns(FastAPIDeprecationWarning, match="deprecated"):
        made = generate_operation_id_for_path(
            name="read item", path="/items/{item_id}", method="GET"
        )
    assert made == generate_unique_id(make({"GET"}))


def test_the_parameters_of_a_path_stand_in_braces():
    assert get_path_param_names("/a/{b}/c/{d_1}{e}") == {"b", "d_1", "e"}
    assert get_path_param_names("/a") == set()
