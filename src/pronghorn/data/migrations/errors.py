"""What goes wrong with migrations, with the remedy."""

from pronghorn.exceptions import FastAPIError


class MigrationError(FastAPIError):
    """A command on migrations was refused or failed; the last line is its code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{message}\n  [{code}]")
        self.code = code
        self.message = message
