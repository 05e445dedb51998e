"""Values from several places, joined into one."""

from pronghorn.datastructures import Default
from pronghorn.merging import deep_dict_update, get_value_or_default


def test_dicts_are_merged_lists_joined_and_the_rest_replaced():
    main = {"dict": {"a": 1, "b": [1]}, "list": [1], "value": 1, "changed": {"a": 1}, "kept": 0}
    joined = main["list"]
    deep_dict_update(
        main, {"dict": {"b": [2], "c": 3}, "list": [2], "value": 2, "changed": [1], "new": {}}
    )
    assert main == {
        "dict": {"a": 1, "b": [1, 2], "c": 3},
        "list": [1, 2],
        "value": 2,
        "changed": [1],
        "kept": 0,
        "new": {},
    }
    assert joined == [1]


def test_the_first_value_that_was_given_wins():
    assert get_value_or_default(Default("a"), Default("b"), "c", "d") == "c"
    assert get_value_or_default(None, "b") is None


def test_without_a_given_value_the_first_placeholder_is_taken():
    first = Default("a")
    assert get_value_or_default(first, Default("b")) is first
