"""FastAPI 0.165.0's modules, names, signatures, classes and constants are here.

`surface.txt` holds them, as `tests/drivers/surface.py` read them from FastAPI.
"""

import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest
from drivers import surface

import pronghorn
from pronghorn.incidental import INCIDENTAL


def read_facts():
    """Each module with its names, each of these with what is said of it and of its members."""
    modules = {}
    for block in Path(__file__).with_name("surface.txt").read_text().strip().split("\n\n"):
        head, *lines = block.split("\n")
        names = modules.setdefault(head.strip("[]"), [])
        for line in lines:
            if line.startswith("  "):
                names[-1][1].append(line.strip())
            else:
                names.append((line, []))
    return modules


FACTS = read_facts()

# What is left out, with the reason.
NOT_HERE = {
    "names of pydantic and Starlette, which have homes of their own": {
        "_compat.shared": "BaseModel",
        "_compat.v2": "BaseModel ConfigDict CoreSchema Field FieldInfo GetJsonSchemaHandler"
        " JsonSchemaValue PydanticUndefined PydanticUndefinedAnnotation TypeAdapter"
        " ValidationError create_model",
        "concurrency": "checkpoint_if_cancelled",
        "dependencies.utils": "AliasChoices AliasPath BeforeValidator CancelScope ConfigDict"
        " CoreSchema GetJsonSchemaHandler GetPydanticSchema StarletteBackgroundTasks Tag"
        " is_typealiastype",
        "encoders": "Color",
        "middleware.asyncexitstack": "ASGIApp Receive Scope Send",
        "openapi.models": "with_info_plain_validator_function",
        "responses": "orjson ujson",
        "routing": "MAX_BODY_SIZE_SCOPE_KEY ObjectReceiveStream",
        "utils": "FieldInfo PydanticSchemaGenerationError TYPE_CHECKING",
    },
    "names of FastAPI, which have homes of their own": {
        "_compat.v2": "IncEx ModelNameMap REF_TEMPLATE lenient_issubclass shared",
        "encoders": "is_pydantic_v1_model_instance",
        "openapi.utils": "routing",
        "routing": "params",
        "utils": "DefaultPlaceholder DefaultType FastAPIDeprecationWarning"
        " PydanticV1NotSupportedError Undefined annotation_is_pydantic_v1 fastapi v2",
    },
    "how FastAPI does what is done otherwise here": {
        "_compat": "is_pydantic_v1_model_instance",
        "_compat.shared": "WithArgsTypes is_pydantic_v1_model_class is_pydantic_v1_model_instance",
        "_compat.v2": "GenerateJsonSchema ModelField TypeModelOrEnum TypeModelSet asdict"
        " get_flat_models_from_annotation get_flat_models_from_field get_flat_models_from_model"
        " normalize_name",
        "dependencies.utils": "ParamDetails add_non_field_param_to_dependency add_param_to_fields"
        " analyze_param ensure_multipart_is_installed get_validation_alias",
        "encoders": "PyExtraColor",
    },
}
LEFT_OUT = {
    (f"fastapi.{module}", name)
    for left_out in NOT_HERE.values()
    for module, names in left_out.items()
    for name in names.split()
}


def name_in(line):
    return line.removeprefix("class ").split("(")[0].split(":")[0].split(" ")[0]


def faults_of(module, line, members):
    """What *module* lacks of what *line* and *members* say."""
    name = name_in(line)
    value = getattr(module, name, None)
    if value is None:
        return [line]
    if line.startswith("class "):
        return [*lacking_bases(value, line), *lacking_members(name, value, members)]
    rest = line.removeprefix(name)
    if rest.startswith("("):
        return (
            []
            if surface.is_like(surface.signature_of(value), rest)
            else [f"{line}, not {surface.signature_of(value)}"]
        )
    if rest.startswith(" = "):
        return [] if repr(value) == rest.removeprefix(" = ") else [f"{line}, not {value!r}"]
    kinds = {": module": inspect.ismodule, ": class": inspect.isclass, ": function": callable}
    is_kind = kinds.get(rest, lambda value: True)
    return [] if is_kind(value) else [line]


def lacking_bases(class_, line):
    if not inspect.isclass(class_):
        return [line]
    wanted = line.partition("(")[2].rstrip(")").split(", ")
    return [f"{line}: {base}" for base in wanted if base and base not in surface.bases_of(class_)]


def lacking_members(name, class_, members):
    fields = getattr(class_, "model_fields", {})
    for line in members:
        member = name_in(line)
        if ": field" in line:
            ours = surface.field_line(member, fields[member]) if member in fields else None
        elif " = " in line and "(" not in line.split(" = ")[0]:
            ours = f"{member} = {class_[member].value!r}"
        else:
            ours = surface.member_line(class_, member) if hasattr(class_, member) else None
        if ours is None or not surface.is_like(ours, line):
            yield f"{name}.{line}, not {ours}"


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated")
def test_a_module_has_what_fastapis_module_has(name):
    module = importlib.import_module(name.replace("fastapi", "pronghorn", 1))
    faults = [
        fault
        for line, members in FACTS[name]
        if (name, name_in(line)) not in LEFT_OUT
        for fault in faults_of(module, line, members)
    ]
    assert faults == []


# `from fastapi.encoders import *` gives pathlib's Path with FastAPI, too.
SHADOWED_BY_FASTAPI = {("fastapi.encoders", "Path")}


@pytest.mark.parametrize("name", [name for name in FACTS if "._" not in name])
@pytest.mark.filterwarnings("ignore:starlette.middleware.wsgi is deprecated")
def test_who_imports_all_of_a_module_keeps_the_names_of_the_package(name):
    module = importlib.import_module(name.replace("fastapi", "pronghorn", 1))
    theirs = {name_in(line) for line, _ in FACTS[name]}
    shadowed = [
        shown
        for shown in map(name_in, (line for line, _ in FACTS["fastapi"]))
        if shown not in theirs and (name, shown) not in SHADOWED_BY_FASTAPI
        if not inspect.ismodule(getattr(pronghorn, shown))
        if getattr(module, shown, None) not in (None, getattr(pronghorn, shown))
    ]
    assert shadowed == []


def test_nothing_is_said_to_be_left_out_that_is_here():
    known = {(module, name_in(line)) for module, lines in FACTS.items() for line, _ in lines}
    assert LEFT_OUT - known == set()
    for module, name in LEFT_OUT - {("fastapi._compat.v2", "ModelField")}:
        found = importlib.import_module(module.replace("fastapi", "pronghorn", 1))
        assert not hasattr(found, name), f"{module}.{name}"


@pytest.mark.parametrize("module", INCIDENTAL)
def test_an_incidental_name_is_the_one_at_home(module):
    found = importlib.import_module(module)
    for home, names in INCIDENTAL[module].items():
        for entry in names.split(" ") if home else ():
            at_home, _, name = entry.partition("=")
            name = name or at_home
            assert name not in vars(found), f"{module} has {name} itself"
            assert getattr(found, name) is getattr(importlib.import_module(home), at_home)


def test_a_name_that_is_nowhere_is_missed_as_usual():
    with pytest.raises(ImportError, match="cannot import name 'Lifespam'"):
        from pronghorn.routing import Lifespam  # noqa: F401


@pytest.mark.parametrize(
    "path",
    ["utils.generate_unique_id", "dependencies.utils.get_dependant", "middleware.Middleware"],
)
def test_importing_the_package_makes_known_what_importing_fastapi_does(path):
    program = f"import pronghorn; pronghorn.{path}"
    subprocess.run([sys.executable, "-c", program], check=True)
