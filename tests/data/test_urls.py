"""Addresses of databases, as hosts hand them out, are understood."""

from pathlib import Path

import pytest

from pronghorn.data.connections import urls
from pronghorn.data.connections.urls import read_address
from pronghorn.exceptions import DeclarationError

PASSWORD = "hunter2"


def place(text):
    address = read_address(text)
    url = address.url
    return url.drivername, url.username, url.password, url.host, url.port, url.database


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://u:p@h/d", ("postgresql+asyncpg", "u", "p", "h", None, "d")),
        ("postgres://u:p@h:6543/d", ("postgresql+asyncpg", "u", "p", "h", 6543, "d")),
        ("postgresql+asyncpg://u@h/d", ("postgresql+asyncpg", "u", None, "h", None, "d")),
        ("postgresql+psycopg://h", ("postgresql+psycopg", None, None, "h", None, None)),
        ("postgresql+psycopg_async://h", ("postgresql+psycopg", None, None, "h", None, None)),
        ("postgresql:///d", ("postgresql+asyncpg", None, None, None, None, "d")),
        ("postgresql://", ("postgresql+asyncpg", None, None, None, None, None)),
        (" postgresql://h/d\n", ("postgresql+asyncpg", None, None, "h", None, "d")),
        ("postgresql://[::1]:5433/d", ("postgresql+asyncpg", None, None, "::1", 5433, "d")),
        ("postgresql://u:p%40%2F%3A@h/d", ("postgresql+asyncpg", "u", "p@/:", "h", None, "d")),
        ("postgresql://u:a@b@h/d", ("postgresql+asyncpg", "u", "a@b", "h", None, "d")),
        (
            "postgresql://u:p@/d?host=/cloudsql/project:region:name",
            ("postgresql+asyncpg", "u", "p", "/cloudsql/project:region:name", None, "d"),
        ),
        (
            "postgresql://%2Fvar%2Frun%2Fpostgresql/d",
            ("postgresql+asyncpg", None, None, "/var/run/postgresql", None, "d"),
        ),
        (
            "postgresql://?user=u&password=p&dbname=d&host=h&port=1",
            ("postgresql+asyncpg", "u", "p", "h", 1, "d"),
        ),
        ("postgresql://?port=5433", ("postgresql+asyncpg", None, None, "localhost", 5433, None)),
    ],
)
def test_addresses_of_postgresql_are_understood(text, expected):
    assert place(text) == expected


def test_without_asyncpg_psycopg_is_used(monkeypatch):
    monkeypatch.setattr(urls, "find_spec", lambda name: name == "psycopg" or None)
    assert read_address("postgresql://h/d").driver == "psycopg"


def test_without_a_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(urls, "find_spec", lambda _: None)
    with pytest.raises(DeclarationError, match=r"pronghorn\[data\]"):
        read_address("postgresql://h/d")


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("postgresql://a:1,b:2/d", (("a", 1), ("b", 2))),
        ("postgresql://a,b/d", (("a", None), ("b", None))),
        ("postgresql://a,[::1]:9/d", (("a", None), ("::1", 9))),
        ("postgresql:///d?host=a,b&port=1,2", (("a", 1), ("b", 2))),
        ("postgresql:///d?host=a,b&port=7", (("a", 7), ("b", 7))),
        ("postgresql:///d?host=a:1&host=b:2", (("a", 1), ("b", 2))),
        ("postgresql:///d?host=/run/a,/run/b", (("/run/a", None), ("/run/b", None))),
    ],
)
def test_several_hosts_are_kept_in_order(text, hosts):
    address = read_address(text)
    assert address.hosts == hosts
    assert address.url.host is None


def test_parameters_are_kept_and_the_place_is_apart():
    address = read_address(
        "postgresql://u:p@h/d?sslmode=require&channel_binding=require&user=other"
        "&options=-c%20search_path%3Dshop"
    )
    assert dict(address.parameters) == {
        "sslmode": "require",
        "channel_binding": "require",
        "options": "-c search_path=shop",
    }
    assert address.url.username == "u"


def test_an_address_may_say_that_a_pooler_answers():
    assert read_address("postgresql://h/d?pgbouncer=true").is_pooled
    assert not read_address("postgresql://h/d").is_pooled


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("sqlite:///blog.db", str(Path.cwd() / "blog.db")),
        ("sqlite:///./data/../blog.db", str(Path.cwd() / "blog.db")),
        ("sqlite:////var/lib/blog.db", "/var/lib/blog.db"),
        ("sqlite+aiosqlite:////var/lib/blog.db", "/var/lib/blog.db"),
        ("sqlite+pysqlite:////var/lib/a%20b.db?timeout=10", "/var/lib/a%20b.db"),
        ("sqlite://", None),
        ("sqlite:///", None),
        ("sqlite:///:memory:", None),
        ("sqlite+aiosqlite:///:memory:", None),
        ("sqlite:///file::memory:?cache=shared&uri=true&mode=memory", None),
    ],
)
def test_addresses_of_sqlite_are_understood(text, file):
    address = read_address(text)
    assert address.is_sqlite
    assert address.file == file
    assert address.sync_url.drivername == "sqlite+pysqlite"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("blog.db", "does not begin"),
        ("mysql://u:hunter2@h/d", "`mysql` is no database"),
        ("postgresql+psycopg2://u:hunter2@h/d", "`psycopg2` is no driver"),
        ("sqlite+asyncpg:///x", "Leave it out"),
        ("sqlite://blog.db", "two slashes"),
        ("sqlite:///blog.db?immutable=1", "`immutable`"),
        ("sqlite:///blog.db?mode=ro", "not supported"),
        ("sqlite:///blog.db?timeout=soon", "no number of seconds"),
        ("postgresql://u:hun/ter2@h/d", "cannot be read"),
        ("postgresql://u:hunter2#@h/d", "a `#` in it"),
        ("postgresql://u:hunter2@h:99999/d", "1 to 65535"),
        ("postgresql://u:12?hunter2@h/d", "a `?` before its `@`"),
        ("postgresql://u:12?hunter2=x@h/d", "a `?` before its `@`"),
        ("postgresql://u:hunter2@h/d?sslmode=yes", "Write one of disable"),
        ("postgresql://u:hunter2@h/d?connection_limit=5", "no parameter `connection_limit`"),
        ("postgresql://u:hunter2@h/d?connect_timeout=soon", "`connect_timeout`"),
        ("postgresql://u:hunter2@/d?host=a,b,c&port=1,2", "numbers of hosts"),
    ],
)
def test_what_cannot_be_understood_is_refused_without_the_password(text, said):
    with pytest.raises(DeclarationError) as caught:
        read_address(text)
    assert said in str(caught.value)
    assert "[database-address]" in str(caught.value)
    assert PASSWORD not in str(caught.value)


def test_no_representation_shows_a_password():
    address = read_address(f"postgresql://u:{PASSWORD}@h/d?sslkey=k&sslpassword={PASSWORD}")
    assert PASSWORD not in f"{address!r} {address}"
    assert "h/d" in repr(address)
