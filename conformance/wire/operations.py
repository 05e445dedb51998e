"""The operations that an application's OpenAPI document has."""

from dataclasses import dataclass
from typing import Any

from wire.schemas import Schemas

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one document."""

    application: str
    method: str
    path: str
    parameters: tuple[dict[str, Any], ...]
    content: dict[str, Any]
    schemas: Schemas
    has_security: bool


def find_operations(application: str, prefix: str, document: dict[str, Any]) -> list[Operation]:
    """Find what a document has."""
    schemas = Schemas(document)
    found = []
    for path, item in document.get("paths", {}).items():
        for method, said in item.items():
            if method in METHODS:
                body = schemas.resolve(said.get("requestBody", {}))
                found.append(
                    Operation(
                        application,
                        method.upper(),
                        prefix + path,
                        tuple(said.get("parameters", ())),
                        body.get("content", {}),
                        schemas,
                        bool(said.get("security")),
                    )
                )
    return found
