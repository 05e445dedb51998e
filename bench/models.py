"""The models that all applications under measurement share."""

from pydantic import BaseModel


class Hello(BaseModel):
    """A greeting."""

    message: str


class Address(BaseModel):
    """Where somebody lives."""

    street: str
    city: str


class UserIn(BaseModel):
    """A user as a client sends one: a model within a model."""

    name: str
    age: int
    address: Address


class User(UserIn):
    """A user as a client gets one."""

    id: int


class Account(BaseModel):
    """What somebody with a token may read."""

    id: int
    name: str
    email: str | None = None


USERS = [
    User(id=i, name=f"name {i}", age=i, address=Address(street="s", city="c")) for i in range(100)
]
ACCOUNTS = {i: Account(id=i, name=f"name {i}") for i in range(100)}
SECRET = "no secret, and long enough for HS256"  # noqa: S105  it guards nothing


class Session:
    """A session with a store, as far as a request sees it: it looks up, commits and closes."""

    commits = 0

    def get(self, account_id: int) -> Account | None:
        """Look one up."""
        return ACCOUNTS.get(account_id)

    def commit(self) -> None:
        """Count it, so that nobody can leave it out."""
        Session.commits += 1

    def close(self) -> None:
        """Let go of the store."""
