"""Whose a line is: the user's, of a package that was installed, or of what stands in between."""

import asyncio
import inspect
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

import pronghorn
from pronghorn.exceptions import DeclarationError
from pronghorn.places import Whose, place_of, whose

VENV = "/srv/shop/.venv/lib/python3.13/site-packages"


@pytest.mark.parametrize(
    ("file", "module", "expected"),
    [
        ("/srv/shop/orders.py", "shop.orders", Whose.USERS),
        ("/srv/shop/main.py", "__main__", Whose.USERS),
        ("orders.py", "orders", Whose.USERS),
        # A namespace package, and one whose name is that of a module of Python's.
        ("/srv/acme/shop/orders.py", "acme.shop.orders", Whose.USERS),
        ("/srv/test/orders.py", "test.orders", Whose.USERS),
        # What was installed from a checkout lies there.
        ("/home/ada/sqlalchemy/lib/sqlalchemy/orm/session.py", "sqlalchemy.orm", Whose.NOBODYS),
        (pronghorn.__file__, "pronghorn", Whose.NOBODYS),
        ("/usr/lib/python3/dist-packages/sqlalchemy/sql/base.py", "sqlalchemy", Whose.NOBODYS),
        (f"{VENV}/uvicorn/__main__.py", "__main__", Whose.NOBODYS),
        (f"{VENV}/pydantic/main.py", "pydantic.main", Whose.NOBODYS),
        (f"{VENV}/shop/orders.py", "shop.orders", Whose.INSTALLED),
        (f"{VENV}/acme/shop/orders.py", "acme.shop.orders", Whose.INSTALLED),
        (r"C:\shop\venv\Lib\site-packages\shop\orders.py", "shop.orders", Whose.INSTALLED),
        (f"{sysconfig.get_path('scripts')}/uvicorn", "__main__", Whose.NOBODYS),
        (asyncio.__file__, "asyncio", Whose.NOBODYS),
        ("asyncpg/protocol/protocol.pyx", "asyncpg.protocol.protocol", Whose.NOBODYS),
        # What was written by a package: SQLAlchemy's has no module, that of dataclasses the user's.
        ("<pronghorn handler 3>", "pronghorn._pipeline.handler", Whose.NOBODYS),
        ("<string>", "", Whose.NOBODYS),
        ("<string>", "shop.orders", Whose.NOBODYS),
        ("<frozen runpy>", "runpy", Whose.NOBODYS),
        # What was typed in.
        ("<stdin>", "__main__", Whose.USERS),
        ("<ipython-input-1-af>", "__main__", Whose.USERS),
    ],
)
def test_whose_a_line_is(file, module, expected):
    assert whose(file, module) is expected


def module_of(file, code_file, text):
    """The names of a module that lies in *file*, whose lines say that they are of another one."""
    names = {"__name__": "fast.lines", "__file__": file}
    exec(compile(text, code_file, "exec"), names)
    return names


def test_a_compiled_module_names_lines_of_a_folder_that_nobody_has():
    compiled = f"{VENV}/fast/lines{EXTENSION_SUFFIXES[0]}"
    fast = module_of(compiled, "lib/fast/lines.py", "def fail(): raise LookupError")
    with pytest.raises(LookupError) as caught:
        fast["fail"]()
    place = place_of(caught.value)
    assert place.file == __file__


def test_a_mistake_is_the_users_and_not_that_of_a_package_in_between():
    text = "def ask(make): return make('empty-path', problem='It is wrong.', remedy='Mend it.')"
    package = module_of(f"{VENV}/between.py", f"{VENV}/between.py", text)
    place = package["ask"](DeclarationError).place
    assert place.startswith(f"in {inspect.currentframe().f_code.co_name}() at tests/words/")


def test_a_mistake_that_no_line_of_the_users_led_to_names_none():
    """Such as the first request to something, in a thread."""
    with ThreadPoolExecutor(1) as threads:
        make = partial(DeclarationError, "empty-path", problem="It is wrong.", remedy="Mend it.")
        error = threads.submit(make).result()
    assert error.place is None
    assert str(error) == "It is wrong.\n  Mend it.\n  [empty-path]"
