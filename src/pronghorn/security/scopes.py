"""What a dependency is told of the OAuth2 scopes that are asked for."""


class SecurityScopes:
    """The scopes that the dependencies of this request ask for, outermost first.

    `scope_str` is the same joined by spaces, as `WWW-Authenticate` wants it.
    """

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
