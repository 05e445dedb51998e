"""A request as data, and as the bytes that are sent."""

from dataclasses import dataclass, field

from wire.dispatcher import DOMAIN

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request to one application."""

    application: str
    target: bytes
    method: bytes = b"GET"
    headers: Headers = ()
    body: bytes | None = None
    """None where there is no body at all: no length is sent, then."""
    why: str = ""
    """What is tried, in two or three words."""
    is_chunked: bool = False
    missing: int = 0
    """So many bytes of the body are announced and never sent; the client ends instead."""
    host: bytes | None = None
    """Where the host itself is tested, and the application is chosen by a header."""

    def written(self) -> bytes:
        """Write it as it goes over the wire."""
        lines = [b"%s %s HTTP/1.1" % (self.method, self.target)]
        host = self.host
        if host is None:
            host = f"{self.application}{DOMAIN}".encode()
        else:
            lines.append(b"x-application: " + self.application.encode())
        lines.append(b"host: " + host)
        lines += [b"%s: %s" % header for header in self.headers]
        body = self.body or b""
        if self.is_chunked:
            lines.append(b"transfer-encoding: chunked")
            body = write_chunks(body)
        elif self.body is not None:
            lines.append(b"content-length: %d" % len(body))
        sent = body[: len(body) - self.missing]
        return b"\r\n".join((*lines, b"", sent))


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: as it was sent, nothing decoded."""

    status: int = 0
    headers: Headers = ()
    body: bytes = b""
    fault: str = ""
    """Why it is not a whole answer."""
    events: list[list[str]] = field(default_factory=list)
    """What was recorded in the server, for each request that reached an application."""


def write_chunks(body: bytes) -> bytes:
    """Write a body in three chunks, or in as many as it has bytes."""
    size = max(1, len(body) // 3)
    parts = [body[start : start + size] for start in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
