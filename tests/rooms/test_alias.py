"""The alias, in real interpreters: a process whose imports have been tampered with is no judge."""

import os
import subprocess
import textwrap
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

import pronghorn

SOURCE = Path(pronghorn.__file__).parent.parent
OUR_PACKAGES = Path(pytest.__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment with Pronghorn, and with another package called `fastapi`."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        return next(self.folder.glob("lib/python*/site-packages"))

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
        return subprocess.run(
            [self.python, *arguments],
            env={**inherited, "PYTHONDONTWRITEBYTECODE": "1", **variables},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def tell(self, program: str) -> str:
        """Run a program that must succeed in silence but for its output."""
        result = self.run("-c", textwrap.dedent(program))
        assert (result.stderr, result.returncode) == ("", 0)
        return result.stdout.strip()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = Environment(tmp_path_factory.mktemp("environment"))
    venv.create(environment.folder, symlinks=True)
    (environment.packages / "pronghorn.pth").write_text(f"{SOURCE}\n{OUR_PACKAGES}\n")
    other = environment.packages / "fastapi"
    other.mkdir()
    (other / "__init__.py").write_text("__version__ = '0.1.2'\nclass FastAPI: pass\n")
    (other / "only_there.py").write_text("")
    info = environment.packages / "fastapi-0.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.1.2\n")
    return environment


@pytest.fixture
def env(built: Environment) -> Environment:
    (built.packages / "pronghorn_alias.pth").unlink(missing_ok=True)
    return built


@pytest.fixture
def aliased(env: Environment) -> Environment:
    result = env.run("-m", "pronghorn", "alias", "on")
    assert result.returncode == 0, result.stderr
    return env


INSTALL = "import pronghorn; pronghorn.install_as_fastapi()\n"


def test_every_module_below_fastapi_is_the_module_below_pronghorn(env: Environment) -> None:
    assert (
        env.tell(
            INSTALL
            + """
import importlib, pkgutil, sys, warnings
warnings.simplefilter('ignore')  # a door to something deprecated
names = [m.name for m in pkgutil.walk_packages(pronghorn.__path__, 'pronghorn.') if '__main__' not in m.name]
for name in names:
    other = importlib.import_module(name.replace('pronghorn', 'fastapi', 1))
    assert other is sys.modules[name], name
    assert other.__name__ == other.__spec__.name == name
    assert other.__spec__.loader is other.__loader__
    assert not other.__spec__._initializing
assert len(names) > 40
"""
        )
        == ""
    )


def test_an_import_under_the_other_name_first_gives_the_same_module(env: Environment) -> None:
    assert (
        env.tell(
            INSTALL
            + """
import fastapi.middleware.cors, fastapi.testclient
import pronghorn.middleware.cors, pronghorn.testclient
assert fastapi.middleware.cors is pronghorn.middleware.cors
assert fastapi.testclient is pronghorn.testclient
assert pronghorn.testclient.__spec__.name == 'pronghorn.testclient'
"""
        )
        == ""
    )


def test_the_top_module_is_a_facade_of_its_own(env: Environment) -> None:
    assert (
        env.tell(
            INSTALL
            + """
import fastapi
assert fastapi is not pronghorn
assert fastapi.__version__ == '0.165.0' != pronghorn.__version__
assert (fastapi.__name__, fastapi.__spec__.name, fastapi.__package__) == ('fastapi',) * 3
public = {name for name in vars(pronghorn) if not name.startswith('_')}
assert public <= set(dir(fastapi))
assert all(getattr(fastapi, name) is getattr(pronghorn, name) for name in public)
"""
        )
        == ""
    )


def test_an_attribute_set_on_the_facade_stays_there(env: Environment) -> None:
    assert (
        env.tell(
            INSTALL
            + """
import fastapi, importlib
class Instrumented(fastapi.FastAPI): pass
fastapi.FastAPI = Instrumented
from fastapi import FastAPI
assert FastAPI is Instrumented
assert pronghorn.FastAPI is Instrumented.__base__
assert importlib.reload(fastapi).FastAPI is pronghorn.FastAPI
"""
        )
        == ""
    )


def test_a_star_import_gives_the_public_names(env: Environment) -> None:
    assert (
        env.tell(INSTALL + "from fastapi import *\nprint(Depends is pronghorn.Depends)") == "True"
    )


def test_a_name_that_pronghorn_gets_later_is_found(env: Environment) -> None:
    program = "import fastapi\npronghorn.later = 1\nprint(fastapi.later)"
    assert env.tell(INSTALL + program) == "1"


def test_names_that_do_not_exist_are_refused_as_python_refuses_them(env: Environment) -> None:
    assert env.tell(
        INSTALL
        + """
for program in ('import fastapi.only_there', 'from fastapi import nothing', 'import fastapi.cors.deep'):
    try:
        exec(program)
    except ImportError as error:
        print(type(error).__name__, error.name)
import fastapi
print(hasattr(fastapi, 'nothing'), hasattr(fastapi, '__all__'))
"""
    ).splitlines() == [
        "ModuleNotFoundError fastapi.only_there",
        "ImportError fastapi",
        "ModuleNotFoundError fastapi.cors",
        "False False",
    ]


def test_without_the_alias_the_other_fastapi_is_imported(env: Environment) -> None:
    program = (
        "import pronghorn, fastapi; print(fastapi.__version__, 'site-packages' in fastapi.__file__)"
    )
    assert env.tell(program) == "0.1.2 True"


def test_the_metadata_of_the_distribution_are_answered(env: Environment) -> None:
    assert env.tell(
        """
        from importlib import metadata
        before = metadata.version('fastapi')
        import pronghorn; pronghorn.install_as_fastapi()
        print(before, metadata.version('fastapi'), metadata.version('FastAPI'))
        print(metadata.distribution('fastapi').metadata['Name'], metadata.requires('fastapi'))
        print(metadata.version('starlette').startswith('1.10.'))
        print(next(d.version for d in metadata.distributions() if d.name == 'fastapi'))
        try:
            metadata.version('fastapi-users')
        except metadata.PackageNotFoundError as error:
            print('no', error.name)
        """
    ).splitlines() == [
        "0.1.2 0.165.0 0.165.0",
        "fastapi None",
        "True",
        "0.165.0",
        "no fastapi-users",
    ]


def test_after_an_import_of_the_other_fastapi_it_refuses(env: Environment) -> None:
    result = env.run("-c", "import fastapi\n" + INSTALL)
    assert result.returncode == 1
    message = result.stderr.partition("DeclarationError: ")[2]
    assert message.splitlines()[0].startswith("`fastapi` has been imported already, from /")
    assert "at <string>:2" in message
    assert "before the first `import fastapi`" in message
    assert "[alias-too-late]" in message


def test_a_second_call_does_nothing(env: Environment) -> None:
    assert (
        env.tell(
            INSTALL
            + """
import sys, fastapi
finders = list(sys.meta_path)
pronghorn.install_as_fastapi()
assert sys.meta_path == finders and sys.modules['fastapi'] is fastapi
"""
        )
        == ""
    )


def test_threads_that_import_at_the_same_time_get_the_same_complete_modules(
    env: Environment,
) -> None:
    assert (
        env.tell(
            """
        import importlib, sys, threading
        sys.setswitchinterval(1e-5)
        import pronghorn_alias; pronghorn_alias.put_first()
        names = ['fastapi', 'fastapi.routing', 'fastapi.testclient', 'fastapi.security.oauth2',
                 'fastapi.openapi.models', 'pronghorn', 'fastapi.middleware.cors', 'fastapi.responses']
        wanted = {'fastapi': 'FastAPI', 'fastapi.routing': 'APIRouter', 'pronghorn': 'FastAPI',
                  'fastapi.security.oauth2': 'OAuth2', 'fastapi.responses': 'JSONResponse'}
        faults, ready = [], threading.Barrier(24)
        def work(name):
            ready.wait()
            try:
                module = importlib.import_module(name)
                getattr(module, wanted.get(name, '__name__'))
            except Exception as error:
                faults.append((name, error))
        threads = [threading.Thread(target=work, args=(names[i % len(names)],)) for i in range(24)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert not faults, faults
        assert sys.modules['fastapi.routing'] is sys.modules['pronghorn.routing']
        assert sys.modules['pronghorn.routing'].__spec__.name == 'pronghorn.routing'
        """
        )
        == ""
    )


def test_a_pickle_made_under_one_name_is_read_under_the_other(env: Environment) -> None:
    program = "import pickle, fastapi\nprint(pickle.loads(pickle.dumps(fastapi.HTTPException)))"
    assert env.tell(INSTALL + program) == "<class 'pronghorn.exceptions.HTTPException'>"


def test_as_a_pytest_plugin_it_is_there_before_the_first_conftest(env: Environment) -> None:
    folder = env.folder / "project"
    folder.mkdir()
    (folder / "conftest.py").write_text("import fastapi\nassert fastapi.__version__ == '0.165.0'\n")
    (folder / "test_it.py").write_text(
        "from fastapi import FastAPI\nimport pronghorn\n"
        "def test_it(): assert FastAPI is pronghorn.FastAPI\n"
    )
    for processes in ("0", "2"):
        result = env.run("-m", "pytest", "-p", "pronghorn.alias", "-n", processes, str(folder))
        assert "1 passed" in result.stdout, result.stdout + result.stderr


def test_turned_on_it_is_there_in_every_process_and_its_children(aliased: Environment) -> None:
    program = "import fastapi, pronghorn; print(fastapi.FastAPI is pronghorn.FastAPI, fastapi.__version__)"
    assert aliased.tell(program) == "True 0.165.0"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {program!r}])"
    assert aliased.tell(child) == "True 0.165.0"
    version = "from importlib.metadata import version; print(version('fastapi'))"
    assert aliased.tell(version) == "0.165.0"


