"""Rules of the house that no other tool checks: sizes, SQL in its rooms, HTTP clients, reasons of dependencies."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "fairway"
MAX_FILE = 500
MAX_FUNCTION = 60
_HTTP_CALLS = ("requests", "urllib.request", "httpx")


def findings() -> Iterator[str]:
    """One line for each breach."""
    for path in sorted(SOURCE.rglob("*.py")):
        if "versions" in path.parts:
            continue  # a migration is written once, by a tool, and never changed
        text = path.read_text()
        place = path.relative_to(SOURCE.parents[1])
        length = text.count("\n")
        if length > MAX_FILE:
            yield f"{place}: {length} lines; split it by verb (at most {MAX_FILE})"
        tree = ast.parse(text)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "build_router":
                size = (node.end_lineno or node.lineno) - node.lineno
                if size > MAX_FUNCTION:
                    yield f"{place}:{node.lineno}: {node.name} has {size} lines (at most {MAX_FUNCTION})"
            if isinstance(node, ast.Import | ast.ImportFrom):
                yield from (f"{place}:{node.lineno}: {problem}" for problem in _import_problems(path, node))


def _import_problems(path: Path, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for name in names:
        if name.split(".")[0] == "sqlalchemy" and path.name in ("endpoints.py", "schemas.py", "errors.py"):
            yield "SQL belongs into repository.py"
        if name in _HTTP_CALLS:
            yield f"{name} is for tests; outgoing requests go through aiohttp with a time-out"
        if name == "sqlite3":
            yield "use pysqlite3: the interpreter's SQLite may be years old"


def _unexplained_dependencies() -> Iterator[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    page = (ROOT / "docs" / "dependencies.md").read_text()
    for requirement in wanted:
        name = re.split(r"[^A-Za-z0-9_-]", requirement, maxsplit=1)[0]
        if not re.search(rf"^\|[^|]*\b{re.escape(name)}\b", page, re.MULTILINE):
            yield f"docs/dependencies.md does not say what {name} saves us"


if __name__ == "__main__":
    found = [*findings(), *_unexplained_dependencies()]
    print("\n".join(found) or "house rules hold")
    sys.exit(1 if found else 0)
