"""What all tests share: how Hypothesis reports, and an environment without surprises."""

from __future__ import annotations

import os

from hypothesis import settings

# a failure prints the line with which anyone can repeat it; machines differ in speed
settings.register_profile("archviz", deadline=None, print_blob=True)
settings.load_profile("archviz")

os.environ.pop("_ARCHVIZ_COMPLETE", None)
