"""The seed's settings, from `.env` and from the environment."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from seed import preludes
from seed.blocks import run_block

FIELDS = (
    "app_name",
    "debug",
    "database_url",
    "secret_key",
    "algorithm",
    "access_token_expire_minutes",
)


@pytest.fixture
def env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.env` in the current folder, and an environment that says nothing else."""
    for name in FIELDS:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    file = tmp_path / ".env"
    file.write_text("DATABASE_URL=sqlite:///blog.db\nSECRET_KEY=a secret\nDEBUG=true\n")
    return file


def run() -> Any:
    return run_block("Configuration", preludes.configuration())


def test_the_file_is_read(env_file):
    assert run().settings.model_dump() == {
        "app_name": "My API",
        "debug": True,
        "database_url": "sqlite:///blog.db",
        "secret_key": "a secret",
        "algorithm": "HS256",
        "access_token_expire_minutes": 30,
    }


def test_the_environment_wins(env_file, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "another secret")
    monkeypatch.setenv("ACCESS_TOKEN_EXPIRE_MINUTES", "5")
    settings = run().settings
    assert (settings.secret_key, settings.access_token_expire_minutes) == ("another secret", 5)


def test_settings_are_made_once(env_file):
    block = run()
    assert block.get_settings() is block.settings


def test_what_is_missing_is_named(env_file):
    env_file.unlink()
    with pytest.raises(ValidationError) as caught:
        run()
    assert [e["loc"] for e in caught.value.errors()] == [("database_url",), ("secret_key",)]
