"""Wires of named values: what they join, and that they touch nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from invariants import violations
from random_values import value_specs
from test_layout_properties import CHECKS, draw


@given(value_specs(), st.booleans(), st.sampled_from([0.0, 16 / 9]))
@settings(CHECKS, max_examples=200)
def test_wires_touch_nothing(spec: dict[str, Any], full: bool, aspect: float) -> None:
    scene = draw(spec, full=full, aspect=aspect)
    assert violations(scene) == []
