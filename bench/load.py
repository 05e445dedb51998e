"""wrk: it sends one case's request over 32 connections, and tells how many were answered."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.cases import Case
from bench.environment import FOLDER, say
from bench.section import LeftOutError

CONNECTIONS = 32
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60000.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What one run of wrk saw."""

    per_second: float
    count: float
    p99: float  # milliseconds


def find_wrk() -> str:
    """The path of wrk; it is installed if that can be done.

    Raises:
        LeftOutError: it is missing.
    """
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing wrk by apt-get")
        for command in (["update"], ["install", "--yes", "wrk"]):
            subprocess.run(  # noqa: S603  our own command
                ["apt-get", "--quiet", "--quiet", *command],  # noqa: S607  where the system has it
                check=False,
                stdout=subprocess.DEVNULL,
            )
        found = shutil.which("wrk")
    if found is None:
        raise LeftOutError("wrk is missing. Install it (Debian: apt-get install wrk).")
    return found


def write_script(case: Case) -> Path:
    """Write what makes wrk send the case's request."""
    lines = [f'wrk.method = "{case.method}"']
    lines += [f'wrk.headers["{name.decode()}"] = "{text.decode()}"' for name, text in case.headers]
    if case.body:
        lines.append(f"wrk.body = [[{case.body.decode()}]]")
    script = FOLDER / f"wrk-{case.name}.lua"
    script.write_text("\n".join(lines) + "\n")
    return script


def run_wrk(wrk: str, core: int, port: int, case: Case, seconds: int) -> Load:
    """Send requests for some seconds.

    Raises:
        RuntimeError: some answers were errors, or wrk said nothing.
    """
    query = f"?{case.query.decode()}" if case.query else ""
    ran = subprocess.run(  # noqa: S603  our own command
        [  # noqa: S607  where the system has it
            "taskset", "--cpu-list", str(core), wrk, "--threads", "1",
            "--connections", str(CONNECTIONS), "--duration", f"{seconds}s", "--latency",
            "--script", str(write_script(case)), f"http://127.0.0.1:{port}{case.path}{query}",
        ],
        check=False,
        capture_output=True,
        text=True,
    )  # fmt: skip
    said = ran.stdout + ran.stderr
    count = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s|m)\b", said)
    if (
        count is None
        or rate is None
        or late is None
        or "Non-2xx" in said
        or "Socket errors" in said
    ):
        raise RuntimeError(f"wrk on {case.name}:\n{said}")
    return Load(float(rate[1]), float(count[1]), float(late[1]) * MILLISECONDS[late[2]])
