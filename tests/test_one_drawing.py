"""One drawing for one idea: a main path with a shortcut, however it is written or imported."""

from __future__ import annotations

import pytest

from archviz.api import load_text
from archviz.scene.scene import Connector, Shape, leaves

TWO = "[conv 3x3 8 same batch-norm relu, conv 3x3 8 same batch-norm]"
THREE = "[conv 1x1 8, conv 3x3 8 same, conv 1x1 8]"
ONE = "conv 1x1 8 batch-norm"


def drawn(body: str) -> list[tuple[object, ...]]:
    """Boxes and lines of the panel of a module, without ids."""
    text = f"title: T\nmodules:\n  m: {{{body}}}\nnetwork: [input 16x16x8, m, conv 1x1 4]\n"
    found: list[tuple[object, ...]] = []
    for leaf in leaves(load_text(text).scene().items):
        if isinstance(leaf, Shape):
            found.append((leaf.role, leaf.lines, leaf.box))
        elif isinstance(leaf, Connector):
            found.append(leaf.points)
    return found


@pytest.mark.parametrize("main", [TWO, THREE, "conv 3x3 8 same", "{repeat: 2, of: conv 1x1 8}"])
@pytest.mark.parametrize("side", ["identity", ONE, "[avg-pool 3x3 /1 same, conv 1x1 8]"])
@pytest.mark.parametrize("merge", ["add relu", "multiply"])
def test_towers_with_a_shortcut_are_drawn_as_one(main: str, side: str, merge: str) -> None:
    if main.startswith("conv") and side != "identity":
        pytest.skip("neither is the main path")
    shortcut = "" if side == "identity" else f", shortcut: {side}"
    residual = drawn(f"residual: {main}{shortcut}, merge: {merge}")
    assert drawn(f"towers: [{main}, {side}], merge: {merge}") == residual
    assert drawn(f"towers: [{side}, {main}], merge: {merge}") == residual


@pytest.mark.parametrize(
    "body",
    [
        "towers: [conv 3x3 8 same, conv 1x1 8], merge: add",  # neither is the main path
        f"towers: [{TWO}, {THREE}], merge: add",
        f"towers: [{TWO}, {ONE}, identity], merge: add",
        f"towers: [{TWO}, {ONE}], merge: concat",
        "towers: 2, of: conv 3x3 8 same, merge: add",
    ],
)
def test_other_towers_are_towers(body: str) -> None:
    found = drawn(body)
    x, y, width, height = next(leaf[2] for leaf in found if leaf[0] == "merge")  # type: ignore[misc]
    assert all((x + width / 2, y + height) not in leaf for leaf in found)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("count", [2, 3])
def test_imports_have_a_main_path_and_a_shortcut(count: int, first: bool) -> None:
    from tests.models import Builder

    model = Builder((1, 8, 16, 16))
    value = model.conv("x", 8, 8)
    for _ in range(2):
        inner = value
        for index in range(count):
            inner = model.norm(model.conv(inner, 8, 8), 8)
            inner = model.op("Relu", inner) if index < count - 1 else inner
        side = model.norm(model.conv(value, 8, 8, kernel=1), 8)
        value = model.op("Relu", model.op("Add", *((inner, side) if first else (side, inner))))
    from archviz.importers.compact.pipeline import compact
    from archviz.importers.spec.spec_text import write_spec

    text = write_spec(compact(model.layers(value)), "T")
    assert "residual:" in text and "shortcut: conv 1x1 8" in text
    assert "towers:" not in text
