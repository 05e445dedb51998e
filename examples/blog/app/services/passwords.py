"""Passwords: hashed with Argon2 in a few threads of their own.

One hash takes a tenth of a second and 64 MiB on purpose. In the event loop it would stop
every request, and in the shared pool of threads a burst of log-ins would eat the memory.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from pwdlib import PasswordHash

threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="password")
hasher = PasswordHash.recommended()


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(threads, hasher.hash, password)


async def verify_password(password: str, hashed: str | None) -> tuple[bool, str | None]:
    """Whether `password` is right, and a new hash if the old one is out of date.

    `None` stands for a user who does not exist. It is checked against nothing, in the
    same time, so that the time of an answer does not tell who has an account.
    """
    return await asyncio.get_running_loop().run_in_executor(threads, verify, password, hashed)


def verify(password: str, hashed: str | None) -> tuple[bool, str | None]:
    if hashed is None:
        hasher.hash(password)  # as much work as to verify one
        return False, None
    return hasher.verify_and_update(password, hashed)
