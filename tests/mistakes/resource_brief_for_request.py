"""What is over when the answer is made cannot live as long as the request."""

from pronghorn.params import Resource

FASTAPI_RAISES = ValueError


def session():
    yield 1


mark = Resource(session, scope="request", is_brief=True)
