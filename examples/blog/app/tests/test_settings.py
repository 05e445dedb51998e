"""The settings: where they come from, and which are refused."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config import APP_DIR, Settings

KEY = "k" * 64


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def read(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / ".env"
    file.write_text(f"SECRET_KEY={KEY}\nAPP_NAME=From the file\nPORT=1\n")
    monkeypatch.setenv("PORT", "2")
    settings = Settings(_env_file=file)
    assert (settings.app_name, settings.port) == ("From the file", 2)


def test_development_makes_up_one_secret_and_keeps_it(tmp_path: Path) -> None:
    first, second = (read(data_dir=tmp_path).secret_key.get_secret_value() for _ in range(2))
    assert first == second
    assert len(first) >= 64
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_production_has_no_default_secret(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="SECRET_KEY is missing"):
        read(environment="production", data_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []
    assert read(environment="production", secret_key=KEY).environment == "production"


@pytest.mark.parametrize(("algorithm", "bytes_needed"), [("HS256", 32), ("HS512", 64)])
def test_a_short_secret_is_refused(algorithm: str, bytes_needed: int) -> None:
    read(algorithm=algorithm, secret_key="k" * bytes_needed)
    with pytest.raises(ValidationError, match=f"needs {bytes_needed} bytes"):
        read(algorithm=algorithm, secret_key="k" * (bytes_needed - 1))


def test_the_database_is_a_file_unless_it_is_named(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    settings = read(secret_key=KEY, data_dir=data_dir)
    assert settings.database_url == f"sqlite:///{data_dir}/blog.db"
    assert data_dir.is_dir()
    named = read(secret_key=KEY, database_url="postgresql://host/name")
    assert named.database_url == "postgresql://host/name"


def test_nothing_secret_is_shown() -> None:
    settings = read(
        secret_key=KEY, database_url="postgresql://u:hidden@host/db", smtp_password="hidden"
    )
    assert KEY not in repr(settings)
    assert "hidden" not in repr(settings)


def test_the_program_ends_with_one_line_for_each_problem() -> None:
    environment = {"ENVIRONMENT": "production", "PORT": "many", "SECRET_KEY": "tell nobody"}
    program = subprocess.run(
        [sys.executable, "-c", "import config"],
        cwd=APP_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert program.returncode == 1
    assert program.stderr.splitlines() == [
        "The settings cannot be used:",
        "  PORT: Input should be a valid integer, unable to parse string as an integer",
    ]
