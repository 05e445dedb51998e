"""What addresses mean to each driver; nothing that concerns safety is left out silently."""

import socket
import ssl

import pytest

from pronghorn.data.connections.connecting import Connector
from pronghorn.data.connections.drivers import Wishes, asyncpg_arguments, psycopg_arguments
from pronghorn.data.connections.engines import PoolSettings, make_sync_engine
from pronghorn.data.connections.urls import read_address
from pronghorn.exceptions import DeclarationError

WISHES = Wishes(5, {"statement_timeout": "30s"}, is_pooled=False)


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGSSLMODE", "PGCHANNELBINDING", "PGREQUIREAUTH"):
        monkeypatch.delenv(name, raising=False)


def by_asyncpg(query, hosts="h"):
    return asyncpg_arguments(read_address(f"postgresql+asyncpg://{hosts}/d?{query}"), WISHES)


def by_psycopg(query, hosts="h"):
    return psycopg_arguments(read_address(f"postgresql+psycopg://{hosts}/d?{query}"), WISHES)


def test_psycopg_is_told_what_libpq_takes():
    assert by_psycopg(
        "sslmode=require&channel_binding=require&application_name=shop&options=-c%20a%3Db", "x:1,y"
    ) == {
        "host": "x,y",
        "port": "1,5432",
        "sslmode": "require",
        "channel_binding": "require",
        "application_name": "shop",
        "options": "-c statement_timeout=30s -c a=b",
        "connect_timeout": 5,
    }


def test_the_system_s_certificates_are_those_of_the_system():
    arguments = by_psycopg("sslrootcert=system")
    assert arguments["sslmode"] == "verify-full"
    assert arguments["sslrootcert"] == (ssl.get_default_verify_paths().cafile or "system")


@pytest.mark.parametrize("by", [by_asyncpg, by_psycopg])
def test_certificates_of_the_system_need_the_host_s_name(by):
    with pytest.raises(DeclarationError, match="sslmode=verify-full"):
        by("sslrootcert=system&sslmode=require")


def test_asyncpg_is_told_settings_and_what_it_has_arguments_for():
    assert by_asyncpg(
        "application_name=shop&options=-c%20a%3Db&target_session_attrs=read-write&passfile=/p"
        "&sslmode=disable&client_encoding=utf8&gssencmode=prefer&keepalives=1"
    ) == {
        "server_settings": {
            "statement_timeout": "30s",
            "application_name": "shop",
            "options": "-c a=b",
        },
        "target_session_attrs": "read-write",
        "passfile": "/p",
        "ssl": False,
    }


@pytest.mark.parametrize(
    ("query", "mode"), [("", "prefer"), ("sslmode=prefer", "prefer"), ("sslmode=allow", "allow")]
)
def test_asyncpg_understands_the_modes_without_certificates_itself(query, mode):
    assert by_asyncpg(query)["ssl"] == mode


def test_require_asks_for_encryption_from_anybody():
    context = by_asyncpg("sslmode=require")["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_the_environment_is_heard_where_the_address_is_silent(monkeypatch):
    monkeypatch.setenv("PGSSLMODE", "require")
    assert isinstance(by_asyncpg("")["ssl"], ssl.SSLContext)
    assert by_asyncpg("sslmode=disable")["ssl"] is False
    monkeypatch.setenv("PGREQUIREAUTH", "scram-sha-256")
    with pytest.raises(DeclarationError, match="`require_auth`"):
        by_asyncpg("")


@pytest.mark.parametrize("mode", ["verify-ca", "verify-full"])
def test_to_verify_needs_an_authority(mode):
    with pytest.raises(DeclarationError, match="sslrootcert="):
        by_asyncpg(f"sslmode={mode}")


def test_channel_binding_becomes_a_look_at_the_host_s_name():
    context = by_asyncpg("sslmode=require&channel_binding=require")["ssl"]
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert context.cert_store_stats()["x509_ca"] > 0


@pytest.mark.parametrize(
    ("query", "hosts", "said"),
    [
        ("channel_binding=require&host=/run", "", "encrypted connection to a named host"),
        ("channel_binding=require", "", "encrypted connection to a named host"),
        ("channel_binding=require&sslmode=disable", "h", "exclude each other"),
        ("require_auth=scram-sha-256", "h", "`require_auth`"),
        ("requirepeer=postgres", "h", "`requirepeer`"),
        ("gssencmode=require", "h", "`gssencmode`"),
        ("sslcrldir=/c", "h", "`sslcrldir`"),
        ("hostaddr=10.0.0.1", "h", "`hostaddr`"),
        ("client_encoding=latin1", "h", "`client_encoding`"),
    ],
)
def test_what_asyncpg_cannot_do_is_refused(query, hosts, said):
    with pytest.raises(DeclarationError) as caught:
        by_asyncpg(query, hosts)
    assert said in str(caught.value)


def test_blocking_engines_name_the_extra_that_is_missing(monkeypatch):
    monkeypatch.setattr("pronghorn.data.connections.drivers.find_spec", lambda _: None)
    with pytest.raises(DeclarationError, match=r"pronghorn\[psycopg\]"):
        make_sync_engine(read_address("postgresql://h/d"), PoolSettings(), is_reader=False)


def test_hosts_are_tried_in_order_and_a_standby_is_preferred_where_it_is_wanted():
    address = read_address("postgresql+asyncpg://a:1,b/d?target_session_attrs=prefer-standby")
    assert list(Connector(address, WISHES).places()) == [
        {"target_session_attrs": target, "host": [host], "port": port}
        for target in ("standby", "any")
        for host, port in (("a", 1), ("b", 5432))
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_the_next_host_is_tried_where_one_does_not_answer(driver, postgres):
    from sqlalchemy import text

    from pronghorn.data import Database

    silent = socket.create_server(("127.0.0.1", 0), backlog=1)
    login, _, place = postgres.removeprefix("postgresql://").rpartition("@")
    hosts, _, name = place.partition("/")
    hosts = f"127.0.0.1:9,127.0.0.1:{silent.getsockname()[1]},{hosts}"
    options = "keepalives_idle=20&tcp_user_timeout=9000"
    url = f"postgresql+{driver}://{login}@{hosts}/{name}?{options}"
    async with Database(url, connect_timeout=2) as db, db.engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    silent.close()
