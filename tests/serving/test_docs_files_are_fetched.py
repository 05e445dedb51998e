"""`python hatch_build.py` in a checkout, with an npm that does as it is told."""

import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "hatch_build.py"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="its npm is a shell script")


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "npm-serves").mkdir()
    (tmp_path / "bin").mkdir()
    shutil.copy(SCRIPT, tmp_path)
    return tmp_path


def install_npm(checkout, lines):
    npm = checkout / "bin" / "npm"
    npm.write_text("#!/bin/sh\n" + lines)
    npm.chmod(0o755)


def serve(checkout, name, files):
    """Have npm give an archive of these files, and return its sum."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(f"package/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    (checkout / "npm-serves" / f"{name}.tgz").write_bytes(packed.getvalue())
    folder = checkout / "npm-serves"
    install_npm(checkout, f'echo asked >> {folder}/log; /bin/cp "{folder}/$2.tgz" package.tgz\n')
    return base64.b64encode(hashlib.sha512(packed.getvalue()).digest()).decode()


def expect_sum(checkout, name, value):
    script = checkout / "hatch_build.py"
    text, count = re.subn(
        rf'(name="{name}",.*?sha512=")[^"]*', rf"\g<1>{value}", script.read_text(), flags=re.DOTALL
    )
    assert count == 1
    script.write_text(text)


def fetch(checkout):
    command = [sys.executable, "-S", "-P", "hatch_build.py"]  # -S: no Node from PyPI.
    environment = {"PATH": str(checkout / "bin")}
    done = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout


def fetched(checkout):
    folder = checkout / "src" / "pronghorn" / "_assets"
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


REDOC_FILES = {
    "LICENSE": b"free",
    "bundles/redoc.standalone.js": b'draw("https://cdn.redoc.ly/redoc/logo-mini.svg")',
    "bundles/redoc.standalone.js.LICENSE.txt": b"free too",
    "package.json": b"{}",
}


def test_without_npm_it_says_what_is_missing_and_succeeds(checkout):
    assert fetch(checkout) == (
        "Not had: swagger-ui-dist 5.35.0: npm was not found (it comes with Node.js).\n"
        "Not had: redoc 2.5.3: npm was not found (it comes with Node.js).\n"
        "The docs pages load what is missing from a CDN until it is fetched.\n"
    )
    assert fetched(checkout) == set()


def test_what_npm_says_first_is_repeated(checkout):
    install_npm(checkout, "echo 'npm error code ENOTFOUND' >&2\necho 'and more' >&2\nexit 1\n")
    assert "Not had: redoc 2.5.3: npm failed: code ENOTFOUND.\n" in fetch(checkout)


def test_another_archive_is_refused(checkout):
    found = serve(checkout, "redoc@2.5.3", REDOC_FILES)
    assert f"Not had: redoc 2.5.3: the archive's SHA-512 is {found}, not " in fetch(checkout)
    assert fetched(checkout) == set()


def test_the_wanted_files_are_unpacked_once_and_their_origin_is_noted(checkout):
    found = serve(checkout, "redoc@2.5.3", REDOC_FILES)
    expect_sum(checkout, "redoc", found)
    assert "Fetched redoc 2.5.3 for the docs pages.\n" in fetch(checkout)
    folder = checkout / "src" / "pronghorn" / "_assets"
    assert fetched(checkout) == {
        "redoc/LICENSE",
        "redoc/ORIGIN.txt",
        "redoc/bundles/redoc.standalone.js",
        "redoc/bundles/redoc.standalone.js.LICENSE.txt",
    }
    assert (folder / "redoc/bundles/redoc.standalone.js").read_bytes() == b'draw("data:,")'
    assert f"redoc 2.5.3\nsha512-{found}\n" in (folder / "redoc/ORIGIN.txt").read_text()

    install_npm(checkout, "exit 1\n")
    assert "redoc" not in fetch(checkout)


def test_an_archive_without_a_wanted_file_leaves_what_was_there(checkout):
    found = serve(checkout, "redoc@2.5.3", {"LICENSE": b"free"})
    expect_sum(checkout, "redoc", found)
    old = checkout / "src" / "pronghorn" / "_assets" / "redoc" / "LICENSE"
    old.parent.mkdir(parents=True)
    old.write_text("old")
    assert "Not had: redoc 2.5.3: the archive has no file bundles/redoc" in fetch(checkout)
    assert fetched(checkout) == {"redoc/LICENSE"}
    assert old.read_text() == "old"
