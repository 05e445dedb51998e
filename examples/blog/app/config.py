"""The settings, read once from the environment and from `.env`.

Nothing here has a secret as its default: development makes one up and keeps it
in the data folder, production refuses to start without one.
"""

import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

APP_DIR = Path(__file__).parent

# RFC 7518 3.2: a key as long as the hash at least.
SHORTEST_KEY = {"HS256": 32, "HS384": 48, "HS512": 64}


class Settings(BaseSettings):
    """Each field is an environment variable of the same name, in capitals."""

    model_config = SettingsConfigDict(
        env_file=APP_DIR / ".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    app_name: str = "Blog"
    environment: Literal["development", "production"] = "development"
    debug: bool = False
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    cors_origins: list[str] = ["http://localhost:3000"]
    access_log: Literal["text", "json"] = "text"

    data_dir: Path = APP_DIR / "data"
    database_url: str = Field(default="", repr=False)

    secret_key: SecretStr = SecretStr("")
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    access_token_expire_minutes: int = Field(default=30, gt=0)

    mail_from: str = "blog@example.com"
    smtp_host: str = ""
    smtp_port: int = Field(default=587, gt=0, le=65535)
    smtp_username: str = ""
    smtp_password: str = Field(default="", repr=False)

    @model_validator(mode="after")
    def complete(self) -> Self:
        """Fill in what depends on other settings, and insist on a good secret."""
        if not self.database_url:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            self.database_url = f"sqlite:///{self.data_dir / 'blog.db'}"
        if not self.secret_key.get_secret_value():
            if self.environment == "production":
                raise ValueError(
                    "SECRET_KEY is missing, and production has no default for it. "
                    'Make one: python -c "import secrets; print(secrets.token_urlsafe(48))"'
                )
            self.secret_key = SecretStr(kept_secret(self.data_dir / "secret_key"))
        shortest = SHORTEST_KEY[self.algorithm]
        if len(self.secret_key.get_secret_value().encode()) < shortest:
            raise ValueError(f"SECRET_KEY is too short: {self.algorithm} needs {shortest} bytes.")
        return self


def kept_secret(path: Path) -> str:
    """Read the secret in `path`; make one up when there is none.

    Workers start at the same time: the first link wins, and all read that one.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text()


def say_what_is_wrong(error: ValidationError) -> str:
    """One line for each setting that cannot be used, without its value."""
    lines = ["The settings cannot be used:"]
    for problem in error.errors(include_input=False):
        name = "".join(f"{part}: ".upper() for part in problem["loc"][:1])
        lines.append(f"  {name}{problem['msg'].removeprefix('Value error, ')}")
    return "\n".join(lines)


@lru_cache
def get_settings() -> Settings:
    """Read the settings, or end the program with a message for whoever started it."""
    try:
        return Settings()
    except ValidationError as error:
        raise SystemExit(say_what_is_wrong(error)) from None


settings = get_settings()
