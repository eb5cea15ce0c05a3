"""What the suite of every day takes of the networks and of the random examples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from amounts import EVERYDAY, LEAST, WHOLE, examples
from bundled import QUICK, of_each
from hypothesis import settings

from archviz import catalog


@pytest.fixture(params=["archviz", "everyday"])
def profile(request: pytest.FixtureRequest) -> Iterator[str]:
    before = settings.get_current_profile_name()
    settings.load_profile(request.param)
    yield request.param
    settings.load_profile(before)


def test_all_examples_are_tried_but_every_day(profile: str) -> None:
    whole = profile == "archviz"
    assert settings().max_examples == (WHOLE if whole else EVERYDAY)
    assert [examples(count) for count in (3, 12, 60, 400)] == (
        [3, 12, 60, 400] if whole else [3, LEAST, 15, 100]
    )


def test_the_profile_is_that_of_the_option(pytestconfig: pytest.Config) -> None:
    named = "archviz" if pytestconfig.option.long else "everyday"
    assert settings.get_current_profile_name() == named


def test_every_day_has_a_network_of_each_family() -> None:
    families = {row["name"]: row["family"] for row in catalog.entries()}
    assert families.keys() >= QUICK
    assert {families[name] for name in QUICK} == {*families.values()}
    short = {one.values[0] for one in of_each() if not one.marks}
    assert short == QUICK
    assert len(of_each()) == len(families)
