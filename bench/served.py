"""The application that a server serves; its subject is named by the environment."""

import os

from bench.subjects import find_builders

app = find_builders(os.environ["BENCH_SUBJECT"])["wire"]()
