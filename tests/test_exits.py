"""Rows with exits: ever smaller maps, from each of which something leads to an output."""

from __future__ import annotations

from typing import Any

import pytest
from forms import CHECKS, FLOWS, assert_well_drawn, draw, labelled, on_slides
from hypothesis import given
from hypothesis import strategies as st
from test_pyramids import HEADS

from archviz.looks import DETAILS
from archviz.scene.scene import Text, leaves


def exits(
    levels: int,
    merges: int = 0,
    direction: str = "right",
    before: int = 1,
    steps: int = 1,
    aside: bool = False,
) -> dict[str, Any]:
    """A row of so many maps, each half as large as the one before, with an output of each.

    With ``merges`` each head has two results, and all first ones are one output. ``steps``: layers
    of each map; ``aside``: the first has a layer more before its head.
    """
    head = "heads" if merges else "head"
    row: list[Any] = ["input 96x96x3", *["conv 3x3 8 same relu"] * before]
    for level in range(levels):
        row += ["max-pool 2x2", *["conv 3x3 8 same relu"] * (steps - 1)]
        row += [f"conv 1x1 8 {f'as=m{level}' * (level < levels - 1)}"]
    ends = [[f"from m{level}", *["relu"] * (aside and not level)] for level in range(levels - 1)]
    ends.append([])
    if not merges:
        row.append({"outputs": {f"o{at}": [*end, head] for at, end in enumerate(ends)}})
    else:
        for at, end in reversed([*enumerate(ends)]):
            row += [*end, f"heads boxes=b{at} as=a{at}"]
        joined = {"classes": "a", "boxes": "b"}
        takes = {way: " ".join(f"{joined[way]}{at}" for at in range(levels)) for way in joined}
        row.append({"outputs": {name: [f"from {one}", "append"] for name, one in takes.items()}})
    return {
        "title": "Exits",
        "modules": {head: HEADS[head]},
        "network": row,
        "figure": {"direction": direction},
    }


EXITS = st.builds(
    exits,
    levels=st.integers(3, 5),
    merges=st.sampled_from([0, 2]),
    direction=st.sampled_from(sorted(FLOWS)),
    before=st.integers(0, 3),
    steps=st.integers(1, 3),
    aside=st.booleans(),
)


@given(EXITS, st.booleans())
@CHECKS
def test_exits_are_read_back(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, detail=DETAILS * full)
    assert_well_drawn(spec, scene)


@pytest.mark.parametrize("merges", [0, 2])
@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_heads_stand_over_one_another(direction: str, merges: int) -> None:
    scene = draw(exits(4, merges, direction, aside=True))
    along, across = (0, 1) if direction == "right" else (1, 0)
    heads = labelled(scene, "heads" if merges else "head")
    assert len(heads) == 4
    assert len({shape.box[along] for shape in heads}) == 1
    assert len({shape.box[across] for shape in heads}) == 4


@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_maps_tell_their_sizes(direction: str) -> None:
    texts = draw_texts(exits(3, 0, direction, steps=3))
    assert {"48×48×8", "24×24×8", "12×12×8"} <= {*texts}


def draw_texts(spec: dict[str, Any]) -> list[str]:
    return [leaf.text for leaf in leaves(draw(spec).items) if isinstance(leaf, Text)]


def test_maps_that_stay_as_large_are_a_row() -> None:
    spec = exits(4)
    spec["network"] = [one for one in spec["network"] if one != "max-pool 2x2"]
    heads = labelled(draw(spec), "head")
    assert len({shape.box[0] for shape in heads}) == 1
    assert "96×96×8" not in draw_texts(spec)


def test_what_takes_a_map_elsewhere_is_no_exit_and_true() -> None:
    spec = exits(3)
    spec["network"][-1]["outputs"]["more"] = ["from m0", "conv 1x1 8"]
    scene = draw(spec)
    assert_well_drawn(spec, scene)


@given(EXITS)
@CHECKS
def test_exits_on_slides_are_read_back(spec: dict[str, Any]) -> None:
    assert_well_drawn(spec, *on_slides(spec))
