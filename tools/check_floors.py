"""What import-linter cannot say: knots, doors, new and long files, the one home of `exec`.

Prints each fault with its file and line, and ends with status 1 when there is one.
"""

import ast
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).parent.parent
SOURCE = PROJECT / "src"
LONGEST = 500
# Files that are one long table of declarations, which is read by looking up and not from the top.
TABLES: frozenset[str] = frozenset()

DOOR_LINES = 12
# Paths that FastAPI's users import from, whose content lives elsewhere.
DOORS = frozenset(
    f"pronghorn/{path}.py"
    for path in (
        "_form_limits",
        "dependencies/__init__",
        "logger",
        "middleware/__init__",
        "middleware/asyncexitstack",
        "middleware/cors",
        "middleware/gzip",
        "middleware/httpsredirect",
        "middleware/trustedhost",
        "middleware/wsgi",
        "openapi/__init__",
        "openapi/constants",
        "openapi/utils",
        "requests",
        "staticfiles",
        "templating",
        "testclient",
        "utils",
        "websockets",
    )
)

# The package's own front, and what starts before the package.
ABOVE = frozenset({"pronghorn", "pronghorn.__main__", "pronghorn_alias"})

EXEC_HOME = "pronghorn/_pipeline/handler.py"
EXEC_WORDS = {"exec", "eval", "compile"}


def main() -> int:
    """Check every file and print the faults."""
    files = sorted(SOURCE.rglob("*.py"))
    trees = {file: ast.parse(file.read_text(), str(file)) for file in files}
    faults = [
        *find_long_files([*files, *sorted((PROJECT / "examples").rglob("*.py"))]),
        *find_homeless(files),
        *find_open_doors(trees),
        *find_exec(trees),
        *find_knots(trees),
    ]
    for fault in faults:
        print(fault)
    print(f"floors: {len(files)} files, {len(faults)} faults")
    return 1 if faults else 0


def find_long_files(files: Iterable[Path]) -> Iterator[str]:
    """Find files that nobody reads to the end."""
    for file in files:
        lines = len(file.read_text().splitlines())
        if lines > LONGEST and name(file) not in TABLES:
            yield f"{show(file)}:{lines}: longer than {LONGEST} lines; divide it"


def find_homeless(files: Iterable[Path]) -> Iterator[str]:
    """Find modules that stand on no floor, in no room, and are no door."""
    read = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    contracts = {entry["id"]: entry for entry in read["tool"]["importlinter"]["contracts"]}
    homes = {module for layer in contracts["floors"]["layers"] for module in layer.split(" : ")}
    homes |= set(contracts["rooms"]["forbidden_modules"])
    for file in files:
        module = module_name(file)
        is_home = any(f"{module}.".startswith(f"{home}.") for home in homes)
        if not (is_home or name(file) in DOORS or module in ABOVE):
            yield f"{show(file)}:1: on no floor; name it in the contracts of pyproject.toml"


def find_open_doors(trees: dict[Path, ast.Module]) -> Iterator[str]:
    """Find doors with something of their own behind them."""
    for file, tree in trees.items():
        if name(file) not in DOORS:
            continue
        lines = len(file.read_text().splitlines())
        if lines > DOOR_LINES:
            yield f"{show(file)}:{lines}: a door of more than {DOOR_LINES} lines"
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{show(file)}:{node.lineno}: a door defines `{node.name}`"


def find_exec(trees: dict[Path, ast.Module]) -> Iterator[str]:
    """Find text that is made to run anywhere but in the handler's builder."""
    for file, tree in trees.items():
        if name(file) == EXEC_HOME:
            continue
        for node in ast.walk(tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in EXEC_WORDS
            ):
                yield f"{show(file)}:{node.lineno}: `{node.func.id}`; only {EXEC_HOME} may"


def find_knots(trees: dict[Path, ast.Module]) -> Iterator[str]:
    """Find modules that reach themselves, deferred and typing-only imports counted."""
    modules = {module_name(file): file for file in trees}
    imports = {
        module: sorted(find_imports(trees[file], modules.keys()) - {module})
        for module, file in modules.items()
    }
    done: set[str] = set()
    for start in sorted(imports):
        yield from follow(start, [], imports, done)


def follow(
    module: str, path: list[str], imports: dict[str, list[str]], done: set[str]
) -> Iterator[str]:
    """Follow the imports of one module, and print the way when it comes back."""
    if module in path:
        yield f"import knot: {' -> '.join([*path[path.index(module) :], module])}"
        return
    if module in done:
        return
    for imported in imports[module]:
        yield from follow(imported, [*path, module], imports, done)
    done.add(module)


def find_imports(tree: ast.Module, modules: Iterable[str]) -> set[str]:
    """Find which of *modules* a file imports, at any depth."""
    known = set(modules)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names if names <= known else {*names, node.module}
    return found & known


def name(file: Path) -> str:
    """Name a file below its `src`, or below the project."""
    return file.relative_to(SOURCE if file.is_relative_to(SOURCE) else PROJECT).as_posix()


def show(file: Path) -> str:
    """Name a file as an editor finds it."""
    return file.relative_to(PROJECT).as_posix()


def module_name(file: Path) -> str:
    """Name the module that a file is."""
    return ".".join(file.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__")


if __name__ == "__main__":
    sys.exit(main())
