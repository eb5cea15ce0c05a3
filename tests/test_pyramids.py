"""Pyramids: levels over one another, each with what leads from it to an output."""

from __future__ import annotations

from typing import Any

import pytest
from amounts import examples
from forms import CHECKS, FLOWS, assert_well_drawn, draw, labelled, misread, on_tight_slides
from hypothesis import example, given, settings
from hypothesis import strategies as st
from invariants import collect, violations
from test_graphs import crossings

from archviz.layout import slides
from archviz.layout.pyramid_rows import OutRows
from archviz.looks import DETAILS

HEADS = {
    "head": {"layers": ["conv 3x3 8 same relu", "conv 1x1 4", "reshape height*widthx4"]},
    "heads": {
        "gives": ["boxes"],
        "layers": [
            "conv 3x3 8 same",
            "reshape height*widthx8 as=boxes",
            "from in",
            "reshape height*widthx8",
        ],
    },
}


def pyramid(
    levels: int,
    further: int = 0,
    merges: int = 0,
    direction: str = "right",
    block: str = "conv 3x3 8 /2 same relu",
    beside: bool = False,
) -> dict[str, Any]:
    """A network of so many levels, and ``further`` ones behind the last; level 0 is the largest.

    With two ``merges`` every head has two results, and all first ones are one output.
    ``beside``: more stands in the rows.
    """
    head = "heads" if merges else "head"
    row: list[Any] = ["input 96x96x3", "conv 3x3 8 same"]
    for level in range(levels - 1):
        row += [{block.split()[0]: block.partition(" ")[2], "as": f"c{level}"}]
    row += [block, f"conv 1x1 8 as=m{levels - 1}"]
    for level in reversed(range(levels - 1)):
        side = [f"from c{level}", *(["conv 1x1 8"] if beside or level else [])]
        row += ["upsample 2", {"towers": ["identity", side], "merge": "add", "as": f"m{level}"}]
    outs: list[list[Any]] = []
    for level in range(levels + further):
        name = f"as=p{level}" if levels - 1 <= level < levels + further - 1 else ""
        more = ["conv 1x1 8"] if beside else []
        if level < levels:
            outs.append([f"from m{level}", f"conv 3x3 8 same {name}", *more])
        else:
            way = ["relu"] if level > levels else []
            outs.append([f"from p{level - 1}", *way, f"conv 3x3 8 /2 same {name}", *more])
    if not merges:
        row.append({"outputs": {f"o{at}": [*out, head] for at, out in enumerate(outs)}})
    else:
        row[-1].pop("as")
        for at, out in enumerate(outs):
            row += [*out[at == 0 :], f"heads boxes=b{at} as=a{at}"]
        joined = {"classes": "a", "boxes": "b"}
        takes = {
            name: " ".join(f"{way}{at}" for at in range(len(outs))) for name, way in joined.items()
        }
        row.append({"outputs": {name: [f"from {one}", "append"] for name, one in takes.items()}})
    return {
        "title": "Pyramid",
        "modules": {head: HEADS[head]},
        "network": row,
        "figure": {"direction": direction},
    }


PYRAMIDS = st.builds(
    pyramid,
    levels=st.integers(3, 5),
    further=st.integers(0, 2),
    merges=st.sampled_from([0, 2]),
    direction=st.sampled_from(sorted(FLOWS)),
    block=st.sampled_from(["conv 3x3 8 /2 same", "conv 3x3 8 /2 same batch-norm relu"]),
    beside=st.booleans(),
)


@given(PYRAMIDS, st.booleans())
@CHECKS
def test_a_pyramid_is_read_back(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, detail=DETAILS * full)
    assert_well_drawn(spec, scene)


@pytest.mark.parametrize("merges", [0, 2])
@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_levels_stand_over_one_another(direction: str, merges: int) -> None:
    scene = draw(pyramid(4, 2, merges, direction))
    along, across = (0, 1) if direction == "right" else (1, 0)
    adds, heads = labelled(scene, "add"), labelled(scene, "heads" if merges else "head")
    assert len(adds) == 3 and len(heads) == 6
    assert len({shape.box[along] for shape in adds}) == 1
    assert len({shape.box[along] for shape in heads}) == 1
    levels = [shape.box[across] for shape in heads]
    assert len({*levels}) == 6
    inputs = labelled(scene, "input")[0].box[across]
    if direction == "right":  # what is smallest stands on top
        assert inputs == max(levels)
    else:
        assert inputs == min(levels)


@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_lines_cross_no_more_than_they_must(direction: str) -> None:
    """Three nodes, the pyramid and two merges, joined with five others: never below four."""
    for merges, least in ((0, 0), (2, 4)):
        found = collect(draw(pyramid(4, 1, merges, direction)).items)
        assert crossings(found.connectors) == least


def test_what_takes_a_level_elsewhere_is_no_pyramid_and_true() -> None:
    spec = pyramid(3)
    spec["network"][-1]["outputs"]["more"] = ["from c0", "conv 1x1 8"]
    scene = draw(spec)
    assert_well_drawn(spec, scene)
    assert len({shape.x for shape in labelled(scene, "add")}) == 2


@pytest.mark.parametrize("merges", [0, 2])
def test_merges_can_be_symbols(merges: int) -> None:
    spec = pyramid(3, 1, merges)
    spec["figure"]["merges"] = "symbols"
    scene = draw(spec)
    assert violations(scene) == [] and len(labelled(scene, "+")) == 2


def test_a_row_that_slips_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    middle = OutRows.middle
    monkeypatch.setattr(OutRows, "middle", lambda self, number: middle(self, number) + 90)
    spec = pyramid(3, 2)
    assert misread(spec, draw(spec))


def test_rows_on_one_another_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = OutRows.begin
    monkeypatch.setattr(OutRows, "begin", lambda self, x: begin(self, x - 200))
    assert violations(draw(pyramid(3, 1)))


@example(
    pyramid(3, block="conv 3x3 8 /2 same batch-norm relu"),
    slides.Density(0.45, 0.38, 0.1, 0.2, 0.46, 22.0, 1, 0.54, tight=True),
)
@given(PYRAMIDS, st.sampled_from([one for one in slides.FULL if one.tight]))
@settings(CHECKS, max_examples=examples(15))
def test_tight_rows_of_a_pyramid_keep_apart(spec: dict[str, Any], density: slides.Density) -> None:
    assert_well_drawn(spec, *on_tight_slides(spec, density))
