"""Encrypted connections to a real server, with certificates of the test's own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from pronghorn.data import Database
from pronghorn.data.testing.postgres import running_postgres
from pronghorn.exceptions import DeclarationError

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates"),
]

ENCRYPTED = text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates():
    """An authority, a certificate of it for `localhost`, and an authority that signed nothing."""
    folder = Path(tempfile.mkdtemp(prefix="certificates-"))
    folder.chmod(0o755)
    for name in ("ca", "other"):
        openssl(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"),
            *("-subj", f"/CN={name}"),
        )
    openssl(
        *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", folder / "server.key"),
        *("-out", folder / "server.csr", "-subj", "/CN=localhost"),
    )
    (folder / "names").write_text("subjectAltName=DNS:localhost\n")
    openssl(
        *("x509", "-req", "-in", folder / "server.csr", "-days", "2", "-CAcreateserial"),
        *("-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"),
        *("-extfile", folder / "names", "-out", folder / "server.pem"),
    )
    if os.geteuid() == 0:  # the server runs as somebody else then
        user = next(find_user(name) for name in ("postgres", "nobody") if find_user(name))
        os.chown(folder / "server.key", user.pw_uid, user.pw_gid)
    (folder / "server.key").chmod(0o600)
    yield folder
    shutil.rmtree(folder)


def find_user(name):
    return next((user for user in pwd.getpwall() if user.pw_name == name), None)


@pytest.fixture(scope="module")
def server(certificates):
    settings = {
        "ssl": "on",
        "ssl_cert_file": str(certificates / "server.pem"),
        "ssl_key_file": str(certificates / "server.key"),
    }
    with running_postgres(settings=settings) as server:
        yield server


@pytest.fixture(params=["asyncpg", "psycopg"])
def address(request, server, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))

    def with_query(query, host="localhost"):
        driver = f"postgresql+{request.param}://"
        place = server.url.replace("postgresql://", driver).replace("127.0.0.1", host)
        return f"{place}?{query}"

    return with_query


async def is_encrypted(url):
    async with Database(url) as db, db.engine.connect() as connection:
        return await connection.scalar(ENCRYPTED)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", True),
        ("sslmode=prefer", True),
        ("sslmode=require", True),
        ("sslmode=disable", False),
        ("sslmode=verify-ca&sslrootcert={folder}/ca.pem", True),
        ("sslmode=verify-full&sslrootcert={folder}/ca.pem", True),
        ("sslmode=require&channel_binding=require&sslrootcert={folder}/ca.pem", True),
    ],
)
async def test_the_mode_decides_about_encryption(address, certificates, query, expected):
    assert await is_encrypted(address(query.format(folder=certificates))) is expected


async def test_a_name_is_compared_where_it_is_asked_for(address, certificates):
    root = f"sslrootcert={certificates}/ca.pem"
    assert await is_encrypted(address(f"sslmode=verify-ca&{root}", host="127.0.0.1"))
    with pytest.raises(Exception, match=r"127\.0\.0\.1"):
        await is_encrypted(address(f"sslmode=verify-full&{root}", host="127.0.0.1"))


@pytest.mark.parametrize(("root", "host"), [("other", "localhost"), ("ca", "127.0.0.1")])
async def test_a_certificate_that_is_not_trusted_stops_the_start(address, certificates, root, host):
    """No certificate comes to be trusted by waiting."""
    query = f"sslmode=verify-full&sslrootcert={certificates}/{root}.pem"
    db = Database(address(query, host=host))
    with pytest.raises(DeclarationError, match=r"no connection to .*certificate") as caught:
        await db.open()
    assert caught.value.code == "database-connection"
    await db.close()


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_an_authority_that_did_not_sign_is_not_believed(address, certificates, mode):
    url = address(f"sslmode={mode}&sslrootcert={certificates}/other.pem")
    with pytest.raises(Exception, match="certificate verify failed"):
        await is_encrypted(url)


async def test_a_certificate_that_the_system_does_not_trust_is_refused(address):
    with pytest.raises(Exception, match="certificate verify failed"):
        await is_encrypted(address("sslrootcert=system"))


async def test_without_channel_binding_the_host_must_show_a_certificate(server):
    url = server.url.replace("postgresql://", "postgresql+asyncpg://")
    url = url.replace("127.0.0.1", "localhost")
    with pytest.raises(DeclarationError, match=r"postgresql\+psycopg"):
        await is_encrypted(f"{url}?sslmode=require&channel_binding=require")


async def test_channel_binding_itself_works_by_psycopg(server):
    url = server.url.replace("postgresql://", "postgresql+psycopg://")
    assert await is_encrypted(f"{url}?sslmode=require&channel_binding=require")
