"""The middleware that keeps an exit stack in the scope."""

import pytest

from pronghorn.middleware.asyncexitstack import AsyncExitStackMiddleware

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("options", "name"), [({}, "fastapi_middleware_astack"), ({"context_name": "mine"}, "mine")]
)
@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
async def test_the_stack_is_closed_after_the_application_whatever_it_raised(options, name, error):
    done = []

    async def app(scope, receive, send):
        scope[name].callback(done.append, "closed")
        done.append("served")
        if error is not None:
            raise error

    served = AsyncExitStackMiddleware(app, **options)({"type": "http"}, None, None)
    if error is None:
        await served
    else:
        with pytest.raises(error):
            await served
    assert done == ["served", "closed"]
