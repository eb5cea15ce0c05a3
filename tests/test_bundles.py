"""Modules that hand several values straight to the next: level arrows beside one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from forms import CHECKS, FLOWS, assert_well_drawn, draw, draw_within, labelled, on_slides
from hypothesis import given
from hypothesis import strategies as st

from archviz.looks import DETAILS
from archviz.scene.scene import Connector, Scene, leaves


def stages(
    maps: int, times: int = 3, direction: str = "right", last: bool = False, aside: bool = False
) -> dict[str, Any]:
    """So many maps beside one another, through ``times`` calls of a stage and into a last one.

    ``last``: the last takes them in the other order; ``aside``: the first of them goes elsewhere,
    too.
    """
    inner = [f"y{at}" for at in range(1, maps)]
    body: list[Any] = ["conv 3x3 8 same as=main"]
    for at, name in enumerate(inner, 1):
        body += [f"from x{at}", f"conv 3x3 8 same as={name}"]
    body += ["from main", "conv 3x3 8 same"]
    takes = [f"x{at}" for at in range(1, maps)]
    row: list[Any] = ["input 16x16x8", *(f"conv 3x3 8 same as=a0x{at}" for at in range(1, maps))]
    row.append("conv 3x3 8 same")
    for time in range(times):
        bound = [f"x{at}=a{time}x{at} y{at}=a{time + 1}x{at}" for at in range(1, maps)]
        row.append(f"stage {' '.join(bound)}")
    order = range(1, maps)
    row.append(
        f"last {' '.join(f'x{at}=a{times}x{at}' for at in (order[::-1] if last else order))}"
    )
    if aside:
        row.append("add a1x1")
    sums = [item for name in takes for item in ("conv 3x3 8 same", f"add {name}")]
    return {
        "title": "Stages",
        "modules": {
            "stage": {"inputs": takes, "gives": inner, "layers": body},
            "last": {"inputs": takes, "layers": sums},
        },
        "network": row,
        "figure": {"direction": direction, "open": "none"},
    }


STAGES = st.builds(
    stages,
    maps=st.integers(2, 5),
    times=st.integers(1, 4),
    direction=st.sampled_from(sorted(FLOWS)),
    last=st.booleans(),
    aside=st.booleans(),
)


def led(
    maps: int,
    times: int,
    direction: str = "right",
    rows: Sequence[Sequence[str]] = (("conv 1x1 4",),),
    turned: bool = False,
) -> dict[str, Any]:
    """The same without a last one: a row leads from each map to an output of its own.

    ``turned``: from the last one first.
    """
    spec = stages(maps, times, direction)
    del spec["modules"]["last"]
    ends = {}
    for at in (0, *range(1, maps)[:: -1 if turned else 1]):
        ends[f"o{at}"] = [*[f"from a{times}x{at}"] * (at > 0), *rows[at % len(rows)]] or "identity"
    spec["network"][-1] = {"outputs": ends}
    return spec


ROWS = st.sampled_from(
    [[], ["conv 1x1 4"], ["conv 3x3 8 same batch-norm relu", "relu", "flatten", "dense 10"]]
)
LED = st.builds(
    led,
    maps=st.integers(2, 5),
    times=st.integers(1, 3),
    direction=st.sampled_from(sorted(FLOWS)),
    rows=st.lists(ROWS, min_size=1, max_size=3),
    turned=st.booleans(),
)


def between(scene: Scene, one: str, two: str) -> list[Connector]:
    """The lines from shapes with one label straight to those with another."""
    starts, ends = ({shape.id for shape in labelled(scene, text)} for text in (one, two))
    lines = [leaf for leaf in leaves(scene.items) if isinstance(leaf, Connector)]
    return [line for line in lines if line.source in starts and line.target in ends]


@given(st.one_of(STAGES, LED), st.booleans())
@CHECKS
def test_bundles_are_read_back(spec: dict[str, Any], full: bool) -> None:
    scene = draw(spec, detail=DETAILS * full)
    assert_well_drawn(spec, scene)


@given(st.one_of(STAGES, LED))
@CHECKS
def test_bundles_on_slides_are_read_back(spec: dict[str, Any]) -> None:
    assert_well_drawn(spec, *on_slides(spec))


@pytest.mark.parametrize("direction", sorted(FLOWS))
@pytest.mark.parametrize(("times", "inches"), [(3, 5.0), (6, 3.2), (6, 7.16)])
def test_bundles_made_for_a_place_are_read_back(direction: str, times: int, inches: float) -> None:
    spec = stages(4, times, direction)
    assert_well_drawn(spec, draw_within(spec, inches))


@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_an_arrow_leads_straight_to_what_leads_to_each_output(direction: str) -> None:
    scene = draw(led(4, 2, direction))
    lines = between(scene, "stage", "conv 1×1")
    assert len(lines) == 4 and all(len(line.points) == 2 for line in lines)
    assert len(between(scene, "stage", "stage")) == 4


def test_two_outputs_keep_their_wire() -> None:
    lines = between(draw(led(2, 2)), "stage", "conv 1×1")
    assert len(lines) == 2 and max(len(line.points) for line in lines) > 2


@pytest.mark.parametrize("direction", sorted(FLOWS))
def test_an_arrow_for_each_value_goes_straight_to_the_next_box(direction: str) -> None:
    scene = draw(stages(4, 3, direction))
    lines = [*between(scene, "stage", "stage"), *between(scene, "stage", "last")]
    assert len(lines) == 3 * 4
    assert all(len(line.points) == 2 for line in lines)


def test_what_goes_elsewhere_too_has_a_wire() -> None:
    scene = draw(stages(4, 2, aside=True))
    assert len(between(scene, "stage", "stage")) == 1 + 3
    ends = [(line.points[0], line.points[-1]) for line in between(scene, "stage", "stage")]
    assert sum(start[1] == end[1] for start, end in ends) == 1 + 2


def test_one_value_alone_keeps_its_wire() -> None:
    lines = between(draw(stages(2, 2)), "stage", "stage")
    assert sorted(len(line.points) for line in lines) == [2, 4]
