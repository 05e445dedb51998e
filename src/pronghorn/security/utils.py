"""Read the header in which credentials come."""


def get_authorization_scheme_param(authorization_header_value: str | None) -> tuple[str, str]:
    """Split `Authorization` into the scheme and what follows it; both may be empty."""
    if not authorization_header_value:
        return "", ""
    scheme, _, param = authorization_header_value.partition(" ")
    return scheme, param.strip()
