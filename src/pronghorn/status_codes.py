"""What HTTP says of status codes."""

_FIRST_FINAL = 200
_WITHOUT_BODY = {204, 205, 304}
_PATTERNS = {"default", "1XX", "2XX", "3XX", "4XX", "5XX"}


def is_body_allowed_for_status_code(status_code: int | str | None) -> bool:
    """Tell whether an answer of this status may have a body (RFC 9110 sections 6.4.1, 15).

    OpenAPI's patterns and "no status given" may have one.
    """
    if status_code is None or status_code in _PATTERNS:
        return True
    code = int(status_code)
    return code >= _FIRST_FINAL and code not in _WITHOUT_BODY
