"""`Depends` and `Security`, as objects and as functions."""

from dataclasses import FrozenInstanceError

import pytest

from pronghorn import param_functions, params


def call():
    """Be depended on."""


def test_the_functions_make_the_objects():
    mark = param_functions.Depends(call, use_cache=False, scope="function")
    assert mark == params.Depends(call, use_cache=False, scope="function")
    assert param_functions.Security(call, scopes=["me"]) == params.Security(call, scopes=["me"])


def test_equal_marks_are_one_key_of_a_dict():
    assert {params.Depends(call): 1}[params.Depends(call)] == 1
    assert params.Depends(call) != params.Security(call)


def test_a_mark_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        params.Depends(call).use_cache = False


def test_security_is_a_dependency_with_scopes():
    mark = params.Security(call, scopes=("me",))
    assert isinstance(mark, params.Depends)
    assert (mark.scopes, mark.use_cache, mark.scope) == (("me",), True, None)
    assert hash(mark) == hash(params.Security(call, scopes=("me",)))


def test_the_same_mark_has_one_limit_and_another_mark_its_own():
    first = param_functions.Depends(call, max_concurrency=3)
    second = param_functions.Depends(call, max_concurrency=3)
    assert first._concurrency.max_concurrency == 3
    assert first._concurrency is not second._concurrency
    assert first != second
    assert "ConcurrencyLimit" not in repr(first)


def test_without_a_number_there_is_no_limit():
    assert params.Depends(call)._concurrency is None


@pytest.mark.parametrize("most", [0, -1, True, 1.5, "3"])
def test_a_limit_that_is_no_number_of_calls_is_refused(most):
    with pytest.raises(ValueError, match="max_concurrency must be a positive integer or None"):
        param_functions.Depends(call, max_concurrency=most)


def test_an_unknown_option_is_refused():
    with pytest.raises(TypeError, match="Did you mean `use_cache`"):
        param_functions.Depends(call, cache=False)
