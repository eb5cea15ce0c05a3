"""The gallery: what every bundled network states of itself, and how long and large it may be."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from archviz import catalog
from archviz.bundled import path_of
from archviz.language.expand import load_network
from archviz.network.analysis import analyse
from archviz.network.kinds import STATED

PICTURES = Path(__file__).parent.parent / "docs" / "images"
BODY = ("take:", "defaults:", "modules:", "network:")
UNCOUNTED = {"nin"}  # its source states no totals
ENTRIES = {str(row["name"]): row for row in catalog.entries()}


def test_each_name_that_people_use_is_that_of_one_network() -> None:
    said = Counter(
        "".join(filter(str.isalnum, name.lower()))
        for row in ENTRIES.values()
        for name in {row["name"], *row["names"]}
    )
    assert [name for name, times in said.items() if times > 1] == []


@pytest.mark.parametrize("name", ENTRIES)
def test_every_network_says_where_it_comes_from(name: str) -> None:
    row, head = ENTRIES[name], load_network(path_of(name)).head
    assert row["family"] and row["task"] and row["brought"]
    assert head.year and head.date[:4] in ("", str(head.year))
    assert head.source and head.link and head.authors
    assert (head.published.parameters is None) == (name in UNCOUNTED)


@pytest.mark.parametrize("name", ENTRIES)
def test_specs_and_pictures_are_short(name: str) -> None:
    lines = Path(path_of(name)).read_text(encoding="utf-8").splitlines()
    begins = next(place for place, line in enumerate(lines) if line.startswith(BODY))
    assert len(lines) - begins <= 120
    if not ENTRIES[name]["classic"]:
        assert (PICTURES / f"{name}.svg").stat().st_size <= 60_000


@pytest.mark.parametrize("name", ENTRIES)
def test_hardly_a_parameter_is_stated_and_not_counted(name: str) -> None:
    analysis = analyse(load_network(path_of(name)))
    stated = sum(row.parameters for row in analysis.rows if row.layer.kind in STATED)
    assert stated <= analysis.totals.parameters / 20
