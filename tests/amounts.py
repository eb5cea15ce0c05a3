"""How many random examples a test tries: some every day, all of them with ``--long``."""

from __future__ import annotations

from hypothesis import settings

WHOLE = 100
"""Examples of a test that states no number, where all are tried."""
EVERYDAY = 25
LEAST = 5


def examples(count: int) -> int:
    """So many, or as large a part of them as the profile of Hypothesis has of all."""
    return min(count, max(LEAST, count * settings().max_examples // WHOLE))
