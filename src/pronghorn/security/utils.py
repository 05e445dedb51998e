"""Read the header in which credentials come."""

from starlette.requests import HTTPConnection, Request

HEADERS = Request.headers


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split `Authorization` into the scheme and what follows it; both may be empty."""
    if not authorization_header_value:
        return "", ""
    scheme, _, param = authorization_header_value.partition(" ")
    return scheme, param.strip()


def read_header(connection: HTTPConnection, name: str) -> str | None:
    """Return the first header `name`, in any case; `None` if there is none.

    Of a plain request it is read from where the server put it, without an object for all of them.
    """
    is_plain = type(connection) is Request and Request.headers is HEADERS
    if not is_plain or "_headers" in vars(connection):
        # Headers that somebody makes in a way of their own, or that were made already.
        return connection.headers.get(name)
    wanted = name.lower().encode("latin-1")
    for key, value in connection.scope["headers"]:
        if key == wanted:
            found: str = value.decode("latin-1")
            return found
    return None
