"""What a request looks like to OpenTelemetry, by its semantic conventions for HTTP.

Source: OpenTelemetry semantic conventions 1.44, "Semantic conventions for HTTP spans".
"""

import os
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from opentelemetry.propagators.textmap import Getter
from starlette.datastructures import Headers
from starlette.types import Scope

KNOWN_METHODS = frozenset(
    ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE")
)
SECRETS = frozenset(
    ("X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "sig", "X-Goog-Signature")
)
"""Query parameters of signed URLs, which the conventions want redacted."""
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def known_methods() -> frozenset[str]:
    """The methods that are named; others are `_OTHER`, so that names stay few."""
    listed = os.environ.get("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "")
    names = frozenset(name.strip() for name in listed.split(",") if name.strip())
    return names if listed.strip() else KNOWN_METHODS


def shared_attributes(scope: Scope, method: str) -> dict[str, Any]:
    """What spans and metrics have in common."""
    if scope["type"] == "websocket":
        return {"url.scheme": scope.get("scheme", "ws"), "network.protocol.name": "websocket"}
    attributes = {"url.scheme": scope.get("scheme", "http"), "http.request.method": method}
    if scope.get("http_version"):
        attributes["network.protocol.version"] = scope["http_version"]
    return attributes


def span_attributes(scope: Scope, method: str) -> dict[str, Any]:
    """What only the span of a request has: it would split metrics into too many."""
    attributes = server_attributes(scope)
    if scope["type"] == "websocket":
        return attributes
    attributes["url.path"] = scope["path"]
    if scope.get("query_string"):
        attributes["url.query"] = redacted(scope["query_string"].decode("latin-1"))
    if scope.get("method", "") != method:
        attributes["http.request.method_original"] = scope.get("method", "")
    return attributes


def redacted(query: str) -> str:
    """*query*, without what would let its reader in."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([(name, "REDACTED" if name in SECRETS else value) for name, value in pairs])


def server_attributes(scope: Scope) -> dict[str, Any]:
    """Address and port that the client asked for; none where its `Host` header is malformed."""
    host = Headers(scope=scope).get("host")
    address, port = scope.get("server") or (None, None)
    if host is not None:
        try:
            url = urlsplit(f"//{host}")
            address, port = url.hostname, url.port
        except ValueError:
            return {}
        if url.username is not None or url.path or url.query or url.fragment:
            return {}
        if port is None:
            port = PORTS.get(scope.get("scheme", "http"))
    if address is None:
        return {}
    return {
        "server.address": address,
        **({} if port is None else {"server.port": port}),
    }


class RepeatedHeaders(Getter[Headers]):
    """Lets propagators read headers, those too that came more than once."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        values = carrier.getlist(key)
        # Baggage is a list (W3C Baggage section 3.2), and its propagator reads the first value.
        return [",".join(values)] if values and key.lower() == "baggage" else values or None

    def keys(self, carrier: Headers) -> list[str]:
        return carrier.keys()
