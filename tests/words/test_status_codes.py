"""What HTTP says of status codes."""

import pytest

from pronghorn.status_codes import is_body_allowed_for_status_code


@pytest.mark.parametrize("code", [None, "default", "2XX", "5XX", 200, "200", 404, 599])
def test_most_answers_may_have_a_body(code):
    assert is_body_allowed_for_status_code(code)


@pytest.mark.parametrize("code", [100, 101, 199, 204, 205, 304, "204"])
def test_some_answers_have_none(code):
    assert not is_body_allowed_for_status_code(code)