def test_turned_on_it_costs_a_process_nothing_that_does_not_import_fastapi(
    aliased: Environment,
) -> None:
    program = """
        import sys
        print([name for name in ('pronghorn', 'pydantic', 'starlette', 'importlib.metadata',
                                 'importlib.util', 'types') if name in sys.modules])
        import importlib.util
        assert importlib.util.find_spec('fastapi').origin.endswith('pronghorn/__init__.py')
        print('pronghorn' in sys.modules)
        """
    assert aliased.tell(program).splitlines() == ["[]", "False"]


def test_it_says_how_it_stands_and_can_be_turned_off(env: Environment) -> None:
    file = env.packages / "pronghorn_alias.pth"
    states = ["status", "on", "status", "on", "off", "off", "status"]
    answers = [env.run("-m", "pronghorn", "alias", state).stdout for state in states]
    assert [answer.partition(":")[0] for answer in answers] == ["off", "on", "on", "on"] + [
        "off"
    ] * 3
    assert all(str(file) in answer for answer in answers)
    assert env.tell("import fastapi; print(fastapi.__version__)") == "0.1.2"


def test_an_environment_whose_pronghorn_was_removed_starts_as_before(aliased: Environment) -> None:
    paths = aliased.packages / "pronghorn.pth"
    kept = paths.read_text()
    paths.unlink()
    try:
        assert aliased.tell("import fastapi; print(fastapi.__version__)") == "0.1.2"
    finally:
        paths.write_text(kept)


def test_python_m_fastapi_is_pronghorn(aliased: Environment) -> None:
    result = aliased.run("-m", "fastapi", "alias", "status")
    assert result.stdout.startswith("on: `import fastapi` gives Pronghorn")
    # As coverage starts a module: by its spec and the file that it names.
    program = """
        import importlib.util
        spec = importlib.util.find_spec('fastapi.__main__')
        print(spec.name, spec.parent, open(spec.origin).readline().strip())
        """
    assert aliased.tell(program).startswith('fastapi.__main__ fastapi """`python -m pronghorn`')
