"""Free ports of 127.0.0.1."""

import socket


def free_port() -> int:
    """A port that nobody listens on. Somebody else may take it before you do."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
