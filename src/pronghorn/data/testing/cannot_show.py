"""What a test within one transaction cannot show, and says so."""


class CannotShowError(Exception):
    """A test with the fixture `transaction` did what only the fixture `database` can show."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}. A test with the fixture `transaction` has one connection, all of whose work"
            " is one transaction that is rolled back. Let this test use the fixture `database`"
            " in its place. [cannot-show]"
        )
