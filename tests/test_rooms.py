"""The drawing of the house in CONTRIBUTING.md, held against the imports."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROW = re.compile(r"^ *(\S+?)(?:/|\.py)? +.*?(?:→ (.*))?$")
FACES = {"archviz", "archviz.__main__", "archviz.importers"}
"""They only hand names on."""
EVERYWHERE = "errors"
"""Every room sees it, so that no arrow is drawn."""
Arrows = dict[str, set[str]]


def drawing(name: str) -> Arrows:
    """The rooms of a drawing from the top down, each with the rooms that it may see."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = page.partition(f"```text\n{name}/\n")[2].partition("\n```")[0].splitlines()
    found = [ROW.match(row) for row in rows if row]
    return {row[1]: set((row[2] or "").split()) for row in found if row}


@cache
def imports() -> Arrows:
    """The modules of the package, each with what it imports of it."""
    found: Arrows = {}
    for path in sorted((ROOT / "archviz").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        found[name] = imported(ast.parse(path.read_text(encoding="utf-8")))
    return found


def imported(tree: ast.Module) -> set[str]:
    """Modules of the package that a module takes something from, wherever it says so."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
    return {name for name in names if name.startswith("archviz.")}


def arrows(package: str) -> Arrows:
    """Which parts of a package see which."""
    found: Arrows = defaultdict(set)
    prefix = f"{package}."
    for name, targets in imports().items():
        if name in FACES or not name.startswith(prefix):
            continue
        room = name.removeprefix(prefix).partition(".")[0]
        found[room] |= {
            target.removeprefix(prefix).partition(".")[0]
            for target in targets
            if target.startswith(prefix) and target != f"{prefix}__version__"
        } - {room, EVERYWHERE}
    return found


@pytest.mark.parametrize("package", ["archviz", "archviz/importers"])
def test_the_house_is_as_it_is_drawn(package: str) -> None:
    drawn, found = drawing(package), arrows(package.replace("/", "."))
    assert list(drawn), "no drawing"
    assert set(drawn) == set(found)
    undrawn = {room: found[room] - drawn[room] for room in found if found[room] - drawn[room]}
    assert not undrawn, "a room sees what it is not drawn to see"
    absent = {room: drawn[room] - found[room] for room in drawn if drawn[room] - found[room]}
    assert not absent, "an arrow that no import is"


@pytest.mark.parametrize("package", ["archviz", "archviz/importers"])
def test_arrows_go_down(package: str) -> None:
    drawn = drawing(package)
    floors = {room: floor for floor, room in enumerate(drawn)}
    up = [(room, below) for room in drawn for below in drawn[room] if floors[below] <= floors[room]]
    assert not up


def test_there_is_no_circle_of_files() -> None:
    known = imports()
    sees: Arrows = {}
    for name, targets in known.items():
        sees[name] = {t if t in known else t.rpartition(".")[0] for t in targets} - FACES
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for target in sorted(sees.get(name, ())):
                visit(target, (*way, name))
            done.add(name)

    for name in known:
        visit(name, ())
