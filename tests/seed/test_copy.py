"""The copy of the seed, and that no block of it goes untested."""

import ast
import hashlib
import sys
from pathlib import Path

from seed.blocks import SEED, read_blocks
from seed.processes import make_environment, run

HERE = Path(__file__).parent
BLOG = HERE.parents[1] / "examples" / "blog" / "app"
DIGEST = "99190d3cd518fd8d796a3a2e9855064a3a2fa5b5f877137b7b898f09e651db7c"


def test_the_copy_is_the_seed_to_the_letter():
    assert hashlib.sha256(SEED.read_bytes()).hexdigest() == DIGEST


def test_every_python_block_is_run_by_a_test():
    texts = {
        node.value
        for file in (*HERE.glob("test_*.py"), HERE / "conftest.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
    }
    blocks = read_blocks("python")
    assert len(blocks) == 16
    assert blocks.keys() - texts == set()


def test_the_blog_has_the_project_structure():
    text = read_blocks("")["Project Structure"].text
    top, *names = (line.partition("#")[0].rstrip() for line in text.splitlines())
    assert top == f"{BLOG.name}/"
    path: list[str] = []
    for name in names:
        bare = name.lstrip("│├└─ ")
        depth = (len(name) - len(bare)) // 4
        path[depth - 1 :] = [bare]
        assert BLOG.joinpath(*path).exists(), path


LEAVES_NOTHING = """
import sys
from importlib.util import find_spec
from seed.aliased import aliased
from seed.blocks import run_block
finders, before = list(sys.meta_path), find_spec("fastapi")
with aliased():
    run_block("Basic Application")
    import fastapi.routing, pronghorn.routing
    assert fastapi.routing is pronghorn.routing
assert sys.meta_path == finders and find_spec("fastapi") == before
assert not [name for name in sys.modules if name.startswith(("fastapi.", "seed_block_"))]
assert pronghorn.routing.__spec__.name == "pronghorn.routing"
"""


def test_the_alias_of_a_test_leaves_nothing_behind():
    # Not here, where it is installed already.
    assert run([sys.executable, "-c", LEAVES_NOTHING], HERE, make_environment()) == (0, "")
