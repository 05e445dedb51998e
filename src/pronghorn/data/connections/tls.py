"""What `sslmode` and its companions mean, as an `SSLContext` for drivers that take one.

The meanings are libpq's: https://www.postgresql.org/docs/current/libpq-ssl.html.  Nothing that
an address asks for its safety is left out silently.
"""

import os
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pronghorn.exceptions import DeclarationValueError

VARIABLES: Final = {
    "channel_binding": "PGCHANNELBINDING",
    "gssencmode": "PGGSSENCMODE",
    "require_auth": "PGREQUIREAUTH",
    "requirepeer": "PGREQUIREPEER",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "sslcert": "PGSSLCERT",
    "sslcrl": "PGSSLCRL",
    "sslkey": "PGSSLKEY",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
}
"""Parameters that concern safety, and the variables that stand in for them."""

VERIFYING: Final = ("verify-ca", "verify-full")


def with_environment(parameters: Mapping[str, str]) -> dict[str, str]:
    """*parameters*, and what the environment says where they are silent."""
    found = {name: os.environ.get(variable) for name, variable in VARIABLES.items()}
    return {name: value for name, value in found.items() if value} | dict(parameters)


def effective_mode(parameters: Mapping[str, str]) -> str:
    """The `sslmode` that the parameters come to."""
    mode = parameters.get("sslmode")
    if parameters.get("sslrootcert") != "system":
        return mode or "prefer"
    if mode not in (None, "verify-full"):
        raise DeclarationValueError(
            "database-address",
            problem=f"`sslrootcert=system` goes with `sslmode=verify-full`, not with `{mode}`.",
            remedy="Anybody can have a certificate that the system trusts, so the name of the host"
            " has to be compared, too: write `sslmode=verify-full`.",
        )
    return "verify-full"


def make_context(parameters: Mapping[str, str], mode: str) -> ssl.SSLContext:
    """A context for the modes `require`, `verify-ca` and `verify-full`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    context.minimum_version = version(parameters.get("ssl_min_protocol_version", "TLSv1.2"))
    if "ssl_max_protocol_version" in parameters:
        context.maximum_version = version(parameters["ssl_max_protocol_version"])
    if ssl.HAS_ALPN:
        context.set_alpn_protocols(["postgresql"])
    trust(context, parameters, mode)
    show(context, parameters)
    return context


def version(text: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[text.replace(".", "_")]


def trust(context: ssl.SSLContext, parameters: Mapping[str, str], mode: str) -> None:
    """Load whose certificates are believed; by `require` alone, anybody's are."""
    root = parameters.get("sslrootcert")
    own = own_file("root.crt")
    if root == "system":
        context.load_default_certs()
    elif root or own.exists():
        # As in libpq, a root makes `require` mean `verify-ca`.
        context.load_verify_locations(cafile=root or own)
    elif mode in VERIFYING:
        raise DeclarationValueError(
            "database-address",
            problem=f"`sslmode={mode}` needs the certificate of an authority to compare with.",
            remedy="Add `sslrootcert=/path/of/ca.pem`, or `sslrootcert=system` where the host's"
            " certificate is one that browsers trust, too.",
        )
    else:
        context.verify_mode = ssl.CERT_NONE
        return
    revoked = parameters.get("sslcrl")
    if revoked or own_file("root.crl").exists():
        context.load_verify_locations(cafile=revoked or own_file("root.crl"))
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


def show(context: ssl.SSLContext, parameters: Mapping[str, str]) -> None:
    """Load the client's own certificate, if there is one."""
    certificate = Path(parameters.get("sslcert") or own_file("postgresql.crt"))
    key = Path(parameters.get("sslkey") or own_file("postgresql.key"))
    if "sslcert" in parameters or certificate.exists():
        password = parameters.get("sslpassword", "")
        context.load_cert_chain(certificate, key if key.exists() else None, lambda: password)


def own_file(name: str) -> Path:
    try:
        return Path.home() / ".postgresql" / name
    except RuntimeError:  # No home: there is no such file.
        return Path("/nonexistent") / name


def system_certificates() -> str | None:
    """The file of certificates that this system trusts."""
    found = ssl.get_default_verify_paths().cafile
    return found if found and Path(found).exists() else None
