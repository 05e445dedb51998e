"""Door to Starlette's test client; needs httpx2 or httpx."""

from starlette.testclient import TestClient as TestClient
